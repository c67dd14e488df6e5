#include "nn/linear.hpp"

#include <algorithm>
#include <cmath>

namespace pynn {

namespace {

// The sums of a product begin at zero.
template <class T>
Start<T> from_zero() {
    alignas(128) static constexpr T zeros[panel_width<T>] = {};
    return {zeros, 0, 0};
}

}  // namespace

template <class T>
Linear<T>::Linear(size_t in, size_t out, bool bias)
    : in_(in),
      out_(out),
      bias_(bias),
      in_panels_(panels_for<T>(in)),
      out_panels_(panels_for<T>(out)),
      rows_(in + bias),
      weights_(out_panels_ * rows_ * width) {}

template <class T>
size_t Linear<T>::out_features(size_t n) const {
    if (n != in_)
        throw std::invalid_argument("Linear(" + std::to_string(in_) + ", " + std::to_string(out_) + ") expects " +
                                    std::to_string(in_) + " features, but gets " + std::to_string(n));
    return out_;
}

template <class T>
std::vector<ParameterShape> Linear<T>::parameters() const {
    std::vector<ParameterShape> all = {{"weight", {out_, in_}}};
    if (bias_) all.push_back({"bias", {out_}});
    return all;
}

template <class T>
void Linear<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const {
    for_products(in_panels_, rows, first, last, [&](const Product& p) {
        T* out = z.at(p.first, rows.begin);
        Start<T> start = from_zero<T>();
        if (p.begin > 0)
            start = {out, width, z.stride * width};
        else if (bias_)
            start = {weights_.data() + offset(0, p.first) + in_ * width, 0, rows_ * width};
        const Ahead<T> next = p.has_next ? ahead(p.next_begin, p.next_first, square) : Ahead<T>{nullptr, 0};
        active_kernels<T>().products.rows_by_panel(
            x.at(p.begin, rows.begin), x.stride, x.live(p.begin, p.end), weights_.data() + offset(p.begin, p.first),
            rows_, start, out, z.stride, rows.size(), p.last - p.first, z.live(p.first, p.last), next);
    });
}

template <class T>
void Linear<T>::forward_sparse(const SparseBatch<T>& x, const Panels<T>& z, Rows rows, size_t first,
                               size_t last) const {
    Start<T> start = from_zero<T>();
    if (bias_) start = {weights_.data() + offset(0, first) + in_ * width, 0, rows_ * width};
    for (size_t r = rows.begin; r < rows.end; ++r)
        active_kernels<T>().sparse.row_by_panels(x.row(r), weights_.data() + offset(0, first), rows_ * width, start.at,
                                                 start.panel_step, z.at(first, r), z.stride * width, last - first);
}

template <class T>
void Linear<T>::backward(const Panels<T>& delta, const Panels<T>&, const Panels<T>&, const Panels<T>& delta_x,
                         Rows rows, size_t first, size_t last, const BackwardMemory<T>& memory) const {
    // Adds what panels [o, end) of delta give to panels [k, k_end) of delta_x.
    const auto multiply = [&](size_t o, size_t end, size_t k, size_t k_end, const T* transposed, size_t transposed_rows,
                              Ahead<T> next) {
        T* out = delta_x.at(k, rows.begin);
        const Start<T> start = o == 0 ? from_zero<T>() : Start<T>{out, width, delta_x.stride * width};
        active_kernels<T>().products.rows_by_panel(delta.at(o, rows.begin), delta.stride, delta.live(o, end),
                                                   transposed, transposed_rows, start, out, delta_x.stride, rows.size(),
                                                   k_end - k, delta_x.live(k, k_end), next);
    };
    for_products(out_panels_, rows, first, last, [&](const Product& p) {
        if (memory.transposed != nullptr)
            return multiply(p.begin, p.end, p.first, p.last,
                            memory.transposed + (p.first * out_panels_ + p.begin) * square, out_panels_ * width,
                            {nullptr, 0});
        const size_t step = blocks_at_once / (p.last - p.first);
        for (size_t o = p.begin; o < p.end; o += step) {
            const size_t end = std::min(o + step, p.end);
            for (size_t k = p.first; k < p.last; ++k)
                for (size_t j = o; j < end; ++j)
                    transpose_block(k, j, memory.scratch + ((k - p.first) * step + j - o) * square);
            Ahead<T> next{nullptr, 0};
            if (end < p.end)
                next = ahead(p.first, end, rows_ * width);
            else if (p.has_next)
                next = ahead(p.next_first, p.next_begin, rows_ * width);
            multiply(o, end, p.first, p.last, memory.scratch, step * width, next);
        }
    });
}

template <class T>
void Linear<T>::transpose(T* transposed) const {
    for (size_t i = 0; i < in_panels_; ++i)
        for (size_t o = 0; o < out_panels_; ++o) transpose_block(i, o, transposed + (i * out_panels_ + o) * square);
}

template <class T>
double Linear<T>::tile_cost(size_t tile) const {
    return static_cast<double>(features(tile / out_panels_)) *
           static_cast<double>(live(tile % out_panels_) * 2 > width ? 2 : 1);
}

template <class T>
void Linear<T>::update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, const Update<T>& update) {
    const size_t in_panel = tile / out_panels_, out_panel = tile % out_panels_;
    const bool ones = ends_with_bias(in_panel);
    T* weights = weights_.data() + offset(in_panel, out_panel);
    T* slots[4];
    for (int s = 0; s < update.slot_count; ++s) slots[s] = update.slots[s] + offset(in_panel, out_panel);
    const T *a = x.at(in_panel, 0), *d = delta.at(out_panel, 0);
    const size_t tile_features = features(in_panel);
    const size_t count = (tile_features + ones) * width;
    if (rows <= rank_rows) {
        update.kernel.rank_few(a, d, rows, tile_features, ones, weights, slots, update.scalars);
    } else if (update.kernel.in_registers != nullptr && rows <= l1_rows) {
        prefetch(weights, count);
        update.kernel.in_registers(a, d, rows, tile_features, ones, live(out_panel), weights, update.scalars);
    } else {
        prefetch(weights, count);
        for (int s = 0; s < update.slot_count; ++s) prefetch(slots[s], count);
        alignas(128) T sums[(width + 1) * width];
        gradient(tile, x, delta, rows, sums, false);
        update.kernel.span(weights, sums, slots, count, update.scalars);
    }
    if (update.transposed != nullptr) transpose_tile(tile, update.transposed);
}

template <class T>
void Linear<T>::gradient(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, T* g, bool add) const {
    const size_t in_panel = tile / out_panels_, out_panel = tile % out_panels_;
    const T *a = x.at(in_panel, 0), *d = delta.at(out_panel, 0);
    const auto add_part = [&](Rows part) {
        active_kernels<T>().products.gradient_tile(a + part.begin * width, d + part.begin * width, g, part.size(),
                                                   features(in_panel), ends_with_bias(in_panel), live(out_panel),
                                                   add || part.begin > 0);
    };
    for_row_blocks(0, rows, add_part, l1_rows);
}

template <class T>
size_t Linear<T>::regions(size_t tile, Region* all) const {
    const size_t in_panel = tile / out_panels_, out_panel = tile % out_panels_;
    const size_t begin = offset(in_panel, out_panel), count = features(in_panel) * width;
    all[0] = {0, begin, count, live(out_panel), true};
    if (!ends_with_bias(in_panel)) return 1;
    all[1] = {1, begin + count, width, live(out_panel), false};
    return 2;
}

template <class T>
void Linear<T>::transpose_tile(size_t tile, T* transposed) const {
    transpose_block(tile / out_panels_, tile % out_panels_, transposed + tile * square);
}

template <class T>
void Linear<T>::constrain(size_t panel, T most, T* transposed) {
    double squares[width] = {};
    T factors[width];
    T* weights = weights_.data() + offset(0, panel);
    for (size_t k = 0; k < in_; ++k)
        for (size_t j = 0; j < width; ++j)
            squares[j] += static_cast<double>(weights[k * width + j]) * static_cast<double>(weights[k * width + j]);
    for (size_t j = 0; j < width; ++j) {
        const double norm = std::sqrt(squares[j]);
        factors[j] = norm > most ? static_cast<T>(most / norm) : T(1);
    }
    for (size_t k = 0; k < in_; ++k)
        for (size_t j = 0; j < width; ++j) weights[k * width + j] *= factors[j];
    for (size_t i = 0; i < in_panels_ && transposed != nullptr; ++i)
        transpose_tile(i * out_panels_ + panel, transposed);
}

template <class T>
void Linear<T>::gradient_sparse(size_t tile, const SparsePanels<T>& x, const Panels<T>& delta, size_t rows, T* g,
                                bool add) const {
    const size_t in_panel = tile / out_panels_;
    if (!add) std::fill_n(g, (features(in_panel) + (bias_ && in_panel + 1 == in_panels_)) * width, T(0));
    add_elements(tile, x, delta, rows, g);
}

// g += the gradient
template <class T>
void Linear<T>::add_elements(size_t tile, const SparsePanels<T>& x, const Panels<T>& delta, size_t rows, T* g) const {
    const size_t in_panel = tile / out_panels_, out_panel = tile % out_panels_;
    const T* d = delta.at(out_panel, 0);
    active_kernels<T>().sparse.add_gradient(x.at(in_panel), x.count(in_panel), d, g, live(out_panel));
    if (bias_ && in_panel + 1 == in_panels_)
        active_kernels<T>().products.gradient_tile(d, d, g + features(in_panel) * width, rows, 0, true, live(out_panel),
                                                   true);
}

// Where a gradient of zero changes nothing, only the rows of the tile that have one are updated.
template <class T>
void Linear<T>::update_sparse(size_t tile, const SparsePanels<T>& x, const Panels<T>& delta, size_t rows,
                              const Update<T>& update) {
    const size_t in_panel = tile / out_panels_, n = features(in_panel);
    const bool ones = bias_ && in_panel + 1 == in_panels_;
    alignas(128) T g[(width + 1) * width];
    const size_t begin = offset(in_panel, tile % out_panels_);
    T* weights = weights_.data() + begin;
    if (!update.rests) {
        gradient_sparse(tile, x, delta, rows, g, false);
        T* slots[4];
        for (int s = 0; s < update.slot_count; ++s) slots[s] = update.slots[s] + begin;
        return update.kernel.span(weights, g, slots, (n + ones) * width, update.scalars);
    }
    uint64_t changing = uint64_t{ones} << n;  // a bit a row
    for (size_t e = 0; e < x.count(in_panel); ++e) changing |= uint64_t{1} << x.at(in_panel)[e].column;
    for (uint64_t left = changing; left != 0; left &= left - 1)
        std::fill_n(g + __builtin_ctzll(left) * width, width, T(0));
    if (changing != 0) add_elements(tile, x, delta, rows, g);
    for (uint64_t left = changing; left != 0; left &= left - 1) {
        const size_t k = __builtin_ctzll(left);
        update.kernel.span(weights + k * width, g + k * width, nullptr, width, update.scalars);
    }
}

// Calls body(in_panel, out_panel, place) for all blocks of W; `place` is where the block's first element is in a (out, in) array.
template <class T>
template <class Body>
void Linear<T>::for_blocks(const Body& body) const {
    for (size_t o = 0; o < out_panels_; ++o)
        for (size_t i = 0; i < in_panels_; ++i) body(i, o, o * width * in_ + i * width);
}

template <class T>
void Linear<T>::unpack(const T* panels, const std::string& name, T* values) const {
    if (name == "bias") {
        for (size_t o = 0; o < out_panels_; ++o)
            std::copy_n(panels + offset(0, o) + in_ * width, live(o), values + o * width);
        return;
    }
    alignas(128) T block[square] = {};
    for_blocks([&](size_t i, size_t o, size_t place) {
        active_kernels<T>().products.transpose(panels + offset(i, o), features(i), block, live(o));
        for (size_t j = 0; j < live(o); ++j) std::copy_n(block + j * width, features(i), values + place + j * in_);
    });
}

template <class T>
void Linear<T>::pack(const T* values, const std::string& name, T* panels) const {
    if (name == "bias") {
        for (size_t o = 0; o < out_panels_; ++o)
            std::copy_n(values + o * width, live(o), panels + offset(0, o) + in_ * width);
        return;
    }
    alignas(128) T block[square] = {};
    for_blocks([&](size_t i, size_t o, size_t place) {
        for (size_t j = 0; j < live(o); ++j) std::copy_n(values + place + j * in_, features(i), block + j * width);
        active_kernels<T>().products.transpose(block, live(o), panels + offset(i, o), features(i));
    });
}

template class Linear<float>;
template class Linear<double>;

}  // namespace pynn
