// Vector maths: exp, expm1, log, log1p, tanh, erf, erfc, sin, cos, atan on F32 and F64.
//
// Only correctly rounded operations, in one order: the same bits on every level. NaN gives NaN, infinities the limit, and
// signed zeros stay where the function keeps them; subnormal arguments and results are right. The functions of F32 are those of
// F64, rounded once, so their error is below 0.51 units in the last place (ULP); exp alone, which training calls most, has
// a form of its own. tools/minimax.py makes the coefficients. Bounds in ULP, asserted by tests/native/vector_test.cpp:
//
//            exp   expm1 log   log1p tanh  erf   erfc  sin   cos   atan
//     F32    1.00  0.51  0.51  0.51  0.51  0.51  0.51  0.51  0.51  0.51
//     F64    1.0   1.8   0.8   2.2   2.7   1.1   4.0   0.8   0.8   2.0
#pragma once

#include <stdint.h>
#include <string.h>

#include "simd/level.hpp"
#include "simd/reduce.hpp"

namespace pynn::PYNN_LEVEL {

// c[0] + c[1] x + c[2] x^2 + ...
template <class V, class S, int N>
PYNN_INLINE V polynomial(V x, const S (&c)[N]) {
    V sum(static_cast<typename V::scalar>(c[N - 1]));
#pragma GCC unroll 24
    for (int i = N - 2; i >= 0; --i) sum = fma(sum, x, V(static_cast<typename V::scalar>(c[i])));
    return sum;
}

// s + e = a + b exactly, with s the rounded sum.
template <class V>
PYNN_INLINE V two_sum(V a, V b, V* e) {
    const V s = a + b, part = s - a;
    *e = (a - (s - part)) + (b - part);
    return s;
}

template <class V>
PYNN_INLINE typename V::Mask is_nan(V x) {
    return x != x;
}

// f of each half in double, rounded to float.
#if PYNN_LEVEL_ID == PYNN_LEVEL_scalar
template <class F>
PYNN_INLINE F32 in_double(F32 x, F f) {
    return F32(static_cast<float>(f(F64(x.v)).v));
}
#elif PYNN_LEVEL_ID == PYNN_LEVEL_avx2
template <class F>
PYNN_INLINE F32 in_double(F32 x, F f) {
    const __m128 low = _mm256_cvtpd_ps(f(F64(_mm256_cvtps_pd(_mm256_castps256_ps128(x.v)))).v);
    const __m128 high = _mm256_cvtpd_ps(f(F64(_mm256_cvtps_pd(_mm256_extractf128_ps(x.v, 1)))).v);
    return F32(_mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1));
}
#elif PYNN_LEVEL_ID == PYNN_LEVEL_avx512
template <class F>
PYNN_INLINE F32 in_double(F32 x, F f) {
    const __m256 low = _mm512_cvtpd_ps(f(F64(_mm512_cvtps_pd(_mm512_castps512_ps256(x.v)))).v);
    const __m256 high = _mm512_cvtpd_ps(f(F64(_mm512_cvtps_pd(_mm512_extractf32x8_ps(x.v, 1)))).v);
    return F32(_mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1));
}
#else
template <class F>
PYNN_INLINE F32 in_double(F32 x, F f) {
    const float32x2_t low = vcvt_f32_f64(f(F64(vcvt_f64_f32(vget_low_f32(x.v)))).v);
    return F32(vcvt_high_f32_f64(low, f(F64(vcvt_high_f64_f32(x.v))).v));
}
#endif

// e^r - 1 = r + r^2 p(r) for |r| <= ln 2 / 2.
PYNN_INLINE F64 expm1_near(F64 r) {
    static constexpr double p[] = {0.5,
                                   0.16666666666666683,
                                   0.041666666666666094,
                                   0.0083333333333170224,
                                   0.0013888888889115797,
                                   0.0001984126989641396,
                                   2.480158692642037e-5,
                                   2.7557234831124426e-6,
                                   2.7557581950810295e-7,
                                   2.5112047789419545e-8,
                                   2.0826615827596011e-9};
    return fma(r * r, polynomial(r, p), r);
}
PYNN_INLINE F32 expm1_near(F32 r) {
    static constexpr float p[] = {0.499999934f, 0.166665206f, 0.0416683884f, 0.00836872347f, 0.00138145998f};
    return fma(r * r, polynomial(r, p), r);
}

// e^(x + lo) = m 2^n with m in [0.7, 1.5], |lo| far below |x|, for |x| up to 1400 (F64) or 300 (F32): x + lo = n ln 2 + r.
PYNN_INLINE F64 split_exp(F64 x, F64 lo, F64* n) {
    *n = round(x * F64(1.4426950408889634));
    // ln 2 in two parts; the first has zeros enough at its end to make n times it exact.
    const F64 r = fnma(*n, F64(0.69314718036912382), x), t = fnma(*n, F64(1.9082149292705877e-10), lo) + r;
    return F64(1) + expm1_near(t);
}
PYNN_INLINE F32 split_exp(F32 x, F32 lo, F32* n) {
    *n = round(x * F32(1.44269504f));
    const F32 r = fnma(*n, F32(0.693145752f), x), t = fnma(*n, F32(1.42860677e-6f), lo) + r;
    return F32(1) + expm1_near(t);
}

// e^(x + lo). Beyond the bounds lie 0 and infinity; NaN stays.
PYNN_INLINE F64 exp(F64 x, F64 lo) {
    F64 n;
    const F64 m = split_exp(min(F64(720), max(F64(-800), x)), lo, &n);
    return ldexp(m, n);
}
PYNN_INLINE F32 exp(F32 x, F32 lo) {
    F32 n;
    const F32 m = split_exp(min(F32(100), max(F32(-110), x)), lo, &n);
    return ldexp(m, n);
}
PYNN_INLINE F64 exp(F64 x) { return exp(x, F64(0)); }
PYNN_INLINE F32 exp(F32 x) { return exp(x, F32(0)); }

// e^x - 1 = 2^n (e^r - 1 + (1 - 2^-n)), which is e^r - 1 itself where n = 0.
PYNN_INLINE F64 expm1(F64 x) {
    const F64 inside = min(max(x, F64(-40)), F64(720));
    const F64 n = round(inside * F64(1.4426950408889634));
    const F64 r = fnma(n, F64(1.9082149292705877e-10), fnma(n, F64(0.69314718036912382), inside));
    const F64 y = ldexp(expm1_near(r) + (F64(1) - ldexp(F64(1), -n)), n);
    return select(is_nan(x) | (x == F64(0)), x, y);
}
PYNN_INLINE F32 expm1(F32 x) {
    return in_double(x, [](F64 d) { return expm1(d); });
}

// x = 2^k m with m in [sqrt 1/2, sqrt 2), for positive normal x.
PYNN_INLINE F64 split_exponent(F64 x, F64* k) {
    constexpr int64_t root_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
    const I64 shifted = as_int(x) + I64(one - root_half);
    *k = to_float((shifted >> 52) - I64(1023));
    return as_float((shifted & I64(0x000fffffffffffff)) + I64(root_half));
}

// k ln 2 + log(1 + f) + c with f in [sqrt 1/2 - 1, sqrt 2 - 1]: log(1 + f) = 2 s + s R, s = f / (2 + f), written so that f
// itself, the largest term, is added last.
PYNN_INLINE F64 log_of_parts(F64 k, F64 f, F64 c) {
    static constexpr double p[] = {0.66666666666667345, 0.39999999999414345, 0.28571428742469093, 0.2222219856412594,
                                   0.18183564831051769, 0.15314036803982039, 0.1479609519584832};
    const F64 s = f / (F64(2) + f), z = s * s, R = z * polynomial(z, p), half_square = F64(0.5) * f * f;
    const F64 small = fma(s, half_square + R, fma(k, F64(1.9082149292705877e-10), c));
    return fma(k, F64(0.69314718036912382), f - (half_square - small));
}

PYNN_INLINE F64 log(F64 x) {
    const F64::Mask tiny = x < F64(2.2250738585072014e-308);
    F64 k;
    const F64 m = split_exponent(select(tiny, x * F64(18014398509481984.0), x), &k);
    const F64 y = log_of_parts(k - select(tiny, F64(54), F64(0)), m - F64(1), F64(0));
    const F64 edge = select(x == F64(0), F64(-defs::infinity), select(x < F64(0), F64(0) / F64(0), x));
    return select((x > F64(0)) & (x < F64(defs::infinity)), y, edge);
}
PYNN_INLINE F32 log(F32 x) {
    return in_double(x, [](F64 d) { return log(d); });
}

// log(1 + x): where 1 + x rounds, c makes up for it.
PYNN_INLINE F64 log1p(F64 x) {
    const F64::Mask near = (x > F64(-0.2928)) & (x < F64(0.4142));
    const F64 u = F64(1) + x;
    F64 k;
    const F64 m = split_exponent(u, &k);
    const F64 lost = select(k > F64(0), F64(1) - (u - x), x - (u - F64(1)));
    const F64 y = log_of_parts(select(near, F64(0), k), select(near, x, m - F64(1)), select(near, F64(0), lost / u));
    const F64 edge = select(x == F64(-1), F64(-defs::infinity), select(x < F64(-1), F64(0) / F64(0), x));
    return select((x > F64(-1)) & (x < F64(defs::infinity)) & (x != F64(0)), y, edge);
}
PYNN_INLINE F32 log1p(F32 x) {
    return in_double(x, [](F64 d) { return log1p(d); });
}

// tanh |x| = t / (t + 2) with t = e^(2 |x|) - 1.
PYNN_INLINE F64 tanh(F64 x) {
    const F64 t = expm1(F64(2) * min(abs(x), F64(22)));
    return select(is_nan(x), x, copysign(t / (t + F64(2)), x));
}
PYNN_INLINE F32 tanh(F32 x) {
    return in_double(x, [](F64 d) { return tanh(d); });
}

// erf a for 0 <= a <= 1: a + a p(a^2).
PYNN_INLINE F64 erf_near(F64 a) {
    static constexpr double p[] = {0.12837916709551257,    -0.37612638903183748,   0.11283791670954884,
                                   -0.02686617064507787,   0.0052239776248283894,  -0.00085483269814236247,
                                   0.00012055331132900358, -1.4925595771153309e-5, 1.6461008465625714e-6,
                                   -1.6350396134056587e-7, 1.4660328365034563e-8,  -1.1374955174239123e-9,
                                   5.9606856208951595e-11};
    return fma(a, polynomial(a * a, p), a);
}

// For a = |x| from 3/4: e^(-a^2) p(t) / (1 + 2 a) with t = (a - 4) / (a + 4); the square is carried to twice the precision.
PYNN_INLINE F64 erfc(F64 x) {
    static constexpr double p[] = {
        1.2329951186255525,     -0.13962111684056289,   0.015379652102619764,    0.068097054254736599,
        -0.10103906603630115,   0.093732834996823853,   -0.066330365812564006,   0.037167515561852296,
        -0.016197734048423217,  0.0050319697635702829,  -0.00075777340486824776, -0.00019925556126685992,
        0.00015062247158764291, -2.4402941501613413e-5, -1.1225283049768159e-5,  5.7172952442346744e-6,
        3.0195637248631716e-7,  -8.3424040956184214e-7, 6.2389153683309154e-8,   1.1456132000080533e-7,
        -7.7789194321573204e-9, -1.3386267471136133e-8, -1.7176213823587527e-9};
    const F64 a = min(abs(x), F64(28)), square = a * a, rest = fma(a, a, -square);
    const F64 scaled = polynomial((a - F64(4)) / (a + F64(4)), p) / fma(F64(2), a, F64(1));
    const F64 y = select(a < F64(0.75), F64(1) - erf_near(min(a, F64(1))), exp(-square, -rest) * scaled);
    return select(is_nan(x), x, select(x < F64(0), F64(2) - y, y));
}
PYNN_INLINE F32 erfc(F32 x) {
    return in_double(x, [](F64 d) { return erfc(d); });
}

PYNN_INLINE F64 erf(F64 x) {
    const F64 a = abs(x);
    return select(is_nan(x), x, copysign(select(a < F64(1), erf_near(min(a, F64(1))), F64(1) - erfc(a)), x));
}
PYNN_INLINE F32 erf(F32 x) {
    return in_double(x, [](F64 d) { return erf(d); });
}

// atan a = h + atan t: t = a, (a - 1) / (a + 1) or -1 / a, and h = 0, pi / 4 or pi / 2.
PYNN_INLINE F64 atan(F64 x) {
    static constexpr double p[] = {-0.33333333333333328,  0.19999999999997693,   -0.14285714285390948,
                                   0.11111111088361303,   -0.090909081511600885, 0.076922829088432128,
                                   -0.066662289784967003, 0.058770435807631403,  -0.052185448189189278,
                                   0.045041213096050543,  -0.0334877914247339,   0.015208717353889532};
    const F64 a = abs(x);
    const F64::Mask middle = a > F64(0.4142135623730950), far = a > F64(2.4142135623730950);
    const F64 t =
        select(far, F64(-1), select(middle, a - F64(1), a)) / select(far, a, select(middle, a + F64(1), F64(1)));
    const F64 h = select(far, F64(1.5707963267948966), select(middle, F64(0.78539816339744831), F64(0)));
    const F64 rest = select(far, F64(6.123233995736766e-17), select(middle, F64(3.061616997868383e-17), F64(0)));
    const F64 z = t * t, y = h + (t + fma(t * z, polynomial(z, p), rest));
    return select(is_nan(x), x, copysign(y, x));
}
PYNN_INLINE F32 atan(F32 x) {
    return in_double(x, [](F64 d) { return atan(d); });
}

// x = q pi / 2 + r + lo with |r| <= pi / 4.
struct Quarter {
    F64 r, lo;
    I64 q;
};

PYNN_INLINE Quarter quarter(F64 x) {
    constexpr double near = 1e6;
    const F64 n = round(min(max(x, F64(-near)), F64(near)) * F64(0.63661977236758138));
    // pi / 2 in three parts of 33, 33 and 53 bits: n times the first two is exact.
    F64 e, part_e, r_e;
    const F64 s = two_sum(fnma(n, F64(1.5707963267341256), x), -(n * F64(6.0771005063039660e-11)), &e);
    const F64 last = n * F64(2.0222662487959506e-21), last_e = fma(n, F64(2.0222662487959506e-21), -last);
    const F64 part = two_sum(e, -last, &part_e);
    Quarter result{two_sum(s, part, &r_e), r_e + (part_e - last_e), to_int(n)};
    const F64::Mask far = !(abs(x) <= F64(near));
    if (!any(far)) return result;
    double lanes[F64::lanes], r[F64::lanes], lo[F64::lanes], q[F64::lanes];
    x.store(lanes);
    result.r.store(r);
    result.lo.store(lo);
    n.store(q);
    for (int i = 0; i < F64::lanes; ++i)
        if (!(lanes[i] >= -near && lanes[i] <= near)) q[i] = reduce_large(lanes[i], r + i, lo + i);
    return {F64::load(r), F64::load(lo), to_int(F64::load(q))};
}

// sin x for shift = 0, cos x for shift = 1.
PYNN_INLINE F64 sine(F64 x, int64_t shift) {
    static constexpr double s[] = {-0.16666666666666632,  0.0083333333333224237,  -0.00019841269829816235,
                                   2.7557313694966735e-6, -2.5050758610953446e-8, 1.5896825387254406e-10};
    static constexpr double c[] = {0.0416666666666666,     -0.0013888888888874138, 2.4801587289491106e-5,
                                   -2.7557314355022311e-7, 2.0875723653185248e-9,  -1.135966818148496e-11};
    const Quarter a = quarter(x);
    const F64 z = a.r * a.r, half = F64(0.5) * z, w = F64(1) - half;
    const F64 sin_r = a.r + fma(z * a.r, polynomial(z, s), a.lo * w);
    const F64 cos_r = w + (((F64(1) - w) - half) + fma(z * z, polynomial(z, c), -(a.r * a.lo)));
    const I64 q = a.q + I64(shift);
    const F64 y = select((q & I64(1)) == I64(1), cos_r, sin_r);
    return select((q & I64(2)) == I64(2), -y, y);
}
PYNN_INLINE F64 sin(F64 x) { return select(x == F64(0), x, sine(x, 0)); }
PYNN_INLINE F64 cos(F64 x) { return sine(x, 1); }

// The same for an x that is a float: r needs no second part, and polynomials with errors of 5e-12 and 1e-13 suffice.
PYNN_INLINE F64 sine_of_float(F64 x, int64_t shift) {
    constexpr double near = 1e6;
    if (any(!(abs(x) <= F64(near)))) return sine(x, shift);
    static constexpr double s[] = {-0.16666666641625491, 0.0083333293857521238, -0.00019839334790333609,
                                   2.7183110514935199e-6};
    static constexpr double c[] = {0.041666666622825441, -0.0013888883753184122, 2.4799519948842155e-5,
                                   -2.7210232785214478e-7};
    const F64 n = round(x * F64(0.63661977236758138));
    const F64 r = fnma(n, F64(6.123233995736766e-17), fnma(n, F64(1.5707963267948966), x)), z = r * r;
    const F64 sin_r = fma(z * r, polynomial(z, s), r), cos_r = fma(z, fma(z, polynomial(z, c), F64(-0.5)), F64(1));
    const I64 q = to_int(n) + I64(shift);
    const F64 y = select((q & I64(1)) == I64(1), cos_r, sin_r);
    return select((q & I64(2)) == I64(2), -y, y);
}
PYNN_INLINE F32 sin(F32 x) {
    return select(x == F32(0), x, in_double(x, [](F64 d) { return sine_of_float(d, 0); }));
}
PYNN_INLINE F32 cos(F32 x) {
    return in_double(x, [](F64 d) { return sine_of_float(d, 1); });
}

}  // namespace pynn::PYNN_LEVEL
