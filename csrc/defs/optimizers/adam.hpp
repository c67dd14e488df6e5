// Adam and its kin: steps scaled by running means of the gradient and of its square.
#pragma once

#include "defs/optimizers/info.hpp"

namespace pynn::defs {

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
    static constexpr OptimizerInfo info = {
        "Adam",
        "g += wd w;  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  "
        "w -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps), with epsilon_hat "
        "w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps)",
        {{"lr", 1e-3, 0, infinity, nullptr, "learning rate"},
         {"beta1", 0.9, 0, 1, nullptr, "memory of the mean, below 1"},
         {"beta2", 0.999, 0, 1, nullptr, "memory of the square, below 1"},
         {"eps", 1e-8, 0, infinity, nullptr, "added to the root"},
         {"weight_decay", 0, 0, infinity, nullptr, "wd, L2 penalty"},
         {"epsilon_hat", 0, 0, 1, "False|True", "eps is added to sqrt(v) itself"}},
        {"exp_avg", "exp_avg_sq"},
        "Kingma and Ba 2015"};
    static void prepare(const double* c, double t, double* h) {
        AdamMoments::prepare(c, t, h);
        if (c[5] != 0) h[5] *= h[4];
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

// With the greatest v so far in the place of v, the steps cannot grow again.
struct AMSGrad {
    static constexpr int slots = 3;
    template <class V, class S>
    static PYNN_INLINE void step(V& w, V g, V* slot, const S* h) {
        V &m = slot[0], &v = slot[1], &most = slot[2];
        m = fma(V(h[1]), g - m, m);
        v = fma(V(h[2]), v, V(h[3]) * (g * g));
        most = max(most, v);
        w = fnma(V(h[0]), m / fma(sqrt(most), V(h[4]), V(h[5])), w);
    }
};

struct AdamAMSGrad : Adam {
    static constexpr OptimizerInfo info = {
        "AdamAMSGrad",
        "Adam with the greatest v so far in the place of v",
        {Adam::info.parameters[0], Adam::info.parameters[1], Adam::info.parameters[2], Adam::info.parameters[3],
         Adam::info.parameters[4], Adam::info.parameters[5]},
        {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
        "Reddi et al. 2018"};
    static constexpr int slots = AMSGrad::slots;
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        AMSGrad::step(w, fma(V(h[6]), w, g), slot, h);
    }
};

struct AdamWAMSGrad : AdamW {
    static constexpr OptimizerInfo info = {
        "AdamWAMSGrad",
        "AdamW with the greatest v so far in the place of v",
        {AdamW::info.parameters[0], AdamW::info.parameters[1], AdamW::info.parameters[2], AdamW::info.parameters[3],
         AdamW::info.parameters[4]},
        {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
        "Reddi et al. 2018"};
    static constexpr int slots = AMSGrad::slots;
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        w = V(h[6]) * w;
        AMSGrad::step(w, g, slot, h);
    }
};

// Adam with Nesterov's momentum, which warms up: mu_t = beta1 (1 - 0.96^(t psi) / 2).
struct NAdam {
    static constexpr OptimizerInfo info = {
        "NAdam",
        "g += wd w;  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  "
        "w -= lr ((1 - mu_t) g / (1 - mu_1 ... mu_t) + mu_t+1 m / (1 - mu_1 ... mu_t+1)) / "
        "(sqrt(v / (1 - beta2^t)) + eps)",
        {from(learning_rate, 2e-3),
         {"beta1", 0.9, 0, 1, nullptr, "memory of the mean, below 1"},
         {"beta2", 0.999, 0, 1, nullptr, "memory of the square, below 1"},
         beside_the_root,
         l2_penalty,
         {"momentum_decay", 4e-3, 0, infinity, nullptr, "psi, how fast the momentum warms up"}},
        {"exp_avg", "exp_avg_sq"},
        "Dozat 2016"};
    static constexpr int slots = 2, scalars = 8;
    static double factor(const double* c, double t) { return c[1] * (1 - 0.5 * pow(0.96, t * c[5])); }
    static void prepare(const double* c, double t, double* h) {
        const double product = h[0], next = factor(c, t + 1);
        h[0] = c[0] * (1 - factor(c, t)) / (1 - product);
        h[1] = 1 - c[1];
        h[2] = c[2];
        h[3] = 1 - c[2];
        h[4] = 1 / sqrt(1 - pow(c[2], t));
        h[5] = c[3];
        h[6] = c[4];
        h[7] = c[0] * next / (1 - product * next);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        V &m = slot[0], &v = slot[1];
        g = fma(V(h[6]), w, g);
        m = fma(V(h[1]), g - m, m);
        v = fma(V(h[2]), v, V(h[3]) * (g * g));
        w = w - fma(V(h[0]), g, V(h[7]) * m) / fma(sqrt(v), V(h[4]), V(h[5]));
    }
};

// While too few gradients were seen to know their variance (rho_t <= 5), v is left out.
struct RAdam {
    static constexpr OptimizerInfo info = {
        "RAdam",
        "g += wd w;  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  "
        "w -= lr / (1 - beta1^t) m (r_t sqrt(1 - beta2^t) / (sqrt(v) + eps) if rho_t > 5 else 1)",
        {learning_rate,
         {"beta1", 0.9, 0, 1, nullptr, "memory of the mean, below 1"},
         {"beta2", 0.999, 0, 1, nullptr, "memory of the square, below 1"},
         beside_the_root,
         l2_penalty},
        {"exp_avg", "exp_avg_sq"},
        "Liu et al. 2020"};
    static constexpr int slots = 2, scalars = 7;
    static void prepare(const double* c, double t, double* h) {
        const double power = pow(c[2], t), most = 2 / (1 - c[2]) - 1, rho = most - 2 * t * power / (1 - power);
        const double scale = c[0] / (1 - pow(c[1], t));
        const bool known = rho > 5;
        const double r =
            known ? sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) * sqrt(1 - power) : 0;
        h[0] = scale * r;  // the step is h0 m / (sqrt v + eps) + h4 m
        h[1] = 1 - c[1];
        h[2] = c[2];
        h[3] = 1 - c[2];
        h[4] = known ? 0 : scale;
        h[5] = c[3];
        h[6] = c[4];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        V &m = slot[0], &v = slot[1];
        g = fma(V(h[6]), w, g);
        m = fma(V(h[1]), g - m, m);
        v = fma(V(h[2]), v, V(h[3]) * (g * g));
        w = h[4] != 0 ? fnma(V(h[4]), m, w) : fnma(V(h[0]), m / (sqrt(v) + V(h[5])), w);
    }
};

struct Adamax {
    static constexpr OptimizerInfo info = {"Adamax",
                                           "g += wd w;  m += (1 - beta1) (g - m);  u = max(beta2 u, |g| + eps);  "
                                           "w -= lr / (1 - beta1^t) m / u",
                                           {from(learning_rate, 2e-3),
                                            {"beta1", 0.9, 0, 1, nullptr, "memory of the mean, below 1"},
                                            {"beta2", 0.999, 0, 1, nullptr, "memory of the greatest, below 1"},
                                            {"eps", 1e-8, 0, infinity, nullptr, "added to |g|"},
                                            l2_penalty},
                                           {"exp_avg", "exp_inf"},
                                           "Kingma and Ba 2015"};
    static constexpr int slots = 2, scalars = 5;
    static void prepare(const double* c, double t, double* h) {
        h[0] = c[0] / (1 - pow(c[1], t));
        h[1] = 1 - c[1];
        h[2] = c[2];
        h[3] = c[3];
        h[4] = c[4];
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE void update(V& w, V g, V* slot, const S* h) {
        V &m = slot[0], &u = slot[1];
        g = fma(V(h[4]), w, g);
        m = fma(V(h[1]), g - m, m);
        u = max(V(h[2]) * u, abs(g) + V(h[3]));
        w = fnma(V(h[0]), m / u, w);
    }
};

}  // namespace pynn::defs
