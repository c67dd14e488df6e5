// The vector types of the scalar level: one lane, plain C++. This file is also the reference for what each operation
// means; avx2.hpp, avx512.hpp and neon.hpp offer the same names with the same results, to the bit (mul_add excepted).
//
//   V        F32 or F64: a vector of floats or doubles; implicit from a scalar (broadcast); load/store need no alignment;
//            F64 loads floats too
//   V::Mask  one truth value a lane: & | ! any all
//   V::Int   integers as wide as the lanes (two's complement, wrapping): + - & | ^, << >> (logical, by a constant), == >
//
// Conventions, NaN and signed zero included:
//   min(a, b) = a < b ? a : b,  max(a, b) = a > b ? a : b    (so b if either is NaN)
//   fma(a, b, c) = a b + c and fnma(a, b, c) = c - a b with one rounding; sqrt and / correctly rounded
//   mul_add(a, b, c) = a b + c as the level does it fastest (two roundings here, one elsewhere): for sums of products only
//   round(a): nearest integer, ties to even.  copysign(a, s): |a| with the sign bit of s
//   select(m, a, b) = m ? a : b
//   ldexp(a, n) = a 2^n rounded once; n integer-valued, |n| <= 252 (F32) or 2044 (F64), |a| in [1/4, 4]; NaN if a is
//   ldexp_normal(a, n): the same where 2^n and a 2^n are normal numbers; n may be NaN where a is, and then anything comes out
//   to_int(a): a integer-valued, |a| <= 2^22 (F32) or 2^51 (F64).  as_int, as_float: the same bits
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "defs/definition.hpp"

namespace pynn::scalar {

struct Mask {
    bool m;
    friend PYNN_INLINE Mask operator&(Mask a, Mask b) { return {a.m && b.m}; }
    friend PYNN_INLINE Mask operator|(Mask a, Mask b) { return {a.m || b.m}; }
    friend PYNN_INLINE Mask operator!(Mask a) { return {!a.m}; }
    friend PYNN_INLINE bool any(Mask a) { return a.m; }
    friend PYNN_INLINE bool all(Mask a) { return a.m; }
};

template <class S, class U>
struct IntVec {
    using scalar = S;
    S v;
    IntVec() = default;
    PYNN_INLINE IntVec(S x) : v(x) {}
    static PYNN_INLINE IntVec of(U bits) { return IntVec(static_cast<S>(bits)); }
    PYNN_INLINE U bits() const { return static_cast<U>(v); }
    friend PYNN_INLINE IntVec operator+(IntVec a, IntVec b) { return of(a.bits() + b.bits()); }
    friend PYNN_INLINE IntVec operator-(IntVec a, IntVec b) { return of(a.bits() - b.bits()); }
    friend PYNN_INLINE IntVec operator&(IntVec a, IntVec b) { return of(a.bits() & b.bits()); }
    friend PYNN_INLINE IntVec operator|(IntVec a, IntVec b) { return of(a.bits() | b.bits()); }
    friend PYNN_INLINE IntVec operator^(IntVec a, IntVec b) { return of(a.bits() ^ b.bits()); }
    friend PYNN_INLINE IntVec operator<<(IntVec a, int n) { return of(a.bits() << n); }
    friend PYNN_INLINE IntVec operator>>(IntVec a, int n) { return of(a.bits() >> n); }
    friend PYNN_INLINE Mask operator==(IntVec a, IntVec b) { return {a.v == b.v}; }
    friend PYNN_INLINE Mask operator>(IntVec a, IntVec b) { return {a.v > b.v}; }
};

template <class T, class I>
struct Vec {
    using scalar = T;
    using Mask = pynn::scalar::Mask;
    using Int = I;
    static constexpr int lanes = 1;
    T v;
    Vec() = default;
    PYNN_INLINE Vec(T x) : v(x) {}
    template <class From>
    static PYNN_INLINE Vec load(const From* p) {
        return static_cast<T>(*p);
    }
    PYNN_INLINE void store(T* p) const { *p = v; }

    friend PYNN_INLINE Vec operator+(Vec a, Vec b) { return a.v + b.v; }
    friend PYNN_INLINE Vec operator-(Vec a, Vec b) { return a.v - b.v; }
    friend PYNN_INLINE Vec operator*(Vec a, Vec b) { return a.v * b.v; }
    friend PYNN_INLINE Vec operator/(Vec a, Vec b) { return a.v / b.v; }
    friend PYNN_INLINE Vec operator-(Vec a) { return -a.v; }
    friend PYNN_INLINE Mask operator<(Vec a, Vec b) { return {a.v < b.v}; }
    friend PYNN_INLINE Mask operator<=(Vec a, Vec b) { return {a.v <= b.v}; }
    friend PYNN_INLINE Mask operator>(Vec a, Vec b) { return {a.v > b.v}; }
    friend PYNN_INLINE Mask operator>=(Vec a, Vec b) { return {a.v >= b.v}; }
    friend PYNN_INLINE Mask operator==(Vec a, Vec b) { return {a.v == b.v}; }
    friend PYNN_INLINE Mask operator!=(Vec a, Vec b) { return {a.v != b.v}; }
    friend PYNN_INLINE Vec select(Mask m, Vec a, Vec b) { return m.m ? a : b; }
    friend PYNN_INLINE Vec fma(Vec a, Vec b, Vec c) { return fused(a.v, b.v, c.v); }
    friend PYNN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return fused(-a.v, b.v, c.v); }
    friend PYNN_INLINE Vec mul_add(Vec a, Vec b, Vec c) { return a.v * b.v + c.v; }
    friend PYNN_INLINE Vec sqrt(Vec a) { return root(a.v); }
    friend PYNN_INLINE Vec abs(Vec a) { return with_sign(a.v, T(1)); }
    friend PYNN_INLINE Vec min(Vec a, Vec b) { return a.v < b.v ? a.v : b.v; }
    friend PYNN_INLINE Vec max(Vec a, Vec b) { return a.v > b.v ? a.v : b.v; }
    friend PYNN_INLINE Vec round(Vec a) { return nearest(a.v); }
    friend PYNN_INLINE Vec copysign(Vec a, Vec s) { return with_sign(a.v, s.v); }
    friend PYNN_INLINE Vec ldexp(Vec a, Vec n) { return a.v != a.v ? a.v : scaled(a.v, static_cast<int>(n.v)); }
    friend PYNN_INLINE Vec ldexp_normal(Vec a, Vec n) { return n.v != n.v ? n : ldexp(a, n); }
    friend PYNN_INLINE Int to_int(Vec a) { return Int(static_cast<typename Int::scalar>(a.v)); }
    friend PYNN_INLINE Int as_int(Vec a) {
        Int r;
        memcpy(&r.v, &a.v, sizeof(T));
        return r;
    }

  private:
    static PYNN_INLINE float fused(float a, float b, float c) { return ::fmaf(a, b, c); }
    static PYNN_INLINE double fused(double a, double b, double c) { return ::fma(a, b, c); }
    static PYNN_INLINE float root(float a) { return ::sqrtf(a); }
    static PYNN_INLINE double root(double a) { return ::sqrt(a); }
    static PYNN_INLINE float nearest(float a) { return ::rintf(a); }
    static PYNN_INLINE double nearest(double a) { return ::rint(a); }
    static PYNN_INLINE float with_sign(float a, float s) { return ::copysignf(a, s); }
    static PYNN_INLINE double with_sign(double a, double s) { return ::copysign(a, s); }
    static PYNN_INLINE float scaled(float a, int n) { return ::ldexpf(a, n); }
    static PYNN_INLINE double scaled(double a, int n) { return ::ldexp(a, n); }
};

using I32 = IntVec<int32_t, uint32_t>;
using I64 = IntVec<int64_t, uint64_t>;
using F32 = Vec<float, I32>;
using F64 = Vec<double, I64>;

PYNN_INLINE F32 to_float(I32 a) { return static_cast<float>(a.v); }
PYNN_INLINE F64 to_float(I64 a) { return static_cast<double>(a.v); }
PYNN_INLINE F32 as_float(I32 a) {
    F32 r;
    memcpy(&r.v, &a.v, sizeof r.v);
    return r;
}
PYNN_INLINE F64 as_float(I64 a) {
    F64 r;
    memcpy(&r.v, &a.v, sizeof r.v);
    return r;
}

}  // namespace pynn::scalar
