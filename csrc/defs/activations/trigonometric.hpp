// Activations made of sin, cos and atan.
#pragma once

#include "defs/activations/info.hpp"

namespace pynn::defs {

struct ArcTan {
    static constexpr ActivationInfo info = {
        "ArcTan", "arctan", "atan(u)", "1 / (1 + u^2)", {}, 1, 2, 1, 0, 0, false, "Atan", "the lecture notes"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return atan(u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return V(1) / fma(u, u, V(1));
    }
};

// sin and cos of an angle x = factor u. The rounding error of the product enters as a first-order correction, where it has
// one: for powers of two, such as 1, the other function is not computed.
template <class V>
struct Angle {
    V x, rest;
    PYNN_INLINE Angle(V factor, V u) : x(factor * u), rest(fma(factor, u, -x)) {}
    PYNN_INLINE V sine() const { return any(rest != V(0)) ? fma(rest, cos(x), sin(x)) : sin(x); }
    PYNN_INLINE V cosine() const { return any(rest != V(0)) ? fnma(rest, sin(x), cos(x)) : cos(x); }
};

struct Sine {
    static constexpr ActivationInfo info = {
        "Sine",
        "sine",
        "sin(omega u)",
        "omega cos(omega u)",
        {{"omega", 1, -most, most, nullptr, "frequency; SIREN uses 30"}},
        1, 2, 2, 0, 0, false, "Sin", "Sitzmann et al. 2020"};
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return Angle<V>(V(p[0]), u).sine();
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return V(p[0]) * Angle<V>(V(p[0]), u).cosine();
    }
};

// 1 + sin 2x = (sin x + cos x)^2 needs no second pair of sine and cosine, and no cancellation at its zeros is lost.
struct Snake {
    static constexpr ActivationInfo info = {
        "Snake",
        "snake",
        "u + sin^2(alpha u) / alpha",
        "1 + sin(2 alpha u)",
        {{"alpha", 1, least, most, nullptr, "frequency"}},
        1, 4, 4, 1e-7, 1e-7, false, "", "Ziyin et al. 2020"};
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
