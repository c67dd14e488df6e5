// Activations that multiply u by a gate between 0 and 1.
#pragma once

#include "defs/activations/parts.hpp"

namespace pynn::defs {

struct Swish {
    static constexpr auto info =
        ActivationInfo{"Swish", "swish", "u s(beta u), s = sigmoid", "s(beta u) + beta u s(beta u) (1 - s(beta u))"}
            .takes({"beta", 1, -most, most, nullptr, "steepness of the gate; 0 gives u / 2, infinity would give ReLU"})
            .initialised_by(sqrt2)
            .errors(2.8, 2.7, 0, 5e-8)
            .as_onnx("Swish")
            .from("Ramachandran et al. 2017");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const Gate<V> gate(product(V(p[0]), bounded(u, p[0])));
        return gate.f(select(gate.negative, bounded(u, p[0]), u));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const Sum<V> t = product(V(p[0]), bounded(u, p[0]));
        return Gate<V>(t).df(t.high);
    }
    // u^2 s (1 - s)
    static constexpr int learned = 1;
    template <class V>
    static PYNN_INLINE void da(V u, const V* p, V* slope) {
        const V v = bounded(u, p[0]);
        slope[0] = v * v * Logistic<V>(exp(-abs(p[0] * v))).slope();
    }

  private:
    template <class V, class S>
    static PYNN_INLINE V bounded(V u, S beta) {
        const S steepness = beta < 0 ? -beta : beta;
        const V bound = V(static_cast<S>(underflow) / (steepness > S(least) ? steepness : S(least)));
        return clip(u, -bound, bound);
    }
    template <class V>
    static PYNN_INLINE V bounded(V u, V beta) {
        const V bound = V(underflow) / max(abs(beta), V(static_cast<typename V::scalar>(least)));
        return clip(u, -bound, bound);
    }
};

// With v = (p1 - p2) u it is v s(beta v) + p2 u: the Swish of v, and a line.
struct ACON {
    static constexpr auto info =
        ActivationInfo{"ACON", "acon", "(p1 - p2) u s(beta (p1 - p2) u) + p2 u, s = sigmoid",
                       "(p1 - p2) (s(t) + t s(t) (1 - s(t))) + p2, t = beta (p1 - p2) u"}
            .takes({"p1", 1, -most, most, nullptr, "slope on one side, as beta grows"})
            .takes({"p2", 0, -most, most, nullptr, "slope on the other side"})
            .takes({"beta", 1, -most, most, nullptr, "steepness; 0 gives the mean of both slopes"})
            .initialised_by(sqrt2)
            .errors(2.8, 3.2, 0, 5e-8)
            .from("Ma et al. 2021");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const S beta[1] = {p[2]};
        return Swish::f(times(V(p[0] - p[1]), u), beta) + times(V(p[1]), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const S beta[1] = {p[2]};
        const V d(p[0] - p[1]);
        return fma(d, Swish::df(times(d, u), beta), V(p[1]));
    }
    static constexpr int learned = 3;
    template <class V>
    static PYNN_INLINE void da(V u, const V* p, V* slope) {
        const V v = (p[0] - p[1]) * u;
        slope[0] = u * Swish::df(v, p + 2);
        slope[1] = u - slope[0];
        Swish::da(v, p + 2, slope + 2);
    }

  private:
    // c u, and 0 for c = 0 even where u is infinite
    template <class V>
    static PYNN_INLINE V times(V c, V u) {
        return select(c == V(0), V(0) * clip(u, V(-1), V(1)), c * u);
    }
};

struct SiLU {
    static constexpr auto info = ActivationInfo{"SiLU", "silu", "u s(u), s = sigmoid", "s(u) + u s(u) (1 - s(u))"}
                                     .initialised_by(sqrt2)
                                     .errors(2.8, 2.7, 0, 5e-8)
                                     .as_onnx("Swish")
                                     .from("Hendrycks and Gimpel 2016");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return Gate<V>(u).f(max(V(-underflow), u));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return Gate<V>(u).df(clip(u, V(-underflow), V(underflow)));
    }
};

// With e = e^-|u| and n = e^u (e^u + 2), tanh(softplus(u)) = n / (n + 2) = factor over / under. Above 0 both n and n
// + 2 are multiplied by e^2:
//   u < 0:   e (e + 2) / (e (e + 2) + 2)          u >= 0:  (1 + 2e) / (2e (1 + e) + 1)
struct Mish {
    static constexpr auto info = ActivationInfo{"Mish", "mish", "u tanh(softplus(u))",
                                                "tanh(sp) + u sigmoid(u) (1 - tanh^2(sp)), sp = softplus(u)"}
                                     .initialised_by(sqrt2)
                                     .errors(2.8, 3.7, 0, 7.5e-8)
                                     .as_onnx("Mish")
                                     .from("Misra 2019");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V v = max(V(-underflow), u);
        const Parts<V> parts(u);
        const V z = (inverse(parts.under) * product(parts.factor, v) * parts.over).rounded();
        return unless_infinite(v, z * parts.scale);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const Parts<V> parts(u);
        const V k = V(4) * parts.v * select(parts.v < V(0), V(1), parts.e * parts.e);
        const V over = fma(parts.over, parts.under.high, fma(parts.e, k, k));
        const Sum<V> quotient = inverse(parts.under);
        return (quotient * quotient * parts.factor * over).rounded() * parts.scale;
    }

  private:
    template <class V>
    struct Parts {
        V v, e, factor, over, scale;
        Sum<V> under;
        explicit PYNN_INLINE Parts(V u) : v(clip(u, V(-underflow), V(underflow))) {
            const auto negative = v < V(0);
            const ScaledExp<V> decay(-abs(v));
            e = decay.e;
            factor = select(negative, e, V(1));
            over = select(negative, e + V(2), V(1) + (e + e));
            const V one_or_two = select(negative, V(2), V(1));
            const V rest = select(negative, e, e + e) * select(negative, e + V(2), V(1) + e);
            under = ordered_sum(max(one_or_two, rest), min(one_or_two, rest));
            scale = select(negative, decay.scale, V(1));
        }
    };
};

struct TanhExp {
    static constexpr auto info =
        ActivationInfo{"TanhExp", "tanh_exp", "u tanh(e^u)", "tanh(e^u) + u e^u (1 - tanh^2(e^u))"}
            .initialised_by(sqrt2)
            .errors(2.8, 3.6, 0, 7e-8)
            .from("Liu and Di 2020");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const ScaledExp<V> x = power(u);
        return max(V(-underflow), u) * Hyperbolic<V>(x.e).tanh() * x.scale;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const ScaledExp<V> x = power(u);
        const Hyperbolic<V> h(x.e);
        return fma(saturated(u) * x.e, h.slope(), h.tanh()) * x.scale;
    }

  private:
    // From 10 on tanh(e^u) is 1 and its slope 0.
    template <class V>
    static PYNN_INLINE V saturated(V u) {
        return clip(u, V(-underflow), V(10));
    }
    template <class V>
    static PYNN_INLINE ScaledExp<V> power(V u) {
        return ScaledExp<V>(saturated(u));
    }
};

// The distribution function P is 1 - q e^(-u^2 / 2) above 0 and q e^(-u^2 / 2) below, with q of parts.hpp: relative
// accuracy in the tail. The tanh form 1/2 (1 + tanh(t / 2)) is sigmoid(t), t = u (k0 + k1 u^2), with t in twice the
// precision, because e^t multiplies its relative rounding error by t.
struct GELU {
    static constexpr auto info =
        ActivationInfo{
            "GELU", "gelu",
            "u P(u), P the normal distribution function; tanh: u (1 + tanh(sqrt(2 / pi) (u + 0.044715 u^3))) / 2",
            "P(u) + u e^(-u^2 / 2) / sqrt(2 pi)"}
            .takes({"approximate", 0, 0, 1, "none|tanh", "P exact, or the older approximation by tanh"})
            .initialised_by(sqrt2)
            .errors(4, 3.6, 0, 1e-7)
            .as_onnx("Gelu")
            .from("Hendrycks and Gimpel 2016");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const V v = max(V(-bound), u);
        if (p[0] != 0) return Gate<V>(cubic(u)).f(v);
        const Normal<V> normal(u);
        const Sum<V> tail = normal.q * normal.e, rest = ordered_sum(V(1), -tail.high);
        const auto below = v < V(0);
        const Sum<V> P = {select(below, tail.high, rest.high), select(below, tail.low, rest.low - tail.low)};
        return unless_infinite(v, rounded_product(P, v) * normal.scale);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const V v = clip(u, V(-bound), V(bound));
        if (p[0] != 0) return Gate<V>(cubic(u)).df(v * fma(V(3 * k1), v * v, V(k0)));
        const Normal<V> normal(u);
        // P(-|v|) less |v| times the density
        const V less = normal.e * fnma(V(0.3989422804014327), abs(v), normal.q.rounded());
        return select(v < V(0), less, V(1) - less) * normal.scale;
    }

  private:
    static constexpr double bound = 40;  // e^(-u^2 / 2) is 0 from here on
    static constexpr double k0 = 1.5957691216057308, k0_rest = -9.96930880911092e-17;
    static constexpr double k1 = 0.07135481627260025, k1_rest = -6.175149918155315e-19;

    template <class V>
    struct Normal {
        V e, scale;
        Sum<V> q;
        explicit PYNN_INLINE Normal(V u) {
            const V a = min(V(bound), abs(u));
            const Sum<V> square = product(V(0.5) * a, a);
            const ScaledExp<V> decay(-square);
            e = decay.e;
            q = normal_tail(a);
            scale = select(u < V(0), decay.scale, V(1));
        }
    };

    template <class V, class S = typename V::scalar>
    static PYNN_INLINE Sum<V> cubic(V u) {
        const V v = clip(u, V(-bound), V(bound));
        const Sum<V> square = product(v, v), scaled = product(V(rounded<S>(k1)), square.high);
        const V scaled_low = fma(V(rounded<S>(k1)), square.low, fma(V(rest<S>(k1, k1_rest)), square.high, scaled.low));
        const V sum = V(rounded<S>(k0)) + scaled.high, of_scaled = sum - V(rounded<S>(k0));
        const V lost = (V(rounded<S>(k0)) - (sum - of_scaled)) + (scaled.high - of_scaled);
        const Sum<V> t = product(v, sum);
        return {t.high, fma(v, lost + (scaled_low + V(rest<S>(k0, k0_rest))), t.low)};
    }
    template <class S>
    static constexpr S rounded(double k) {
        return static_cast<S>(k);
    }
    template <class S>
    static constexpr S rest(double k, double below) {
        return static_cast<S>((k - static_cast<double>(static_cast<S>(k))) + below);
    }
};

}  // namespace pynn::defs
