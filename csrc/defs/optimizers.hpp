// Optimizers: one step of one weight w, given its gradient g and its state. One struct each; `Optimizers` at the end is the
// one list that kernels, engine and Python are made from.
//
// `prepare` turns the configuration c (in the order of info.parameters) and the step number t = 1, 2, ... into the scalars
// h of the step, `scalars` of them, in double; `update` reads them in the weight's precision. Rules and defaults are PyTorch's, so that
// trajectories can be compared step by step.
#pragma once

#include <math.h>

#include "defs/definition.hpp"
#include "defs/type_list.hpp"

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

// Gradient descent without memory; Python's SGD(momentum=0).
struct SGD {
    static constexpr OptimizerInfo info = {"SGD",
                                           "w -= lr (g + wd w)",
                                           {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
                                            {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"}},
                                           {},
                                           "Robbins and Monro 1951"};
    static constexpr int slots = 0, scalars = 2;
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
                                           "w -= lr v, with nesterov w -= lr (g + mu v)",
                                           {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
                                            {"momentum", 0.9, 0, infinity, nullptr, "mu"},
                                            {"dampening", 0, -infinity, infinity, nullptr, "share of g kept out of v"},
                                            {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"},
                                            {"nesterov", 0, 0, 1, "False|True", "step along g + mu v"}},
                                           {"momentum_buffer"},
                                           "Polyak 1964; Sutskever et al. 2013"};
    static constexpr int slots = 1, scalars = 6;
    static void prepare(const double* c, double t, double* h) {
        const double mu = c[1];
        const bool nesterov = c[4] != 0;
        h[0] = c[0];
        h[1] = t == 1 ? 0 : mu;
        h[2] = t == 1 ? 1 : 1 - c[2];
        h[3] = c[3];
        h[4] = nesterov ? 1 : 0;  // the step is h4 g + h5 v
        h[5] = nesterov ? mu : 1;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* v, const S* h) {
        g = fma(V(h[3]), w, g);
        v[0] = fma(V(h[1]), v[0], V(h[2]) * g);
        w = fnma(V(h[0]), fma(V(h[4]), g, V(h[5]) * v[0]), w);
    }
};

// Adam and AdamW share the moments; they differ in where weight decay enters.
struct AdamMoments {
    static constexpr int slots = 2, scalars = 7;
    static void prepare(const double* c, double t, double* h) {
        h[0] = c[0] / (1 - pow(c[1], t));  // lr / (1 - beta1^t)
        h[1] = 1 - c[1];                   // m += (1 - beta1) (g - m)
        h[2] = c[2];                       // v = beta2 v + (1 - beta2) g^2
        h[3] = 1 - c[2];
        h[4] = 1 / sqrt(1 - pow(c[2], t));
        h[5] = c[3];
    }
    template <class V, class S>
    static PYNN_INLINE void step(V& w, V g, V* slot, const S* h) {
        V &m = slot[0], &v = slot[1];
        m = fma(V(h[1]), g - m, m);
        v = fma(V(h[2]), v, V(h[3]) * (g * g));
        w = fnma(V(h[0]), m / fma(sqrt(v), V(h[4]), V(h[5])), w);
    }
};

struct Adam : AdamMoments {
    static constexpr OptimizerInfo info = {"Adam",
                                           "g += wd w;  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  "
                                           "w -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)",
                                           {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
                                            {"beta1", 0.9, 0, 1, nullptr, "memory of the mean, below 1"},
                                            {"beta2", 0.999, 0, 1, nullptr, "memory of the square, below 1"},
                                            {"eps", 1e-8, 0, infinity, nullptr, "added to the root"},
                                            {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"}},
                                           {"exp_avg", "exp_avg_sq"},
                                           "Kingma and Ba 2015"};
    static void prepare(const double* c, double t, double* h) {
        AdamMoments::prepare(c, t, h);
        h[6] = c[4];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        step(w, fma(V(h[6]), w, g), slot, h);
    }
};

struct AdamW : AdamMoments {
    static constexpr OptimizerInfo info = {
        "AdamW",
        "w *= 1 - lr wd;  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  "
        "w -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)",
        {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
         {"beta1", 0.9, 0, 1, nullptr, "memory of the mean, below 1"},
         {"beta2", 0.999, 0, 1, nullptr, "memory of the square, below 1"},
         {"eps", 1e-8, 0, infinity, nullptr, "added to the root"},
         {"weight_decay", 1e-2, 0, infinity, nullptr, "wd, decoupled decay"}},
        {"exp_avg", "exp_avg_sq"},
        "Loshchilov and Hutter 2019"};
    static void prepare(const double* c, double t, double* h) {
        AdamMoments::prepare(c, t, h);
        h[6] = 1 - c[0] * c[4];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        w = V(h[6]) * w;
        step(w, g, slot, h);
    }
};

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

using Optimizers = TypeList<SGD, Momentum, Adam, AdamW, KeepGradient>;

}  // namespace pynn::defs
