// The exponential linear units, and e^u itself.
#pragma once

#include "defs/activations/parts.hpp"

namespace pynn::defs {

struct ELU {
    static constexpr auto info =
        ActivationInfo{"ELU", "elu", "u if u > 0 else alpha (e^u - 1)", "1 if u > 0 else alpha e^u"}
            .takes({"alpha", 1, 0, most, nullptr, "-f(-infinity)"})
            .initialised_by(sqrt2)
            .errors(1.4, 1.1)
            .as_onnx("Elu")
            .from("Clevert et al. 2016");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const V x = min(V(0), u);
        return select(u > V(0), u, V(p[0]) * less_one({x, V(0)}, exp(x)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return select(u > V(0), V(1), V(p[0]) * exp(min(V(0), u)));
    }
};

struct SELU {
    static constexpr auto info =
        ActivationInfo{
            "SELU", "selu",
            "lambda u if u > 0 else lambda alpha (e^u - 1); lambda = 1.0507009873554805, alpha = 1.6732632423543772",
            "lambda if u > 0 else lambda alpha e^u"}
            .initialised_by(0.75)
            .errors(2.2, 2)
            .as_onnx("Selu")
            .from("Klambauer et al. 2017");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V x = min(V(0), u);
        return select(u > V(0), V(lambda) * u, V(lambda_alpha) * less_one({x, V(0)}, exp(x)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return select(u > V(0), V(lambda), V(lambda_alpha) * exp(min(V(0), u)));
    }

  private:
    static constexpr double lambda = 1.0507009873554805, lambda_alpha = 1.7580993408473766;
};

struct CELU {
    static constexpr auto info =
        ActivationInfo{"CELU", "celu", "u if u > 0 else alpha (e^(u / alpha) - 1)", "1 if u > 0 else e^(u / alpha)"}
            .takes({"alpha", 1, least, most, nullptr, "-f(-infinity), and the width of the bend"})
            .initialised_by(sqrt2)
            .errors(1.4, 1.1)
            .as_onnx("Celu")
            .from("Barron 2017");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const Sum<V> x = quotient(u, p[0]);
        return select(u > V(0), u, V(p[0]) * less_one(x, exp(x.high, x.low)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const Sum<V> x = quotient(u, p[0]);
        return select(u > V(0), V(1), exp(x.high, x.low));
    }

  private:
    // min(0, u) / alpha with the error of the quotient, which exp multiplies by its size
    template <class V, class S>
    static PYNN_INLINE Sum<V> quotient(V u, S alpha) {
        const V v = min(V(0), max(V(-underflow * alpha), u)), x = v / V(alpha);
        return {x, fnma(x, V(alpha), v) * V(1 / alpha)};
    }
};

struct Exponential {
    static constexpr auto info =
        ActivationInfo{"Exponential", "exponential", "e^u", "e^u"}.errors(1.1, 1.1).as_onnx("Exp").from(
            "the lecture notes");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return exp(u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return exp(u);
    }
};

struct Gaussian {
    static constexpr auto info =
        ActivationInfo{"Gaussian", "gaussian", "e^(-u^2)", "-2 u e^(-u^2)"}.errors(1.8, 2.3).from(
            "Broomhead and Lowe 1988");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const ScaledExp<V> z = bell(u);
        return z.e * z.scale;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const ScaledExp<V> z = bell(u);
        return V(-2) * bounded(u) * z.e * z.scale;
    }

  private:
    // Beyond 40 both are 0.
    template <class V>
    static PYNN_INLINE V bounded(V u) {
        return clip(u, V(-40), V(40));
    }
    template <class V>
    static PYNN_INLINE ScaledExp<V> bell(V u) {
        return ScaledExp<V>(-product(bounded(u), bounded(u)));
    }
};

}  // namespace pynn::defs
