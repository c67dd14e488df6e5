#include "nn/optimizer.hpp"

#include <algorithm>
#include <type_traits>

#include "nn/catalogue.hpp"

namespace pynn {

Optimizer::Optimizer(const std::string& name, std::vector<double> configuration)
    : index_(index_in(optimizer_catalogue(), name, "optimizer")), configuration_(std::move(configuration)) {
    check_count(configuration_.size(), parameters_of(*optimizer_catalogue()[index_].info).size(), name);
}

size_t Optimizer::position(const std::string& parameter) const {
    const auto all = parameters_of(*optimizer_catalogue()[index_].info);
    for (size_t i = 0; i < all.size(); ++i)
        if (parameter == all[i].name) return i;
    throw_unknown(std::string(optimizer_catalogue()[index_].name) + " parameter", parameter);
}

std::vector<std::string> Optimizer::slot_names() const {
    const OptimizerEntry& entry = optimizer_catalogue()[index_];
    return {entry.info->slots, entry.info->slots + entry.slots};
}

template <>
HeadState<float>& Optimizer::state<float>(size_t head) {
    return f32_[head];
}
template <>
HeadState<double>& Optimizer::state<double>(size_t head) {
    return f64_[head];
}

template <class T>
bool Optimizer::holds(const Network<T>& network) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return is_of(network);
}

template <class T>
bool Optimizer::is_of(const Network<T>& network) const {
    return heads_ == std::vector<std::shared_ptr<const void>>(network.heads().begin(), network.heads().end());
}

template <class T>
void Optimizer::bind(const Network<T>& network) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_of(network)) return;
    if (!heads_.empty())
        throw std::invalid_argument("this " + std::string(optimizer_catalogue()[index_].name) +
                                    " already holds the state of another network; make a new one for this network");
    std::vector<HeadState<T>> all;
    for (const auto& head : network.heads()) {
        HeadState<T> state;
        for (int s = 0; s < optimizer_catalogue()[index_].slots; ++s) state.emplace_back(head->parameter_count());
        all.push_back(std::move(state));
    }
    if constexpr (std::is_same_v<T, float>)
        f32_ = std::move(all);
    else
        f64_ = std::move(all);
    heads_.assign(network.heads().begin(), network.heads().end());
}

void Optimizer::reset() {
    const auto clear = [](auto& heads) {
        for (auto& head : heads)
            for (auto& slot : head) std::fill_n(slot.data(), slot.size(), 0);
    };
    clear(f32_);
    clear(f64_);
    steps = 0;
}

// Each thread remembers its latest product, because the steps of a run follow one another.
double Optimizer::product_of_factors(int64_t step) const {
    struct Latest {
        const Optimizer* of = nullptr;
        std::vector<double> configuration{};
        int64_t step = 0;
        double product = 1;
    };
    thread_local Latest latest;
    if (latest.of != this || latest.configuration != configuration_ || latest.step > step)
        latest = {this, configuration_, 0, 1};
    const auto factor = optimizer_catalogue()[index_].factor;
    while (latest.step < step) latest.product *= factor(configuration_.data(), static_cast<double>(++latest.step));
    return latest.product;
}

template <class T>
void Optimizer::scalars(int64_t ahead, const double* lr, T* values) const {
    double h[defs::max_step_scalars] = {};
    const OptimizerEntry& entry = optimizer_catalogue()[index_];
    if (entry.factor != nullptr) h[0] = product_of_factors(steps + ahead);
    double configuration[defs::max_optimizer_parameters] = {};
    std::copy(configuration_.begin(), configuration_.end(), configuration);
    if (lr != nullptr) configuration[0] = *lr;  // of every optimizer the first parameter
    entry.prepare(configuration, static_cast<double>(steps + ahead), h);
    for (int i = 0; i < defs::max_step_scalars; ++i) values[i] = static_cast<T>(h[i]);
}

template bool Optimizer::holds(const Network<float>&) const;
template bool Optimizer::holds(const Network<double>&) const;
template void Optimizer::bind(const Network<float>&);
template void Optimizer::bind(const Network<double>&);
template void Optimizer::scalars(int64_t, const double*, float*) const;
template void Optimizer::scalars(int64_t, const double*, double*) const;

}  // namespace pynn
