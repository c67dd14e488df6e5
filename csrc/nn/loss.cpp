#include "nn/loss.hpp"

#include <algorithm>
#include <stdexcept>

#include "nn/catalogue.hpp"

namespace pynn {

Loss::Loss(const std::string& name, std::vector<double> parameters, const std::string& reduction,
           std::vector<double> columns, std::optional<Classes> classes)
    : index_(index_in(loss_catalogue(), name, "loss")),
      parameters_(std::move(parameters)),
      columns_(std::move(columns)),
      reduction_(reduction_of(reduction)),
      classes_(std::move(classes)) {
    check_count(parameters_.size(), parameters_of(info()).size(), name);
    if (info().column.name == nullptr && !columns_.empty())
        throw std::invalid_argument(name + " has no parameter with a value for each output");
    if (info().column.name != nullptr && columns_.empty()) columns_.push_back(info().column.default_value);
    if (classes_ && info().target_columns(8) != 8) throw std::invalid_argument(name + " has no targets of classes");
    if (info().labels && classes_) throw std::invalid_argument(name + " takes labels as they are");
}

Loss::Loss(std::shared_ptr<const ForeignLoss> foreign, bool labels, const std::string& reduction)
    : foreign_(std::move(foreign)), foreign_labels_(labels), reduction_(reduction_of(reduction)) {}

Loss::Reduction Loss::reduction_of(const std::string& name) {
    if (name == "mean") return Reduction::mean;
    if (name == "batchmean") return Reduction::batchmean;
    if (name == "sum") return Reduction::sum;
    throw std::invalid_argument("reduction must be 'mean', 'batchmean' or 'sum', but is '" + name + "'");
}

const defs::LossInfo& Loss::info() const {
    static constexpr defs::LossInfo foreign[] = {{"this loss", "", "", "", {}, false, false, ""},
                                                 {"this loss", "", "", "", {}, true, false, ""}};
    return foreign_ ? foreign[foreign_labels_] : *loss_catalogue()[index_];
}

template <class T>
void Loss::run(const LossBatch<T>& batch, const T* weight, T scale) const {
    foreign_->run(batch);
    for (size_t r = 0; r < batch.rows; ++r) {
        const T factor = weight ? weight[r] : T(1);
        batch.values[r] *= static_cast<double>(factor);
        for (size_t i = 0; i < batch.n && batch.gradient; ++i) batch.gradient[r * batch.n + i] *= factor * scale;
    }
}

void Loss::check_outputs(size_t n) const {
    const auto fail = [&](const std::string& what) {
        throw std::invalid_argument(std::string(info().name) + " " + what + ", but the network has " +
                                    std::to_string(n) + " outputs");
    };
    if (target_columns(n) == 0) fail("takes an even number of outputs");
    if (columns_.size() > 1 && columns_.size() != n)
        fail("has " + std::to_string(columns_.size()) + " values of " + info().column.name);
    if (classes_ && !classes_->weight.empty() && classes_->weight.size() != n)
        fail("has weights of " + std::to_string(classes_->weight.size()) + " classes");
}

double Loss::divisor(size_t rows, size_t n, const int32_t* labels, const int64_t* order) const {
    if (reduction_ == Reduction::sum) return 1;
    if (labels != nullptr && classes_ && (!classes_->weight.empty() || classes_->ignored)) {
        double total = 0;
        for (size_t r = 0; r < rows; ++r) {
            const int32_t label = labels[order ? order[r] : static_cast<int64_t>(r)];
            if (label != classes_->ignored) total += class_weight(label);
        }
        return total;
    }
    const size_t columns = info().per_element && reduction_ == Reduction::mean ? target_columns(n) : 1;
    return static_cast<double>(rows * columns);
}

double Loss::scale(size_t rows, size_t n, const int32_t* labels, const int64_t* order) const {
    const double all = divisor(rows, n, labels, order);
    return all > 0 ? 1 / all : 0;  // a batch whose labels are all ignored changes nothing
}

template <class T>
std::vector<T> Loss::parameters() const {
    std::vector<T> all(parameters_.begin(), parameters_.end());
    all.resize(defs::max_parameters);
    return all;
}

template <class T>
std::vector<T> Loss::columns(size_t n) const {
    if (columns_.empty()) return {};
    std::vector<T> all(panels_for<T>(n) * panel_width<T>, static_cast<T>(columns_[0]));
    for (size_t i = 0; i < n && columns_.size() > 1; ++i) all[i] = static_cast<T>(columns_[i]);
    return all;
}

template <class T>
void Loss::prepare(const int32_t* labels, const Panels<T>& target, Rows rows) const {
    if (!classes_) return;
    constexpr size_t width = panel_width<T>;
    const T keep = static_cast<T>(classes_->keep);
    const T smooth = static_cast<T>(classes_->smooth / static_cast<double>(target.n));
    for (size_t p = 0; p < target.count(); ++p) {
        T weight[width];
        const size_t live = target.live(p, p + 1);
        for (size_t i = 0; i < width; ++i) weight[i] = i < live ? static_cast<T>(class_weight(p * width + i)) : T(0);
        for (size_t r = rows.begin; r < rows.end; ++r) {
            T* d = target.at(p, r);
            if (labels == nullptr) {
                for (size_t i = 0; i < width; ++i) d[i] = i < live ? weight[i] * (keep * d[i] + smooth) : T(0);
                continue;
            }
            const T rest = labels[r] == classes_->ignored ? T(0) : smooth;
            for (size_t i = 0; i < width; ++i) d[i] = weight[i] * rest;
            const size_t at = static_cast<size_t>(labels[r]) - p * width;  // wraps around in other panels
            if (labels[r] != classes_->ignored && at < live) d[at] = weight[at] * (keep + smooth);
        }
    }
}

#define PYNN_INSTANTIATE(T)                                          \
    template std::vector<T> Loss::parameters<T>() const;             \
    template std::vector<T> Loss::columns<T>(size_t) const;          \
    template void Loss::run(const LossBatch<T>&, const T*, T) const; \
    template void Loss::prepare(const int32_t*, const Panels<T>&, Rows) const;
PYNN_INSTANTIATE(float)
PYNN_INSTANTIATE(double)
#undef PYNN_INSTANTIATE

}  // namespace pynn
