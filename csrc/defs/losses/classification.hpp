// Losses of classes by their probabilities.
#pragma once

#include "defs/losses/info.hpp"

namespace pynn::defs {

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
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        const V yes = max(V(-100), log(y)), no = max(V(-100), log1p(-y));
        return -fma(d, yes, (V(1) - d) * no);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S*) {
        return (y - d) / max(V(1e-12), y * (V(1) - y));
    }
};

// With e = e^-|u| and l = log(1 + e): log(1 + e^u) = max(0, u) + l and log(1 + e^-u) = max(0, -u) + l for any logit u, and
// up / (1 + e) and down / (1 + e) are sigmoid(u) and sigmoid(-u).
template <class V>
struct Logit {
    V e, l, up, down;
    explicit PYNN_INLINE Logit(V u)
        : e(exp(-abs(u))), l(log_one_plus(e)), up(select(u < V(0), e, V(1))), down(select(u < V(0), V(1), e)) {}
    PYNN_INLINE V softplus(V u) const { return max(V(0), u) + l; }
};

struct BCEWithLogitsLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"BCEWithLogitsLoss",
                                      "binary_cross_entropy_with_logits",
                                      "sum w d log(1 + e^-u) + (1 - d) log(1 + e^u), w = pos_weight",
                                      "(1 - d) sigmoid(u) - w d sigmoid(-u)",
                                      {},
                                      false,
                                      true,
                                      "PyTorch",
                                      {"pos_weight", 1, 0, infinity, nullptr, "weight of positive targets"}};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V u, V d, V w, const S*) {
        const Logit<V> t(u);
        return fma(w * d, t.softplus(-u), (V(1) - d) * t.softplus(u));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V u, V d, V w, const S*) {
        const Logit<V> t(u);
        return fnma(w * d, t.down, (V(1) - d) * t.up) / (V(1) + t.e);
    }
};

// With q = sigmoid(-u) the probability of being wrong about a positive target, and log q = -softplus(u), q^gamma is
// e^(gamma log q), and the derivative of q^gamma softplus(-u) is -q^gamma (gamma (1 - q) softplus(-u) + q); for a negative
// target u changes its sign.
struct BinaryFocalLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {
        "BinaryFocalLoss",
        "binary_focal_loss_with_logits",
        "sum alpha d q^gamma log(1 + e^-u) + (1 - alpha) (1 - d) z^gamma log(1 + e^u), z = sigmoid(u), q = 1 - z",
        "(1 - alpha) (1 - d) z^gamma (gamma q log(1 + e^u) + z) - alpha d q^gamma (gamma z log(1 + e^-u) + q)",
        {{"gamma", 2, 0, infinity, nullptr, "how much easy samples count less"}},
        false,
        true,
        "Lin et al. 2017",
        {"alpha", 0.5, 0, 1, nullptr, "share of positive targets in the loss"}};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V u, V d, V alpha, const S* p) {
        const Logit<V> t(u);
        const V minus = t.softplus(-u), plus = t.softplus(u);
        const V positive = alpha * d * exp(V(-p[0]) * plus) * minus;
        return fma((V(1) - alpha) * (V(1) - d) * exp(V(-p[0]) * minus), plus, positive);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V u, V d, V alpha, const S* p) {
        const Logit<V> t(u);
        const V minus = t.softplus(-u), plus = t.softplus(u), z = t.up / (V(1) + t.e), q = t.down / (V(1) + t.e);
        const V positive = alpha * d * exp(V(-p[0]) * plus) * fma(V(p[0]) * z, minus, q);
        return fma((V(1) - alpha) * (V(1) - d) * exp(V(-p[0]) * minus), fma(V(p[0]) * q, plus, z), -positive);
    }
};

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
    static PYNN_INLINE V value(V y, V d, V, const S* p) {
        return -times_log(d, y + V(p[0]));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V d, V, const S* p) {
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

struct NLLLossSoft {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"NLLLossSoft", "nll_loss", "-sum d y", "-d", {}, false, false, "PyTorch"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S*) {
        return select(d == V(0), V(0), -d * y);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V, V d, V, const S*) {
        return -d;
    }
};

struct NLLLoss : NLLLossSoft {
    using Kind = AtLabel;
    static constexpr LossInfo info = {"NLLLoss", "nll_loss", "-y_label", "-1 at the label, else 0",
                                      {},        true,       false,      "PyTorch"};
};

// y is the logarithm of the prediction, as PyTorch has it.
struct KLDivLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"KLDivLoss",
                                      "kl_div",
                                      "sum d (log d - y), or e^d (d - y) with log_target",
                                      "-d, or -e^d",
                                      {{"log_target", 0, 0, 1, "False|True", "d is the logarithm of the target"}},
                                      false,
                                      true,
                                      "Kullback and Leibler 1951"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V d, V, const S* p) {
        return p[0] != 0 ? exp(d) * (d - y) : select(d == V(0), V(0), d * (log(d) - y));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V, V d, V, const S* p) {
        return p[0] != 0 ? -exp(d) : -d;
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
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V weight(V, V, V, V d, const S*) {
        return d;
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

// (1 - z)^gamma -log z, whose derivative by log z is -w with w = (1 - z)^gamma (1 - gamma z log z / (1 - z)).
struct FocalLossSoft {
    using Kind = OfSoftmax;
    static constexpr LossInfo info = {"FocalLossSoft",
                                      "focal_loss",
                                      "-sum d (1 - z)^gamma log z, z = softmax(u)",
                                      "z sum w - w, w = d (1 - z)^gamma (1 - gamma z log z / (1 - z))",
                                      {{"gamma", 2, 0, infinity, nullptr, "how much easy samples count less"}},
                                      false,
                                      false,
                                      "Lin et al. 2017"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V x, V log_s, V z, V d, const S* p) {
        return select(d == V(0), V(0), d * modulation(z, p) * (log_s - x));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V weight(V x, V log_s, V z, V d, const S* p) {
        // log z / (1 - z) goes to -1 as z goes to 1
        const V rest = V(1) - z, ratio = select(rest == V(0), V(1), (log_s - x) / rest);
        return select(d == V(0), V(0), d * modulation(z, p) * fma(V(p[0]) * z, ratio, V(1)));
    }

  private:
    // (1 - z)^gamma; 1 for gamma = 0, even where z = 1
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V modulation(V z, const S* p) {
        if (p[0] == 0) return V(1);
        return select(z >= V(1), V(0), exp(V(p[0]) * log1p(-z)));
    }
};

struct FocalLoss : FocalLossSoft {
    using Kind = SoftmaxAtLabel;
    static constexpr LossInfo info = {"FocalLoss",
                                      "focal_loss",
                                      "-(1 - z)^gamma log z, z = softmax(u)_label",
                                      "w (softmax(u) - 1) at the label, else w softmax(u)",
                                      {{"gamma", 2, 0, infinity, nullptr, "how much easy samples count less"}},
                                      true,
                                      false,
                                      "Lin et al. 2017"};
};

// Between the cross entropy (q to 0) and the absolute error of z (q = 1): wrong labels, whose z is small, count less.
struct GeneralizedCrossEntropyLossSoft {
    using Kind = OfSoftmax;
    static constexpr LossInfo info = {"GeneralizedCrossEntropyLossSoft",
                                      "generalized_cross_entropy",
                                      "sum d (1 - z^q) / q, z = softmax(u)",
                                      "z sum w - w, w = d z^q",
                                      {{"q", 0.5, least, 1, nullptr, "how much less samples with a small z count"}},
                                      false,
                                      false,
                                      "Zhang and Sabuncu 2018"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V x, V log_s, V, V d, const S* p) {
        return d * -expm1(V(p[0]) * (x - log_s)) / V(p[0]);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V weight(V x, V log_s, V, V d, const S* p) {
        return d * exp(V(p[0]) * (x - log_s));
    }
};

struct GeneralizedCrossEntropyLoss : GeneralizedCrossEntropyLossSoft {
    using Kind = SoftmaxAtLabel;
    static constexpr LossInfo info = {"GeneralizedCrossEntropyLoss",
                                      "generalized_cross_entropy",
                                      "(1 - z^q) / q, z = softmax(u)_label",
                                      "w (softmax(u) - 1) at the label, else w softmax(u), w = z^q",
                                      {{"q", 0.5, least, 1, nullptr, "how much less samples with a small z count"}},
                                      true,
                                      false,
                                      "Zhang and Sabuncu 2018"};
};

// With S = sum y d, P = sum y (1 - d) and N = sum (1 - y) d: alpha = beta = 1/2 gives the Dice loss.
struct TverskyLoss {
    using Kind = WholeRow;
    static constexpr LossInfo info = {
        "TverskyLoss",
        "tversky_loss",
        "1 - (S + eps) / (S + alpha P + beta N + eps), S = sum y d, P = sum y (1 - d), N = sum (1 - y) d",
        "((S + eps) (d + alpha (1 - d) - beta d) / D - d) / D, D the denominator",
        {{"alpha", 0.5, 0, most, nullptr, "weight of positives that should not be"},
         {"beta", 0.5, 0, most, nullptr, "weight of positives that are missed"},
         {"eps", 1e-7, least, most, nullptr, "keeps the quotient of zeros finite"}},
        false,
        false,
        "Salehi et al. 2017"};
    template <class Row, class S>
    static double run(Row& row, size_t n, const S* p) {
        const double alpha = p[0], beta = p[1], eps = p[2];
        double hits = 0, false_hits = 0, misses = 0;
        for (size_t i = 0; i < n; ++i) {
            hits += row.y(i) * row.d(i);
            false_hits += row.y(i) * (1 - row.d(i));
            misses += (1 - row.y(i)) * row.d(i);
        }
        const double over = hits + eps, under = hits + alpha * false_hits + beta * misses + eps;
        for (size_t i = 0; i < n; ++i) {
            const double d = row.d(i);
            row.set(i, (over * (d + alpha * (1 - d) - beta * d) / under - d) / under);
        }
        return 1 - over / under;
    }
};

}  // namespace pynn::defs
