#include "nn/peak.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/levels.hpp"
#include "core/team.hpp"

namespace pynn {

template <class T>
double measure_peak(int threads) {
    constexpr size_t rounds = 1 << 20, repeats = 10;
    const auto loop = kernels_of<T>(active_table()).peak;
    double best = 0;
    for (size_t i = 0; i < repeats; ++i) {
        std::vector<double> done(threads);
        std::vector<T> sinks(threads);
        const auto start = std::chrono::steady_clock::now();
        run_team(threads, [&](Member member) { done[member.index] = loop(rounds, &sinks[member.index]); });
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        double operations = 0;
        for (double d : done) operations += d;
        best = std::max(best, operations / time.count());
    }
    return best;
}

template double measure_peak<float>(int);
template double measure_peak<double>(int);

}  // namespace pynn
