// Loss: a definition of defs::Losses with its parameters, what it does to targets before, and its reduction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/panels.hpp"
#include "defs/losses.hpp"
#include "nn/foreign.hpp"

namespace pynn {

// What becomes of a target before the definition sees it: a row d of probabilities, or 1 at a label and 0 elsewhere, becomes
// weight (keep d + smooth / columns), and 0 where the label is the ignored one.
struct Classes {
    bool labels = false;  // else the targets are rows
    double keep = 1, smooth = 0;
    std::vector<double> weight{};  // of each class; empty: 1
    std::optional<int32_t> ignored{};
};

class Loss {
  public:
    // `columns` is the definition's column parameter, one value or one an output; empty: its default.
    // Throws std::invalid_argument for an unknown name, a wrong number of parameters, or a reduction that is not "mean",
    // "batchmean" (divide by the batch in any case) or "sum".
    Loss(const std::string& name, std::vector<double> parameters, const std::string& reduction,
         std::vector<double> columns, std::optional<Classes> classes);

    // A loss of labels, or of rows of targets, that is not among the definitions.
    Loss(std::shared_ptr<const ForeignLoss> foreign, bool labels, const std::string& reduction);

    const defs::LossInfo& info() const;
    bool is_foreign() const { return foreign_ != nullptr; }
    // Runs a foreign loss; values are weighted, and gradients times weight and `scale`.
    template <class T>
    void run(const LossBatch<T>& batch, const T* weight, T scale) const;
    int index() const { return index_; }
    bool takes_labels() const { return info().labels || (classes_ && classes_->labels); }
    // Of a target that is no label.
    size_t target_columns(size_t outputs) const {
        return foreign_ ? foreign_->target_columns(outputs) : info().target_columns(outputs);
    }
    // Throws std::invalid_argument if a network with so many outputs has no such loss.
    void check_outputs(size_t n) const;
    bool allows_label(int32_t label, size_t n) const {
        return (label >= 0 && static_cast<size_t>(label) < n) || (classes_ && classes_->ignored == label);
    }

    // What the values of `rows` samples are divided by: of all, or those at `order`. For weighted labels it is their weight.
    double divisor(size_t rows, size_t n, const int32_t* labels, const int64_t* order) const;
    // The factor of every gradient.
    double scale(size_t rows, size_t n, const int32_t* labels, const int64_t* order) const;
    template <class T>
    std::vector<T> parameters() const;
    // In panels, empty if the definition has no parameter of columns.
    template <class T>
    std::vector<T> columns(size_t n) const;
    // Applies `Classes` to rows of targets, or makes them from labels (of the same rows) if those are not null.
    template <class T>
    void prepare(const int32_t* labels, const Panels<T>& target, Rows rows) const;

  private:
    double class_weight(size_t k) const { return classes_->weight.empty() ? 1 : classes_->weight[k]; }

    int index_ = 0;
    std::shared_ptr<const ForeignLoss> foreign_;
    bool foreign_labels_ = false;
    std::vector<double> parameters_, columns_;
    enum class Reduction { mean, batchmean, sum } reduction_;
    static Reduction reduction_of(const std::string& name);
    std::optional<Classes> classes_;
};

}  // namespace pynn
