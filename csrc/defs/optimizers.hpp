// Optimizers: one step of one weight w, given its gradient g and its state. One struct each, in optimizers/; `Optimizers` is the
// one list that kernels, engine and Python are made from.
#pragma once

#include "defs/optimizers/adam.hpp"
#include "defs/optimizers/adaptive.hpp"
#include "defs/optimizers/descent.hpp"
#include "defs/type_list.hpp"

namespace pynn::defs {

// Not an optimizer of its own: hands the gradient out as state, for gradients() and everything that needs all of it first.
struct KeepGradient {
    static constexpr OptimizerInfo info = {"KeepGradient", "keep g", {}, {"gradient"}, ""};
    static constexpr int slots = 1, scalars = 0;
    static void prepare(const double*, double, double*) {}
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V&, V g, V* slot, const S*) {
        slot[0] = g;
    }
};

using Optimizers =
    TypeList<SGD, Momentum, Rprop, Lion, Adam, AdamW, AdamAMSGrad, AdamWAMSGrad, NAdam, RAdam, Adamax, Adagrad,
             Adadelta, RMSprop, RMSpropMomentum, RMSpropCentered, RMSpropCenteredMomentum, KeepGradient>;

}  // namespace pynn::defs
