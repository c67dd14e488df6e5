// Every one of the 2^32 floats through every elementwise function and derivative, on every level that this machine can run:
//
//   cmake --preset dev && cmake --build --preset dev --target pynncore_ulp
//   build/dev/pynncore_ulp [function ...] > errors.tsv;  python tools/ulp.py errors.tsv > docs/accuracy.md
//
// The reference are the float64 kernels, which tests/test_accuracy.py holds to 4 ULP of mpmath: less than 10^-8 of a float32
// ULP. Prints for each function and each derivative: name, the greatest error in ULP and the input that has it, how many NaN went
// wrong (where only one of kernel and reference has a NaN), and the levels whose bits differ anywhere from the
// first's. The rules for subnormal results, overflow and zero crossings are those of tests/accuracy.py. The scalar level, which
// is slow, sees every 61st block of inputs.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/levels.hpp"
#include "core/team.hpp"
#include "nn/catalogue.hpp"

namespace pynn {
namespace {

constexpr size_t block = 4096;
constexpr uint64_t blocks = (uint64_t{1} << 32) / block;
constexpr double tail = 8;  // beyond, nothing is allowed to a function that vanishes at -infinity

struct Found {
    double ulp = 0;
    float at = 0;
    uint64_t wrong_nans = 0;
    std::vector<uint64_t> different;  // by level
};

// The distance of floats at x.
double ulp(double x) {
    int exponent = 0;
    std::frexp(x, &exponent);
    return std::ldexp(1.0, (exponent - 1 < -126 ? -126 : exponent - 1) - 23);
}

void compare(const float* u, const float* computed, const double* expected, double allowed, bool vanishes,
             Found& found) {
    for (size_t i = 0; i < block; ++i) {
        const double e = expected[i], size = std::fabs(e), error = std::fabs(computed[i] - e);
        if (std::isnan(u[i]) || std::isnan(e) || std::isnan(computed[i])) {
            found.wrong_nans += !(std::isnan(e) && std::isnan(computed[i]));
            continue;
        }
        if (size > 3.4028234663852886e38 && computed[i] * (e > 0 ? 1 : -1) >= 3.4028234663852886e38) continue;
        double ignored = vanishes && std::fabs(u[i]) > tail ? 0 : allowed;
        if (size < 1.1754943508222875e-38 && ignored < 1.1754943508222875e-38) ignored = 1.1754943508222875e-38;
        if (error <= ignored || error <= found.ulp * size * 0x1p-24) continue;  // ulp(e) is at least that
        const double in_ulp = error / ulp(e);
        if (in_ulp > found.ulp) found.ulp = in_ulp, found.at = u[i];
    }
}

Found measure(int index, bool derivative, const std::vector<const Table*>& tables) {
    const defs::ActivationInfo& info = *activation_catalogue()[index];
    std::vector<float> p;
    for (const defs::Parameter& parameter : parameters_of(info))
        p.push_back(static_cast<float>(parameter.default_value));
    const std::vector<double> p64(p.begin(), p.end());
    const auto span = [&](const auto& kernels) {
        return derivative ? kernels.activations[index].derivative : kernels.activations[index].forward;
    };
    const auto reference = span(tables[0]->f64);
    const double far[1] = {-100};
    double there = 1;
    reference(far, &there, 1, p64.data());
    const bool vanishes = std::fabs(there) < 1e-30;
    const double allowed = derivative ? info.abs_df : info.abs_f;

    std::vector<Found> all(static_cast<size_t>(default_threads()));
    for (Found& found : all) found.different.resize(tables.size());
    run_team_exact(default_threads(), [&](Member member) {
        Found& found = all[member.index];
        std::vector<float> u(block), first(block), other(block);
        std::vector<double> u64(block), expected(block);
        for (uint64_t b = member.index; b < blocks; b += member.count) {
            for (size_t i = 0; i < block; ++i) {
                const auto bits = static_cast<uint32_t>(b * block + i);
                std::memcpy(&u[i], &bits, sizeof bits);
                u64[i] = u[i];
            }
            reference(u64.data(), expected.data(), block, p64.data());
            span(tables[0]->f32)(u.data(), first.data(), block, p.data());
            compare(u.data(), first.data(), expected.data(), allowed, vanishes, found);
            for (size_t level = 1; level < tables.size(); ++level) {
                if (level + 1 == tables.size() && b % 61 != 0) continue;
                span(tables[level]->f32)(u.data(), other.data(), block, p.data());
                for (size_t i = 0; i < block; ++i) {
                    const bool both_nan = std::isnan(first[i]) && std::isnan(other[i]);
                    found.different[level] += !both_nan && std::memcmp(&first[i], &other[i], sizeof(float)) != 0;
                }
            }
        }
    });
    Found worst = all[0];
    for (size_t m = 1; m < all.size(); ++m) {
        if (all[m].ulp > worst.ulp) worst.ulp = all[m].ulp, worst.at = all[m].at;
        worst.wrong_nans += all[m].wrong_nans;
        for (size_t level = 0; level < tables.size(); ++level) worst.different[level] += all[m].different[level];
    }
    return worst;
}

}  // namespace
}  // namespace pynn

int main(int argc, char** argv) {
    using namespace pynn;
    std::vector<const Table*> tables;
    std::vector<std::string> names = supported_levels();
    for (const std::string& name : names) {
        set_level(name);
        tables.push_back(&active_table());
    }
    for (int index = 0; index < static_cast<int>(activation_catalogue().size()); ++index) {
        const defs::ActivationInfo& info = *activation_catalogue()[index];
        bool wanted = argc == 1;
        for (int i = 1; i < argc; ++i) wanted = wanted || info.function == std::string(argv[i]);
        for (const bool derivative : {false, true}) {
            if (!wanted) continue;
            const Found found = measure(index, derivative, tables);
            std::string different;
            for (size_t level = 1; level < tables.size(); ++level)
                if (found.different[level] > 0) different += names[level] + " ";
            std::printf("%s%s\t%.4f\t%.9g\t%llu\t%s\n", derivative ? "d_" : "", info.function, found.ulp, found.at,
                        static_cast<unsigned long long>(found.wrong_nans), different.c_str());
            std::fflush(stdout);
        }
    }
    return 0;
}
