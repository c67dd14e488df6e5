// What the exponential activations and their derivatives are made of. f and f' build the same parts from the same u,
// so that where a kernel needs both, the compiler computes each part once. tools/minimax.py makes the coefficients.
#pragma once

#include "defs/activations/info.hpp"

namespace pynn::defs {

// Below -1000, e^u and u e^u are 0 in either precision. Keeps infinity out of products with 0.
inline constexpr double underflow = 1000;

// c0 + x (c1 + x (c2 + ...))
template <class V>
PYNN_INLINE V series(V, double c) {
    return V(static_cast<typename V::scalar>(c));
}
template <class V, class... Cs>
PYNN_INLINE V series(V x, double c, Cs... cs) {
    return fma(x, series(x, cs...), V(static_cast<typename V::scalar>(c)));
}

template <class V>
inline constexpr bool single = sizeof(typename V::scalar) == 4;

// A number as the unevaluated sum of two, about twice the digits: for intermediate results whose errors would add up.
template <class V>
struct Sum {
    V high, low;
    PYNN_INLINE V rounded() const { return high + low; }
    friend PYNN_INLINE Sum operator-(Sum a) { return {-a.high, -a.low}; }
    friend PYNN_INLINE Sum operator*(Sum a, V b) {
        const V high = a.high * b;
        return {high, fma(a.low, b, fma(a.high, b, -high))};
    }
    friend PYNN_INLINE Sum operator*(Sum a, Sum b) {
        const V high = a.high * b.high;
        return {high, fma(a.low, b.high, fma(a.high, b.low, fma(a.high, b.high, -high)))};
    }
};
// a b, rounded to one number.
template <class V>
PYNN_INLINE V rounded_product(Sum<V> a, V b) {
    return fma(a.high, b, a.low * b);
}
template <class V>
PYNN_INLINE Sum<V> product(V a, V b) {
    const V high = a * b;
    return {high, fma(a, b, -high)};
}
// a + b for |a| >= |b|
template <class V>
PYNN_INLINE Sum<V> ordered_sum(V a, V b) {
    const V high = a + b;
    return {high, b - (high - a)};
}
template <class V>
PYNN_INLINE Sum<V> inverse(Sum<V> d) {
    const V high = V(1) / d.high;
    return {high, high * fnma(d.low, high, fnma(d.high, high, V(1)))};
}

// e^x = e scale for x up to about 80. e stays normal longer than e^x, so that u e^x keeps its digits as long as it is
// normal itself. Where scale, a power of two, is not 1, e is below 2^-79: too small for a sum with 1 to notice that it is not
// e^x. Below the bound u e^x is 0 for all u that come with it.
template <class V>
struct ScaledExp {
    V e, scale;
    explicit PYNN_INLINE ScaledExp(Sum<V> x) {
        V n;
        const V m = split_exp(max(V(single<V> ? -142 : -770), x.high), x.low, &n);
        const V near = max(V(single<V> ? -80 : -200), n);
        e = ldexp_normal(m, near);
        scale = ldexp_normal(V(1), n - near);
    }
    explicit PYNN_INLINE ScaledExp(V x) : ScaledExp(Sum<V>{x, V(0)}) {}
};

// e^x - 1 for x <= 0, given e = e^x: x + x^2 p(x) above -0.7 (relative error of p 2e-9 or 3e-18).
template <class V>
PYNN_INLINE V less_one(Sum<V> x, V e) {
    V p;
    if constexpr (single<V>) {
        p = series(x.high, 0.49999999878412758, 0.16666654427218494, 0.041664647348487364, 0.0083210242292812921,
                   0.0013545141776570593, 0.0001529480566594448);
    } else {
        p = series(x.high, 0.5, 0.16666666666666624, 0.041666666666642513, 0.0083333333327996874, 0.0013888888828263046,
                   0.00019841265812693729, 2.4801419911837206e-5, 2.7552834839083477e-6, 2.7479670694669357e-7,
                   2.4207696921423993e-8, 1.5545228905677593e-9);
    }
    return select(x.high > V(-0.7), x.high + fma(x.high * x.high, p, x.low), e - V(1));
}

// log(1 + e) for 0 <= e <= 1: s + s^3 p(s^2) with s = e / (1 + e / 2) (relative error of p 4e-7 or 1e-16).
template <class V>
PYNN_INLINE V log_one_plus(V e) {
    const Sum<V> s = inverse(ordered_sum(V(1), V(0.5) * e)) * e;
    const V w = s.high * s.high;
    V p;
    if constexpr (single<V>) {
        p = series(w, 0.083333299924938091, 0.012502383170592511, 0.002205861848676455, 0.00052463066340463504);
    } else {
        p = series(w, 0.083333333333333323, 0.01250000000000463, 0.0022321428568009451, 0.00043402778755256185,
                   8.8778267536130984e-5, 1.8781221256679932e-5, 4.0631244795479132e-6, 9.1567589719062253e-7,
                   1.677804906089511e-7, 7.7116417893064471e-8);
    }
    return s.high + fma(s.high * w, p, s.low);
}

// With e = e^-|t|, the logistic function s = 1 / (1 + e^-t) is 1 / (1 + e) above 0, e / (1 + e) below, and on both
// sides s' = e / (1 + e)^2: never 1 - s or s (1 - s), which cancel. Only the error of e itself and a final rounding
// remain.
template <class V>
struct Logistic {
    V e;
    Sum<V> d, above;  // 1 + e and 1 / (1 + e)
    explicit PYNN_INLINE Logistic(V e) : e(e), d(ordered_sum(V(1), e)), above(inverse(d)) {}
    // The quotient, and what it leaves of the numerator.
    PYNN_INLINE V value(typename V::Mask negative) const {
        const V n = select(negative, e, V(1)), q = n * above.high;
        return fma(fnma(d.low, q, fnma(d.high, q, n)), above.high, q);
    }
    PYNN_INLINE V slope() const { return (above * e * above).rounded(); }
};

// z = u s and z' = s + m s (1 - s) with s = 1 / (1 + e^-t), for a gate t(u) of the sign of u, and m = u t'(u).
// At u = -infinity the caller passes a large finite number.
template <class V>
struct Gate {
    typename V::Mask negative;
    V e, scale;
    Sum<V> above;
    explicit PYNN_INLINE Gate(V t) : Gate(t < V(0), ScaledExp<V>(-abs(t))) {}
    explicit PYNN_INLINE Gate(Sum<V> t) : Gate(t.high < V(0), t) {}
    PYNN_INLINE V f(V u) const {
        return unless_infinite(u, rounded_product(above, select(negative, u * e, u)) * scale);
    }
    PYNN_INLINE V df(V m) const {
        const V over = select(negative, e * ((V(1) + m) + e), fma(e, V(1) + m, V(1)));
        return (above * over * above).rounded() * scale;
    }

  private:
    PYNN_INLINE Gate(typename V::Mask negative, Sum<V> t)
        : Gate(negative, ScaledExp<V>({-abs(t.high), select(negative, t.low, -t.low)})) {}
    PYNN_INLINE Gate(typename V::Mask negative, ScaledExp<V> decay)
        : negative(negative),
          e(decay.e),
          scale(select(negative, decay.scale, V(1))),
          above(inverse(ordered_sum(V(1), e))) {}
};

// For a >= 0: tanh a and a - tanh a, both to full relative precision, and 1 - tanh^2 a. With e = e^-2a:
//   a < 7/8: a - tanh a = a^3 p(a^2), p the minimax polynomial (relative error 1.3e-8 in float, 6e-18 in double)
//   above:   1 - tanh a = 2 e / (1 + e)
template <class V>
struct Hyperbolic {
    V a, part, scale;
    Logistic<V> logistic;
    explicit PYNN_INLINE Hyperbolic(V a) : Hyperbolic(a, ScaledExp<V>(V(-2) * a)) {}
    PYNN_INLINE V tanh() const { return select(small(), a, V(1)) - part; }
    PYNN_INLINE V shrunk() const { return select(small(), part, (a - V(1)) + part); }
    PYNN_INLINE V slope() const { return V(4) * logistic.slope() * scale; }

  private:
    PYNN_INLINE typename V::Mask small() const { return a < V(0.875); }
    PYNN_INLINE Hyperbolic(V a, ScaledExp<V> decay) : a(a), scale(decay.scale), logistic(decay.e) {
        const V w = a * a, rest = (logistic.above * (logistic.e + logistic.e)).rounded();
        if constexpr (single<V>) {
            part = series(w, 0.33333332916343193, -0.1333327976095606, 0.053956872176887314, -0.021777354143101118,
                          0.0084992037145783535, -0.0028186414336703451, 0.00054765855848432232);
        } else {
            part = series(w, 0.33333333333333333, -0.13333333333333228, 0.053968253968150963, -0.021869488532164738,
                          0.0088632354486979657, -0.0035921270379276538, 0.0014558263365929704, -0.00058998269159781528,
                          0.00023895201229222725, -9.6406586636827174e-5, 3.8206826828752629e-5, -1.4261400981164939e-5,
                          4.5757623224679029e-6, -1.0704529942895973e-6, 1.3039653495025957e-7);
        }
        part = select(small(), w * a * part, rest);
    }
};

// The normal distribution's tail beyond a >= 0, P(-a), as e^(-a^2 / 2) q(a). q falls from 1/2 like 1 / (a sqrt(2
// pi)), and is t p(t - 1/2) with t = 1 / (1 + k a), p the minimax polynomial:
//   float:  k = 1/2, a <= 14.6, relative error 3e-9         double: k = 1/4, a <= 38.8, 2e-17
// Beyond, the exponential is 0. Rational functions of a have fewer terms, but their rounding errors add up to 5 ULP.
template <class V>
PYNN_INLINE Sum<V> normal_tail(V a) {
    const V ka = V(single<V> ? 0.5 : 0.25) * a;
    const Sum<V> t = inverse(ordered_sum(max(V(1), ka), min(V(1), ka)));
    const V x = t.high - V(0.5);
    if constexpr (single<V>) {
        return t * series(x, 0.33620400245905933, 0.33140446998002454, 0.057594736908638179, -0.14687715399550914,
                          -0.0037577575804273925, 0.10774141479270495, -0.062452655943291514, -0.052602728501635777,
                          0.10708462327470949, -0.034495108342132125, -0.076358442616685865, 0.067766180946014025);
    } else {
        return t * series(x, 0.18882128260393787, 0.30394832098594602, 0.38713740074221943, 0.37304371591933155,
                          0.24158629956267552, 0.060321511731389661, -0.055675077786524785, -0.052186190499440592,
                          0.00853403193706743, 0.029580147490328484, -0.00048840873649016073, -0.017994015881107515,
                          0.0007321433971746577, 0.012124134049380452, -0.0025609942869303993, -0.0083706515701265803,
                          0.0043280813329181982, 0.0051291753952064363, -0.0050597697652527945, -0.0021004654288950118,
                          0.0038289563945392795, 0.00017075788114099996, -0.0012482867628476285);
    }
}

}  // namespace pynn::defs
