// Philox4x32-10: a counter-based random generator. The numbers are a function of (key, counter) alone, so they do not depend
// on threads or on what was drawn before. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <cstdint>

namespace pynn {

struct Philox {
    uint32_t key[2];

    explicit Philox(uint64_t seed) : key{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {}

    // Four independent uniform 32-bit numbers for the counter (stream, index).
    void draw(uint64_t stream, uint64_t index, uint32_t out[4]) const {
        uint32_t c[4] = {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                         static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)};
        uint32_t k0 = key[0], k1 = key[1];
        for (int round = 0; round < 10; ++round) {
            const uint64_t p0 = uint64_t{0xD2511F53} * c[0], p1 = uint64_t{0xCD9E8D57} * c[2];
            const uint32_t next[4] = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(p1),
                                      static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(p0)};
            for (int i = 0; i < 4; ++i) c[i] = next[i];
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        for (int i = 0; i < 4; ++i) out[i] = c[i];
    }
};

}  // namespace pynn
