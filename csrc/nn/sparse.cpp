#include "nn/sparse.hpp"

#include <algorithm>

namespace pynn {

size_t nonzeros_of(const Source& source, const int64_t* index, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; ++i) total += source.begin[index[i] + 1] - source.begin[index[i]];
    return total;
}

template <class T>
void SparsePanels<T>::reserve(size_t nonzeros, size_t panels) {
    elements_.resize(nonzeros);
    begin_.resize(panels + 2);
}

// Counting sort; it keeps the order of the rows.
template <class T>
void SparsePanels<T>::fill(const SparseBatch<T>& x, size_t rows, size_t first, size_t last) {
    const auto low = static_cast<int32_t>(first * panel_width<T>);
    const auto for_elements = [&](const auto& body) {
        for (size_t r = 0; r < rows; ++r) {
            const SparseRow<T> row = x.row(r);
            const int32_t* end = row.columns + row.count;
            for (const int32_t* c = std::lower_bound(row.columns, end, low); c != end; ++c) {
                const size_t panel = static_cast<size_t>(*c) / panel_width<T>;
                if (panel >= last) break;
                body(panel - first, r, static_cast<size_t>(*c) % panel_width<T>, row.values[c - row.columns]);
            }
        }
    };
    first_ = first;
    // Shifted by two, so that placing the elements leaves begin_[p] where panel p begins.
    std::fill_n(begin_.begin(), last - first + 2, 0);
    for_elements([&](size_t panel, size_t, size_t, T) { ++begin_[panel + 2]; });
    for (size_t p = 2; p < last - first + 2; ++p) begin_[p] += begin_[p - 1];
    for_elements([&](size_t panel, size_t row, size_t column, T value) {
        elements_[begin_[panel + 1]++] = {value, static_cast<uint32_t>(row), static_cast<uint32_t>(column)};
    });
}

template class SparsePanels<float>;
template class SparsePanels<double>;

}  // namespace pynn
