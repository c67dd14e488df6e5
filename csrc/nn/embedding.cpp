#include "nn/embedding.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace pynn {
namespace {

template <class T>
T at(const Panels<T>& panels, size_t row, size_t column) {
    return panels.at(column / panel_width<T>, row)[column % panel_width<T>];
}

// A caller's array may change after it was checked: what is no code then is taken for 0.
template <class T>
size_t code(const Panels<T>& x, size_t row, size_t column, size_t count) {
    const T value = at(x, row, column);
    return value >= 0 && value < static_cast<T>(count) ? static_cast<size_t>(value) : 0;
}

std::atomic<uint64_t> passes{0};

}  // namespace

// Where codes are in a batch, by the tile in which their row of W begins, and in increasing order within each. Every thread makes
// one a step, and uses it for all of its tiles: looking at all codes for each tile, a step of three columns and 10,000 vectors of 16
// at batch 2048 took five times as long.
template <class T>
struct Embedding<T>::Places {
    uint64_t pass = 0;
    const T* x = nullptr;
    size_t rows = 0;
    std::vector<size_t> ends;   // ends[t]: where those of tile t begin, and those of the one before end
    std::vector<uint32_t> all;  // row * columns + column
};

// Null if there is no memory for them.
template <class T>
const typename Embedding<T>::Places* Embedding<T>::places(const Panels<T>& x, size_t rows) const {
    thread_local Places kept;
    const uint64_t pass = pass_.load(std::memory_order_relaxed);
    if (kept.pass == pass && kept.x == x.data && kept.rows == rows) return &kept;
    if (rows * x.n > std::numeric_limits<uint32_t>::max()) return nullptr;
    kept.pass = 0;
    try {
        kept.ends.assign(tiles() + 2, 0);
        kept.all.resize(rows * x.n);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
    const auto tile_of = [&](size_t r, size_t c) { return code(x, r, c, count_) * dim_ / tile_size; };
    for (size_t r = 0; r < rows; ++r)
        for (size_t c = 0; c < x.n; ++c) ++kept.ends[tile_of(r, c) + 2];
    std::partial_sum(kept.ends.begin(), kept.ends.end(), kept.ends.begin());
    for (size_t r = 0; r < rows; ++r)
        for (size_t c = 0; c < x.n; ++c) kept.all[kept.ends[tile_of(r, c) + 1]++] = static_cast<uint32_t>(r * x.n + c);
    kept.pass = pass, kept.x = x.data, kept.rows = rows;
    return &kept;
}

template <class T>
Embedding<T>::Embedding(size_t count, size_t dim)
    : count_(count), dim_(dim), weights_(panels_for<T>(count * dim) * width) {}

template <class T>
void Embedding<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const {
    const size_t begin = first * width, end = begin + z.live(first, last);
    pass_.store(++passes, std::memory_order_relaxed);
    for (size_t r = rows.begin; r < rows.end; ++r)
        for (size_t j = begin, n = 0; j < end; j += n) {  // lanes that lie together in both
            const size_t c = j / dim_, k = code(x, r, c, count_);
            n = std::min({width - j % width, dim_ - j % dim_, end - j});
            std::copy_n(weights_.data() + k * dim_ + j % dim_, n, z.at(j / width, r) + j % width);
        }
}

template <class T>
void Embedding<T>::update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows,
                          const Update<T>& update) {
    const Places* known = update.rests ? places(x, rows) : nullptr;
    if (known != nullptr && known->ends[first_tile(tile)] == known->ends[tile + 1]) return;  // nothing changes
    alignas(128) T sums[tile_size];
    T* slots[4];
    for (int s = 0; s < update.slot_count; ++s) slots[s] = update.slots[s] + tile * tile_size;
    gradient(tile, x, delta, rows, sums, false);
    update.kernel.span(weights_.data() + tile * tile_size, sums, slots, size_of(tile), update.scalars);
}

template <class T>
void Embedding<T>::gradient(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, T* g,
                            bool add) const {
    const size_t begin = tile * tile_size, end = begin + size_of(tile);
    const auto add_place = [&](size_t r, size_t c) {
        const size_t row = code(x, r, c, count_) * dim_;  // of W
        const size_t row_end = std::min(end, row + dim_);
        for (size_t i = std::max(begin, row), n = 0; i < row_end; i += n) {  // what of it is in the tile
            const size_t j = c * dim_ + (i - row);
            n = std::min(width - j % width, row_end - i);
            const T* d = delta.at(j / width, r) + j % width;
            for (size_t lane = 0; lane < n; ++lane) g[i - begin + lane] += d[lane];
        }
    };
    if (!add) std::fill_n(g, end - begin, T(0));
    if (const Places* known = places(x, rows)) {
        for (size_t i = known->ends[first_tile(tile)]; i < known->ends[tile + 1]; ++i)
            add_place(known->all[i] / x.n, known->all[i] % x.n);
    } else {
        for (size_t r = 0; r < rows; ++r)
            for (size_t c = 0; c < x.n; ++c) add_place(r, c);
    }
}

template <class T>
size_t Embedding<T>::regions(size_t tile, Region* all) const {
    all[0] = {0, tile * tile_size, size_of(tile), width, true};
    return 1;
}

template <class T>
void Embedding<T>::unpack(const T* table, const std::string&, T* values) const {
    std::copy_n(table, count_ * dim_, values);
}

template <class T>
void Embedding<T>::pack(const T* values, const std::string&, T* table) const {
    std::copy_n(values, count_ * dim_, table);
}

template <class T>
void OneHot<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const {
    constexpr size_t width = panel_width<T>;
    clear(z, rows, first, last);
    for (size_t r = rows.begin; r < rows.end; ++r)
        for (size_t c = 0; c < x.n; ++c) {
            const size_t j = c * count_ + code(x, r, c, count_), panel = j / width;
            if (panel >= first && panel < last) z.at(panel, r)[j % width] = T(1);
        }
}

template class Embedding<float>;
template class Embedding<double>;
template class OneHot<float>;
template class OneHot<double>;

}  // namespace pynn
