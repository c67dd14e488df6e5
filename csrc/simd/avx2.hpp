// The vector types of the AVX2 level (with FMA): 8 floats or 4 doubles. See scalar.hpp for what each operation means.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "defs/definition.hpp"

namespace pynn::avx2 {

struct M32 {
    __m256 m;
    friend PYNN_INLINE M32 operator&(M32 a, M32 b) { return {_mm256_and_ps(a.m, b.m)}; }
    friend PYNN_INLINE M32 operator|(M32 a, M32 b) { return {_mm256_or_ps(a.m, b.m)}; }
    friend PYNN_INLINE M32 operator!(M32 a) { return {_mm256_xor_ps(a.m, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))}; }
    friend PYNN_INLINE bool any(M32 a) { return _mm256_movemask_ps(a.m) != 0; }
    friend PYNN_INLINE bool all(M32 a) { return _mm256_movemask_ps(a.m) == 0xff; }
};

struct M64 {
    __m256d m;
    friend PYNN_INLINE M64 operator&(M64 a, M64 b) { return {_mm256_and_pd(a.m, b.m)}; }
    friend PYNN_INLINE M64 operator|(M64 a, M64 b) { return {_mm256_or_pd(a.m, b.m)}; }
    friend PYNN_INLINE M64 operator!(M64 a) { return {_mm256_xor_pd(a.m, _mm256_castsi256_pd(_mm256_set1_epi32(-1)))}; }
    friend PYNN_INLINE bool any(M64 a) { return _mm256_movemask_pd(a.m) != 0; }
    friend PYNN_INLINE bool all(M64 a) { return _mm256_movemask_pd(a.m) == 0xf; }
};

struct I32 {
    using scalar = int32_t;
    __m256i v;
    I32() = default;
    explicit PYNN_INLINE I32(__m256i x) : v(x) {}
    PYNN_INLINE I32(int32_t x) : v(_mm256_set1_epi32(x)) {}
    friend PYNN_INLINE I32 operator+(I32 a, I32 b) { return I32(_mm256_add_epi32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator-(I32 a, I32 b) { return I32(_mm256_sub_epi32(a.v, b.v)); }
    friend PYNN_INLINE I32 operator&(I32 a, I32 b) { return I32(_mm256_and_si256(a.v, b.v)); }
    friend PYNN_INLINE I32 operator|(I32 a, I32 b) { return I32(_mm256_or_si256(a.v, b.v)); }
    friend PYNN_INLINE I32 operator^(I32 a, I32 b) { return I32(_mm256_xor_si256(a.v, b.v)); }
    friend PYNN_INLINE I32 operator<<(I32 a, int n) { return I32(_mm256_sll_epi32(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE I32 operator>>(I32 a, int n) { return I32(_mm256_srl_epi32(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE M32 operator==(I32 a, I32 b) { return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.v, b.v))}; }
    friend PYNN_INLINE M32 operator>(I32 a, I32 b) { return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v, b.v))}; }
};

struct I64 {
    using scalar = int64_t;
    __m256i v;
    I64() = default;
    explicit PYNN_INLINE I64(__m256i x) : v(x) {}
    PYNN_INLINE I64(int64_t x) : v(_mm256_set1_epi64x(x)) {}
    friend PYNN_INLINE I64 operator+(I64 a, I64 b) { return I64(_mm256_add_epi64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator-(I64 a, I64 b) { return I64(_mm256_sub_epi64(a.v, b.v)); }
    friend PYNN_INLINE I64 operator&(I64 a, I64 b) { return I64(_mm256_and_si256(a.v, b.v)); }
    friend PYNN_INLINE I64 operator|(I64 a, I64 b) { return I64(_mm256_or_si256(a.v, b.v)); }
    friend PYNN_INLINE I64 operator^(I64 a, I64 b) { return I64(_mm256_xor_si256(a.v, b.v)); }
    friend PYNN_INLINE I64 operator<<(I64 a, int n) { return I64(_mm256_sll_epi64(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE I64 operator>>(I64 a, int n) { return I64(_mm256_srl_epi64(a.v, _mm_cvtsi32_si128(n))); }
    friend PYNN_INLINE M64 operator==(I64 a, I64 b) { return {_mm256_castsi256_pd(_mm256_cmpeq_epi64(a.v, b.v))}; }
    friend PYNN_INLINE M64 operator>(I64 a, I64 b) { return {_mm256_castsi256_pd(_mm256_cmpgt_epi64(a.v, b.v))}; }
};

struct F32 {
    using scalar = float;
    using Mask = M32;
    using Int = I32;
    static constexpr int lanes = 8;
    __m256 v;
    F32() = default;
    explicit PYNN_INLINE F32(__m256 x) : v(x) {}
    PYNN_INLINE F32(float x) : v(_mm256_set1_ps(x)) {}
    static PYNN_INLINE F32 load(const float* p) { return F32(_mm256_loadu_ps(p)); }
    PYNN_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }

    friend PYNN_INLINE F32 operator+(F32 a, F32 b) { return F32(_mm256_add_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator-(F32 a, F32 b) { return F32(_mm256_sub_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator*(F32 a, F32 b) { return F32(_mm256_mul_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator/(F32 a, F32 b) { return F32(_mm256_div_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 operator-(F32 a) { return F32(-a.v); }
    friend PYNN_INLINE M32 operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
    friend PYNN_INLINE M32 operator<=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
    friend PYNN_INLINE M32 operator>(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
    friend PYNN_INLINE M32 operator>=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
    friend PYNN_INLINE M32 operator==(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
    friend PYNN_INLINE M32 operator!=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
    friend PYNN_INLINE F32 select(M32 m, F32 a, F32 b) { return F32(_mm256_blendv_ps(b.v, a.v, m.m)); }
    friend PYNN_INLINE F32 fma(F32 a, F32 b, F32 c) { return F32(_mm256_fmadd_ps(a.v, b.v, c.v)); }
    friend PYNN_INLINE F32 fnma(F32 a, F32 b, F32 c) { return F32(_mm256_fnmadd_ps(a.v, b.v, c.v)); }
    friend PYNN_INLINE F32 mul_add(F32 a, F32 b, F32 c) { return F32(_mm256_fmadd_ps(a.v, b.v, c.v)); }
    friend PYNN_INLINE F32 sqrt(F32 a) { return F32(_mm256_sqrt_ps(a.v)); }
    friend PYNN_INLINE F32 abs(F32 a) { return F32(_mm256_andnot_ps(_mm256_set1_ps(-0.0), a.v)); }
    friend PYNN_INLINE F32 round(F32 a) {
        return F32(_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
    friend PYNN_INLINE F32 min(F32 a, F32 b) { return F32(_mm256_min_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 max(F32 a, F32 b) { return F32(_mm256_max_ps(a.v, b.v)); }
    friend PYNN_INLINE F32 copysign(F32 a, F32 s) {
        return F32(_mm256_or_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0), a.v), _mm256_and_ps(s.v, _mm256_set1_ps(-0.0))));
    }
    friend PYNN_INLINE I32 to_int(F32 a) { return I32(_mm256_cvtps_epi32(a.v)); }
    friend PYNN_INLINE I32 as_int(F32 a) { return I32(_mm256_castps_si256(a.v)); }
};
PYNN_INLINE F32 to_float(I32 a) { return F32(_mm256_cvtepi32_ps(a.v)); }
PYNN_INLINE F32 as_float(I32 a) { return F32(_mm256_castsi256_ps(a.v)); }
PYNN_INLINE F32 power_of_two(F32 n) { return as_float((to_int(n) + I32(127)) << 23); }
PYNN_INLINE F32 ldexp_normal(F32 a, F32 n) { return a * power_of_two(n); }
// Two factors, because 2^n itself may not be a number; the first product is exact wherever the result is not zero.
PYNN_INLINE F32 ldexp(F32 a, F32 n) {
    const F32 half = round(n * F32(0.5f));
    return a * power_of_two(half) * power_of_two(n - half);
}

// A double holds an integer below 2^51 in the low bits of its sum with this number.
PYNN_INLINE __m256d shift_in() { return _mm256_set1_pd(6755399441055744.0); }
struct F64 {
    using scalar = double;
    using Mask = M64;
    using Int = I64;
    static constexpr int lanes = 4;
    __m256d v;
    F64() = default;
    explicit PYNN_INLINE F64(__m256d x) : v(x) {}
    PYNN_INLINE F64(double x) : v(_mm256_set1_pd(x)) {}
    static PYNN_INLINE F64 load(const double* p) { return F64(_mm256_loadu_pd(p)); }
    static PYNN_INLINE F64 load(const float* p) { return F64(_mm256_cvtps_pd(_mm_loadu_ps(p))); }
    PYNN_INLINE void store(double* p) const { _mm256_storeu_pd(p, v); }

    friend PYNN_INLINE F64 operator+(F64 a, F64 b) { return F64(_mm256_add_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator-(F64 a, F64 b) { return F64(_mm256_sub_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator*(F64 a, F64 b) { return F64(_mm256_mul_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator/(F64 a, F64 b) { return F64(_mm256_div_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 operator-(F64 a) { return F64(-a.v); }
    friend PYNN_INLINE M64 operator<(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)}; }
    friend PYNN_INLINE M64 operator<=(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LE_OQ)}; }
    friend PYNN_INLINE M64 operator>(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_GT_OQ)}; }
    friend PYNN_INLINE M64 operator>=(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_GE_OQ)}; }
    friend PYNN_INLINE M64 operator==(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_EQ_OQ)}; }
    friend PYNN_INLINE M64 operator!=(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_NEQ_UQ)}; }
    friend PYNN_INLINE F64 select(M64 m, F64 a, F64 b) { return F64(_mm256_blendv_pd(b.v, a.v, m.m)); }
    friend PYNN_INLINE F64 fma(F64 a, F64 b, F64 c) { return F64(_mm256_fmadd_pd(a.v, b.v, c.v)); }
    friend PYNN_INLINE F64 fnma(F64 a, F64 b, F64 c) { return F64(_mm256_fnmadd_pd(a.v, b.v, c.v)); }
    friend PYNN_INLINE F64 mul_add(F64 a, F64 b, F64 c) { return F64(_mm256_fmadd_pd(a.v, b.v, c.v)); }
    friend PYNN_INLINE F64 sqrt(F64 a) { return F64(_mm256_sqrt_pd(a.v)); }
    friend PYNN_INLINE F64 abs(F64 a) { return F64(_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)); }
    friend PYNN_INLINE F64 round(F64 a) {
        return F64(_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
    friend PYNN_INLINE F64 min(F64 a, F64 b) { return F64(_mm256_min_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 max(F64 a, F64 b) { return F64(_mm256_max_pd(a.v, b.v)); }
    friend PYNN_INLINE F64 copysign(F64 a, F64 s) {
        return F64(_mm256_or_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v), _mm256_and_pd(s.v, _mm256_set1_pd(-0.0))));
    }
    friend PYNN_INLINE I64 to_int(F64 a) {
        return I64(
            _mm256_sub_epi64(_mm256_castpd_si256(_mm256_add_pd(a.v, shift_in())), _mm256_castpd_si256(shift_in())));
    }
    friend PYNN_INLINE I64 as_int(F64 a) { return I64(_mm256_castpd_si256(a.v)); }
};
PYNN_INLINE F64 to_float(I64 a) {
    return F64(_mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(a.v, _mm256_castpd_si256(shift_in()))), shift_in()));
}
PYNN_INLINE F64 as_float(I64 a) { return F64(_mm256_castsi256_pd(a.v)); }
PYNN_INLINE F64 power_of_two(F64 n) { return as_float((to_int(n) + I64(1023)) << 52); }
// Two factors, because 2^n itself may not be a number; the first product is exact wherever the result is not zero.
PYNN_INLINE F64 ldexp_normal(F64 a, F64 n) { return a * power_of_two(n); }
PYNN_INLINE F64 ldexp(F64 a, F64 n) {
    const F64 half = round(n * F64(0.5));
    return a * power_of_two(half) * power_of_two(n - half);
}

}  // namespace pynn::avx2
