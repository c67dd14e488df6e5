// RandomUnit: one of defs::RandomUnits with its parameters: random in training, a fixed function otherwise. The numbers belong to
// (seed, step, stage, panel, row, lane), so they do not depend on threads.
#pragma once

#include <string>
#include <vector>

#include "nn/op.hpp"

namespace pynn {

template <class T>
class RandomUnit final : public Follower<T> {
  public:
    // Throws std::invalid_argument for an unknown name or a wrong number of parameters.
    RandomUnit(const std::string& name, const std::vector<double>& parameters);

    std::string kind() const override;
    void forward(T* z, size_t n, const Place& place) const override;
    bool saves() const override { return true; }
    void forward_training(T* z, T* saved, size_t n, const Place& place) const override;
    void backward(const T* z, const T* saved, T* delta, size_t n) const override;

  private:
    int index_;  // in defs::RandomUnits
    std::vector<T> parameters_;
};

}  // namespace pynn
