// Optimizer: a rule of defs::Optimizers with its configuration, the number of steps taken, and the state arrays of the
// network it updates, which it gets at its first step.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/memory.hpp"
#include "defs/optimizers/info.hpp"
#include "nn/foreign.hpp"
#include "nn/network.hpp"

namespace pynn {

// State arrays of one head: `slots` of them, in its parameters' layout.
template <class T>
using HeadState = std::vector<Buffer<T>>;

// What happens beside the rule, in this order; 0 means not at all.
struct StepOptions {
    double l1 = 0;          // l1 sign(w) is added to the gradients of weights, not of biases
    double clip_value = 0;  // gradients are cut to [-clip_value, clip_value]
    double clip_norm = 0;   // all gradients are scaled so that their norm is at most this
    double max_norm = 0;    // after the step, the weights into each unit are scaled so that their norm is at most this
    double average = 0;     // decay of running means of the weights, which begin as the weights
    size_t accumulate = 1;  // minibatches whose gradients make one step

    bool any() const {
        return l1 > 0 || clip_value > 0 || clip_norm > 0 || max_norm > 0 || average > 0 || accumulate > 1;
    }
    // Whether a step begins only when all gradients are known.
    bool need_all_gradients() const { return clip_norm > 0 || accumulate > 1; }
};

class Optimizer {
  public:
    static constexpr int frozen = -1;

    // Throws std::invalid_argument for an unknown name or a wrong number of parameters.
    Optimizer(const std::string& name, std::vector<double> configuration);

    double get(const std::string& parameter) const { return configuration_[position(parameter)]; }
    void set(const std::string& parameter, double value) { configuration_[position(parameter)] = value; }
    int64_t steps = 0;
    StepOptions options;
    std::shared_ptr<ForeignRule> rule;  // takes the definition's place, if not null
    // Parameters with a configuration of their own, which takes the place of the first one. `group_of` has, for each head of the
    // network that will be trained, the group of each of its parameters: 0 is the optimizer's own configuration, i the i-th
    // of these, `frozen` none. A learning rate that is NaN is that of the optimizer.
    // Only once; throws std::invalid_argument if the sizes are wrong or the state is that of another network.
    template <class T>
    void set_groups(const Network<T>& network, std::vector<std::vector<double>> configurations,
                    std::vector<std::vector<int>> group_of);
    size_t groups() const { return groups_.size() + 1; }
    int group_of(size_t head, size_t parameter) const { return group_of_.empty() ? 0 : group_of_[head][parameter]; }
    // Whether a step is more than the rule applied to each gradient.
    bool plain() const { return !options.any() && group_of_.empty() && !rule; }
    bool needs_all_gradients() const { return options.need_all_gradients() || rule; }
    // Of a head's state arrays; the running mean of the weights is the last.
    std::vector<std::string> slot_names() const;

    // Makes the state for a network's parameters, once. Throws std::invalid_argument if it already holds that of others. Any
    // number of threads may call at once.
    template <class T>
    void bind(const Network<T>& network);
    template <class T>
    bool holds(const Network<T>& network) const;
    // Zero steps and state, still of the same network.
    void reset();
    // State of the network's head number `head` (in the order of Network::heads), after bind.
    template <class T>
    HeadState<T>& state(size_t head);

    // The kernel's index, and the scalars of step number steps + ahead, with the configured learning rate or, unless null, another.
    int index() const { return index_; }
    // Whether a gradient of zero leaves weights and state as they are.
    bool rests() const;
    template <class T>
    void scalars(int64_t ahead, const double* lr, T* values, size_t group = 0) const;

  private:
    size_t position(const std::string& parameter) const;
    using Configuration = std::array<double, defs::max_optimizer_parameters>;
    Configuration configuration_of(size_t group, const double* lr) const;
    double product_of_factors(size_t group, int64_t step) const;
    template <class T>
    void check_owner(const Network<T>& network) const;
    template <class T>
    void bind_state(const Network<T>& network);
    template <class T>
    void begin_averages();
    template <class T>
    bool is_of(const Network<T>& network) const;

    mutable std::mutex mutex_;  // of what bind makes
    int index_;
    std::vector<double> configuration_;
    std::vector<std::vector<double>> groups_;
    std::vector<std::vector<int>> group_of_;
    std::vector<std::shared_ptr<const void>> heads_;  // whose state it is; kept alive so that no address is used twice
    std::vector<HeadState<float>> f32_;
    std::vector<HeadState<double>> f64_;
};

}  // namespace pynn
