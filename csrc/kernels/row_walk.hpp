// Walking along one row of a matrix in panels, with sums and maxima that are the same bits on every level.
//
// A row is summed in `panel_width` lanes, each adding its own elements from panel to panel, whatever the level's
// vectors are; the lanes are then joined by halving: 0 + 16, 1 + 17, ... then 0 + 8, ... Lanes beyond n add a neutral
// value.
#pragma once

#include "kernels/table.hpp"
#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// One value for every lane of a panel.
template <class V>
struct Lanes {
    using T = typename V::scalar;
    static constexpr int vectors = panel_width<T> / V::lanes;
    V v[vectors];
    explicit PYNN_INLINE Lanes(T value) {
        for (int k = 0; k < vectors; ++k) v[k] = V(value);
    }
    // join(a, b) of halves until one lane is left
    template <class Wide, class Join>
    PYNN_INLINE Wide reduced(Join join) const {
        T lanes[panel_width<T>];
        for (int k = 0; k < vectors; ++k) v[k].store(lanes + k * V::lanes);
        Wide wide[panel_width<T>];
        for (int i = 0; i < panel_width<T>; ++i) wide[i] = lanes[i];
        for (int half = panel_width<T> / 2; half > 0; half /= 2)
            for (int i = 0; i < half; ++i) wide[i] = join(wide[i], wide[i + half]);
        return wide[0];
    }
    PYNN_INLINE T sum() const {
        return reduced<T>([](T a, T b) { return a + b; });
    }
    PYNN_INLINE double sum_in_double() const {
        return reduced<double>([](double a, double b) { return a + b; });
    }
    PYNN_INLINE T greatest() const {
        return reduced<T>([](T a, T b) { return a > b ? a : b; });
    }
};

// The rows of a matrix with n columns.
template <class V>
class RowWalk {
  public:
    using T = typename V::scalar;
    static constexpr size_t width = panel_width<T>;

    RowWalk(size_t stride, size_t n) : stride_(stride), panels_((n + width - 1) / width) {
        for (size_t i = 0; i < width; ++i) {
            all_[i] = 1;
            last_[i] = (panels_ - 1) * width + i < n ? T(1) : T(0);
        }
    }
    // step(at, k, live) for every vector of row r: elements at .. at + lanes of a matrix, vector k of its panel; `live`
    // masks the lanes below n.
    template <class Step>
    PYNN_INLINE void each(size_t r, Step step) const {
        for (size_t j = 0; j < panels_; ++j) {
            const T* live = j + 1 < panels_ ? all_ : last_;
            const size_t at = (j * stride_ + r) * width;
#pragma GCC unroll 4
            for (int k = 0; k < Lanes<V>::vectors; ++k) step(at + k * V::lanes, k, V::load(live + k * V::lanes) > V(0));
        }
    }
    // Where element i of row r is.
    PYNN_INLINE size_t at(size_t r, size_t i) const { return (i / width * stride_ + r) * width + i % width; }

  private:
    size_t stride_, panels_;
    T all_[width], last_[width];
};

// max u of row r, after `input`
template <class V, class Input, class T = typename V::scalar>
PYNN_INLINE T greatest(const RowWalk<V>& walk, size_t r, const T* u, Input input) {
    Lanes<V> most(-static_cast<T>(defs::infinity));
    walk.each(r, [&](size_t at, int k, typename V::Mask live) {
        most.v[k] = max(most.v[k], select(live, input(V::load(u + at)), most.v[k]));
    });
    return most.greatest();
}

}  // namespace
}  // namespace pynn::PYNN_LEVEL
