// What every definition says about itself: the rows of the catalogue that Python, the docs and the tests are made from.
//
// A definition is a struct with `static constexpr Info info` and function templates over a vector type V (csrc/simd).
// The structs hold mathematics only: no intrinsics, no allocation, no state.
#pragma once

#include <stddef.h>

#if defined(_MSC_VER)
#define PYNN_INLINE __forceinline
#else
#define PYNN_INLINE inline __attribute__((always_inline))
#endif

namespace pynn::defs {

// One constructor argument. Numbers lie in [low, high]; where `choices` ("none|tanh") is set the value is the choice's index.
struct Parameter {
    const char* name;
    double default_value;
    double low;
    double high;
    const char* choices;
    const char* meaning;
};

// How many columns belong to so many others; 0: that many cannot be.
constexpr size_t as_many(size_t n) { return n; }
constexpr size_t half(size_t n) { return n % 2 == 0 ? n / 2 : 0; }
constexpr size_t one_more(size_t n) { return n + 1; }

inline constexpr int max_parameters = 4;
inline constexpr double infinity = __builtin_huge_val();

}  // namespace pynn::defs
