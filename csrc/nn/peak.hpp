// The measured peak of this machine's multiply-add units.
#pragma once

namespace pynn {

// Floating-point operations per second of type T (multiplications and additions), on `threads` threads at once, at the active
// level: the best of several short loops, about 0.2 s in all.
template <class T>
double measure_peak(int threads);

}  // namespace pynn
