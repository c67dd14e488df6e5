// Matrix products on panels: out = first + a w (forward, and deltas with a transposed w) and g = aT d (weight gradients); the
// copies they need.
#include <string.h>

#include "kernels/tiles.hpp"
#include "kernels/units.hpp"
#include "simd/shuffle.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// Few rows give few independent chains: a 1 x 2 tile waits for the latency of each multiply-add (4 cycles on two ports want
// eight chains). So short tiles span several panels.
template <class V>
constexpr int panels_for(int rows) {
    return larger(1, smaller(4, accumulators / (rows * panel_vectors<V>)));
}

template <class V, int Rows, int Vectors, int Panels, bool LoadsAhead = false>
struct ForwardTile {
    using T = typename V::scalar;
    // Columns [0, Vectors * lanes) of `Panels` panels; of what lies ahead, the same columns.
    static void run(const T* a, size_t a_stride, size_t depth, const T* w, size_t w_panel, const Start<T>& start,
                    T* out, size_t out_panel, Ahead<T> ahead) {
        V c[Rows][Panels * Vectors];
#pragma GCC unroll 16
        for (int m = 0; m < Rows; ++m)
#pragma GCC unroll 16
            for (int p = 0; p < Panels; ++p)
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v)
                    c[m][p * Vectors + v] =
                        V::load(start.at + p * start.panel_step + m * start.row_step + v * V::lanes);
        for (size_t k0 = 0; k0 < depth; k0 += width<V>) {
            const size_t count = depth - k0 < size_t(width<V>) ? depth - k0 : width<V>;
            for (size_t k = 0; k < count; ++k) {
                V b[Panels * Vectors];
#pragma GCC unroll 16
                for (int p = 0; p < Panels; ++p)
#pragma GCC unroll 16
                    for (int v = 0; v < Vectors; ++v) b[p * Vectors + v] = V::load(w + p * w_panel + v * V::lanes);
                if constexpr (LoadsAhead)
                    for (int i = 0; i < Vectors * V::lanes; i += 64 / sizeof(T))
                        __builtin_prefetch(ahead.at + k * width<V> + i, 0, 2);
#pragma GCC unroll 16
                for (int m = 0; m < Rows; ++m) {
                    const V x(a[m * width<V> + k]);
#pragma GCC unroll 16
                    for (int v = 0; v < Panels * Vectors; ++v) c[m][v] = mul_add(x, b[v], c[m][v]);
                }
                w += width<V>;
            }
            a += a_stride * width<V>;
            if constexpr (LoadsAhead) ahead.at += ahead.step;
        }
#pragma GCC unroll 16
        for (int m = 0; m < Rows; ++m)
#pragma GCC unroll 16
            for (int p = 0; p < Panels; ++p)
#pragma GCC unroll 16
                for (int v = 0; v < Vectors; ++v)
                    c[m][p * Vectors + v].store(out + p * out_panel + m * width<V> + v * V::lanes);
    }
};

// The tiles by their run-time sizes, filled at compile time.
template <class V>
struct ForwardTiles {
    using T = typename V::scalar;
    using Run = void (*)(const T*, size_t, size_t, const T*, size_t, const Start<T>&, T*, size_t, Ahead<T>);
    Run narrow[tile_rows][tile_vectors] = {};  // [rows - 1][vectors - 1], one panel
    Run wide[tile_rows] = {};                  // [rows - 1], panels[rows - 1] whole panels; null where that is one
    int panels[tile_rows] = {};
    // [rows - 1], narrow of all vectors, and loads ahead; null for few rows, which have no time for it.
    Run ahead[tile_rows] = {};

    constexpr ForwardTiles() { fill<1, 1>(); }
    template <int Rows, int Vectors>
    constexpr void fill() {
        narrow[Rows - 1][Vectors - 1] = ForwardTile<V, Rows, Vectors, 1>::run;
        if constexpr (Vectors == 1) {
            panels[Rows - 1] = panels_for<V>(Rows);
            if constexpr (panels_for<V>(Rows) > 1)
                wide[Rows - 1] = ForwardTile<V, Rows, panel_vectors<V>, panels_for<V>(Rows)>::run;
        }
        if constexpr (Vectors == tile_vectors && 2 * Rows > tile_rows)
            ahead[Rows - 1] = ForwardTile<V, Rows, Vectors, 1, true>::run;
        if constexpr (Vectors < tile_vectors)
            fill<Rows, Vectors + 1>();
        else if constexpr (Rows < tile_rows)
            fill<Rows + 1, 1>();
    }
};
template <class V>
constexpr ForwardTiles<V> tiles{};

template <class V, class T = typename V::scalar>
void rows_by_panel(const T* a, size_t a_stride, size_t depth, const T* w, size_t w_rows, const Start<T>& start, T* out,
                   size_t out_stride, size_t rows, size_t panels, size_t live, Ahead<T> ahead) {
    const size_t w_panel = w_rows * width<V>, out_panel = out_stride * width<V>;
    const Split split(rows);
    Start<T> from = start;
    size_t p = 0;
    if (split.parts == 1 && tiles<V>.wide[rows - 1]) {
        const size_t group = tiles<V>.panels[rows - 1];
        for (; p + group <= panels; p += group, from.at += group * start.panel_step)
            tiles<V>.wide[rows - 1](a, a_stride, depth, w + p * w_panel, w_panel, from, out + p * out_panel, out_panel,
                                    ahead);
    }
    for (; p < panels; ++p) {
        const size_t here = live - p * width<V> < size_t(width<V>) ? live - p * width<V> : width<V>;
        for (int column = 0; column < static_cast<int>(here); column += tile_vectors * V::lanes) {
            const int vectors = chunk_vectors<V>(here, column);
            for (size_t i = 0; i < split.parts; ++i) {
                const size_t row = split.begin(i);
                const int index = split.size(i) - 1;
                const bool loads =
                    ahead.at != nullptr && panels == 1 && vectors == tile_vectors && tiles<V>.ahead[index];
                const auto run = loads ? tiles<V>.ahead[index] : tiles<V>.narrow[index][vectors - 1];
                const Ahead<T> same_columns{loads ? ahead.at + column : nullptr, ahead.step};
                from.at = start.at + p * start.panel_step + row * start.row_step + column;
                run(a + row * width<V>, a_stride, depth, w + p * w_panel + column, w_panel, from,
                    out + p * out_panel + row * width<V> + column, out_panel, same_columns);
            }
        }
    }
}

// Sums in memory, from zero or going on from what is there. Where rows are many, d comes from L3, and hardware does not look
// beyond a page: loading ahead was 2 to 5 % of a step of 256-1024-1024-1024-10 at batch 500 and more.
template <class V>
struct Written {
    static constexpr size_t rows_ahead = 64;
    typename V::scalar* g;
    bool add;
    Written at(size_t i) const { return {g + i, add}; }
    PYNN_INLINE V start(size_t offset) const { return add ? V::load(g + offset) : V(typename V::scalar(0)); }
    PYNN_INLINE void finish(V sum, size_t offset) const { sum.store(g + offset); }
};

template <class V, class T = typename V::scalar>
void gradient_tile(const T* a, const T* d, T* g, size_t rows, size_t features, bool ones, size_t live, bool add) {
    gradient_of_panel<V>(a, d, rows, features, ones, live, Written<V>{g, add});
    const int done = (static_cast<int>(live) + V::lanes - 1) / V::lanes * V::lanes;
    if (done == width<V>) return;
    for (size_t k = 0; k < features + ones; ++k) memset(g + k * width<V> + done, 0, (width<V> - done) * sizeof(T));
}

template <class V, class T = typename V::scalar>
void transpose(const T* from, size_t rows, T* to, size_t columns) {
    constexpr size_t n = V::lanes;
    for (size_t i = 0; i < rows; i += n)
        for (size_t j = 0; j < columns; j += n) {
            const T* in = from + i * width<V> + j;
            T* out = to + j * width<V> + i;
            if (i + n <= rows && j + n <= columns)
                transpose_square<V>(in, width<V>, out, width<V>);
            else {
                alignas(64) T padded[n * n] = {}, turned[n * n];
                for (size_t r = 0; i + r < rows && r < n; ++r) V::load(in + r * width<V>).store(padded + r * n);
                transpose_square<V>(padded, n, turned, n);
                for (size_t c = 0; j + c < columns && c < n; ++c) V::load(turned + c * n).store(out + c * width<V>);
            }
        }
}

// Rows [row, row + count) side by side, while as many after them are loaded. A row's vectors lie as far apart as panels; where that is
// a power of two, few of these places fit L1 at a time, so each is written to for several rows before the next one.
template <class V, int count, class T = typename V::scalar>
void gather_rows(const T* x, const int64_t* index, size_t row, size_t rows, ptrdiff_t row_stride, size_t n, T* panels,
                 size_t stride) {
    const size_t whole = n / width<V>;
    const int rest = static_cast<int>(n % width<V>);
    const T *from[count], *next[count];
    for (int r = 0; r < count; ++r) {
        const size_t ahead = row + count + r;
        from[r] = x + index[row + r] * row_stride;
        next[r] = x + index[ahead < rows ? ahead : rows - 1] * row_stride;
    }
    T* to = panels + row * width<V>;
    for (size_t j = 0; j < whole * width<V>; j += width<V>, to += stride * width<V>)
        for (int r = 0; r < count; ++r)
            for (int v = 0; v < width<V>; v += V::lanes) {
                __builtin_prefetch(next[r] + j + v);
                V::load(from[r] + j + v).store(to + r * width<V> + v);
            }
    for (int r = 0; rest > 0 && r < count; ++r)
        for (int v = 0; v < width<V>; v += V::lanes)
            load_some(from[r] + whole * width<V> + v, larger(0, smaller(V::lanes, rest - v)))
                .store(to + r * width<V> + v);
}

template <class V, class T = typename V::scalar>
void gather(const T* x, const int64_t* index, ptrdiff_t row_stride, size_t n, T* panels, size_t rows, size_t stride) {
    constexpr size_t together = 4;
    size_t r = 0;
    for (; r + together <= rows; r += together)
        gather_rows<V, together>(x, index, r, rows, row_stride, n, panels, stride);
    for (; r < rows; ++r) gather_rows<V, 1>(x, index, r, rows, row_stride, n, panels, stride);
}

template <class V, class T = typename V::scalar>
Products<T> products() {
    return {rows_by_panel<V>, gradient_tile<V>, transpose<V>, gather<V>};
}

}  // namespace

Products<float> products_f32() { return products<F32>(); }
Products<double> products_f64() { return products<F64>(); }

}  // namespace pynn::PYNN_LEVEL
