// What is known about an activation function, and the few helpers that its formulas share.
#pragma once

#include "defs/definition.hpp"

namespace pynn::defs {

struct ActivationInfo {
    const char* name;        // the Python class
    const char* function;    // its name in nn.functional; the derivative is d_<function>
    const char* formula;     // f(u)
    const char* derivative;  // f'(u)
    Parameter parameters[max_parameters] = {};
    double gain = 1;    // initialiser: weights of the layer before have standard deviation gain / sqrt(fan_in)
    double ulp_f = 0;   // float32 error of f in units in the last place, at most ...
    double ulp_df = 0;  // ... and of f'; measured on every level, parameters at their defaults
    double abs_f = 0;   // where f crosses zero, the absolute error that is allowed instead (0: ulp_f holds everywhere)
    double abs_df = 0;  // the same for f'
    bool df_from_output = false;  // f'(f(u)) = f'(u) for every u: the derivative needs only the output
    const char* onnx = "";        // ONNX operator, "" if there is none
    const char* source = "";      // where it comes from

    // What differs from the values above, by name.
    constexpr ActivationInfo takes(Parameter parameter) const {
        ActivationInfo all = *this;
        int i = 0;
        while (all.parameters[i].name != nullptr) ++i;
        all.parameters[i] = parameter;
        return all;
    }
    constexpr ActivationInfo initialised_by(double new_gain) const {
        ActivationInfo all = *this;
        all.gain = new_gain;
        return all;
    }
    constexpr ActivationInfo errors(double f, double df, double near_zeros_of_f = 0,
                                    double near_zeros_of_df = 0) const {
        ActivationInfo all = *this;
        all.ulp_f = f;
        all.ulp_df = df;
        all.abs_f = near_zeros_of_f;
        all.abs_df = near_zeros_of_df;
        return all;
    }
    constexpr ActivationInfo derivative_from_output() const {
        ActivationInfo all = *this;
        all.df_from_output = true;
        return all;
    }
    constexpr ActivationInfo as_onnx(const char* op) const {
        ActivationInfo all = *this;
        all.onnx = op;
        return all;
    }
    constexpr ActivationInfo from(const char* paper) const {
        ActivationInfo all = *this;
        all.source = paper;
        return all;
    }
};

inline constexpr double sqrt2 = 1.4142135623730951;

// Parameters that divide, or multiply u inside exp, stay within these: no quotient or product leaves float's range.
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
