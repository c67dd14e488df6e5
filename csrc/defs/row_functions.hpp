// Functions of a row, one sample's vector u: with x = u or -u, m = max x, e_i = e^(x_i - m) and s = sum e, each
// output is made of x_i - m, e_i and s. `RowFunctions` at the end is the one list that kernels, Python and the tests
// are made from.
//
//   input(u) = x;  kept(x - m, e): what the first walk along the row leaves for the second
//   forward:  z = output(kept, total(s))
//   backward: dLoss/du = delta(z, g, sum) with g = dLoss/dz and the sum along the row that add_term(sum, z, g) builds
#pragma once

#include "defs/definition.hpp"
#include "defs/type_list.hpp"

namespace pynn::defs {

struct RowFunctionInfo {
    const char* name;
    const char* function;    // its name in nn.functional
    const char* formula;     // z_i
    const char* derivative;  // dLoss/du from z and g = dLoss/dz
    const char* onnx;
    const char* source;
};

struct Softmax {
    static constexpr RowFunctionInfo info = {"Softmax",         "softmax", "e^(u_i - m) / sum_k e^(u_k - m), m = max u",
                                             "z (g - sum g z)", "Softmax", "Bridle 1990"};
    template <class V>
    static PYNN_INLINE V input(V u) {
        return u;
    }
    template <class V>
    static PYNN_INLINE V kept(V, V e) {
        return e;
    }
    template <class V>
    static PYNN_INLINE V total(V s) {
        return s;
    }
    template <class V>
    static PYNN_INLINE V output(V e, V s) {
        return e / s;
    }
    template <class V>
    static PYNN_INLINE V add_term(V sum, V z, V g) {
        return fma(z, g, sum);
    }
    template <class V>
    static PYNN_INLINE V delta(V z, V g, V sum) {
        return z * (g - sum);
    }
};

struct Softmin : Softmax {
    static constexpr RowFunctionInfo info = {"Softmin", "softmin", "softmax(-u)", "-z (g - sum g z)", "", "PyTorch"};
    template <class V>
    static PYNN_INLINE V input(V u) {
        return -u;
    }
    template <class V>
    static PYNN_INLINE V delta(V z, V g, V sum) {
        return z * (sum - g);
    }
};

struct LogSoftmax {
    static constexpr RowFunctionInfo info = {
        "LogSoftmax",    "log_softmax", "u_i - m - log(sum_k e^(u_k - m)), m = max u",
        "g - e^z sum g", "LogSoftmax",  "PyTorch"};
    template <class V>
    static PYNN_INLINE V input(V u) {
        return u;
    }
    template <class V>
    static PYNN_INLINE V kept(V shifted, V) {
        return shifted;
    }
    template <class V>
    static PYNN_INLINE V total(V s) {
        return log(s);
    }
    template <class V>
    static PYNN_INLINE V output(V shifted, V log_s) {
        return shifted - log_s;
    }
    template <class V>
    static PYNN_INLINE V add_term(V sum, V, V g) {
        return sum + g;
    }
    template <class V>
    static PYNN_INLINE V delta(V z, V g, V sum) {
        return fnma(exp(z), sum, g);
    }
};

using RowFunctions = TypeList<Softmax, LogSoftmax, Softmin>;

}  // namespace pynn::defs
