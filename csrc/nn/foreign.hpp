// What the engine calls for losses and rules that are not among its definitions: they see a whole batch, or all weights, at once.
// They are called by member 0 of a team, on the thread that called the engine, and may throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "nn/op.hpp"

namespace pynn {

// Everything row-major.
template <class T>
struct LossBatch {
    const T* y;             // (rows, n): predictions
    const T* target;        // (rows, target_columns), or null for
    const int32_t* labels;  // (rows,)
    size_t rows, n, target_columns;
    double* values;  // (rows,), to be set
    T* gradient;     // (rows, n), to be set: of each value by its row of y; or null
};

class ForeignLoss {
  public:
    virtual ~ForeignLoss() = default;
    virtual size_t target_columns(size_t outputs) const = 0;
    virtual void run(const LossBatch<float>& batch) const = 0;
    virtual void run(const LossBatch<double>& batch) const = 0;
};

// A head's parameters and their gradients, in its layout.
template <class T>
struct HeadGradient {
    size_t position;  // of the head's op in the network
    std::shared_ptr<Head<T>> head;
    const T* gradient;
};

// Changes parameters, given their gradients, the number of steps before this one, and the learning rate.
class ForeignRule {
  public:
    virtual ~ForeignRule() = default;
    virtual void step(const std::vector<HeadGradient<float>>& heads, int64_t steps, double lr) = 0;
    virtual void step(const std::vector<HeadGradient<double>>& heads, int64_t steps, double lr) = 0;
};

}  // namespace pynn
