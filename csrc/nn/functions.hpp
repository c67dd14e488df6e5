// Activations, row functions and losses on the user's arrays, by the kernels that train.
#pragma once

#include <string>
#include <vector>

#include "nn/loss.hpp"
#include "nn/source.hpp"
#include "nn/trainer.hpp"

namespace pynn {

// out = f(u) or f'(u) for n contiguous elements; out may be u. Throws std::invalid_argument for an unknown name or a wrong
// number of parameters.
template <class T>
void apply(const std::string& name, bool derivative, const T* u, size_t n, const std::vector<double>& parameters,
           T* out, int threads);

// Row functions on row-major arrays, u (rows, n): out = z = f(u), or out = dLoss/du from u and g = dLoss/dz. out may be u or g
// where it has as many columns.
template <class T>
void apply_rows(const std::string& name, const T* u, size_t rows, size_t n, T* out, int threads);
template <class T>
void apply_rows_backward(const std::string& name, const T* u, const T* g, size_t rows, size_t n, T* out, int threads);
// Columns of z; throws std::invalid_argument if u cannot have n.
size_t row_function_outputs(const std::string& name, size_t n);

// The loss of predictions y, row-major (rows, n): one weighted, unscaled value a row, and the scaled gradient (rows, n).
template <class T>
void evaluate(const Loss& loss, const T* y, size_t rows, size_t n, const Targets<T>& targets, double* values,
              T* gradient, int threads);

}  // namespace pynn
