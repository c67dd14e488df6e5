// Select: some columns of the input, c_0, c_1, ..., in any order and any number of times.
//
//   forward   z[r, j]       = x[r, c_j]
//   backward  delta_x[r, k] = sum over the j with c_j = k of delta[r, j], in their order
#pragma once

#include "nn/op.hpp"

namespace pynn {

// Columns [begin, begin + count).
struct Run {
    size_t begin, count;
};

template <class T>
class Select final : public Head<T> {
  public:
    // The columns as runs of neighbours, none of them empty.
    explicit Select(std::vector<Run> runs);

    std::string kind() const override { return "select"; }
    size_t out_features(size_t n) const override;
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }
    bool mixes_columns() const override { return true; }

  private:
    std::vector<Run> runs_;
    size_t columns_ = 0;  // of the output
};

}  // namespace pynn
