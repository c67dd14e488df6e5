#include "nn/random_unit.hpp"

#include "nn/catalogue.hpp"

namespace pynn {

template <class T>
RandomUnit<T>::RandomUnit(const std::string& name, const std::vector<double>& parameters)
    : index_(index_in(random_unit_catalogue(), name, "random unit")),
      parameters_(parameters.begin(), parameters.end()) {
    check_count(parameters.size(), parameters_of(*random_unit_catalogue()[index_]).size(), name);
}

template <class T>
std::string RandomUnit<T>::kind() const {
    return random_unit_catalogue()[index_]->name;
}

template <class T>
void RandomUnit<T>::forward(T* z, size_t n, const Place& place) const {
    forward_training(z, nullptr, n, place);
}

template <class T>
void RandomUnit<T>::forward_training(T* z, T* saved, size_t n, const Place& place) const {
    const RandomSpans<T>& spans = active_kernels<T>().random_units[index_];
    const size_t rows = n / panel_width<T>;
    if (place.randomness == nullptr) return spans.evaluate(z, saved, rows, parameters_.data());
    // Far from the key (seed) with which epochs are shuffled.
    const uint64_t key = place.randomness->seed + (place.stage + 1) * uint64_t{0x9E3779B97F4A7C15};
    const RandomTask task{{static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)},
                          place.randomness->step,
                          static_cast<uint64_t>(place.panel) << 36,
                          place.randomness->first_row + place.row};
    spans.train(z, saved, rows, parameters_.data(), task);
}

template <class T>
void RandomUnit<T>::backward(const T*, const T* saved, T* delta, size_t n) const {
    active_kernels<T>().multiply(saved, delta, n);
}

template class RandomUnit<float>;
template class RandomUnit<double>;

}  // namespace pynn
