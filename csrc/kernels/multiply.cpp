// delta *= s over a contiguous span: the backward pass of an activation whose derivative s was kept by the forward pass.
#include "kernels/units.hpp"
#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class V, class T = typename V::scalar>
void multiply(const T* s, T* delta, size_t n) {
    for (size_t i = 0; i < n; i += V::lanes) (V::load(s + i) * V::load(delta + i)).store(delta + i);
}

}  // namespace

MultiplySpan<float> multiply_f32() { return multiply<F32>; }
MultiplySpan<double> multiply_f64() { return multiply<F64>; }

}  // namespace pynn::PYNN_LEVEL
