// A group of rows turned on its side: lane r of column[i] is element i of row r. What a row function needs of a narrow matrix
// (one panel) then runs down the columns of many rows at once, with no sum across lanes and no work for the padding. Sums are
// taken in the order of the columns, so they are the same bits on every level and for any place of a row in its group.
#pragma once

#include <string.h>

#include "kernels/table.hpp"
#include "simd/shuffle.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class V>
class RowsAsLanes {
  public:
    using T = typename V::scalar;
    static constexpr size_t width = panel_width<T>, lanes = V::lanes;

    // Rows [0, count) of a panel, count <= lanes; columns [0, n), n <= width. Lanes beyond count are zero.
    RowsAsLanes(const T* panel, size_t count, size_t n) : count_(count), n_(n) {
        alignas(64) T few[lanes * width];
        if (count < lanes) {
            memcpy(few, panel, count * width * sizeof(T));
            memset(few + count * width, 0, (lanes - count) * width * sizeof(T));
            panel = few;
        }
        for (size_t i = 0; i < n; i += lanes) transpose_square<V>(panel + i, width, columns_ + i * lanes, lanes);
    }

    PYNN_INLINE V column(size_t i) const { return V::load(columns_ + i * lanes); }
    PYNN_INLINE void set_column(size_t i, V v) { v.store(columns_ + i * lanes); }
    // Element i of row r.
    PYNN_INLINE T& at(size_t r, size_t i) { return columns_[i * lanes + r]; }

    // Writes the rows back to a panel, with zeros beyond column n.
    void store(T* panel) {
        const size_t whole = (n_ + lanes - 1) / lanes * lanes;
        memset(columns_ + n_ * lanes, 0, (whole - n_) * lanes * sizeof(T));
        alignas(64) T few[lanes * width];
        T* to = count_ < lanes ? few : panel;
        for (size_t i = 0; i < whole; i += lanes) transpose_square<V>(columns_ + i * lanes, lanes, to + i, width);
        for (size_t r = 0; r < count_ && whole < width; ++r)
            memset(to + r * width + whole, 0, (width - whole) * sizeof(T));
        if (count_ < lanes) memcpy(panel, few, count_ * width * sizeof(T));
    }

  private:
    size_t count_, n_;
    alignas(64) T columns_[width * lanes];
};

}  // namespace
}  // namespace pynn::PYNN_LEVEL
