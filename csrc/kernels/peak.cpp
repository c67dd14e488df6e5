// What the multiply-add units can do: the denominator of every "fraction of peak".
#include "kernels/units.hpp"
#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// `rounds` times 12 independent chains of multiply-adds, which cover the latency of every level's units; returns the number
// of additions and multiplications. The chains converge, so nothing overflows, and end in `sink`, so nothing is left out.
template <class V, class T = typename V::scalar>
double multiply_adds(size_t rounds, T* sink) {
    constexpr int chains = 12;
    const V half(T(0.5));
    V c[chains];
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) c[i] = V(T(i));
    for (size_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
        for (int i = 0; i < chains; ++i) c[i] = mul_add(c[i], half, half);
    }
    V sum(T(0));
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) sum = sum + c[i];
    T lanes[V::lanes];
    sum.store(lanes);
    *sink = lanes[0];
    return 2.0 * chains * V::lanes * static_cast<double>(rounds);
}

}  // namespace

PeakLoop<float> peak_f32() { return multiply_adds<F32>; }
PeakLoop<double> peak_f64() { return multiply_adds<F64>; }

}  // namespace pynn::PYNN_LEVEL
