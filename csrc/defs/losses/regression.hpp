// Losses of numbers.
#pragma once

#include "defs/losses/info.hpp"

namespace pynn::defs {

struct SquaredError {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"SquaredError", "squared_error", "1/2 sum (y - d)^2", "y - d", {},
                                      false,          false,           "the lecture notes"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        return V(0.5) * ((y - d) * (y - d));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S*) {
        return y - d;
    }
};

struct MSELoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"MSELoss", "mean_squared_error", "sum (y - d)^2", "2 (y - d)", {}, false, true,
                                      "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        return (y - d) * (y - d);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S*) {
        return V(2) * (y - d);
    }
};

// 1, -1, and where x is 0 or NaN x itself
template <class V>
PYNN_INLINE V sign(V x) {
    return select(x > V(0), V(1), select(x < V(0), V(-1), x));
}

struct L1Loss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"L1Loss", "l1_loss", "sum |y - d|", "sign(y - d), 0 where y = d",
                                      {},       false,     true,          "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        return abs(y - d);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S*) {
        return sign(y - d);
    }
};

struct HuberLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"HuberLoss",
                                      "huber_loss",
                                      "sum r^2 / 2 if |r| <= delta else delta (|r| - delta / 2), r = y - d",
                                      "min(delta, max(-delta, y - d))",
                                      {{"delta", 1, 1e-30, infinity, nullptr, "where the parabola becomes a line"}},
                                      false,
                                      true,
                                      "Huber 1964"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S* p) {
        const V a = abs(y - d);
        return select(a <= V(p[0]), V(0.5) * (a * a), V(p[0]) * (a - V(p[0] / 2)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S* p) {
        return min(V(p[0]), max(V(-p[0]), y - d));
    }
};

// beta = 0 is the L1Loss.
struct SmoothL1Loss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"SmoothL1Loss",
                                      "smooth_l1_loss",
                                      "sum r^2 / (2 beta) if |r| < beta else |r| - beta / 2, r = y - d",
                                      "(y - d) / beta if |y - d| < beta else sign(y - d)",
                                      {{"beta", 1, 0, infinity, nullptr, "where the parabola becomes a line"}},
                                      false,
                                      true,
                                      "Girshick 2015"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S* p) {
        const V a = abs(y - d);
        return select(a < V(p[0]), V(0.5) * (a * a) / V(p[0]), a - V(p[0] / 2));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S* p) {
        const V r = y - d;
        return select(abs(r) < V(p[0]), r / V(p[0]), sign(r));
    }
};

// Below |r| = 1, log cosh r is log(1 + sinh^2 r) / 2, which does not cancel; beyond, |r| - log 2 + log(1 + e^-2|r|).
struct LogCoshLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"LogCoshLoss", "log_cosh_loss", "sum log cosh(y - d)", "tanh(y - d)", {}, false,
                                      true,          "Keras"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        const V a = abs(y - d), m = expm1(min(a, V(1))), sinh = V(0.5) * (m + m / (m + V(1)));
        const V far = (a - V(0.69314718055994531)) + log_one_plus(exp(V(-2) * a));
        return select(a < V(1), V(0.5) * log1p(sinh * sinh), far);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S*) {
        return tanh(y - d);
    }
};

struct QuantileLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"QuantileLoss",
                                      "quantile_loss",
                                      "sum q r if r > 0 else (q - 1) r, r = d - y",
                                      "-q if d > y, 1 - q if d < y, 0 where they are equal",
                                      {},
                                      false,
                                      true,
                                      "Koenker and Bassett 1978",
                                      {"q", 0.5, 0, 1, nullptr, "the quantile to estimate"}};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V q, const S*) {
        const V r = d - y;
        return max(q * r, (q - V(1)) * r);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V q, const S*) {
        const V r = d - y;
        return select(r > V(0), -q, select(r < V(0), V(1) - q, r));
    }
};

struct MeanSquaredLogarithmicError {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"MeanSquaredLogarithmicError",
                                      "mean_squared_logarithmic_error",
                                      "sum (log(1 + max(0, y)) - log(1 + max(0, d)))^2",
                                      "2 (log(1 + y) - log(1 + max(0, d))) / (1 + y), 0 for y < 0",
                                      {},
                                      false,
                                      true,
                                      "Keras"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        const V r = log1p(max(V(0), y)) - log1p(max(V(0), d));
        return r * r;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S*) {
        const V z = max(V(0), y), slope = V(2) * (log1p(z) - log1p(max(V(0), d))) / (V(1) + z);
        return select(y < V(0), V(0), slope);
    }
};

struct MeanAbsolutePercentageError {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"MeanAbsolutePercentageError",
                                      "mean_absolute_percentage_error",
                                      "sum 100 |y - d| / max(eps, |d|)",
                                      "100 sign(y - d) / max(eps, |d|)",
                                      {{"eps", 1e-7, 1e-30, infinity, nullptr, "what a target of 0 is replaced by"}},
                                      false,
                                      true,
                                      "Keras"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S* p) {
        return V(100) * abs(y - d) / max(V(p[0]), abs(d));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S* p) {
        return V(100) * sign(y - d) / max(V(p[0]), abs(d));
    }
};

// What `full` adds does not depend on y: Stirling's approximation of log d!, for d > 1.
struct PoissonNLLLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {
        "PoissonNLLLoss",
        "poisson_nll_loss",
        "sum e^y - d y, or y - d log(y + eps) without log_input; full adds d log d - d + log(2 pi d) / 2 where d > 1",
        "e^y - d, or 1 - d / (y + eps)",
        {{"log_input", 1, 0, 1, "False|True", "y is the logarithm of the expected count"},
         {"full", 0, 0, 1, "False|True", "adds Stirling's approximation of log d!"},
         {"eps", 1e-8, 0, 1, nullptr, "keeps the logarithm of 0 finite"}},
        false,
        true,
        "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S* p) {
        const V value = p[0] != 0 ? exp(y) - d * y : y - times_log(d, y + V(p[2]));
        if (p[1] == 0) return value;
        const V n = max(d, V(1));
        return value + select(d > V(1), (n * log(n) - n) + V(0.5) * log(V(6.283185307179586) * n), V(0));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S* p) {
        return p[0] != 0 ? exp(y) - d : V(1) - d / (y + V(p[2]));
    }
};

// The first half of the outputs are the means m, the second half the logarithms s of the variances: no network output is then
// an impossible variance.
struct GaussianNLLLoss {
    using Kind = WholeRow;
    static constexpr LossInfo info = {
        "GaussianNLLLoss",
        "gaussian_nll_loss",
        "sum 1/2 (s + (m - d)^2 e^-s), y = [m, s], s at least log eps; full adds log(2 pi) / 2",
        "(m - d) e^-s by m, 1/2 (1 - (m - d)^2 e^-s) by s",
        {{"eps", 1e-6, 1e-30, infinity, nullptr, "the least variance"},
         {"full", 0, 0, 1, "False|True", "adds the constant log(2 pi) / 2"}},
        false,
        true,
        "Nix and Weigend 1994",
        {},
        half};
    template <class Row, class S>
    static double run(Row& row, size_t n, const S* p) {
        const double least = Row::log(p[0]), constant = p[1] != 0 ? 0.91893853320467274 : 0;
        double value = 0;
        for (size_t i = 0, k = n / 2; i < k; ++i) {
            const double r = row.y(i) - row.d(i), given = row.y(k + i);
            const double s = given < least ? least : given;  // NaN stays NaN
            const double precision = Row::exp(-s), q = r * r * precision;
            value += 0.5 * (s + q) + constant;
            row.set(i, r * precision);
            row.set(k + i, 0.5 * (1 - q));  // below eps too, as in PyTorch: such a variance can grow again
        }
        return value;
    }
};

}  // namespace pynn::defs
