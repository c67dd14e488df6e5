// sin and cos of huge arguments: x modulo pi / 2 by integers, one number at a time (Payne and Hanek 1983).
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// r + lo = x - q pi / 2 with |r| <= pi / 4; returns q modulo 4. |x| > 2^19; an infinity or NaN gives NaN.
//
// x = m 2^e with an integer m < 2^53. Of the bits of 2 / pi = 0.b1 b2 b3 ..., those before b(e - 1) contribute multiples of 4
// to m 2^e 2 / pi; of the rest, 192 bits leave at least 2^-128 of relative precision however near x is to a multiple.
inline __attribute__((noinline)) double reduce_large(double x, double* r, double* lo) {
    static const uint64_t two_over_pi[] = {
        0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
        0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
        0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
        0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d};
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1075;
    if (exponent == 0x7ff - 1075) {
        *r = x - x;
        *lo = 0;
        return 0;
    }
    // w: 192 bits of 2 / pi from bit `first` (counted from 0), so that m w 2^-190 = m 2^e 2 / pi modulo 4. For e < 2 the
    // window would begin before the first bit: then w takes fewer bits, with zeros in front.
    const uint64_t m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
    const int first = exponent - 2;
    uint64_t w[3];
    for (int i = 0; i < 3; ++i) {
        const int at = first + 64 * i, word = (at + 64) / 64 - 1, shift = at - word * 64;
        const uint64_t high = word >= 0 ? two_over_pi[word] : 0, low = word + 1 >= 0 ? two_over_pi[word + 1] : 0;
        w[i] = shift == 0 ? high : high << shift | low >> (64 - shift);
    }
    // The low 192 bits of m w, most significant word first.
    const unsigned __int128 p2 = static_cast<unsigned __int128>(m) * w[2];
    const unsigned __int128 p1 = static_cast<unsigned __int128>(m) * w[1] + static_cast<uint64_t>(p2 >> 64);
    uint64_t p[3] = {m * w[0] + static_cast<uint64_t>(p1 >> 64), static_cast<uint64_t>(p1), static_cast<uint64_t>(p2)};
    int q = static_cast<int>(p[0] >> 62);
    // The fraction, 190 bits; above one half it is that of the next quarter, less one.
    uint64_t f[3] = {p[0] << 2 | p[1] >> 62, p[1] << 2 | p[2] >> 62, p[2] << 2};
    const bool negative = f[0] >> 63;
    if (negative) {
        ++q;
        for (uint64_t& word : f) word = ~word;
    }
    // The first 128 significant bits of it as a sum of doubles, times pi / 2.
    const int zeros = f[0] != 0 ? __builtin_clzll(f[0]) : 64 + (f[1] != 0 ? __builtin_clzll(f[1]) : 63);
    const int words = zeros / 64, rest = zeros % 64;
    const uint64_t a = rest == 0 ? f[words] : f[words] << rest | f[words + 1] >> (64 - rest);
    const uint64_t after = words + 1 < 3 ? f[words + 1] : 0, beyond = words + 2 < 3 ? f[words + 2] : 0;
    const uint64_t b = rest == 0 ? after : after << rest | beyond >> (64 - rest);
    const double scale = ::ldexp(1.0, -64 - zeros), high = static_cast<double>(a >> 11) * 2048.0;
    const double low = static_cast<double>(a & 0x7ff) + static_cast<double>(b) * 0x1p-64;
    const double half_pi = 1.5707963267948966, half_pi_lo = 6.123233995736766e-17;
    const double product = high * half_pi;
    const double tail = ::fma(high, half_pi, -product) + (high * half_pi_lo + low * half_pi);
    const double sum = product + tail, sign = (negative != (x < 0)) ? -scale : scale;
    *r = sum * sign;
    *lo = (product - sum + tail) * sign;
    return (x < 0 ? -q : q) & 3;
}

}  // namespace
}  // namespace pynn::PYNN_LEVEL
