// What this machine could do: the denominators of every "fraction of peak".
#pragma once

#include <cstddef>

namespace pynn {

// Floating-point operations per second of type T (multiplications and additions), on `threads` threads at once, at the active
// level: the best of several short loops, about 0.2 s in all.
template <class T>
double measure_peak(int threads);

// Bytes per second read and written by copying within `bytes` of memory, on `threads` threads at once: the best of several short
// loops, about 0.1 s in all. Measures the cache, or the memory, that holds so much.
double measure_copy(size_t bytes, int threads);

}  // namespace pynn
