#include "nn/normalization.hpp"

#include <cmath>

namespace pynn {

template <class T>
const RowNormalization<T>& RowStandardizer<T>::kernel() const {
    const Normalizations<T>& all = active_kernels<T>().normalizations;
    return moments_ == RowMoments::mean_square ? all.root_mean_square : all.layer;
}

template <class T>
void RowStandardizer<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t, size_t) const {
    kernel().forward(x.at(0, rows.begin), z.at(0, rows.begin), rows.size(), z.stride, x.n, eps_);
}

template <class T>
void RowStandardizer<T>::backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z,
                                  const Panels<T>& delta_x, Rows rows, size_t, size_t, const BackwardMemory<T>&) const {
    kernel().backward(x.at(0, rows.begin), z.at(0, rows.begin), delta.at(0, rows.begin), delta_x.at(0, rows.begin),
                      rows.size(), z.stride, x.n, eps_);
}

template <class T>
BatchStandardizer<T>::BatchStandardizer(size_t features, double eps, double momentum)
    : features_(features),
      eps_(static_cast<T>(eps)),
      momentum_(static_cast<T>(momentum)),
      mean_(panels_for<T>(features) * panel_width<T>),
      variance_(mean_.size()) {
    std::fill_n(variance_.data(), variance_.size(), T(1));
}

template <class T>
size_t BatchStandardizer<T>::out_features(size_t n) const {
    if (n != features_)
        throw std::invalid_argument("a batch norm of " + std::to_string(features_) + " features gets " +
                                    std::to_string(n));
    return n;
}

template <class T>
std::vector<Statistic<T>> BatchStandardizer<T>::statistics() {
    return {{"running_mean", mean_.data(), features_}, {"running_var", variance_.data(), features_}};
}

template <class T>
void BatchStandardizer<T>::set_rstd(const T* variance, T eps, T* rstd) {
    for (int i = 0; i < panel_width<T>; ++i) rstd[i] = T(1) / std::sqrt(variance[i] + eps);
}

template <class T>
void BatchStandardizer<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const {
    alignas(128) T scale[panel_width<T>];
    for (size_t p = first; p < last; ++p) {
        set_rstd(variance_.data() + p * panel_width<T>, eps_, scale);
        active_kernels<T>().normalizations.batch.normalize(x.at(p, rows.begin), z.at(p, rows.begin), rows.size(),
                                                           mean_.data() + p * panel_width<T>, scale);
    }
}

template <class T>
void BatchStandardizer<T>::backward(const Panels<T>& delta, const Panels<T>&, const Panels<T>& z,
                                    const Panels<T>& delta_x, Rows rows, size_t first, size_t last,
                                    const BackwardMemory<T>&) const {
    alignas(128) T scale[panel_width<T>];
    alignas(128) static constexpr T zeros[panel_width<T>] = {};  // the running moments do not depend on x
    for (size_t p = first; p < last; ++p) {
        set_rstd(variance_.data() + p * panel_width<T>, eps_, scale);
        active_kernels<T>().normalizations.batch.backward(delta.at(p, rows.begin), z.at(p, rows.begin),
                                                          delta_x.at(p, rows.begin), rows.size(), scale, zeros, zeros);
    }
}

template <class T>
void BatchStandardizer<T>::forward_together(const Member& member, const Panels<T>& x, const Panels<T>&, size_t rows,
                                            bool, T* summaries) {
    constexpr size_t width = panel_width<T>;
    for (size_t p = member.begin(x.count()); p < member.end(x.count()); ++p) {
        T* summary = summaries + p * summary_size();
        active_kernels<T>().normalizations.batch.moments(x.at(p, 0), rows, summary + mean * width,
                                                         summary + variance * width);
        set_rstd(summary + variance * width, eps_, summary + rstd * width);
    }
}

template <class T>
void BatchStandardizer<T>::backward_together(const Member& member, const Panels<T>& delta, const Panels<T>&,
                                             const Panels<T>& z, const Panels<T>&, size_t rows, bool, T* summaries) {
    constexpr size_t width = panel_width<T>;
    for (size_t p = member.begin(z.count()); p < member.end(z.count()); ++p) {
        T* summary = summaries + p * summary_size();
        active_kernels<T>().normalizations.batch.means(delta.at(p, 0), z.at(p, 0), rows, summary + mean_g * width,
                                                       summary + mean_gz * width);
    }
}

template <class T>
void BatchStandardizer<T>::forward_rows(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t panel,
                                        const T* summary) const {
    constexpr size_t width = panel_width<T>;
    active_kernels<T>().normalizations.batch.normalize(x.at(panel, rows.begin), z.at(panel, rows.begin), rows.size(),
                                                       summary + mean * width, summary + rstd * width);
}

template <class T>
void BatchStandardizer<T>::backward_rows(const Panels<T>& delta, const Panels<T>& z, const Panels<T>& delta_x,
                                         Rows rows, size_t panel, const T* summary) const {
    constexpr size_t width = panel_width<T>;
    active_kernels<T>().normalizations.batch.backward(
        delta.at(panel, rows.begin), z.at(panel, rows.begin), delta_x.at(panel, rows.begin), rows.size(),
        summary + rstd * width, summary + mean_g * width, summary + mean_gz * width);
}

// The running variance is that of the population from which the batch is a sample: divided by rows - 1.
template <class T>
void BatchStandardizer<T>::learn(size_t panel, size_t rows, const T* summary) {
    constexpr size_t width = panel_width<T>;
    if (rows < 2) return;  // the rest of an epoch says nothing about a variance
    const T unbiased = static_cast<T>(rows) / static_cast<T>(rows - 1);
    for (size_t i = 0; i < width && panel * width + i < features_; ++i) {
        T &m = mean_.data()[panel * width + i], &v = variance_.data()[panel * width + i];
        m = (T(1) - momentum_) * m + momentum_ * summary[mean * width + i];
        v = (T(1) - momentum_) * v + momentum_ * (summary[variance * width + i] * unbiased);
    }
}

template class RowStandardizer<float>;
template class RowStandardizer<double>;
template class BatchStandardizer<float>;
template class BatchStandardizer<double>;

}  // namespace pynn
