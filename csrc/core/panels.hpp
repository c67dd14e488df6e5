// A matrix (rows, n) in panels: columns in blocks of panel_width, rows contiguous inside a block.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/table.hpp"

namespace pynn {

template <class T>
constexpr size_t panels_for(size_t n) {
    return (n + panel_width<T> - 1) / panel_width<T>;
}

// A view of [panels][stride][panel_width], `stride` >= rows; n is the number of columns that are not padding.
template <class T>
struct Panels {
    T* data = nullptr;
    size_t stride = 0;
    size_t n = 0;

    size_t count() const { return panels_for<T>(n); }
    T* at(size_t panel, size_t row) const { return data + (panel * stride + row) * panel_width<T>; }
    // Columns of panels [first, last) that are not padding.
    size_t live(size_t first, size_t last) const {
        const size_t end = last * panel_width<T> < n ? last * panel_width<T> : n;
        return end - first * panel_width<T>;
    }
};

struct Rows {
    size_t begin = 0, end = 0;
    size_t size() const { return end - begin; }
    bool operator==(const Rows& other) const { return begin == other.begin && end == other.end; }
};

inline Rows overlap(Rows a, Rows b) {
    const size_t begin = std::max(a.begin, b.begin);
    return {begin, std::max(begin, std::min(a.end, b.end))};
}

// Some rows of panels [first, last) to zero.
template <class T>
void clear(const Panels<T>& panels, Rows rows, size_t first, size_t last) {
    for (size_t p = first; p < last; ++p) std::fill_n(panels.at(p, rows.begin), rows.size() * panel_width<T>, T(0));
}

// Row r, column j of a row-major matrix from or to panels. O(rows n); outside the training step.
template <class T>
void pack(const T* rows, size_t count, size_t row_stride, const Panels<T>& panels) {
    for (size_t r = 0; r < count; ++r)
        for (size_t j = 0; j < panels.n; ++j)
            panels.at(j / panel_width<T>, r)[j % panel_width<T>] = rows[r * row_stride + j];
}
template <class T>
void unpack(const Panels<T>& panels, Rows from, T* rows, size_t row_stride) {
    for (size_t r = from.begin; r < from.end; ++r, rows += row_stride)
        for (size_t p = 0; p < panels.count(); ++p) {
            const T* lane = panels.at(p, r);
            const size_t live = panels.live(p, p + 1);
            for (size_t j = 0; j < live; ++j) rows[p * panel_width<T> + j] = lane[j];
        }
}

}  // namespace pynn
