// Functions of a row, one sample's vector u. `RowFunctions` at the end is the one list that kernels, Python and the tests are
// made from. A definition is of one of three kinds:
//
//   OfExponentials    with x = u or -u, m = max x, e_i = e^(x_i - m) and s = sum e, each output is made of x_i - m, e_i and s
//                       input(u) = x;  kept(x - m, e): what the first walk along the row leaves for the second
//                       forward:  z = output(kept, total(s))
//                       backward: dLoss/du = delta(z, g, sum) with g = dLoss/dz and the sum along the row that
//                                 add_term(sum, z, g) builds
//   OfHalves          u = [a, b], z = a Gate(b): Gate is an activation without parameters
//   OntoSimplex       z_i = max(0, u_i - tau), with tau such that sum z = 1
#pragma once

#include "defs/activations.hpp"
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
    size_t (*outputs)(size_t) = as_many;  // columns of z for so many of u; 0: u cannot have so many
};

struct OfExponentials {};
struct OfHalves {};
struct OntoSimplex {};

struct Softmax {
    using Kind = OfExponentials;
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
    using Kind = OfExponentials;
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

struct Sparsemax {
    using Kind = OntoSimplex;
    static constexpr RowFunctionInfo info = {"Sparsemax",
                                             "sparsemax",
                                             "max(0, u_i - tau), tau such that the sum is 1",
                                             "g - mean of g where z > 0, else 0",
                                             "",
                                             "Martins and Astudillo 2016"};
};

struct GLU {
    using Kind = OfHalves;
    using Gate = Sigmoid;
    static constexpr RowFunctionInfo info = {
        "GLU", "glu", "a_i sigmoid(b_i), u = [a, b]", "[g sigmoid(b), g a sigmoid'(b)]", "", "Dauphin et al. 2017",
        half};
};

struct ReGLU {
    using Kind = OfHalves;
    using Gate = ReLU;
    static constexpr RowFunctionInfo info = {
        "ReGLU", "reglu", "a_i relu(b_i), u = [a, b]", "[g relu(b), g a relu'(b)]", "", "Shazeer 2020", half};
};

struct GEGLU {
    using Kind = OfHalves;
    using Gate = GELU;
    static constexpr RowFunctionInfo info = {
        "GEGLU", "geglu", "a_i gelu(b_i), u = [a, b]", "[g gelu(b), g a gelu'(b)]", "", "Shazeer 2020", half};
};

struct SwiGLU {
    using Kind = OfHalves;
    using Gate = SiLU;
    static constexpr RowFunctionInfo info = {
        "SwiGLU", "swiglu", "a_i silu(b_i), u = [a, b]", "[g silu(b), g a silu'(b)]", "", "Shazeer 2020", half};
};

struct Bilinear {
    using Kind = OfHalves;
    using Gate = Identity;
    static constexpr RowFunctionInfo info = {
        "Bilinear", "bilinear", "a_i b_i, u = [a, b]", "[g b, g a]", "", "Dauphin et al. 2017", half};
};

using RowFunctions = TypeList<Softmax, LogSoftmax, Softmin, Sparsemax, GLU, ReGLU, GEGLU, SwiGLU, Bilinear>;

}  // namespace pynn::defs
