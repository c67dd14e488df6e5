// Gradient descent, plain, with momentum, and by signs.
#pragma once

#include "defs/optimizers/info.hpp"

namespace pynn::defs {

// Gradient descent without memory; Python's SGD(momentum=0).
struct SGD {
    static constexpr OptimizerInfo info = {"SGD",
                                           "w -= lr (g + wd w)",
                                           {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
                                            {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"}},
                                           {},
                                           "Robbins and Monro 1951"};
    static constexpr int slots = 0, scalars = 2;
    static bool rests(const double* c) { return c[1] == 0; }
    static void prepare(const double* c, double, double* h) {
        h[0] = c[0];
        h[1] = c[1];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V*, const S* h) {
        w = fnma(V(h[0]), fma(V(h[1]), w, g), w);
    }
};

// Gradient descent with a velocity v; Python's SGD(momentum > 0).
struct Momentum {
    static constexpr OptimizerInfo info = {"Momentum",
                                           "g += wd w;  v = mu v + (1 - dampening) g, at first v = g;  "
                                           "w -= lr v, with nesterov w -= lr (g + mu v);  with rate_in_velocity "
                                           "v = mu v + lr g;  w -= v, with nesterov w -= lr g + mu v",
                                           {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
                                            {"momentum", 0.9, 0, infinity, nullptr, "mu"},
                                            {"dampening", 0, -infinity, infinity, nullptr, "share of g kept out of v"},
                                            {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"},
                                            {"nesterov", 0, 0, 1, "False|True", "step along g + mu v"},
                                            {"rate_in_velocity", 0, 0, 1, "False|True", "v holds steps, lr included"}},
                                           {"momentum_buffer"},
                                           "Polyak 1964; Sutskever et al. 2013"};
    static constexpr int slots = 1, scalars = 6;
    static void prepare(const double* c, double t, double* h) {
        const double mu = c[1];
        const bool nesterov = c[4] != 0, in_velocity = c[5] != 0;
        const double rate = in_velocity ? c[0] : 1;  // of g beside v
        h[0] = in_velocity ? 1 : c[0];
        h[1] = t == 1 ? 0 : mu;
        h[2] = rate * (t == 1 ? 1 : 1 - c[2]);
        h[3] = c[3];
        h[4] = nesterov ? rate : 0;  // the step is h0 (h4 g + h5 v)
        h[5] = nesterov ? mu : 1;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* v, const S* h) {
        g = fma(V(h[3]), w, g);
        v[0] = fma(V(h[1]), v[0], V(h[2]) * g);
        w = fnma(V(h[0]), fma(V(h[4]), g, V(h[5]) * v[0]), w);
    }
};

// Each weight has a step of its own, which grows while its gradient keeps its sign. Where the sign changes, the weight stays once.
struct Rprop {
    static constexpr OptimizerInfo info = {
        "Rprop",
        "step *= eta_plus (at most step_max) if g g_before > 0, eta_minus (at least step_min) if < 0, at first step = "
        "lr;  "
        "g = 0 if g g_before < 0;  w -= step sign(g)",
        {from(learning_rate, 1e-2),
         {"eta_minus", 0.5, 0, 1, nullptr, "factor of the step after a change of sign"},
         {"eta_plus", 1.2, 1, infinity, nullptr, "factor of the step without one"},
         {"step_min", 1e-6, 0, infinity, nullptr, "the least step"},
         {"step_max", 50, 0, infinity, nullptr, "the greatest step"}},
        {"prev", "step_size"},
        "Riedmiller and Braun 1993"};
    static constexpr int slots = 2, scalars = 6;
    static void prepare(const double* c, double t, double* h) {
        for (int i = 1; i < 5; ++i) h[i] = c[i];
        h[0] = c[0];
        h[5] = t == 1 ? 1 : 0;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        const V change = g * slot[0];
        V step = h[5] != 0 ? V(h[0]) : slot[1];
        step = step * select(change > V(0), V(h[2]), select(change < V(0), V(h[1]), V(1)));
        step = min(V(h[4]), max(V(h[3]), step));
        g = select(change < V(0), V(0), g);
        w = fnma(sign_of(g), step, w);
        slot[0] = g;
        slot[1] = step;
    }
};

// The step's direction is the sign of a mean; its memory of gradients is longer than that mean's.
struct Lion {
    static constexpr OptimizerInfo info = {"Lion",
                                           "w *= 1 - lr wd;  w -= lr sign(beta1 m + (1 - beta1) g);  "
                                           "m = beta2 m + (1 - beta2) g",
                                           {from(learning_rate, 1e-4),
                                            {"beta1", 0.9, 0, 1, nullptr, "memory of the direction, below 1"},
                                            {"beta2", 0.99, 0, 1, nullptr, "memory of the mean, below 1"},
                                            {"weight_decay", 0, 0, infinity, nullptr, "wd, decoupled decay"}},
                                           {"exp_avg"},
                                           "Chen et al. 2023"};
    static constexpr int slots = 1, scalars = 6;
    static void prepare(const double* c, double, double* h) {
        h[0] = c[0];
        h[1] = c[1];
        h[2] = 1 - c[1];
        h[3] = c[2];
        h[4] = 1 - c[2];
        h[5] = 1 - c[0] * c[3];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* m, const S* h) {
        w = fnma(V(h[0]), sign_of(fma(V(h[1]), m[0], V(h[2]) * g)), V(h[5]) * w);
        m[0] = fma(V(h[3]), m[0], V(h[4]) * g);
    }
};

}  // namespace pynn::defs
