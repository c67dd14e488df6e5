#include "nn/peak.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "core/levels.hpp"
#include "core/memory.hpp"
#include "core/team.hpp"

namespace pynn {

namespace {

constexpr int repeats = 10;

// The highest rate at which a team did what body(member) returns.
template <class Body>
double best_rate(int threads, const Body& body) {
    double best = 0;
    for (int i = 0; i < repeats; ++i) {
        std::vector<double> done(threads);
        const auto start = std::chrono::steady_clock::now();
        run_team(threads, [&](Member member) { done[member.index] = body(member); });
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        double sum = 0;
        for (const double d : done) sum += d;
        best = std::max(best, sum / time.count());
    }
    return best;
}

}  // namespace

template <class T>
double measure_peak(int threads) {
    constexpr size_t rounds = 1 << 20;
    const auto loop = kernels_of<T>(active_table()).peak;
    std::vector<T> sinks(threads);
    return best_rate(threads, [&](Member member) { return loop(rounds, &sinks[member.index]); });
}

double measure_copy(size_t bytes, int threads) {
    const size_t part = std::max<size_t>(64, bytes / threads / 2);
    const size_t rounds = std::max<size_t>(2, 100'000'000 / part);
    std::vector<Buffer<char>> from(threads), to(threads);
    for (int t = 0; t < threads; ++t) {
        from[t] = Buffer<char>(part);
        to[t] = Buffer<char>(part);
    }
    return best_rate(threads, [&](Member member) {
        for (size_t i = 0; i < rounds; ++i) {
            std::memcpy(to[member.index].data(), from[member.index].data(), part);
            asm volatile("" : : "r"(to[member.index].data()) : "memory");  // each copy counts
        }
        return 2.0 * static_cast<double>(part) * static_cast<double>(rounds);
    });
}

template double measure_peak<float>(int);
template double measure_peak<double>(int);

}  // namespace pynn
