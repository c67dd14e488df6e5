// What every optimizer says about itself.
//
// `prepare` turns the configuration c (in the order of info.parameters) and the step number t = 1, 2, ... into the scalars
// h of the step, `scalars` of them, in double; `update` reads them in the weight's precision. State begins as 0. Where a
// definition has factor(c, t), h[0] is the product of factor(c, 1) ... factor(c, t) before `prepare`. rests(c), for
// definitions without state, says whether weights whose gradient is zero stay as they are. Rules and defaults are
// PyTorch's, so that trajectories can be compared step by step.
#pragma once

#include <math.h>

#include "defs/definition.hpp"

namespace pynn::defs {

inline constexpr int max_optimizer_parameters = 6;
inline constexpr int max_slots = 3;
inline constexpr int max_step_scalars = 8;

struct OptimizerInfo {
    const char* name;
    const char* formula;  // one step
    Parameter parameters[max_optimizer_parameters];
    const char* slots[max_slots];  // the state arrays of a weight, by PyTorch's names
    const char* source;
};

// What most of them have.
inline constexpr Parameter learning_rate = {"lr", 1e-3, 0, infinity, nullptr, "learning rate"};
inline constexpr Parameter l2_penalty = {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"};
inline constexpr Parameter beside_the_root = {"eps", 1e-8, 0, infinity, nullptr, "added to the root"};
constexpr Parameter from(Parameter parameter, double default_value) {
    parameter.default_value = default_value;
    return parameter;
}

// 1, -1 or 0
template <class V>
PYNN_INLINE V sign_of(V x) {
    return select(x > V(0), V(1), select(x < V(0), V(-1), V(0)));
}

}  // namespace pynn::defs
