#include "nn/learned.hpp"

#include <algorithm>

#include "nn/catalogue.hpp"

namespace pynn {

template <class T>
LearnedActivation<T>::LearnedActivation(const std::string& name, size_t features)
    : index_(index_in(learned_catalogue(), name, "learned activation")), features_(features) {
    const defs::ActivationInfo& info = *learned_catalogue()[index_];
    for (const defs::Parameter& parameter : parameters_of(info)) names_.push_back(parameter.name);
    values_ = Buffer<T>(std::max<size_t>(1, panels_for<T>(features)) * panel_size());
}

template <class T>
std::string LearnedActivation<T>::kind() const {
    return learned_catalogue()[index_]->name;
}

template <class T>
size_t LearnedActivation<T>::out_features(size_t n) const {
    if (!shared() && n != features_)
        throw std::invalid_argument(kind() + " has parameters for " + std::to_string(features_) +
                                    " features, but gets " + std::to_string(n));
    return n;
}

template <class T>
std::vector<ParameterShape> LearnedActivation<T>::parameters() const {
    std::vector<ParameterShape> all;
    for (const std::string& name : names_) all.push_back({name, {std::max<size_t>(1, features_)}});
    return all;
}

template <class T>
void LearnedActivation<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const {
    for (size_t p = first; p < last; ++p)
        kernel().forward(x.at(p, rows.begin), z.at(p, rows.begin), rows.size(), of_panel(p));
}

template <class T>
void LearnedActivation<T>::backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>&,
                                    const Panels<T>& delta_x, Rows rows, size_t first, size_t last,
                                    const BackwardMemory<T>&) const {
    for (size_t p = first; p < last; ++p)
        kernel().backward(x.at(p, rows.begin), delta.at(p, rows.begin), delta_x.at(p, rows.begin), rows.size(),
                          of_panel(p));
}

template <class T>
void LearnedActivation<T>::update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows,
                                  const Update<T>& update) {
    alignas(128) T sums[defs::max_parameters * width];
    T* slots[4];
    for (int s = 0; s < update.slot_count; ++s) slots[s] = update.slots[s] + tile * panel_size();
    gradient(tile, x, delta, rows, sums, false);
    update.kernel.span(values_.data() + tile * panel_size(), sums, slots, panel_size(), update.scalars);
}

template <class T>
void LearnedActivation<T>::gradient(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, T* g,
                                    bool add) const {
    alignas(128) T sums[defs::max_parameters * width];
    const size_t first = shared() ? 0 : tile, last = shared() ? x.count() : tile + 1;
    T total[defs::max_parameters] = {};
    for (size_t p = first; p < last; ++p) {
        kernel().gradient(x.at(p, 0), delta.at(p, 0), sums, rows, of_panel(p));
        for (size_t k = 0; k < names_.size(); ++k) {
            std::fill(sums + k * width + x.live(p, p + 1), sums + (k + 1) * width, T(0));
            for (size_t i = 0; i < width; ++i) total[k] += sums[k * width + i];
        }
    }
    for (size_t k = 0; k < names_.size() && shared(); ++k) std::fill_n(sums + k * width, width, total[k]);
    for (size_t i = 0; i < panel_size(); ++i) g[i] = add ? g[i] + sums[i] : sums[i];
}

template <class T>
size_t LearnedActivation<T>::regions(size_t tile, Region* all) const {
    const size_t live = shared() ? 1 : std::min<size_t>(width, features_ - tile * width);
    for (size_t k = 0; k < names_.size(); ++k) all[k] = {k, tile * panel_size() + k * width, width, live, false};
    return names_.size();
}

template <class T>
size_t LearnedActivation<T>::position(const std::string& name) const {
    return static_cast<size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
}

template <class T>
void LearnedActivation<T>::unpack(const T* panels, const std::string& name, T* values) const {
    const T* first = panels + position(name) * width;
    for (size_t j = 0; j < std::max<size_t>(1, features_); ++j) values[j] = first[j / width * panel_size() + j % width];
}

template <class T>
void LearnedActivation<T>::pack(const T* values, const std::string& name, T* panels) const {
    T* first = panels + position(name) * width;
    if (shared()) std::fill_n(first, width, values[0]);
    for (size_t j = 0; j < features_; ++j) first[j / width * panel_size() + j % width] = values[j];
}

template class LearnedActivation<float>;
template class LearnedActivation<double>;

}  // namespace pynn
