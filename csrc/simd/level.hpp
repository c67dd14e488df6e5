// The vector types of the level this unit is compiled for: PYNN_LEVEL is scalar, avx2, avx512 or neon.
// A unit includes this once and says `using namespace level;`.
#pragma once

#define PYNN_LEVEL_scalar 1
#define PYNN_LEVEL_avx2 2
#define PYNN_LEVEL_avx512 3
#define PYNN_LEVEL_neon 4
#define PYNN_CAT_(a, b) a##b
#define PYNN_CAT(a, b) PYNN_CAT_(a, b)
#define PYNN_LEVEL_ID PYNN_CAT(PYNN_LEVEL_, PYNN_LEVEL)

#if PYNN_LEVEL_ID == PYNN_LEVEL_scalar
#include "simd/scalar.hpp"
#elif PYNN_LEVEL_ID == PYNN_LEVEL_avx2
#include "simd/avx2.hpp"
#elif PYNN_LEVEL_ID == PYNN_LEVEL_avx512
#include "simd/avx512.hpp"
#elif PYNN_LEVEL_ID == PYNN_LEVEL_neon
#include "simd/neon.hpp"
#else
#error "PYNN_LEVEL must be scalar, avx2, avx512 or neon"
#endif

namespace pynn::PYNN_LEVEL {

template <class T>
struct VecOf;
template <>
struct VecOf<float> {
    using type = F32;
};
template <>
struct VecOf<double> {
    using type = F64;
};
template <class T>
using VecFor = typename VecOf<T>::type;

}  // namespace pynn::PYNN_LEVEL
