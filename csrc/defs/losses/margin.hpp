// Losses of scores: of signs t = -1 or 1, of the largest output, and of directions.
#pragma once

#include "defs/losses/info.hpp"

namespace pynn::defs {

struct HingeLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {"HingeLoss", "hinge_loss", "sum max(0, 1 - t y)", "-t if t y < 1, else 0", {},
                                      false,       true,         "Rosasco et al. 2004"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V t, V, const S*) {
        return max(V(0), fnma(t, y, V(1)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V t, V, const S*) {
        return select(t * y >= V(1), V(0), -t);
    }
};

struct SquaredHinge {
    using Kind = Elementwise;
    static constexpr LossInfo info = {
        "SquaredHinge", "squared_hinge_loss", "sum max(0, 1 - t y)^2", "-2 t max(0, 1 - t y)", {}, false, true,
        "Keras"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V t, V, const S*) {
        const V m = max(V(0), fnma(t, y, V(1)));
        return m * m;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V t, V, const S*) {
        return V(-2) * t * max(V(0), fnma(t, y, V(1)));
    }
};

// y = 0 is a mistake: a perceptron begins to learn from weights 0.
struct PerceptronLoss {
    using Kind = Elementwise;
    static constexpr LossInfo info = {
        "PerceptronLoss", "perceptron_loss", "sum max(0, -t y)", "-t if t y <= 0, else 0", {}, false, true,
        "Rosenblatt 1958"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V value(V y, V t, V, const S*) {
        return max(V(0), -t * y);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V gradient(V y, V t, V, const S*) {
        return select(t * y > V(0), V(0), -t);
    }
};

// Of one output, a sign; of several, the first largest one.
struct ZeroOneLoss {
    using Kind = WholeRow;
    static constexpr LossInfo info = {"ZeroOneLoss",
                                      "zero_one_loss",
                                      "1 if argmax y is not argmax d (of one output: if y > 0 is not d > 0), else 0",
                                      "0",
                                      {},
                                      false,
                                      false,
                                      "the lecture notes"};
    template <class Row, class S>
    static double run(Row& row, size_t n, const S*) {
        size_t y = 0, d = 0;
        for (size_t i = 1; i < n; ++i) {
            if (row.y(i) > row.y(y)) y = i;
            if (row.d(i) > row.d(d)) d = i;
        }
        const bool wrong = n == 1 ? (row.y(0) > 0) != (row.d(0) > 0) : y != d;
        double value = wrong ? 1 : 0;
        for (size_t i = 0; i < n; ++i) {
            if (row.y(i) != row.y(i)) value = row.y(i);  // NaN
            row.set(i, 0);
        }
        return value;
    }
};

// Every output of another class should be 1 below that of the target.
struct CategoricalHingeLoss {
    using Kind = WholeRow;
    static constexpr LossInfo info = {"CategoricalHingeLoss",
                                      "categorical_hinge_loss",
                                      "max(0, 1 + max_k (1 - d_k) y_k - sum d y)",
                                      "1 - d at the maximum, -d elsewhere; 0 where the loss is 0",
                                      {},
                                      false,
                                      false,
                                      "Keras"};
    template <class Row, class S>
    static double run(Row& row, size_t n, const S*) {
        double sum = 0, most = 0;
        size_t at = n;
        for (size_t i = 0; i < n; ++i) {
            const double other = (1 - row.d(i)) * row.y(i);
            sum += row.d(i) * row.y(i);
            if (at == n || other > most) most = other, at = i;
        }
        const double value = 1 + most - sum;
        const bool counts = !(value <= 0);
        for (size_t i = 0; i < n; ++i) row.set(i, counts ? (i == at ? 1 - row.d(i) : 0) - row.d(i) : 0);
        return counts ? value : 0;
    }
};

// The target is a direction d and, as its last column, t = 1 for rows that should be alike or -1 for those that should not.
struct CosineEmbeddingLoss {
    using Kind = WholeRow;
    static constexpr LossInfo info = {
        "CosineEmbeddingLoss",
        "cosine_embedding_loss",
        "1 - c where t = 1, max(0, c - margin) where t = -1, c = y d / sqrt((|y|^2 + eps) (|d|^2 + eps)), eps = 1e-12",
        "-t (d / sqrt((|y|^2 + eps) (|d|^2 + eps)) - c y / (|y|^2 + eps))",
        {{"margin", 0, -1, 1, nullptr, "cosine up to which unlike rows may be alike"}},
        false,
        false,
        "PyTorch",
        {},
        one_more};
    template <class Row, class S>
    static double run(Row& row, size_t n, const S* p) {
        double dot = 0, y2 = 1e-12, d2 = 1e-12;
        for (size_t i = 0; i < n; ++i) {
            dot += row.y(i) * row.d(i);
            y2 += row.y(i) * row.y(i);
            d2 += row.d(i) * row.d(i);
        }
        const double norms = Row::sqrt(y2 * d2), cosine = dot / norms, margin = p[0];
        const bool alike = row.d(n) > 0, counts = alike || !(cosine <= margin);
        const double factor = !counts ? 0 : alike ? -1 : 1;
        for (size_t i = 0; i < n; ++i) row.set(i, factor * (row.d(i) / norms - cosine * row.y(i) / y2));
        return alike ? 1 - cosine : counts ? cosine - margin : 0;
    }
};

}  // namespace pynn::defs
