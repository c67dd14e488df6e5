// Activations made of sin, cos and atan.
#pragma once

#include "defs/activations/info.hpp"

namespace pynn::defs {

struct ArcTan {
    static constexpr auto info =
        ActivationInfo{"ArcTan", "arctan", "atan(u)", "1 / (1 + u^2)"}.errors(0.51, 1.6).as_onnx("Atan").from(
            "the lecture notes");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return atan(u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return V(1) / fma(u, u, V(1));
    }
};

// sin and cos of an angle x = factor u. The rounding error of the product enters as a first-order correction; where
// there is none, as for factor = 1, the other function is not computed.
template <class V>
struct Angle {
    V x, rest;
    PYNN_INLINE Angle(V factor, V u) : x(factor * u), rest(fma(factor, u, -x)) {}
    PYNN_INLINE V sine() const {
        const V s = sin(x);
        return any(rest != V(0)) ? select(rest != V(0), fma(rest, cos(x), s), s) : s;
    }
    PYNN_INLINE V cosine() const {
        const V c = cos(x);
        return any(rest != V(0)) ? select(rest != V(0), fnma(rest, sin(x), c), c) : c;
    }
};

struct Sine {
    static constexpr auto info = ActivationInfo{"Sine", "sine", "sin(omega u)", "omega cos(omega u)"}
                                     .takes({"omega", 1, -most, most, nullptr, "frequency; SIREN uses 30"})
                                     .errors(0.51, 0.51)
                                     .as_onnx("Sin")
                                     .from("Sitzmann et al. 2020");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return Angle<V>(V(p[0]), u).sine();
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return V(p[0]) * Angle<V>(V(p[0]), u).cosine();
    }
};

// 1 + sin 2x as (sin x + cos x)^2: exact next to its zeros, and sin x is what f needs, too.
struct Snake {
    static constexpr auto info = ActivationInfo{"Snake", "snake", "u + sin^2(alpha u) / alpha", "1 + sin(2 alpha u)"}
                                     .takes({"alpha", 1, least, most, nullptr, "frequency"})
                                     .errors(3.1, 4, 0, 5e-8)
                                     .from("Ziyin et al. 2020");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const V s = Angle<V>(V(p[0]), u).sine();
        return unless_infinite(u, fma(s * s, V(1 / p[0]), u));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const Angle<V> x(V(p[0]), u);
        const V sum = x.sine() + x.cosine();
        return sum * sum;
    }
};

}  // namespace pynn::defs
