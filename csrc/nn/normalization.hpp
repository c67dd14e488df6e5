// Normalisations. Each is up to two stages of a network: the normalisation itself, and a learned scale and shift of every
// feature (LearnedActivation of Affine or Gain).
//
//   layer norm, RMS norm   each row with its own moments
//   batch norm             in training each column with the moments of the batch, which also move the running ones; else with
//                          the running ones
#pragma once

#include "core/memory.hpp"
#include "nn/op.hpp"

namespace pynn {

enum class RowMoments { mean_and_variance, mean_square };

template <class T>
class RowStandardizer final : public Head<T> {
  public:
    RowStandardizer(RowMoments moments, double eps) : moments_(moments), eps_(static_cast<T>(eps)) {}

    std::string kind() const override { return "row_standardizer"; }
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }
    bool reads_output() const override { return true; }
    bool mixes_columns() const override { return true; }

  private:
    const RowNormalization<T>& kernel() const;
    RowMoments moments_;
    T eps_;
};

template <class T>
class BatchStandardizer final : public RowMixer<T> {
  public:
    // momentum: weight of a batch in the running moments.
    BatchStandardizer(size_t features, double eps, double momentum);

    std::string kind() const override { return "batch_standardizer"; }
    size_t out_features(size_t n) const override;
    std::vector<Statistic<T>> statistics() override;

    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t panels_at_once(Direction, size_t) const override { return 1; }
    bool reads_output() const override { return true; }

    size_t summary_size() const override { return of_batch * panel_width<T>; }
    void forward_together(const Member& member, const Panels<T>& x, const Panels<T>& z, size_t rows, bool training,
                          T* summaries) override;
    void backward_together(const Member& member, const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z,
                           const Panels<T>& delta_x, size_t rows, bool training, T* summaries) override;
    void forward_rows(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t panel, const T* summary) const override;
    void backward_rows(const Panels<T>& delta, const Panels<T>& z, const Panels<T>& delta_x, Rows rows, size_t panel,
                       const T* summary) const override;
    void learn(size_t panel, size_t rows, const T* summary) override;

  private:
    enum { mean, variance, rstd, mean_g, mean_gz, of_batch };  // of a panel's summary, one value a lane each
    static void set_rstd(const T* variance, T eps, T* rstd);
    size_t features_;
    T eps_, momentum_;
    Buffer<T> mean_, variance_;  // running, by feature
};

// A normalisation and its scale and shift.
template <class T>
class Normalization final : public Op<T> {
  public:
    Normalization(std::shared_ptr<Head<T>> standardizer, std::shared_ptr<Head<T>> affine)
        : standardizer_(std::move(standardizer)), affine_(std::move(affine)) {}

    std::string kind() const override { return standardizer_->kind(); }
    std::vector<ParameterShape> parameters() const override {
        return affine_ ? affine_->parameters() : std::vector<ParameterShape>{};
    }
    std::vector<Statistic<T>> statistics() override { return standardizer_->statistics(); }
    std::vector<std::shared_ptr<Op<T>>> parts() const override {
        if (!affine_) return {standardizer_};
        return {standardizer_, affine_};
    }

  private:
    std::shared_ptr<Head<T>> standardizer_, affine_;
};

}  // namespace pynn
