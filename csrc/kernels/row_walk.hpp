// Walking along one row of a matrix, in panels or row-major, with sums and maxima that are the same bits on every level.
//
// A row is summed in `panel_width` lanes, each adding its own elements from panel to panel, whatever the level's
// vectors are; the lanes are then joined by halving: 0 + 16, 1 + 17, ... then 0 + 8, ... Lanes beyond n add a neutral
// value.
#pragma once

#include "kernels/table.hpp"
#include "simd/level.hpp"
#include "simd/shuffle.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class V, class T = typename V::scalar>
PYNN_INLINE T first(V v) {
    T lanes[V::lanes];
    v.store(lanes);
    return lanes[0];
}

// One value for every lane of a panel.
template <class V>
struct Lanes {
    using T = typename V::scalar;
    static constexpr int vectors = panel_width<T> / V::lanes;
    V v[vectors];
    explicit PYNN_INLINE Lanes(T value) {
        for (int k = 0; k < vectors; ++k) v[k] = V(value);
    }
    PYNN_INLINE V sum() const {
        return joined<V>([](V a, V b) { return a + b; });
    }
    PYNN_INLINE double sum_in_double() const {
        return first(joined<F64>([](F64 a, F64 b) { return a + b; }));
    }
    PYNN_INLINE V greatest() const {
        return joined<V>([](V a, V b) { return max(a, b); });
    }

  private:
    // join(a, b) of halves until one is left, which is then in all lanes of a W
    template <class W, class Join>
    PYNN_INLINE W joined(Join join) const {
        constexpr int count = panel_width<T> / W::lanes;
        T lanes[panel_width<T>];
        W wide[count];
#pragma GCC unroll 32
        for (int k = 0; k < vectors; ++k) v[k].store(lanes + k * V::lanes);
#pragma GCC unroll 32
        for (int k = 0; k < count; ++k) wide[k] = W::load(lanes + k * W::lanes);
#pragma GCC unroll 5
        for (int half = count / 2; half > 0; half /= 2)
#pragma GCC unroll 16
            for (int k = 0; k < half; ++k) wide[k] = join(wide[k], wide[k + half]);
        W one = wide[0];  // zipped with itself, its halves lie side by side, each lane twice
#pragma GCC unroll 4
        for (int half = W::lanes / 2; half > 0; half /= 2) one = join(zip_low(one, one), zip_high(one, one));
        return one;
    }
};

// Whole vector k of a panel: V::lanes elements of a matrix from `at` on.
template <class V>
struct Whole {
    using T = typename V::scalar;
    size_t at;
    int k;
    PYNN_INLINE V load(const T* x) const { return V::load(x + at); }
    PYNN_INLINE void store(V v, T* x) const { v.store(x + at); }
    PYNN_INLINE V or_else(V v, V) const { return v; }
};

// A vector of a row's last panel: `live` lanes of it are below n, and `there` are in memory, the padding with them.
template <class V>
struct Last {
    using T = typename V::scalar;
    size_t at;
    int k, live, there;
    PYNN_INLINE V load(const T* x) const { return load_some(x + at, there); }
    PYNN_INLINE void store(V v, T* x) const { store_some(or_else(v, V(0)), x + at, there); }
    // v in the lanes below n, `neutral` in the others
    PYNN_INLINE V or_else(V v, V neutral) const { return select(first_lanes<V>(live), v, neutral); }
};

// The rows of a matrix with n columns, in panels or row-major.
template <class V>
class RowWalk {
  public:
    using T = typename V::scalar;
    static constexpr size_t width = panel_width<T>;

    RowWalk(size_t stride, size_t n)
        : row_(stride == in_rows ? n : width),
          panel_(stride == in_rows ? width : stride * width),
          n_(n),
          whole_(n / width),
          rest_(static_cast<int>(n % width)),
          there_(stride == in_rows || rest_ == 0 ? rest_ : static_cast<int>(width)) {}

    // step(part) for every vector of row r, a Whole or a Last.
    template <class Step>
    PYNN_INLINE void each(size_t r, Step step) const {
        size_t at = r * row_;
        for (size_t j = 0; j < whole_; ++j, at += panel_)
#pragma GCC unroll 4
            for (int k = 0; k < Lanes<V>::vectors; ++k) step(Whole<V>{at + k * V::lanes, k});
        if (rest_ == 0) return;
#pragma GCC unroll 4
        for (int k = 0; k < Lanes<V>::vectors; ++k)
            if (k * V::lanes < there_)
                step(Last<V>{at + k * V::lanes, k, within(rest_ - k * V::lanes), within(there_ - k * V::lanes)});
    }
    // The same in panels, with one kind of part for all vectors: half the code.
    template <class Step>
    PYNN_INLINE void each_in_panels(size_t r, Step step) const {
        size_t at = r * row_;
        for (size_t j = 0; j * width < n_; ++j, at += panel_)
#pragma GCC unroll 4
            for (int k = 0; k < Lanes<V>::vectors; ++k)
                step(Last<V>{at + k * V::lanes, k, j < whole_ ? V::lanes : within(rest_ - k * V::lanes), V::lanes});
    }
    // Where element i of row r is.
    PYNN_INLINE size_t at(size_t r, size_t i) const { return i / width * panel_ + r * row_ + i % width; }
    // `count` elements of row r from i on, zeros after them.
    PYNN_INLINE V load(const T* x, size_t r, size_t i, int count) const {
        if (lie_together(i)) return load_some(x + at(r, i), count);
        T few[V::lanes] = {};
        for (int k = 0; k < count; ++k) few[k] = x[at(r, i + k)];
        return V::load(few);
    }
    PYNN_INLINE void store(V v, T* x, size_t r, size_t i, int count) const {
        if (lie_together(i)) return store_some(v, x + at(r, i), count);
        T few[V::lanes];
        v.store(few);
        for (int k = 0; k < count; ++k) x[at(r, i + k)] = few[k];
    }
    PYNN_INLINE void clear_padding(T* x, size_t r) const {
        for (int i = rest_; i < there_; ++i) x[r * row_ + whole_ * panel_ + i] = 0;
    }

  private:
    // Whether a vector that begins with element i is in one piece.
    PYNN_INLINE bool lie_together(size_t i) const { return panel_ == width || i % V::lanes == 0; }
    static PYNN_INLINE int within(int count) { return count < 0 ? 0 : count < V::lanes ? count : V::lanes; }

    size_t row_, panel_, n_, whole_;
    int rest_, there_;
};

// max u of row r, after `input`
template <class V, class Input, class T = typename V::scalar>
PYNN_INLINE V greatest(const RowWalk<V>& walk, size_t r, const T* u, Input input) {
    Lanes<V> most(-static_cast<T>(defs::infinity));
    walk.each(
        r, [&](auto part) { most.v[part.k] = max(most.v[part.k], part.or_else(input(part.load(u)), most.v[part.k])); });
    return most.greatest();
}

}  // namespace
}  // namespace pynn::PYNN_LEVEL
