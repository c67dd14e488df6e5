// What every loss says about itself, and the four ways in which a kernel walks along a row.
//
// y is the prediction, d the target. The value of a row is the sum over its elements; how a batch is reduced is not the
// definitions' business.
//   Elementwise       value(y, d, c, p) and gradient(y, d, c, p) for each element; c is the parameter of its column
//   AtLabel           the same with d = 1, at the label alone; elsewhere both are 0
//   OfSoftmax         y are logits u; with x = u - max u, s = sum e^x and z = softmax(u) = e^x / s:
//                     value(x, log s, z, d, p), and with w = weight(x, log s, z, d, p) the gradient z sum w - w
//   SoftmaxAtLabel    the same with d = 1 at the label and 0 elsewhere
//   WholeRow          run(row, n, p) in double: reads row.y(i) and row.d(i), sets the gradient by row.set(i, value), and
//                     returns the row's value. The gradient may take y's place: y(i) is gone after set(i).
#pragma once

#include "defs/activations/parts.hpp"
#include "defs/definition.hpp"

namespace pynn::defs {

struct LossInfo {
    const char* name;      // what Python's loss of that name, or of its options, stands on
    const char* function;  // its name in nn.functional; the gradient is d_<function>
    const char* formula;   // the value of a row
    const char* gradient;  // of an element
    Parameter parameters[max_parameters];
    bool labels;       // the target is one class index a row; else it has target_columns(outputs) columns
    bool per_element;  // "mean" divides by batch x columns of the target; else by the batch
    const char* source;
    Parameter column{};                          // a parameter with one value a column, if it has a name
    size_t (*target_columns)(size_t) = as_many;  // 0: no prediction has so many outputs
};

struct Elementwise {};
struct AtLabel {};
struct OfSoftmax {};
struct SoftmaxAtLabel {};
struct WholeRow {};

// x log y, and 0 where x = 0 whatever y is.
template <class V>
PYNN_INLINE V times_log(V x, V y) {
    return select(x == V(0), V(0), x * log(y));
}

}  // namespace pynn::defs
