// Steps scaled by what each weight's gradients have been.
#pragma once

#include "defs/optimizers/info.hpp"

namespace pynn::defs {

struct Adagrad {
    static constexpr OptimizerInfo info = {
        "Adagrad",
        "g += wd w;  s += g^2, at first s = initial_accumulator_value + g^2;  "
        "w -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)",
        {from(learning_rate, 1e-2),
         {"lr_decay", 0, 0, infinity, nullptr, "how fast the learning rate falls"},
         l2_penalty,
         {"initial_accumulator_value", 0, 0, infinity, nullptr, "s before the first step"},
         from(beside_the_root, 1e-10)},
        {"sum"},
        "Duchi et al. 2011"};
    static constexpr int slots = 1, scalars = 4;
    static void prepare(const double* c, double t, double* h) {
        h[0] = c[0] / (1 + (t - 1) * c[1]);
        h[1] = c[2];
        h[2] = t == 1 ? c[3] : 0;
        h[3] = c[4];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* s, const S* h) {
        g = fma(V(h[1]), w, g);
        s[0] = fma(g, g, s[0] + V(h[2]));
        w = fnma(V(h[0]), g / (sqrt(s[0]) + V(h[3])), w);
    }
};

struct Adadelta {
    static constexpr OptimizerInfo info = {"Adadelta",
                                           "g += wd w;  s = rho s + (1 - rho) g^2;  d = sqrt(a + eps) / sqrt(s + eps) "
                                           "g;  a = rho a + (1 - rho) d^2;  w -= lr d",
                                           {from(learning_rate, 1),
                                            {"rho", 0.9, 0, 1, nullptr, "memory of the squares"},
                                            {"eps", 1e-6, 0, infinity, nullptr, "added below the roots"},
                                            l2_penalty},
                                           {"square_avg", "acc_delta"},
                                           "Zeiler 2012"};
    static constexpr int slots = 2, scalars = 5;
    static void prepare(const double* c, double, double* h) {
        h[0] = c[0];
        h[1] = c[1];
        h[2] = 1 - c[1];
        h[3] = c[2];
        h[4] = c[3];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        V &s = slot[0], &a = slot[1];
        g = fma(V(h[4]), w, g);
        s = fma(V(h[1]), s, V(h[2]) * (g * g));
        const V d = sqrt(a + V(h[3])) / sqrt(s + V(h[3])) * g;
        a = fma(V(h[1]), a, V(h[2]) * (d * d));
        w = fnma(V(h[0]), d, w);
    }
};

// One definition for each set of state arrays, so that nobody carries what is not used.
template <bool with_momentum, bool centered>
struct RMSpropOf {
    static constexpr OptimizerInfo info = {
        with_momentum ? (centered ? "RMSpropCenteredMomentum" : "RMSpropMomentum")
                      : (centered ? "RMSpropCentered" : "RMSprop"),
        "g += wd w;  s = alpha s + (1 - alpha) g^2;  centered: a += (1 - alpha) (g - a) and s - a^2 in the place of s; "
        " "
        "d = g / (sqrt(s) + eps);  with momentum: b = mu b + d in the place of d;  w -= lr d",
        {from(learning_rate, 1e-2),
         {"alpha", 0.99, 0, 1, nullptr, "memory of the squares"},
         beside_the_root,
         l2_penalty,
         {"momentum", 0, 0, infinity, nullptr, "mu"}},
        {"square_avg",
         centered        ? "grad_avg"
         : with_momentum ? "momentum_buffer"
                         : nullptr,
         centered&& with_momentum ? "momentum_buffer" : nullptr},
        "Tieleman and Hinton 2012"};
    static constexpr int slots = 1 + centered + with_momentum, scalars = 6;
    static void prepare(const double* c, double, double* h) {
        h[0] = c[0];
        h[1] = c[1];
        h[2] = 1 - c[1];
        h[3] = c[2];
        h[4] = c[3];
        h[5] = c[4];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        g = fma(V(h[4]), w, g);
        slot[0] = fma(V(h[1]), slot[0], V(h[2]) * (g * g));
        V variance = slot[0];
        if constexpr (centered) {
            slot[1] = fma(V(h[2]), g - slot[1], slot[1]);
            variance = fnma(slot[1], slot[1], variance);
        }
        V d = g / (sqrt(variance) + V(h[3]));
        if constexpr (with_momentum) {
            V& b = slot[1 + centered];
            b = fma(V(h[5]), b, d);
            d = b;
        }
        w = fnma(V(h[0]), d, w);
    }
};
using RMSprop = RMSpropOf<false, false>;
using RMSpropMomentum = RMSpropOf<true, false>;
using RMSpropCentered = RMSpropOf<false, true>;
using RMSpropCenteredMomentum = RMSpropOf<true, true>;

}  // namespace pynn::defs
