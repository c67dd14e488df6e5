// The functions of csrc/simd/math.hpp over arrays, as one level compiles them.
#pragma once

#include <stddef.h>

namespace pynn::test {

// n is a multiple of 16.
struct VectorFunction {
    const char* name;
    void (*f32)(const float* x, float* y, size_t n);
    void (*f64)(const double* x, double* y, size_t n);
};
inline constexpr int vector_function_count = 10;

}  // namespace pynn::test
