// Maxout: z_j = max_k u_kj with u = x W + b, `pieces` linear functions for each output (Goodfellow et al. 2013). Column k out + j
// of u is piece k of output j. Two stages of a network: Linear, and the maximum, whose delta goes to the first largest piece.
#pragma once

#include "nn/linear.hpp"

namespace pynn {

// The maximum over the pieces.
template <class T>
class Largest final : public Head<T> {
  public:
    explicit Largest(size_t pieces) : pieces_(pieces) {}

    std::string kind() const override { return "largest"; }
    size_t out_features(size_t n) const override { return n / pieces_; }
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }
    bool reads_output() const override { return true; }
    bool mixes_columns() const override { return true; }

  private:
    size_t pieces_;
};

template <class T>
class Maxout final : public Op<T> {
  public:
    Maxout(size_t in, size_t out, size_t pieces)
        : linear_(std::make_shared<Linear<T>>(in, out * pieces, true)),
          largest_(std::make_shared<Largest<T>>(pieces)) {}

    std::string kind() const override { return "maxout"; }
    std::vector<ParameterShape> parameters() const override { return linear_->parameters(); }
    std::vector<std::shared_ptr<Op<T>>> parts() const override { return {linear_, largest_}; }

  private:
    std::shared_ptr<Linear<T>> linear_;
    std::shared_ptr<Largest<T>> largest_;
};

}  // namespace pynn
