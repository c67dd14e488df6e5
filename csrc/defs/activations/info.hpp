// What is known about an activation function, and the few helpers that its formulas share.
#pragma once

#include "defs/definition.hpp"

namespace pynn::defs {

struct ActivationInfo {
    const char* name;        // the Python class
    const char* function;    // its name in nn.functional; the derivative is d_<function>
    const char* formula;     // f(u)
    const char* derivative;  // f'(u)
    Parameter parameters[max_parameters];
    double gain;          // initialiser: weights of the layer before have standard deviation gain / sqrt(fan_in)
    double ulp_f;         // float32 error of f in units in the last place, at most ...
    double ulp_df;        // ... and of f'; measured on every level, parameters at their defaults
    double abs_f;         // where f crosses zero: absolute error at most this, instead of ulp_f (0: ULP bound holds everywhere)
    double abs_df;        // the same for f'
    bool df_from_output;  // f'(f(u)) = f'(u) for every u: the derivative needs only the output
    const char* onnx;     // ONNX operator, "" if there is none
    const char* source;   // where it comes from
};

inline constexpr double sqrt2 = 1.4142135623730951;

// Parameters that divide, or multiply u inside exp, stay within these, so that no quotient or product leaves float's range.
inline constexpr double least = 1e-30;
inline constexpr double most = 1e30;

// x, but NaN where u is.
template <class V>
PYNN_INLINE V unless_nan(V u, V x) {
    return select(u == u, x, u);
}

// z, but u where u is infinite: for f that approaches u, and sums that would become infinity - infinity.
template <class V>
PYNN_INLINE V unless_infinite(V u, V z) {
    return select(abs(u) == V(static_cast<typename V::scalar>(infinity)), u, z);
}

// min(high, max(low, u)); NaN stays.
template <class V>
PYNN_INLINE V clip(V u, V low, V high) {
    return min(high, max(low, u));
}

}  // namespace pynn::defs
