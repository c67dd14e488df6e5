// Layers whose inputs are codes of categories: whole numbers k in [0, count), in every column c. No gradient goes to them.
//
//   Embedding   z[r, c dim + j]   = W[x[r, c], j], W is (count, dim)
//     update    dW[k, j]          = sum of delta[r, c dim + j] over the r, c with x[r, c] = k, in increasing order
//   OneHot      z[r, c count + k] = 1 if x[r, c] = k, else 0
//
// The caller guarantees that codes are codes; what is none reads and writes no memory of others.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/memory.hpp"
#include "nn/op.hpp"

namespace pynn {

template <class T>
class Embedding final : public Head<T> {
  public:
    Embedding(size_t count, size_t dim);

    std::string kind() const override { return "embedding"; }
    size_t out_features(size_t n) const override { return n * dim_; }
    std::vector<ParameterShape> parameters() const override { return {{"weight", {count_, dim_}}}; }

    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>&, const Panels<T>&, const Panels<T>&, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>&) const override {
        clear(delta_x, rows, first, last);
    }
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }

    size_t parameter_count() const override { return weights_.size(); }
    T* parameter_data() override { return weights_.data(); }
    void unpack(const T* table, const std::string&, T* values) const override;
    void pack(const T* values, const std::string&, T* table) const override;

    // A tile is as many neighbours in memory as a tile of Linear has elements.
    size_t tiles() const override { return (weights_.size() + tile_size - 1) / tile_size; }
    double tile_cost(size_t) const override { return static_cast<double>(width); }
    void update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, const Update<T>& update) override;
    size_t regions(size_t tile, Region* all) const override;
    void gradient(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, T* g, bool add) const override;

  private:
    static constexpr size_t width = panel_width<T>, tile_size = width * width;
    size_t size_of(size_t tile) const { return std::min(tile_size, weights_.size() - tile * tile_size); }
    // The tile in which the first row of W in a tile begins.
    size_t first_tile(size_t tile) const { return tile * tile_size / dim_ * dim_ / tile_size; }
    struct Places;
    const Places* places(const Panels<T>& x, size_t rows) const;

    size_t count_, dim_;
    Buffer<T> weights_;                      // [count][dim], and zeros up to whole panels
    mutable std::atomic<uint64_t> pass_{0};  // number of the latest forward pass among all that ever were
};

template <class T>
class OneHot final : public Head<T> {
  public:
    explicit OneHot(size_t count) : count_(count) {}

    std::string kind() const override { return "one_hot"; }
    size_t out_features(size_t n) const override { return n * count_; }
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>&, const Panels<T>&, const Panels<T>&, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>&) const override {
        clear(delta_x, rows, first, last);
    }
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }

  private:
    size_t count_;
};

}  // namespace pynn
