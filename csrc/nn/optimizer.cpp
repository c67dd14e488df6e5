#include "nn/optimizer.hpp"

#include <algorithm>
#include <cmath>
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
    std::vector<std::string> all{entry.info->slots, entry.info->slots + entry.slots};
    if (options.average > 0) all.push_back("average");
    return all;
}

template <class T>
void Optimizer::set_groups(const Network<T>& network, std::vector<std::vector<double>> configurations,
                           std::vector<std::vector<int>> group_of) {
    const std::lock_guard<std::mutex> lock(mutex_);
    check_owner(network);
    if (!group_of_.empty()) return;
    for (const auto& configuration : configurations)
        check_count(configuration.size(), configuration_.size(), optimizer_catalogue()[index_].name);
    bool fits = group_of.size() == network.heads().size();
    for (size_t h = 0; h < group_of.size() && fits; ++h) {
        fits = group_of[h].size() == network.heads()[h]->parameters().size();
        for (const int group : group_of[h])
            fits = fits && group >= frozen && group <= static_cast<int>(configurations.size());
    }
    if (!fits) throw std::invalid_argument("the parameter groups are not those of this network");
    groups_ = std::move(configurations);
    group_of_ = std::move(group_of);
    bind_state(network);
}

template <class T>
void Optimizer::check_owner(const Network<T>& network) const {
    if (!heads_.empty() && !is_of(network))
        throw std::invalid_argument("this " + std::string(optimizer_catalogue()[index_].name) +
                                    " already holds the state of another network; make a new one for this network");
}

bool Optimizer::rests() const {
    const auto rests = optimizer_catalogue()[index_].rests;
    return rests != nullptr && rests(configuration_.data());
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
    check_owner(network);
    bind_state(network);
}

template <class T>
void Optimizer::bind_state(const Network<T>& network) {
    if (is_of(network)) return;
    std::vector<HeadState<T>> all;
    for (const auto& head : network.heads()) {
        HeadState<T> state;
        for (size_t s = 0; s < slot_names().size(); ++s) state.emplace_back(head->parameter_count());
        all.push_back(std::move(state));
    }
    if constexpr (std::is_same_v<T, float>)
        f32_ = std::move(all);
    else
        f64_ = std::move(all);
    heads_.assign(network.heads().begin(), network.heads().end());
    begin_averages<T>();
}

template <class T>
void Optimizer::begin_averages() {
    if (options.average <= 0) return;
    for (size_t h = 0; h < heads_.size(); ++h) {
        const Head<T>& head = *static_cast<const Head<T>*>(heads_[h].get());
        Buffer<T>& average = state<T>(h).back();
        std::copy_n(const_cast<Head<T>&>(head).parameter_data(), average.size(), average.data());
    }
}

void Optimizer::reset() {
    const auto clear = [](auto& heads) {
        for (auto& head : heads)
            for (auto& slot : head) std::fill_n(slot.data(), slot.size(), 0);
    };
    clear(f32_);
    clear(f64_);
    if (!f32_.empty()) begin_averages<float>();
    if (!f64_.empty()) begin_averages<double>();
    steps = 0;
}

Optimizer::Configuration Optimizer::configuration_of(size_t group, const double* lr) const {
    const std::vector<double>& chosen = group == 0 ? configuration_ : groups_[group - 1];
    Configuration all{};
    std::copy(chosen.begin(), chosen.end(), all.begin());
    if (configuration_.empty()) return all;
    const double own = configuration_[0];  // the learning rate is the first parameter of every optimizer
    if (std::isnan(all[0])) all[0] = own;
    if (lr != nullptr && *lr != own) all[0] = all[0] == own ? *lr : *lr / own * all[0];
    return all;
}

// Each thread remembers its latest product of each group, because the steps of a run follow one another.
double Optimizer::product_of_factors(size_t group, int64_t step) const {
    struct Latest {
        const Optimizer* of = nullptr;
        Configuration configuration{};
        int64_t step = 0;
        double product = 1;
    };
    thread_local std::vector<Latest> all;
    if (all.size() <= group) all.resize(group + 1);
    Latest& latest = all[group];
    Configuration configuration = configuration_of(group, nullptr);
    configuration[0] = 0;  // the learning rate is not among the factors
    if (latest.of != this || latest.configuration != configuration || latest.step > step)
        latest = {this, configuration, 0, 1};
    const auto factor = optimizer_catalogue()[index_].factor;
    while (latest.step < step) latest.product *= factor(configuration.data(), static_cast<double>(++latest.step));
    return latest.product;
}

template <class T>
void Optimizer::scalars(int64_t ahead, const double* lr, T* values, size_t group) const {
    double h[defs::max_step_scalars] = {};
    const OptimizerEntry& entry = optimizer_catalogue()[index_];
    if (entry.factor != nullptr) h[0] = product_of_factors(group, steps + ahead);
    entry.prepare(configuration_of(group, lr).data(), static_cast<double>(steps + ahead), h);
    for (int i = 0; i < defs::max_step_scalars; ++i) values[i] = static_cast<T>(h[i]);
}

template bool Optimizer::holds(const Network<float>&) const;
template bool Optimizer::holds(const Network<double>&) const;
template void Optimizer::set_groups(const Network<float>&, std::vector<std::vector<double>>,
                                    std::vector<std::vector<int>>);
template void Optimizer::set_groups(const Network<double>&, std::vector<std::vector<double>>,
                                    std::vector<std::vector<int>>);
template void Optimizer::bind(const Network<float>&);
template void Optimizer::bind(const Network<double>&);
template void Optimizer::scalars(int64_t, const double*, float*, size_t) const;
template void Optimizer::scalars(int64_t, const double*, double*, size_t) const;

}  // namespace pynn
