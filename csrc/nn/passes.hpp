// Single passes through a network on the user's arrays: prediction, and the gradients for a given dLoss/dz.
#pragma once

#include <memory>

#include "nn/network.hpp"
#include "nn/optimizer.hpp"
#include "nn/source.hpp"

namespace pynn {

// out (x.rows, out_features), row-major. Memory for a few hundred rows at a time, whatever x.rows is.
template <class T>
void predict(const std::shared_ptr<const Network<T>>& network, const Source& x, T* out, int threads);

// The gradients of sum(z * dz) with respect to the parameters, left in the state of a KeepGradient optimizer, and with respect
// to x, (x.rows, in_features) row-major, unless dx is null.
template <class T>
void backward(const std::shared_ptr<const Network<T>>& network, const Source& x, const Source& dz, T* dx,
              Optimizer& gradients, int threads);

}  // namespace pynn
