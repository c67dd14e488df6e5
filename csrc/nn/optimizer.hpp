// Optimizer: a rule of defs::Optimizers with its configuration, the number of steps taken, and the state arrays of the
// network it updates, which it gets at its first step.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/memory.hpp"
#include "nn/network.hpp"

namespace pynn {

// State arrays of one head: `slots` of them, in its parameters' layout.
template <class T>
using HeadState = std::vector<Buffer<T>>;

class Optimizer {
  public:
    // Throws std::invalid_argument for an unknown name or a wrong number of parameters.
    Optimizer(const std::string& name, std::vector<double> configuration);

    double get(const std::string& parameter) const { return configuration_[position(parameter)]; }
    void set(const std::string& parameter, double value) { configuration_[position(parameter)] = value; }
    int64_t steps = 0;
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
    template <class T>
    void scalars(int64_t ahead, const double* lr, T* values) const;

  private:
    size_t position(const std::string& parameter) const;
    double product_of_factors(int64_t step) const;
    template <class T>
    bool is_of(const Network<T>& network) const;

    mutable std::mutex mutex_;  // of what bind makes
    int index_;
    std::vector<double> configuration_;
    std::vector<std::shared_ptr<const void>> heads_;  // whose state it is; kept alive so that no address is used twice
    std::vector<HeadState<float>> f32_;
    std::vector<HeadState<double>> f64_;
};

}  // namespace pynn
