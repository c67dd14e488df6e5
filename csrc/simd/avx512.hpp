// The vector types of the AVX-512 level: 16 floats or 8 doubles. See scalar.hpp for what each operation means.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "defs/definition.hpp"

namespace pynn::avx512 {

struct M32 {
    __mmask16 m;
    friend PYNN_INLINE M32 operator&(M32 a, M32 b) { return {static_cast<__mmask16>(a.m & b.m)}; }
    friend PYNN_INLINE M32 operator|(M32 a, M32 b) { return {static_cast<__mmask16>(a.m | b.m)}; }
    friend PYNN_INLINE M32 operator!(M32 a) { return {static_cast<__mmask16>(~a.m)}; }
    friend PYNN_INLINE bool any(M32 a) { return a.m != 0; }
    friend PYNN_INLINE bool all(M32 a) { return a.m == 0xffff; }
};

struct M64 {
    __mmask8 m;
    friend PYNN_INLINE M64 operator&(M64 a, M64 b) { return {static_cast<__mmask8>(a.m & b.m)}; }
    friend PYNN_INLINE M64 operator|(M64 a, M64 b) { return {static_cast<__mmask8>(a.m | b.m)}; }
    friend PYNN_INLINE M64 operator!(M64 a) { return {static_cast<__mmask8>(~a.m)}; }
    friend PYNN_INLINE bool any(M64 a) { return a.m != 0; }
    friend PYNN_INLINE bool all(M64 a) { return a.m == 0xff; }
};

struct I32 {
    using scalar = int32_t;
    __m512i v;
    I32() = default;
    explicit PYNN_INLINE I32(__m512i x) : v(x) {}
    PYNN_INLINE I32(int32_t x) : v(_mm512_set1_epi32(x)) {}
    friend PYNN_INLINE I32 operator+(I32 a, I32 b) { return I32(_mm512_add_epi32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator-(I32 a, I32 b) { return I32(_mm512_sub_epi32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator&(I32 a, I32 b) { return I32(_mm512_and_si512(a.v, b.v)); }
    friend PYNN_INLINE I32 operator|(I32 a, I32 b) { return I32(_mm512_or_si512(a.v, b.v)); }
    friend PYNN_INLINE I32 operator^(I32 a, I32 b) { return I32(_mm512_xor_si512(a.v, b.v)); }
    friend PYNN_INLINE I32 operator<<(I32 a, int n) { return I32(_mm512_sll_epi32(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE I32 operator>>(I32 a, int n) { return I32(_mm512_srl_epi32(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE M32 operator==(I32 a, I32 b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
    friend PYNN_INLINE M32 operator>(I32 a, I32 b) { return {_mm512_cmpgt_epi32_mask(a.v, b.v)}; }
};

struct I64 {
    using scalar = int64_t;
    __m512i v;
    I64() = default;
    explicit PYNN_INLINE I64(__m512i x) : v(x) {}
    PYNN_INLINE I64(int64_t x) : v(_mm512_set1_epi64(x)) {}
    friend PYNN_INLINE I64 operator+(I64 a, I64 b) { return I64(_mm512_add_epi64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator-(I64 a, I64 b) { return I64(_mm512_sub_epi64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator&(I64 a, I64 b) { return I64(_mm512_and_si512(a.v, b.v)); }
    friend PYNN_INLINE I64 operator|(I64 a, I64 b) { return I64(_mm512_or_si512(a.v, b.v)); }
    friend PYNN_INLINE I64 operator^(I64 a, I64 b) { return I64(_mm512_xor_si512(a.v, b.v)); }
    friend PYNN_INLINE I64 operator<<(I64 a, int n) { return I64(_mm512_sll_epi64(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE I64 operator>>(I64 a, int n) { return I64(_mm512_srl_epi64(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE M64 operator==(I64 a, I64 b) { return {_mm512_cmpeq_epi64_mask(a.v, b.v)}; }
    friend PYNN_INLINE M64 operator>(I64 a, I64 b) { return {_mm512_cmpgt_epi64_mask(a.v, b.v)}; }
};

struct F32 {
    using scalar = float;
    using Mask = M32;
    using Int = I32;
    static constexpr int lanes = 16;
    __m512 v;
    F32() = default;
    explicit PYNN_INLINE F32(__m512 x) : v(x) {}
    PYNN_INLINE F32(float x) : v(_mm512_set1_ps(x)) {}
    static PYNN_INLINE F32 load(const float* p) { return F32(_mm512_loadu_ps(p)); }
    PYNN_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }

    friend PYNN_INLINE F32 operator+(F32 a, F32 b) { return F32(_mm512_add_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator-(F32 a, F32 b) { return F32(_mm512_sub_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator*(F32 a, F32 b) { return F32(_mm512_mul_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator/(F32 a, F32 b) { return F32(_mm512_div_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator-(F32 a) { return F32(-a.v); }
    friend PYNN_INLINE M32 operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
    friend PYNN_INLINE M32 operator<=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
    friend PYNN_INLINE M32 operator>(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
    friend PYNN_INLINE M32 operator>=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
    friend PYNN_INLINE M32 operator==(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
    friend PYNN_INLINE M32 operator!=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
    friend PYNN_INLINE F32 select(M32 m, F32 a, F32 b) { return F32(_mm512_mask_blend_ps(m.m, b.v, a.v)); }
    friend PYNN_INLINE F32 fma(F32 a, F32 b, F32 c) { return F32(_mm512_fmadd_ps(a.v, b.v, c.v)); }
    friend PYNN_INLINE F32 fnma(F32 a, F32 b, F32 c) { return F32(_mm512_fnmadd_ps(a.v, b.v, c.v)); }
    friend PYNN_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return F32(_mm512_fmadd_ps(a.v, b.v, c.v)); }
    friend PYNN_INLINE F32 sqrt(F32 a) { return F32(_mm512_sqrt_ps(a.v)); }
    friend PYNN_INLINE F32 abs(F32 a) { return F32(_mm512_abs_ps(a.v)); }
    friend PYNN_INLINE F32 round(F32 a) {
        return F32(_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
    friend PYNN_INLINE F32 min(F32 a, F32 b) { return F32(_mm512_min_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 max(F32 a, F32 b) { return F32(_mm512_max_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 copysign(F32 a, F32 s) {
        return F32(_mm512_or_ps(_mm512_abs_ps(a.v), _mm512_and_ps(s.v, _mm512_set1_ps(-0.0))));
    }
    friend PYNN_INLINE F32 ldexp(F32 a, F32 n) { return F32(_mm512_scalef_ps(a.v, n.v)); }
    friend PYNN_INLINE F32 ldexp_normal(F32 a, F32 n) { return ldexp(a, n); }
    friend PYNN_INLINE I32 to_int(F32 a) { return I32(_mm512_cvtps_epi32(a.v)); }
    friend PYNN_INLINE I32 as_int(F32 a) { return I32(_mm512_castps_si512(a.v)); }
};
PYNN_INLINE F32 to_float(I32 a) { return F32(_mm512_cvtepi32_ps(a.v)); }
PYNN_INLINE F32 as_float(I32 a) { return F32(_mm512_castsi512_ps(a.v)); }

struct F64 {
    using scalar = double;
    using Mask = M64;
    using Int = I64;
    static constexpr int lanes = 8;
    __m512d v;
    F64() = default;
    explicit PYNN_INLINE F64(__m512d x) : v(x) {}
    PYNN_INLINE F64(double x) : v(_mm512_set1_pd(x)) {}
    static PYNN_INLINE F64 load(const double* p) { return F64(_mm512_loadu_pd(p)); }
    static PYNN_INLINE F64 load(const float* p) { return F64(_mm512_cvtps_pd(_mm256_loadu_ps(p))); }
    PYNN_INLINE void store(double* p) const { _mm512_storeu_pd(p, v); }

    friend PYNN_INLINE F64 operator+(F64 a, F64 b) { return F64(_mm512_add_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator-(F64 a, F64 b) { return F64(_mm512_sub_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator*(F64 a, F64 b) { return F64(_mm512_mul_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator/(F64 a, F64 b) { return F64(_mm512_div_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator-(F64 a) { return F64(-a.v); }
    friend PYNN_INLINE M64 operator<(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ)}; }
    friend PYNN_INLINE M64 operator<=(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ)}; }
    friend PYNN_INLINE M64 operator>(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_GT_OQ)}; }
    friend PYNN_INLINE M64 operator>=(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_GE_OQ)}; }
    friend PYNN_INLINE M64 operator==(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ)}; }
    friend PYNN_INLINE M64 operator!=(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
    friend PYNN_INLINE F64 select(M64 m, F64 a, F64 b) { return F64(_mm512_mask_blend_pd(m.m, b.v, a.v)); }
    friend PYNN_INLINE F64 fma(F64 a, F64 b, F64 c) { return F64(_mm512_fmadd_pd(a.v, b.v, c.v)); }
    friend PYNN_INLINE F64 fnma(F64 a, F64 b, F64 c) { return F64(_mm512_fnmadd_pd(a.v, b.v, c.v)); }
    friend PYNN_INLINE F64 mul_add(F64 a, F64 b, F64 c) { return F64(_mm512_fmadd_pd(a.v, b.v, c.v)); }
    friend PYNN_INLINE F64 sqrt(F64 a) { return F64(_mm512_sqrt_pd(a.v)); }
    friend PYNN_INLINE F64 abs(F64 a) { return F64(_mm512_abs_pd(a.v)); }
    friend PYNN_INLINE F64 round(F64 a) {
        return F64(_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
    friend PYNN_INLINE F64 min(F64 a, F64 b) { return F64(_mm512_min_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 max(F64 a, F64 b) { return F64(_mm512_max_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 copysign(F64 a, F64 s) {
        return F64(_mm512_or_pd(_mm512_abs_pd(a.v), _mm512_and_pd(s.v, _mm512_set1_pd(-0.0))));
    }
    friend PYNN_INLINE F64 ldexp(F64 a, F64 n) { return F64(_mm512_scalef_pd(a.v, n.v)); }
    friend PYNN_INLINE F64 ldexp_normal(F64 a, F64 n) { return ldexp(a, n); }
    friend PYNN_INLINE I64 to_int(F64 a) { return I64(_mm512_cvtpd_epi64(a.v)); }
    friend PYNN_INLINE I64 as_int(F64 a) { return I64(_mm512_castpd_si512(a.v)); }
};
PYNN_INLINE F64 to_float(I64 a) { return F64(_mm512_cvtepi64_pd(a.v)); }
PYNN_INLINE F64 as_float(I64 a) { return F64(_mm512_castsi512_pd(a.v)); }

}  // namespace pynn::avx512
