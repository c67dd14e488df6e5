// Stores that pass the caches by: the line is not read before it is written, and pushes no other out. p is aligned to the
// vector; other threads see what was stored after finish_stores(). On levels without such stores passes_caches is false.
#pragma once

#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {

#if PYNN_LEVEL_ID == PYNN_LEVEL_avx512
constexpr bool passes_caches = true;
PYNN_INLINE void store_past_caches(F32 x, float* p) { _mm512_stream_ps(p, x.v); }
PYNN_INLINE void store_past_caches(F64 x, double* p) { _mm512_stream_pd(p, x.v); }
PYNN_INLINE void finish_stores() { _mm_sfence(); }
#elif PYNN_LEVEL_ID == PYNN_LEVEL_avx2
constexpr bool passes_caches = true;
PYNN_INLINE void store_past_caches(F32 x, float* p) { _mm256_stream_ps(p, x.v); }
PYNN_INLINE void store_past_caches(F64 x, double* p) { _mm256_stream_pd(p, x.v); }
PYNN_INLINE void finish_stores() { _mm_sfence(); }
#else
constexpr bool passes_caches = false;
template <class V>
PYNN_INLINE void store_past_caches(V x, typename V::scalar* p) {
    x.store(p);
}
PYNN_INLINE void finish_stores() {}
#endif

}  // namespace pynn::PYNN_LEVEL
