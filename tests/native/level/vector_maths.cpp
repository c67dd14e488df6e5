// Compiled once per level, with the level's flags.
#include "../vector_maths.hpp"

#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class V, class Function, class T = typename V::scalar>
void over(const T* x, T* y, size_t n) {
    for (size_t i = 0; i < n; i += V::lanes) Function::at(V::load(x + i)).store(y + i);
}

template <class Function>
constexpr test::VectorFunction entry(const char* name) {
    return {name, over<F32, Function>, over<F64, Function>};
}

#define PYNN_FUNCTION(name)  \
    struct name##_function { \
        template <class V>   \
        static V at(V x) {   \
            return name(x);  \
        }                    \
    };
PYNN_FUNCTION(exp)
PYNN_FUNCTION(expm1)
PYNN_FUNCTION(log)
PYNN_FUNCTION(log1p)
PYNN_FUNCTION(tanh)
PYNN_FUNCTION(erf)
PYNN_FUNCTION(erfc)
PYNN_FUNCTION(sin)
PYNN_FUNCTION(cos)
PYNN_FUNCTION(atan)
#undef PYNN_FUNCTION

constexpr test::VectorFunction functions[test::vector_function_count] = {
    entry<exp_function>("exp"),     entry<expm1_function>("expm1"), entry<log_function>("log"),
    entry<log1p_function>("log1p"), entry<tanh_function>("tanh"),   entry<erf_function>("erf"),
    entry<erfc_function>("erfc"),   entry<sin_function>("sin"),     entry<cos_function>("cos"),
    entry<atan_function>("atan"),
};

}  // namespace

const test::VectorFunction* vector_functions() { return functions; }

}  // namespace pynn::PYNN_LEVEL
