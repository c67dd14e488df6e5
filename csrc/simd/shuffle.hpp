// Operations between lanes: interleaving two vectors, square transposes made of it, and loads of part of a vector.
//
//   zip_low(a, b)  = a0 b0 a1 b1 ... from the lower halves,  zip_high(a, b) the same from the upper halves
//   load_some(p, n): the first n of V::lanes elements, 0 <= n <= lanes, the rest zero; reads nothing beyond p[n - 1]
//   store_some(v, p, n): the first n lanes of v to p; writes nothing beyond p[n - 1]
//   first_lanes<V>(n): true in the first n lanes
//   transpose_square<V>(in, in_stride, out, out_stride): a lanes x lanes block; in and out may not overlap
#pragma once

#include <stddef.h>

#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {

#if PYNN_LEVEL_ID == PYNN_LEVEL_avx512
PYNN_INLINE F32 zip_low(F32 a, F32 b) {
    const __m512i i = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    return F32(_mm512_permutex2var_ps(a.v, i, b.v));
}
PYNN_INLINE F32 zip_high(F32 a, F32 b) {
    const __m512i i = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    return F32(_mm512_permutex2var_ps(a.v, i, b.v));
}
PYNN_INLINE F64 zip_low(F64 a, F64 b) {
    return F64(_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), b.v));
}
PYNN_INLINE F64 zip_high(F64 a, F64 b) {
    return F64(_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), b.v));
}
PYNN_INLINE F32 load_some(const float* p, int n) {
    return F32(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p));
}
PYNN_INLINE F64 load_some(const double* p, int n) {
    return F64(_mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << n) - 1), p));
}
PYNN_INLINE void store_some(F32 v, float* p, int n) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), v.v);
}
PYNN_INLINE void store_some(F64 v, double* p, int n) {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << n) - 1), v.v);
}
#else
#if PYNN_LEVEL_ID == PYNN_LEVEL_avx2
PYNN_INLINE F32 zip_low(F32 a, F32 b) {
    return F32(_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x20));
}
PYNN_INLINE F32 zip_high(F32 a, F32 b) {
    return F32(_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x31));
}
PYNN_INLINE F64 zip_low(F64 a, F64 b) {
    return F64(_mm256_permute2f128_pd(_mm256_unpacklo_pd(a.v, b.v), _mm256_unpackhi_pd(a.v, b.v), 0x20));
}
PYNN_INLINE F64 zip_high(F64 a, F64 b) {
    return F64(_mm256_permute2f128_pd(_mm256_unpacklo_pd(a.v, b.v), _mm256_unpackhi_pd(a.v, b.v), 0x31));
}
PYNN_INLINE __m256i first_of_8(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
PYNN_INLINE __m256i first_of_4(int n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
PYNN_INLINE F32 load_some(const float* p, int n) { return F32(_mm256_maskload_ps(p, first_of_8(n))); }
PYNN_INLINE F64 load_some(const double* p, int n) { return F64(_mm256_maskload_pd(p, first_of_4(n))); }
// Masked stores are slow on some processors.
PYNN_INLINE void store_some(F32 v, float* p, int n) {
    if (n == F32::lanes) return v.store(p);
    _mm256_maskstore_ps(p, first_of_8(n), v.v);
}
PYNN_INLINE void store_some(F64 v, double* p, int n) {
    if (n == F64::lanes) return v.store(p);
    _mm256_maskstore_pd(p, first_of_4(n), v.v);
}
#elif PYNN_LEVEL_ID == PYNN_LEVEL_neon
PYNN_INLINE F32 zip_low(F32 a, F32 b) { return F32(vzip1q_f32(a.v, b.v)); }
PYNN_INLINE F32 zip_high(F32 a, F32 b) { return F32(vzip2q_f32(a.v, b.v)); }
PYNN_INLINE F64 zip_low(F64 a, F64 b) { return F64(vzip1q_f64(a.v, b.v)); }
PYNN_INLINE F64 zip_high(F64 a, F64 b) { return F64(vzip2q_f64(a.v, b.v)); }
#else
template <class V>
PYNN_INLINE V zip_low(V a, V) {
    return a;
}
template <class V>
PYNN_INLINE V zip_high(V, V b) {
    return b;
}
#endif
#if PYNN_LEVEL_ID != PYNN_LEVEL_avx2
template <class T>
PYNN_INLINE VecFor<T> load_some(const T* p, int n) {
    using V = VecFor<T>;
    if (n == V::lanes) return V::load(p);
    T lanes[V::lanes] = {};
    for (int i = 0; i < n; ++i) lanes[i] = p[i];
    return V::load(lanes);
}
template <class V, class T>
PYNN_INLINE void store_some(V v, T* p, int n) {
    if (n == V::lanes) return v.store(p);
    T lanes[V::lanes];
    v.store(lanes);
    for (int i = 0; i < n; ++i) p[i] = lanes[i];
}
#endif
#endif

template <class V, class T = typename V::scalar>
PYNN_INLINE typename V::Mask first_lanes(int n) {
    static constexpr T number[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return V::load(number) < V(static_cast<T>(n));
}

// log2(lanes) rounds of perfect shuffles: after each, the rows hold the block with one more index bit moved from row to lane.
template <class V, class T = typename V::scalar>
PYNN_INLINE void transpose_square(const T* in, size_t in_stride, T* out, size_t out_stride) {
    constexpr int n = V::lanes;
    V row[n], next[n];
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) row[i] = V::load(in + i * in_stride);
#pragma GCC unroll 4
    for (int round = 1; round < n; round *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < n / 2; ++i) {
            next[2 * i] = zip_low(row[i], row[i + n / 2]);
            next[2 * i + 1] = zip_high(row[i], row[i + n / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < n; ++i) row[i] = next[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) row[i].store(out + i * out_stride);
}

}  // namespace pynn::PYNN_LEVEL
