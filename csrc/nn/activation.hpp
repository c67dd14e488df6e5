// Activation: z = f(u) for each element, one of defs::Activations with its parameters.
#pragma once

#include <string>
#include <vector>

#include "nn/op.hpp"

namespace pynn {

template <class T>
class Activation final : public Follower<T> {
  public:
    // `surrogate` names the activation whose derivative (at default parameters) stands in for f', or is empty.
    // Throws std::invalid_argument for an unknown name or a wrong number of parameters.
    Activation(const std::string& name, const std::vector<double>& parameters, const std::string& surrogate);

    std::string kind() const override;
    void forward(T* z, size_t n, const Place& place) const override;
    bool saves() const override { return !from_output_; }
    void forward_training(T* z, T* saved, size_t n, const Place& place) const override;
    void backward(const T* z, const T* saved, T* delta, size_t n) const override;

  private:
    int index_, derivative_;  // in defs::Activations
    std::vector<T> parameters_, derivative_parameters_;
    bool from_output_;
};

}  // namespace pynn
