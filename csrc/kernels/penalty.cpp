// The L2 penalty of weights whose gradient is changed further: g += penalty w, and the sum of w^2.
#include "kernels/squares.hpp"
#include "kernels/units.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class V, class T = typename V::scalar>
double penalise(const T* w, T* g, size_t rows, size_t live, T penalty) {
    constexpr int width = panel_width<T>;
    const V factor(penalty);
    Squares<T> squares;
    for (size_t k = 0; k < rows; ++k, w += width, g += width) {
#pragma GCC unroll 32
        for (int v = 0; v < width; v += V::lanes) fma(factor, V::load(w + v), V::load(g + v)).store(g + v);
        squares.add(w);
    }
    return squares.sum(live);
}

}  // namespace

PenaltySpan<float> penalty_f32() { return penalise<F32>; }
PenaltySpan<double> penalty_f64() { return penalise<F64>; }

}  // namespace pynn::PYNN_LEVEL
