// The vector types of the NEON level (64-bit Arm): 4 floats or 2 doubles. See scalar.hpp for what each operation means.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

#include "defs/definition.hpp"

namespace pynn::neon {

struct M32 {
    uint32x4_t m;
    friend PYNN_INLINE M32 operator&(M32 a, M32 b) { return {vandq_u32(a.m, b.m)}; }
    friend PYNN_INLINE M32 operator|(M32 a, M32 b) { return {vorrq_u32(a.m, b.m)}; }
    friend PYNN_INLINE M32 operator!(M32 a) { return {vmvnq_u32(a.m)}; }
    friend PYNN_INLINE bool any(M32 a) { return vmaxvq_u32(a.m) != 0; }
    friend PYNN_INLINE bool all(M32 a) { return vminvq_u32(a.m) != 0; }
};

struct M64 {
    uint64x2_t m;
    friend PYNN_INLINE M64 operator&(M64 a, M64 b) { return {vandq_u64(a.m, b.m)}; }
    friend PYNN_INLINE M64 operator|(M64 a, M64 b) { return {vorrq_u64(a.m, b.m)}; }
    friend PYNN_INLINE M64 operator!(M64 a) { return {veorq_u64(a.m, vdupq_n_u64(~uint64_t{0}))}; }
    friend PYNN_INLINE bool any(M64 a) { return (vgetq_lane_u64(a.m, 0) | vgetq_lane_u64(a.m, 1)) != 0; }
    friend PYNN_INLINE bool all(M64 a) { return (vgetq_lane_u64(a.m, 0) & vgetq_lane_u64(a.m, 1)) != 0; }
};

struct I32 {
    using scalar = int32_t;
    int32x4_t v;
    I32() = default;
    explicit PYNN_INLINE I32(int32x4_t x) : v(x) {}
    PYNN_INLINE I32(int32_t x) : v(vdupq_n_s32(x)) {}
    friend PYNN_INLINE I32 operator+(I32 a, I32 b) { return I32(vaddq_s32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator-(I32 a, I32 b) { return I32(vsubq_s32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator&(I32 a, I32 b) { return I32(vandq_s32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator|(I32 a, I32 b) { return I32(vorrq_s32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator^(I32 a, I32 b) { return I32(veorq_s32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator<<(I32 a, int n) { return I32(vshlq_s32(a.v, vdupq_n_s32(n))); }
    friend PYNN_INLINE I32 operator>>(I32 a, int n) {
        return I32(vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a.v), vdupq_n_s32(-n))));
    }
    friend PYNN_INLINE M32 operator==(I32 a, I32 b) { return {vceqq_s32(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator>(I32 a, I32 b) { return {vcgtq_s32(a.v, b.v)}; }
};

struct I64 {
    using scalar = int64_t;
    int64x2_t v;
    I64() = default;
    explicit PYNN_INLINE I64(int64x2_t x) : v(x) {}
    PYNN_INLINE I64(int64_t x) : v(vdupq_n_s64(x)) {}
    friend PYNN_INLINE I64 operator+(I64 a, I64 b) { return I64(vaddq_s64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator-(I64 a, I64 b) { return I64(vsubq_s64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator&(I64 a, I64 b) { return I64(vandq_s64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator|(I64 a, I64 b) { return I64(vorrq_s64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator^(I64 a, I64 b) { return I64(veorq_s64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator<<(I64 a, int n) { return I64(vshlq_s64(a.v, vdupq_n_s64(n))); }
    friend PYNN_INLINE I64 operator>>(I64 a, int n) {
        return I64(vreinterpretq_s64_u64(vshlq_u64(vreinterpretq_u64_s64(a.v), vdupq_n_s64(-n))));
    }
    friend PYNN_INLINE M64 operator==(I64 a, I64 b) { return {vceqq_s64(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator>(I64 a, I64 b) { return {vcgtq_s64(a.v, b.v)}; }
};

struct F32 {
    using scalar = float;
    using Mask = M32;
    using Int = I32;
    static constexpr int lanes = 4;
    float32x4_t v;
    F32() = default;
    explicit PYNN_INLINE F32(float32x4_t x) : v(x) {}
    PYNN_INLINE F32(float x) : v(vdupq_n_f32(x)) {}
    static PYNN_INLINE F32 load(const float* p) { return F32(vld1q_f32(p)); }
    PYNN_INLINE void store(float* p) const { vst1q_f32(p, v); }

    friend PYNN_INLINE F32 operator+(F32 a, F32 b) { return F32(vaddq_f32(a.v, b.v)); }
    friend PYNN_INLINE F32 operator-(F32 a, F32 b) { return F32(vsubq_f32(a.v, b.v)); }
    friend PYNN_INLINE F32 operator*(F32 a, F32 b) { return F32(vmulq_f32(a.v, b.v)); }
    friend PYNN_INLINE F32 operator/(F32 a, F32 b) { return F32(vdivq_f32(a.v, b.v)); }
    friend PYNN_INLINE F32 operator-(F32 a) { return F32(vnegq_f32(a.v)); }
    friend PYNN_INLINE M32 operator<(F32 a, F32 b) { return {vcltq_f32(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator<=(F32 a, F32 b) { return {vcleq_f32(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator>(F32 a, F32 b) { return {vcgtq_f32(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator>=(F32 a, F32 b) { return {vcgeq_f32(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator==(F32 a, F32 b) { return {vceqq_f32(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator!=(F32 a, F32 b) { return {(!M32{vceqq_f32(a.v, b.v)}).m}; }
    friend PYNN_INLINE F32 select(M32 m, F32 a, F32 b) { return F32(vbslq_f32(m.m, a.v, b.v)); }
    friend PYNN_INLINE F32 fma(F32 a, F32 b, F32 c) { return F32(vfmaq_f32(c.v, a.v, b.v)); }
    friend PYNN_INLINE F32 fnma(F32 a, F32 b, F32 c) { return F32(vfmsq_f32(c.v, a.v, b.v)); }
    friend PYNN_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return F32(vfmaq_f32(c.v, a.v, b.v)); }
    friend PYNN_INLINE F32 sqrt(F32 a) { return F32(vsqrtq_f32(a.v)); }
    friend PYNN_INLINE F32 abs(F32 a) { return F32(vabsq_f32(a.v)); }
    friend PYNN_INLINE F32 round(F32 a) { return F32(vrndnq_f32(a.v)); }
    friend PYNN_INLINE F32 min(F32 a, F32 b) { return select(a < b, a, b); }
    friend PYNN_INLINE F32 max(F32 a, F32 b) { return select(a > b, a, b); }
    friend PYNN_INLINE F32 copysign(F32 a, F32 s) {
        return F32(vbslq_f32(vreinterpretq_u32_f32(vdupq_n_f32(-0.0)), s.v, a.v));
    }
    friend PYNN_INLINE I32 to_int(F32 a) { return I32(vcvtnq_s32_f32(a.v)); }
    friend PYNN_INLINE I32 as_int(F32 a) { return I32(vreinterpretq_s32_f32(a.v)); }
};
PYNN_INLINE F32 to_float(I32 a) { return F32(vcvtq_f32_s32(a.v)); }
PYNN_INLINE F32 as_float(I32 a) { return F32(vreinterpretq_f32_s32(a.v)); }
PYNN_INLINE F32 power_of_two(F32 n) { return as_float((to_int(n) + I32(127)) << 23); }
PYNN_INLINE F32 ldexp_normal(F32 a, F32 n) { return a * power_of_two(n); }
// Two factors, because 2^n itself may not be a number; the first product is exact wherever the result is not zero.
PYNN_INLINE F32 ldexp(F32 a, F32 n) {
    const F32 half = round(n * F32(0.5f));
    return a * power_of_two(half) * power_of_two(n - half);
}

struct F64 {
    using scalar = double;
    using Mask = M64;
    using Int = I64;
    static constexpr int lanes = 2;
    float64x2_t v;
    F64() = default;
    explicit PYNN_INLINE F64(float64x2_t x) : v(x) {}
    PYNN_INLINE F64(double x) : v(vdupq_n_f64(x)) {}
    static PYNN_INLINE F64 load(const double* p) { return F64(vld1q_f64(p)); }
    static PYNN_INLINE F64 load(const float* p) { return F64(vcvt_f64_f32(vld1_f32(p))); }
    PYNN_INLINE void store(double* p) const { vst1q_f64(p, v); }

    friend PYNN_INLINE F64 operator+(F64 a, F64 b) { return F64(vaddq_f64(a.v, b.v)); }
    friend PYNN_INLINE F64 operator-(F64 a, F64 b) { return F64(vsubq_f64(a.v, b.v)); }
    friend PYNN_INLINE F64 operator*(F64 a, F64 b) { return F64(vmulq_f64(a.v, b.v)); }
    friend PYNN_INLINE F64 operator/(F64 a, F64 b) { return F64(vdivq_f64(a.v, b.v)); }
    friend PYNN_INLINE F64 operator-(F64 a) { return F64(vnegq_f64(a.v)); }
    friend PYNN_INLINE M64 operator<(F64 a, F64 b) { return {vcltq_f64(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator<=(F64 a, F64 b) { return {vcleq_f64(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator>(F64 a, F64 b) { return {vcgtq_f64(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator>=(F64 a, F64 b) { return {vcgeq_f64(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator==(F64 a, F64 b) { return {vceqq_f64(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator!=(F64 a, F64 b) { return {(!M64{vceqq_f64(a.v, b.v)}).m}; }
    friend PYNN_INLINE F64 select(M64 m, F64 a, F64 b) { return F64(vbslq_f64(m.m, a.v, b.v)); }
    friend PYNN_INLINE F64 fma(F64 a, F64 b, F64 c) { return F64(vfmaq_f64(c.v, a.v, b.v)); }
    friend PYNN_INLINE F64 fnma(F64 a, F64 b, F64 c) { return F64(vfmsq_f64(c.v, a.v, b.v)); }
    friend PYNN_INLINE F64 mul_add(F64 a, F64 b, F64 c) { return F64(vfmaq_f64(c.v, a.v, b.v)); }
    friend PYNN_INLINE F64 sqrt(F64 a) { return F64(vsqrtq_f64(a.v)); }
    friend PYNN_INLINE F64 abs(F64 a) { return F64(vabsq_f64(a.v)); }
    friend PYNN_INLINE F64 round(F64 a) { return F64(vrndnq_f64(a.v)); }
    friend PYNN_INLINE F64 min(F64 a, F64 b) { return select(a < b, a, b); }
    friend PYNN_INLINE F64 max(F64 a, F64 b) { return select(a > b, a, b); }
    friend PYNN_INLINE F64 copysign(F64 a, F64 s) {
        return F64(vbslq_f64(vreinterpretq_u64_f64(vdupq_n_f64(-0.0)), s.v, a.v));
    }
    friend PYNN_INLINE I64 to_int(F64 a) { return I64(vcvtnq_s64_f64(a.v)); }
    friend PYNN_INLINE I64 as_int(F64 a) { return I64(vreinterpretq_s64_f64(a.v)); }
};
PYNN_INLINE F64 to_float(I64 a) { return F64(vcvtq_f64_s64(a.v)); }
PYNN_INLINE F64 as_float(I64 a) { return F64(vreinterpretq_f64_s64(a.v)); }
PYNN_INLINE F64 power_of_two(F64 n) { return as_float((to_int(n) + I64(1023)) << 52); }
// Two factors, because 2^n itself may not be a number; the first product is exact wherever the result is not zero.
PYNN_INLINE F64 ldexp_normal(F64 a, F64 n) { return a * power_of_two(n); }
PYNN_INLINE F64 ldexp(F64 a, F64 n) {
    const F64 half = round(n * F64(0.5));
    return a * power_of_two(half) * power_of_two(n - half);
}

}  // namespace pynn::neon
