// Philox4x32-10: a counter-based random generator. The numbers are a function of (key, counter) alone, so they do not depend
// on threads or on what was drawn before. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <stdint.h>

#include "defs/definition.hpp"

namespace pynn::defs {

// Four independent uniform 32-bit numbers for each of the counters (stream, index), ..., (stream, index + count - 1).
template <int count>
PYNN_INLINE void philox(const uint32_t (&key)[2], uint64_t stream, uint64_t index, uint32_t (&words)[4][count]) {
    for (int i = 0; i < count; ++i) {
        const uint64_t at = index + static_cast<uint64_t>(i);
        words[0][i] = static_cast<uint32_t>(at);
        words[1][i] = static_cast<uint32_t>(at >> 32);
        words[2][i] = static_cast<uint32_t>(stream);
        words[3][i] = static_cast<uint32_t>(stream >> 32);
    }
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < count; ++i) {
            const uint64_t p0 = uint64_t{0xD2511F53} * words[0][i], p1 = uint64_t{0xCD9E8D57} * words[2][i];
            words[0][i] = static_cast<uint32_t>(p1 >> 32) ^ words[1][i] ^ k0;
            words[2][i] = static_cast<uint32_t>(p0 >> 32) ^ words[3][i] ^ k1;
            words[1][i] = static_cast<uint32_t>(p1);
            words[3][i] = static_cast<uint32_t>(p0);
        }
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

}  // namespace pynn::defs
