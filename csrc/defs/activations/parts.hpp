// What the exponential activations and their derivatives are made of. f and f' build the same parts from the same u,
// so that where a kernel needs both, the compiler computes each part once. Coefficients are from Remez' exchange
// algorithm.
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
// normal itself. Where scale is not 1, e is below 2^-69: too small for a sum with 1 to notice that it is not e^x.
template <class V>
struct ScaledExp {
    V e, scale;
    explicit PYNN_INLINE ScaledExp(Sum<V> x) {
        const auto deep = x.high < V(-80);
        e = exp(select(deep, x.high + V(32), x.high), x.low);
        scale = select(deep, V(1.2664165549094176e-14), V(1));  // e^-32
    }
};

// e^x - 1 for x <= 0, given e = e^x: x + x^2 p(x) above -0.7 (relative error of p 2e-9 or 3e-18).
template <class V>
PYNN_INLINE V less_one(Sum<V> x, V e) {
    V p;
    if constexpr (single<V>) {
        p = series(x.high, 0.49999999878411602045, 0.16666654427141718552, 0.041664647341312608138,
                   0.008321024204011945698, 0.0013545141418282557566, 0.00015294803931191975119);
    } else {
        p = series(x.high, 0.49999999999999999874, 0.16666666666666623905, 0.041666666666642513109,
                   0.0083333333327996863275, 0.0013888888828262975322, 0.00019841265812690853042,
                   0.000024801419911759134195, 2.7552834837671625707e-6, 2.7479670678507772479e-7,
                   2.4207696816271281772e-8, 1.5545228610836737058e-9);
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
        p = series(w, 0.0833332999284697461, 0.0125023830412792414, 0.00220586264827089272, 0.000524629357401570607);
    } else {
        p = series(w, 0.083333333333333323, 0.0125000000000046296, 0.0022321428568009951, 0.000434027787551394431,
                   0.0000887782675499106808, 0.0000187812211647685948, 4.06312484121883096e-6, 9.15675065224162743e-7,
                   1.67781524781104332e-7, 7.71158815506890226e-8);
    }
    return s.high + fma(s.high * w, p, s.low);
}

// With e = e^-|t|, the logistic function s = 1 / (1 + e^-t) is 1 / (1 + e) above 0, e / (1 + e) below, and on both
// sides s' = e / (1 + e)^2: never 1 - s or s (1 - s), which cancel. Only the error of e itself and a final rounding
// remain.
template <class V>
struct Logistic {
    V e;
    Sum<V> above;  // 1 / (1 + e)
    explicit PYNN_INLINE Logistic(V e) : e(e), above(inverse(ordered_sum(V(1), e))) {}
    PYNN_INLINE V value(typename V::Mask negative) const { return (above * select(negative, e, V(1))).rounded(); }
    PYNN_INLINE V slope() const { return (above * e * above).rounded(); }
};

// z = u s and z' = s + m s (1 - s) with s = 1 / (1 + e^-t), for a gate t(u) of the sign of u, and m = u t'(u).
// At u = -infinity the caller passes a large finite number.
template <class V>
struct Gate {
    typename V::Mask negative;
    V e, scale;
    Sum<V> above;
    explicit PYNN_INLINE Gate(Sum<V> t) : negative(t.high < V(0)) {
        const ScaledExp<V> decay({-abs(t.high), select(negative, t.low, -t.low)});
        e = decay.e;
        scale = select(negative, decay.scale, V(1));
        above = inverse(ordered_sum(V(1), e));
    }
    PYNN_INLINE V f(V u) const { return unless_infinite(u, (above * select(negative, u * e, u)).rounded() * scale); }
    PYNN_INLINE V df(V m) const {
        const V over = select(negative, e * ((V(1) + m) + e), fma(e, V(1) + m, V(1)));
        return (above * over * above).rounded() * scale;
    }
};

// For a >= 0: tanh a and a - tanh a, both to full relative precision, and 1 - tanh^2 a. With e = e^-2a:
//   a < 7/8: a - tanh a = a^3 p(a^2), p the minimax polynomial (relative error 1.3e-8 in float, 6e-18 in double)
//   above:   1 - tanh a = 2 e / (1 + e)
template <class V>
struct Hyperbolic {
    V a, part, scale;
    Logistic<V> logistic;
    explicit PYNN_INLINE Hyperbolic(V a) : Hyperbolic(a, ScaledExp<V>({V(-2) * a, V(0)})) {}
    PYNN_INLINE V tanh() const { return select(small(), a, V(1)) - part; }
    PYNN_INLINE V shrunk() const { return select(small(), part, (a - V(1)) + part); }
    PYNN_INLINE V slope() const { return V(4) * logistic.slope() * scale; }

  private:
    PYNN_INLINE typename V::Mask small() const { return a < V(0.875); }
    PYNN_INLINE Hyperbolic(V a, ScaledExp<V> decay) : a(a), scale(decay.scale), logistic(decay.e) {
        const V w = a * a, rest = (logistic.above * (logistic.e + logistic.e)).rounded();
        if constexpr (single<V>) {
            part = series(w, 0.3333333291633500663, -0.13333279760352109269, 0.053956872103505312387,
                          -0.021777353783098533509, 0.0084992028957841666796, -0.0028186405777211022612,
                          0.00054765822650646184278);
        } else {
            part = series(w, 0.33333333333333333154, -0.13333333333333228102, 0.053968253968150963444,
                          -0.02186948853216473766, 0.0088632354486979657151, -0.0035921270379276538296,
                          0.0014558263365929704087, -0.0005899826915978152751, 0.00023895201229222724854,
                          -0.000096406586636827173978, 0.000038206826828752628577, -0.000014261400981164939486,
                          4.5757623224679028726e-6, -1.070452994289597282e-6, 1.303965349502595718e-7);
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
        return t * series(x, 0.3362040024587882749, 0.33140446998117961884, 0.057594736947925269385,
                          -0.14687715418680676422, -0.0037577584288742503662, 0.10774142056899206409,
                          -0.062452650844663596745, -0.052602787814823136566, 0.10708463367755805172,
                          -0.034494888637707854984, -0.076358563525887956086, 0.067766013127570372321);
    } else {
        return t * series(x, 0.18882128260393786964, 0.30394832098594602284, 0.38713740074221942571,
                          0.37304371591933154868, 0.24158629956267565503, 0.060321511731390140181,
                          -0.055675077786535137065, -0.052186190499480411491, 0.0085340319374577047234,
                          0.029580147491774372795, -0.00048840874501725283516, -0.017994015909914189233,
                          0.00073214351440736023722, 0.012124134392259782269, -0.0025609953431491342372,
                          -0.0083706540765047361362, 0.0043280876147151790571, 0.0051291864456329479893,
                          -0.0050597936755409285409, -0.0021004924473571103211, 0.0038290093641558417662,
                          0.00017078606981642152365, -0.0012483387774164156301);
    }
}

}  // namespace pynn::defs
