// RowFunction: z = f(u) over a sample's whole row (Softmax and its kin), one of defs::RowFunctions.
#pragma once

#include "nn/op.hpp"

namespace pynn {

template <class T>
class RowFunction final : public Head<T> {
  public:
    // Throws std::invalid_argument for an unknown name.
    explicit RowFunction(const std::string& name);

    std::string kind() const override;
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t out_features(size_t n) const override;
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }
    bool reads_output() const override { return true; }
    bool mixes_columns() const override { return true; }

  private:
    int index_;
};

}  // namespace pynn
