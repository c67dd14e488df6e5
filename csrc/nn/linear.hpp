// Linear: u = x W + b. W is (in, out) in panels [ceil(out / width)][in + 1][width] with b as row `in`.
//
//   forward   u[r, j]       = b[j] + sum_k x[r, k] W[k, j]
//   backward  delta_x[r, k] = sum_j delta[r, j] W[k, j]
//   update    dW[k, j]      = sum_r x[r, k] delta[r, j],  db[j] = sum_r delta[r, j]
#pragma once

#include <algorithm>

#include "core/memory.hpp"
#include "nn/op.hpp"
#include "nn/row_blocks.hpp"

namespace pynn {

template <class T>
class Linear final : public Head<T> {
  public:
    Linear(size_t in, size_t out, bool bias);

    std::string kind() const override { return "linear"; }
    size_t out_features(size_t n) const override;
    std::vector<ParameterShape> parameters() const override;

    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    bool takes_sparse() const override { return true; }
    void forward_sparse(const SparseBatch<T>& x, const Panels<T>& z, Rows rows, size_t first,
                        size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t scratch_size() const override { return blocks_at_once * square; }
    size_t transposed_size() const override { return in_panels_ * out_panels_ * square; }
    void transpose(T* transposed) const override;
    size_t panels_at_once(Direction direction, size_t rows) const override {
        const bool forward = direction == Direction::forward;
        return depth_parts(forward ? in_panels_ : out_panels_, rows) == 1 ? at_once(rows) : in_panels_ + out_panels_;
    }

    double multiply_adds() const override { return static_cast<double>(weights_.size()); }
    size_t parameter_count() const override { return weights_.size(); }
    T* parameter_data() override { return weights_.data(); }
    void unpack(const T* panels, const std::string& name, T* values) const override;
    void pack(const T* values, const std::string& name, T* panels) const override;

    size_t tiles() const override { return in_panels_ * out_panels_; }
    double tile_cost(size_t tile) const override;
    void update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, const Update<T>& update) override;
    size_t regions(size_t tile, Region* all) const override;
    void gradient(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, T* g, bool add) const override;
    void transpose_tile(size_t tile, T* transposed) const override;
    void constrain(size_t panel, T most, T* transposed) override;
    size_t input_panel(size_t tile) const override { return tile / out_panels_; }
    void update_sparse(size_t tile, const SparsePanels<T>& x, const Panels<T>& delta, size_t rows,
                       const Update<T>& update) override;
    void gradient_sparse(size_t tile, const SparsePanels<T>& x, const Panels<T>& delta, size_t rows, T* g,
                         bool add) const override;

  private:
    template <class Body>
    void for_blocks(const Body& body) const;
    void add_elements(size_t tile, const SparsePanels<T>& x, const Panels<T>& delta, size_t rows, T* g) const;
    static constexpr size_t width = panel_width<T>;
    static constexpr size_t l1_rows = 128;   // batches beyond which a gradient is summed in parts that stay in L1
    static constexpr size_t short_tile = 6;  // rows below which the forward product shares tiles between panels
    static constexpr size_t square = width * width, blocks_at_once = 8;  // blocks of W that fit L1

    // Whether the tiles of an input panel end with the bias.
    bool ends_with_bias(size_t in_panel) const { return bias_ && in_panel + 1 == in_panels_; }
    size_t features(size_t in_panel) const { return in_panel + 1 < in_panels_ ? width : in_ - in_panel * width; }
    size_t live(size_t out_panel) const { return out_panel + 1 < out_panels_ ? width : out_ - out_panel * width; }
    // Panels of one product, and parts of its depth: all of a member's products use one part, which stays in L2, before the next.
    static size_t at_once(size_t rows) { return rows > short_tile ? 1 : 4; }
    static size_t depth_parts(size_t panels, size_t rows) {
        return std::max<size_t>(1, panels * rows * width * sizeof(T) / (l2_bytes / 2));
    }
    // A product: panels [first, last) of the output from panels [begin, end) of the depth; and where the next one begins.
    struct Product {
        size_t begin, end, first, last;
        bool has_next;
        size_t next_begin, next_first;
    };
    // Calls body(product) for all that panels [first, last) need.
    template <class Body>
    static void for_products(size_t depth, Rows rows, size_t first, size_t last, const Body& body) {
        const size_t parts = depth_parts(depth, rows.size()), step = at_once(rows.size());
        for (size_t i = 0; i < parts; ++i) {
            const size_t begin = depth * i / parts, end = depth * (i + 1) / parts;
            for (size_t p = first; p < last; p += step) {
                const size_t p_end = std::min(p + step, last);
                const bool part_ends = p_end == last;
                body(Product{begin, end, p, p_end, !part_ends || i + 1 < parts, part_ends ? end : begin,
                             part_ends ? first : p_end});
            }
        }
    }
    // Where a block of W begins, in elements.
    size_t offset(size_t in_panel, size_t out_panel) const { return (out_panel * rows_ + in_panel * width) * width; }
    // That block and what follows it, to be loaded ahead; nothing where the weights stay in L2.
    Ahead<T> ahead(size_t in_panel, size_t out_panel, size_t step) const {
        if (weights_.size() * sizeof(T) <= l2_bytes / 2) return {nullptr, 0};
        return {weights_.data() + offset(in_panel, out_panel), step};
    }
    void transpose_block(size_t in_panel, size_t out_panel, T* to) const {
        active_kernels<T>().products.transpose(weights_.data() + offset(in_panel, out_panel), features(in_panel), to,
                                               live(out_panel));
    }

    size_t in_, out_;
    bool bias_;
    size_t in_panels_, out_panels_;
    size_t rows_;        // of W with its bias
    Buffer<T> weights_;  // [out_panels][rows][width]
};

}  // namespace pynn
