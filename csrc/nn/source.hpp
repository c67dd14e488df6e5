// A user's matrix in whatever numeric type and strides it came, read row by row into panels. Nothing is copied beforehand:
// gathering a minibatch is the conversion.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/panels.hpp"

namespace pynn {

enum class Element { f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 };

struct Source {
    const void* data = nullptr;
    Element element = Element::f32;
    size_t rows = 0, columns = 0;
    ptrdiff_t row_stride = 0, column_stride = 0;  // bytes
};

// panels row i = source row index[i], for i in rows; zero beyond the last column.
template <class T>
void gather(const Source& source, const int64_t* index, const Panels<T>& panels, Rows rows);

// Whether `count` values hold neither NaN nor infinity, and are still finite as `To`.
template <class To, class T>
bool all_finite(const T* values, size_t count, int threads);

}  // namespace pynn
