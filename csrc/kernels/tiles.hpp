// Register tiles: what the products share. A tile is a few rows tall and a few vectors wide, fed by one broadcast element a row
// and one shared vector a column. Every output element is one chain of multiply-adds in increasing order of the summed
// index, whatever tile it falls into: results do not depend on the tiling, and so not on threads or vector width.
#pragma once

#include "kernels/table.hpp"
#include "simd/level.hpp"

namespace pynn::PYNN_LEVEL {

// Registers: 14 x 2 accumulators leave 4 of 32 for the operands on AVX-512; 6 x 2 leave 4 of 16 on AVX2; 6 x 4 leave 8 of
// 32 on NEON.
#if PYNN_LEVEL_ID == PYNN_LEVEL_avx512
inline constexpr int tile_rows = 14, tile_vectors = 2, accumulators = 24;
#elif PYNN_LEVEL_ID == PYNN_LEVEL_avx2
inline constexpr int tile_rows = 6, tile_vectors = 2, accumulators = 12;
#elif PYNN_LEVEL_ID == PYNN_LEVEL_neon
inline constexpr int tile_rows = 6, tile_vectors = 4, accumulators = 24;
#else
inline constexpr int tile_rows = 4, tile_vectors = 8, accumulators = 32;
#endif

template <class V>
inline constexpr int width = panel_width<typename V::scalar>;
template <class V>
inline constexpr int panel_vectors = width<V> / V::lanes;

constexpr int smaller(int a, int b) { return a < b ? a : b; }
constexpr int larger(int a, int b) { return a > b ? a : b; }

// Row tiles of a block are balanced: 25 rows are 9 + 8 + 8, not 12 + 12 + 1.
struct Split {
    size_t total, parts;
    explicit Split(size_t n) : total(n), parts((n + tile_rows - 1) / tile_rows) {}
    size_t begin(size_t i) const { return total * i / parts; }
    int size(size_t i) const { return static_cast<int>(begin(i + 1) - begin(i)); }
};

template <class V>
PYNN_INLINE int chunk_vectors(size_t live, int column) {
    const int lanes_left = static_cast<int>(live) - column;
    return smaller(tile_vectors, (lanes_left + V::lanes - 1) / V::lanes);
}

// g[k, :] = sum_r a[r, k] d[r, :] for `Rows` rows k; if Ones, the last of them sums d itself. `result` says where a vector
// of sums starts, what becomes of it when finished, and how many rows of d to load ahead; result.at(i) is that of the tile i
// elements further. Every loop over a tile is unrolled: an accumulator indexed at run time would live in memory, not in a
// register.
template <class V, int Rows, int Vectors, bool Ones, class Result>
void gradient_of_tile(const typename V::scalar* a, const typename V::scalar* d, size_t rows, const Result result) {
    constexpr int products = Ones ? Rows - 1 : Rows;
    V c[Rows][Vectors];
#pragma GCC unroll 16
    for (int m = 0; m < Rows; ++m)
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) c[m][v] = result.start(m * width<V> + v * V::lanes);
    const size_t ahead = rows < 2 * Result::rows_ahead ? 0 : Result::rows_ahead * width<V>;  // 0: nothing to load
    for (size_t r = 0; r < rows; ++r) {
        V b[Vectors];
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) {
            b[v] = V::load(d + v * V::lanes);
            if (Result::rows_ahead > 0) __builtin_prefetch(d + ahead + v * V::lanes);
        }
#pragma GCC unroll 16
        for (int m = 0; m < products; ++m) {
            const V x(a[m]);
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) c[m][v] = mul_add(x, b[v], c[m][v]);
        }
        if constexpr (Ones) {
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v) c[Rows - 1][v] = c[Rows - 1][v] + b[v];
        }
        a += width<V>;
        d += width<V>;
    }
#pragma GCC unroll 16
    for (int m = 0; m < Rows; ++m)
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) result.finish(c[m][v], m * width<V> + v * V::lanes);
}

// The gradient tiles by their run-time sizes, filled at compile time.
template <class V, class Result>
struct GradientTiles {
    using T = typename V::scalar;
    using Run = void (*)(const T*, const T*, size_t, Result);
    Run run[2][tile_rows][tile_vectors] = {};  // [ones][rows - 1][vectors - 1]

    constexpr GradientTiles() { fill<1, 1>(); }
    template <int Rows, int Vectors>
    constexpr void fill() {
        run[0][Rows - 1][Vectors - 1] = gradient_of_tile<V, Rows, Vectors, false, Result>;
        run[1][Rows - 1][Vectors - 1] = gradient_of_tile<V, Rows, Vectors, true, Result>;
        if constexpr (Vectors < tile_vectors)
            fill<Rows, Vectors + 1>();
        else if constexpr (Rows < tile_rows)
            fill<Rows + 1, 1>();
    }
};
template <class V, class Result>
inline constexpr GradientTiles<V, Result> gradient_tiles{};

// The whole of Products::gradient_tile but for what becomes of g: `result` gets the vectors that hold live lanes.
template <class V, class Result, class T = typename V::scalar>
void gradient_of_panel(const T* a, const T* d, size_t rows, size_t features, bool ones, size_t live,
                       const Result& result) {
    const Split split(features + ones);
    for (int column = 0; column < static_cast<int>(live); column += tile_vectors * V::lanes) {
        const int vectors = chunk_vectors<V>(live, column);
        for (size_t i = 0; i < split.parts; ++i)
            gradient_tiles<V, Result>.run[ones && i + 1 == split.parts][split.size(i) - 1][vectors - 1](
                a + split.begin(i), d + column, rows, result.at(split.begin(i) * width<V> + column));
    }
}

}  // namespace pynn::PYNN_LEVEL
