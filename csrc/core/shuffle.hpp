// The order in which an epoch visits the samples.
#pragma once

#include <cstdint>

namespace pynn {

// Fills order[0, n) with a uniformly random permutation of 0 .. n - 1: a function of (seed, epoch, n) alone. n < 2^32.
void shuffle(int64_t* order, uint32_t n, uint64_t seed, uint64_t epoch);

}  // namespace pynn
