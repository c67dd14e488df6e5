// Losses of a prediction y and a target d, and their gradients. One struct each; `Losses` at the end is the one list
// that kernels, Python and the tests are made from.
//
// The value of a row is the sum over its elements; how a batch is reduced is not the definitions' business. A
// definition is of one of four kinds, which say how the kernel walks along a row:
//   Elementwise       value(y, d, p) and gradient(y, d, p) for each element
//   AtLabel           the same with d = 1, at the label alone; elsewhere both are 0
//   OfSoftmax         y are logits u; with x = u - max u, s = sum e^x and z = softmax(u) = e^x / s:
//                     value(x, log s, z, d, p) and gradient(z, d, sum d)
//   SoftmaxAtLabel    the same with d = 1 at the label and 0 elsewhere
#pragma once

#include "defs/activations/parts.hpp"
#include "defs/definition.hpp"
#include "defs/type_list.hpp"

namespace pynn::defs {

struct LossInfo {
    const char* name;      // what Python's loss of that name, or of its options, stands on
    const char* function;  // its name in nn.functional; the gradient is d_<function>
    const char* formula;   // the value of a row
    const char* gradient;  // of an element
    Parameter parameters[max_parameters];
    bool labels;       // the target is one class index a row; else it has the prediction's shape
    bool per_element;  // "mean" divides by batch x outputs; else by the batch
    const char* source;
};

struct Elementwise {};
struct AtLabel {};
struct OfSoftmax {};
struct SoftmaxAtLabel {};

struct SquaredError {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"SquaredError", "squared_error", "1/2 sum (y - d)^2", "y - d", {},
                                      false,          false,           "the lecture notes"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, const S*) {
        return V(0.5) * ((y - d) * (y - d));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, const S*) {
        return y - d;
    }
};

struct MSELoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"MSELoss", "mean_squared_error", "sum (y - d)^2", "2 (y - d)", {}, false, true,
                                      "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, const S*) {
        return (y - d) * (y - d);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, const S*) {
        return V(2) * (y - d);
    }
};

struct L1Loss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"L1Loss", "l1_loss", "sum |y - d|", "sign(y - d), 0 where y = d",
                                      {},       false,     true,          "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, const S*) {
        return abs(y - d);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, const S*) {
        const V r = y - d;
        return select(r > V(0), V(1), select(r < V(0), V(-1), r));  // r: 0 or NaN
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
    static PYNN_INLINE V value(V y, V d, const S* p) {
        const V a = abs(y - d);
        return select(a <= V(p[0]), V(0.5) * (a * a), V(p[0]) * (a - V(p[0] / 2)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, const S* p) {
        return min(V(p[0]), max(V(-p[0]), y - d));
    }
};

// The logarithms are clamped at -100 and the gradient's denominator at 1e-12, as PyTorch does: y = 0 and y = 1 stay
// finite.
struct BCELoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"BCELoss",
                                      "binary_cross_entropy",
                                      "-sum d max(-100, log y) + (1 - d) max(-100, log(1 - y))",
                                      "(y - d) / max(1e-12, y (1 - y))",
                                      {},
                                      false,
                                      true,
                                      "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, const S*) {
        const V yes = max(V(-100), log(y)), no = max(V(-100), log1p(-y));
        return -fma(d, yes, (V(1) - d) * no);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, const S*) {
        return (y - d) / max(V(1e-12), y * (V(1) - y));
    }
};

// With e = e^-|u| and l = log(1 + e), log(1 + e^u) = max(0, u) + l and log(1 + e^-u) = max(0, -u) + l for any logit u.
struct BCEWithLogitsLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"BCEWithLogitsLoss",
                                      "binary_cross_entropy_with_logits",
                                      "sum w d log(1 + e^-u) + (1 - d) log(1 + e^u), w = pos_weight",
                                      "(1 - d) sigmoid(u) - w d sigmoid(-u)",
                                      {{"pos_weight", 1, 0, infinity, nullptr, "weight of positive targets"}},
                                      false,
                                      true,
                                      "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V u, V d, const S* p) {
        const V l = log_one_plus(exp(-abs(u)));
        return fma(V(p[0]) * d, max(V(0), -u) + l, (V(1) - d) * (max(V(0), u) + l));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V u, V d, const S* p) {
        const V e = exp(-abs(u));
        const V up = select(u < V(0), e, V(1)), down = select(u < V(0), V(1), e);
        return fnma(V(p[0]) * d, down, (V(1) - d) * up) / (V(1) + e);
    }
};

// x log y, and 0 where x = 0 whatever y is.
template <class V>
PYNN_INLINE V times_log(V x, V y) {
    return select(x == V(0), V(0), x * log(y));
}

struct CrossEntropyProbabilitiesSoft {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"CrossEntropyProbabilitiesSoft",
                                      "cross_entropy_error",
                                      "-sum d log(y + eps)",
                                      "-d / (y + eps)",
                                      {{"eps", 1e-7, 0, 1, nullptr, "keeps the logarithm of 0 finite"}},
                                      false,
                                      false,
                                      "the lecture notes"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, const S* p) {
        return -times_log(d, y + V(p[0]));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, const S* p) {
        return select(d == V(0), V(0), -d / (y + V(p[0])));
    }
};

struct CrossEntropyProbabilities : CrossEntropyProbabilitiesSoft {
    using Kind = AtLabel;
    static constexpr LossInfo info = {"CrossEntropyProbabilities",
                                      "cross_entropy_error",
                                      "-log(y_label + eps)",
                                      "-1 / (y + eps) at the label, else 0",
                                      {{"eps", 1e-7, 0, 1, nullptr, "keeps the logarithm of 0 finite"}},
                                      true,
                                      false,
                                      "the lecture notes"};
};

struct NLLLoss {
    using Kind = AtLabel;
    static constexpr LossInfo info = {"NLLLoss", "nll_loss", "-y_label", "-1 at the label, else 0",
                                      {},        true,       false,      "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, const S*) {
        return -d * y;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V, V d, const S*) {
        return -d;
    }
};

// For eps = 0, -log z is log s - x, which no logit makes infinite.
struct CrossEntropyLogitsSoft {
    using Kind = OfSoftmax;
    static constexpr LossInfo info = {
        "CrossEntropyLogitsSoft",
        "cross_entropy",
        "-sum d log(softmax(u) + eps)",
        "softmax(u) sum d - d",
        {{"eps", 0, 0, 1, nullptr, "added inside the logarithm; the gradient leaves it out"}},
        false,
        false,
        "Bridle 1990"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V x, V log_s, V z, V d, const S* p) {
        const V exact = select(d == V(0), V(0), d * (log_s - x));
        return p[0] == 0 ? exact : -times_log(d, z + V(p[0]));
    }
    template <class V>
    static PYNN_INLINE V gradient(V z, V d, V sum_d) {
        return fma(z, sum_d, -d);
    }
};

struct CrossEntropyLogits : CrossEntropyLogitsSoft {
    using Kind = SoftmaxAtLabel;
    static constexpr LossInfo info = {
        "CrossEntropyLogits",
        "cross_entropy",
        "-log(softmax(u)_label + eps)",
        "softmax(u) - 1 at the label, else softmax(u)",
        {{"eps", 0, 0, 1, nullptr, "added inside the logarithm; the gradient leaves it out"}},
        true,
        false,
        "Bridle 1990"};
};

using Losses = TypeList<SquaredError, MSELoss, L1Loss, HuberLoss, BCELoss, BCEWithLogitsLoss, CrossEntropyLogits,
                        CrossEntropyLogitsSoft, CrossEntropyProbabilities, CrossEntropyProbabilitiesSoft, NLLLoss>;

}  // namespace pynn::defs
