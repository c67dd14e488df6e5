// The functions of simd/math.hpp against long double, in units in the last place, over every exponent and both signs;
// and what they make of zeros, infinities, NaN and subnormal numbers.
#include "vector_maths.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support.hpp"

namespace pynn {

#define PYNN_DECLARE(level)                         \
    namespace level {                               \
    const test::VectorFunction* vector_functions(); \
    }
PYNN_DECLARE(scalar)
#ifdef PYNN_X86
PYNN_DECLARE(avx2)
PYNN_DECLARE(avx512)
#endif
#ifdef PYNN_ARM64
PYNN_DECLARE(neon)
#endif
#undef PYNN_DECLARE

namespace test {
namespace {

const VectorFunction* functions_of(const std::string& level) {
#ifdef PYNN_X86
    if (level == "avx2") return avx2::vector_functions();
    if (level == "avx512") return avx512::vector_functions();
#endif
#ifdef PYNN_ARM64
    if (level == "neon") return neon::vector_functions();
#endif
    return level == "scalar" ? scalar::vector_functions() : nullptr;
}

// What each may be off by, and where in double precision its values are interesting.
struct Expectation {
    const char* name;
    long double (*exact)(long double);
    double bound_f32, bound_f64;
    double low, high;
};
constexpr Expectation expectations[vector_function_count] = {
    {"exp", std::exp, 1.0, 1.0, -746, 710},  {"expm1", std::expm1, 0.51, 1.8, -40, 710},
    {"log", std::log, 0.51, 0.8, 0, 1000},   {"log1p", std::log1p, 0.51, 2.2, -1, 1000},
    {"tanh", std::tanh, 0.51, 2.7, -22, 22}, {"erf", std::erf, 0.51, 1.1, -7, 7},
    {"erfc", std::erfc, 0.51, 4.0, -7, 27},  {"sin", std::sin, 0.51, 0.8, -100, 100},
    {"cos", std::cos, 0.51, 0.8, -100, 100}, {"atan", std::atan, 0.51, 2.0, -10, 10},
};

// A third of the samples are any bits at all, a third in the interesting range, a third in a tenth of it.
template <class T>
std::vector<T> samples(size_t n, const Expectation& f) {
    Numbers numbers(sizeof(T));
    std::vector<T> x(n);
    for (size_t i = 0; i < n; ++i) {
        const uint64_t bits = numbers.bits();
        if (i % 3 == 0)
            std::memcpy(&x[i], &bits, sizeof(T));
        else
            x[i] = static_cast<T>(numbers.uniform(f.low, f.high) * (i % 3 == 1 ? 1 : 0.1));
    }
    const T limits[] = {0,
                        -T(0),
                        std::numeric_limits<T>::infinity(),
                        -std::numeric_limits<T>::infinity(),
                        std::numeric_limits<T>::quiet_NaN(),
                        std::numeric_limits<T>::denorm_min(),
                        -std::numeric_limits<T>::denorm_min(),
                        std::numeric_limits<T>::min(),
                        std::numeric_limits<T>::max(),
                        std::numeric_limits<T>::lowest(),
                        1,
                        -1};
    std::copy(std::begin(limits), std::end(limits), x.begin());
    return x;
}

// |y - exact| in units of the spacing of T there; infinite for a wrong sign of zero, a wrong infinity, or a missing NaN.
template <class T>
double error_of(T y, long double exact) {
    if (std::isnan(exact)) return std::isnan(y) ? 0 : HUGE_VAL;
    const T rounded = static_cast<T>(exact);
    if (y == rounded && (y == 0 || std::isinf(y))) return std::signbit(y) == std::signbit(rounded) ? 0 : HUGE_VAL;
    if (!std::isfinite(y) || !std::isfinite(rounded)) return HUGE_VAL;
    const T next = std::nextafter(std::abs(rounded), std::numeric_limits<T>::infinity());
    return static_cast<double>(std::abs(y - exact) / (static_cast<long double>(next) - std::abs(rounded)));
}

// The samples whose bits are hashed come first, so that machines which afford fewer of them hash the same.
constexpr size_t hashed = 6000, most = LDBL_MANT_DIG > 64 ? hashed : 300'000;

template <class T>
void check_function(const Subject& subject, const Expectation& expected, void (*function)(const T*, T*, size_t),
                    double bound, Report& report) {
    report.at("%s %s<%s>", subject.level, expected.name, type_name<T>());
    const std::vector<T> x = samples<T>(most, expected);
    std::vector<T> y(most);
    function(x.data(), y.data(), most);
    double worst = 0;
    for (size_t i = 0; i < most; ++i) {
        const double error = error_of(y[i], expected.exact(x[i]));
        if (error > worst || error != error) {
            worst = error;
            report.at("%s %s<%s>(%.17g) = %.17g is off by %.3f ULP", subject.level, expected.name, type_name<T>(),
                      static_cast<double>(x[i]), static_cast<double>(y[i]), error);
        }
    }
    report.check(worst <= bound, "more than stated in simd/math.hpp");
    report.digest(y.data(), hashed);
}

}  // namespace

void test_vector_maths(const Subject& subject, Report& report) {
    const VectorFunction* functions = functions_of(subject.level);
    for (int i = 0; i < vector_function_count; ++i) {
        const Expectation& expected = expectations[i];
        report.check(std::strcmp(functions[i].name, expected.name) == 0, "the lists of functions differ");
        check_function<float>(subject, expected, functions[i].f32, expected.bound_f32, report);
        check_function<double>(subject, expected, functions[i].f64, expected.bound_f64, report);
    }
}

}  // namespace test
}  // namespace pynn
