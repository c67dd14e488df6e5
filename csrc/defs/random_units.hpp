// Units that are random in training and a fixed function in evaluation. `RandomUnits` at the end is the one list that kernels,
// engine and Python are made from.
//
//   train(u, r, p, slope) = z, and dz/du in slope; r are `draws` numbers, uniform in [0, 1), for each element
//   evaluate(u, p, slope) = z, the same for the network in use
#pragma once

#include "defs/activations/info.hpp"
#include "defs/type_list.hpp"

namespace pynn::defs {

struct RandomUnitInfo {
    const char* name;
    const char* training;
    const char* evaluation;
    Parameter parameters[max_parameters];
    double gain;
    const char* source;
};

struct RReLU {
    static constexpr RandomUnitInfo info = {"RReLU",
                                            "u if u > 0 else a u, a uniform in [lower, upper)",
                                            "u if u > 0 else u (lower + upper) / 2",
                                            {{"lower", 0.125, 0, most, nullptr, "least slope"},
                                             {"upper", 0.3333333333333333, 0, most, nullptr, "greatest slope"}},
                                            1.3778,
                                            "Xu et al. 2015"};
    static constexpr int draws = 1;
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V train(V u, const V* r, const S* p, V* slope) {
        return with_slope(u, fma(V(p[1] - p[0]), r[0], V(p[0])), slope);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V evaluate(V u, const S* p, V* slope) {
        return with_slope(u, V((p[0] + p[1]) / 2), slope);
    }

  private:
    template <class V>
    static PYNN_INLINE V with_slope(V u, V a, V* slope) {
        *slope = select(u > V(0), V(1), a);
        return u * *slope;
    }
};

struct Dropout {
    static constexpr RandomUnitInfo info = {"Dropout", "0 with probability p, else u / (1 - p)",
                                            "u",       {{"p", 0.5, 0, 1, nullptr, "probability of 0"}},
                                            1,         "Srivastava et al. 2014"};
    static constexpr int draws = 1;
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V train(V u, const V* r, const S* p, V* slope) {
        *slope = select(r[0] < V(p[0]), V(0), V(S(1) / (S(1) - p[0])));
        return select(r[0] < V(p[0]), V(0), u * *slope);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V evaluate(V u, const S*, V* slope) {
        *slope = V(1);
        return u;
    }
};

// c = -lambda alpha of the SELU, its limit for u = -infinity. a and b keep mean and variance.
struct AlphaDropout {
    static constexpr RandomUnitInfo info = {"AlphaDropout",
                                            "a c + b with probability p, else a u + b, a = ((1 - p) (1 + p c^2))^-1/2, "
                                            "b = -a p c, c = -1.7580993408473766",
                                            "u",
                                            {{"p", 0.5, 0, 0.999999, nullptr, "probability of c"}},
                                            1,
                                            "Klambauer et al. 2017"};
    static constexpr int draws = 1;
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V train(V u, const V* r, const S* p, V* slope) {
        const V q(p[0]), c(S(-1.7580993408473766)), a = V(1) / sqrt((V(1) - q) * fma(q, c * c, V(1)));
        const auto dropped = r[0] < q;
        *slope = select(dropped, V(0), a);
        return fma(a, select(dropped, c, u), -(a * q * c));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V evaluate(V u, const S*, V* slope) {
        *slope = V(1);
        return u;
    }
};

// Normal numbers from two uniform ones (Box and Muller 1958).
struct GaussianNoise {
    static constexpr RandomUnitInfo info = {"GaussianNoise",
                                            "u + std n, n normal",
                                            "u",
                                            {{"std", 0.1, 0, most, nullptr, "standard deviation of the noise"}},
                                            1,
                                            "Bishop 1995"};
    static constexpr int draws = 2;
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V train(V u, const V* r, const S* p, V* slope) {
        *slope = V(1);
        const V radius = sqrt(V(-2) * log(V(1) - r[0]));
        return fma(V(p[0]), radius * cos(V(6.283185307179586) * r[1]), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V evaluate(V u, const S*, V* slope) {
        *slope = V(1);
        return u;
    }
};

using RandomUnits = TypeList<RReLU, Dropout, AlphaDropout, GaussianNoise>;

}  // namespace pynn::defs
