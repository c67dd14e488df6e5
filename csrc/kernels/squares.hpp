// The sum of squares of rows of a panel, in double, the same bits on every level: each lane adds its own row by row, whatever the
// level's vectors are; the lanes below `live` are then joined by halving.
#pragma once

#include "kernels/table.hpp"
#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class T>
class Squares {
  public:
    PYNN_INLINE Squares() {
#pragma GCC unroll 32
        for (int i = 0; i < vectors; ++i) sums_[i] = F64(0);
    }
    PYNN_INLINE void add(const T* row) {
#pragma GCC unroll 32
        for (int i = 0; i < vectors; ++i) {
            const F64 x = F64::load(row + i * F64::lanes);
            sums_[i] = fma(x, x, sums_[i]);
        }
    }
    PYNN_INLINE double sum(size_t live) {
        static constexpr double numbers[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                             16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
        const F64 end(static_cast<double>(live));
#pragma GCC unroll 32
        for (int i = 0; i < vectors; ++i)
            sums_[i] = select(F64::load(numbers + i * F64::lanes) < end, sums_[i], F64(0));
#pragma GCC unroll 8
        for (int half = vectors / 2; half > 0; half /= 2)
#pragma GCC unroll 32
            for (int i = 0; i < half; ++i) sums_[i] = sums_[i] + sums_[i + half];
        double lanes[F64::lanes];
        sums_[0].store(lanes);
#pragma GCC unroll 8
        for (int half = F64::lanes / 2; half > 0; half /= 2)
#pragma GCC unroll 32
            for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
        return lanes[0];
    }

  private:
    static constexpr int vectors = panel_width<T> / F64::lanes;
    F64 sums_[vectors];
};

}  // namespace
}  // namespace pynn::PYNN_LEVEL
