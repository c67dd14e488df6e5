// Whether a user's numbers are finite.
#include "kernels/units.hpp"
#include "simd/level.hpp"
#include "simd/shuffle.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// 0 (scale x) is 0 where scale x is finite, else NaN, which no further addition removes.
template <class V, class T = typename V::scalar>
bool all_finite(const T* x, size_t n, T scale) {
    constexpr size_t chains = 4, step = chains * V::lanes;
    const V zero(T(0)), factor(scale);
    V sum[chains] = {zero, zero, zero, zero};
    size_t i = 0;
    for (; i + step <= n; i += step)
#pragma GCC unroll 4
        for (size_t c = 0; c < chains; ++c) sum[c] = mul_add(V::load(x + i + c * V::lanes) * factor, zero, sum[c]);
    for (; i < n; i += V::lanes) {
        const int count = n - i < size_t(V::lanes) ? static_cast<int>(n - i) : V::lanes;
        sum[0] = mul_add(load_some(x + i, count) * factor, zero, sum[0]);
    }
    return all((sum[0] + sum[1]) + (sum[2] + sum[3]) == zero);
}

}  // namespace

FiniteSpan<float> finite_f32() { return all_finite<F32>; }
FiniteSpan<double> finite_f64() { return all_finite<F64>; }

}  // namespace pynn::PYNN_LEVEL
