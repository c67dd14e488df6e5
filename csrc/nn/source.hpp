// A user's matrix in whatever numeric type and strides it came, read row by row into panels. Nothing is copied beforehand:
// gathering a minibatch is the conversion. Sparse rows are not gathered; the first layer reads them where they are.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/panels.hpp"

namespace pynn {

enum class Element { f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 };

struct Source {
    const void* data = nullptr;
    Element element = Element::f32;
    size_t rows = 0, columns = 0;
    ptrdiff_t row_stride = 0, column_stride = 0;  // bytes
    // Of a sparse matrix, else null: row r has the elements [begin[r], begin[r + 1]) of `data`, in the network's type, which
    // stand in the columns columns_of[...], in increasing order.
    const int64_t* begin = nullptr;
    const int32_t* columns_of = nullptr;

    bool sparse() const { return begin != nullptr; }
};

// Whether gathering from a source is copying: rows of T, one element after the other.
template <class T>
bool is_direct(const Source& source);

// panels row i = source row index[i], for i in rows, each column times its scale unless that is null; zero beyond the last
// column.
template <class T>
void gather(const Source& source, const int64_t* index, const Panels<T>& panels, Rows rows, const T* scale = nullptr);

// Whether `count` values hold neither NaN nor infinity, and are still finite as `To`.
template <class To, class T>
bool all_finite(const T* values, size_t count, int threads);

}  // namespace pynn
