#include "core/team.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif
#if defined(_OPENMP) && !defined(_WIN32)
#define PYNN_FORKS
#include <pthread.h>
#endif

#include "core/processors.hpp"

namespace pynn {
namespace {

std::atomic<bool> team_ran{false};
std::atomic<bool> forked{false};

#ifdef PYNN_FORKS
void after_fork_in_child() {
    if (team_ran.load()) forked.store(true);
}
#endif

[[maybe_unused]] void watch_forks() {
#ifdef PYNN_FORKS
    [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, after_fork_in_child);
#endif
}

void relax() {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Subnormals as zero, in operands and results, or not, while alive.
class Subnormals {
  public:
    enum Mode { flushed, kept };
#if defined(__x86_64__) || defined(_M_X64)
    explicit Subnormals(Mode mode) : saved_(_mm_getcsr()) {
        _mm_setcsr(mode == flushed ? saved_ | bits : saved_ & ~bits);
    }
    ~Subnormals() { _mm_setcsr(saved_); }

  private:
    static constexpr unsigned bits = 0x8040;
    unsigned saved_;
#elif defined(__aarch64__)
    explicit Subnormals(Mode mode) {
        asm volatile("mrs %0, fpcr" : "=r"(saved_));
        asm volatile("msr fpcr, %0" : : "r"(mode == flushed ? saved_ | bit : saved_ & ~bit));
    }
    ~Subnormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }

  private:
    static constexpr uint64_t bit = uint64_t{1} << 24;
    uint64_t saved_;
#else
    explicit Subnormals(Mode) {}
#endif
};

}  // namespace

bool has_openmp() {
#ifdef _OPENMP
    return true;
#else
    return false;
#endif
}

bool forked_after_threads() { return forked.load(); }

int default_threads() {
#ifdef _OPENMP
    watch_forks();
    if (forked_after_threads()) return 1;
    return std::max(1, std::min({omp_get_max_threads(), omp_get_thread_limit(), usable_processors()}));
#else
    return 1;
#endif
}

int most_threads(int asked) {
#ifdef _OPENMP
    return asked > 0 && !forked_after_threads() ? std::min(asked, omp_get_thread_limit()) : default_threads();
#else
    (void)asked;
    return 1;
#endif
}

int team_size(int asked, double work, double worth) {
    return std::max(1, static_cast<int>(std::min<double>(most_threads(asked), work / worth)));
}

bool Barrier::spin(unsigned generation) const {
    // About 30 microseconds of pauses: several times a usual wait, far below a scheduler's time slice.
    for (int i = 0; i < 1500; ++i) {
        if (generation_.load(std::memory_order_acquire) != generation) return true;
        relax();
    }
    return false;
}

void Barrier::wait(int members) {
    if (members == 1) return;
    const unsigned generation = generation_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == members - 1) {
        arrived_.store(0, std::memory_order_relaxed);
        // Sequentially consistent, as the count of the parked: one of the two sides sees the other.
        generation_.store(generation + 1);
        if (parked_.load() > 0) {
            std::lock_guard<std::mutex> lock(mutex_);
            wake_.notify_all();
        }
        return;
    }
    if (spin(generation)) return;
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    parked_.fetch_add(1);
    wake_.wait(lock, [&] { return generation_.load() != generation; });
    parked_.fetch_sub(1);
    parked_nanoseconds_.fetch_add(std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
}

void run_team_exact(int threads, const std::function<void(Member)>& body) {
#ifdef _OPENMP
    if (threads > 1 && !forked_after_threads()) {
        watch_forks();
        team_ran.store(true);
#pragma omp parallel num_threads(threads)
        body(Member{omp_get_thread_num(), omp_get_num_threads()});
        return;
    }
#else
    (void)threads;
#endif
    body(Member{0, 1});
}

void run_team(int threads, const std::function<void(Member)>& body) {
    run_team_exact(threads, [&](Member member) {
        const Subnormals flush(Subnormals::flushed);
        body(member);
    });
}

void run_exactly(const std::function<void()>& body) {
    const Subnormals keep(Subnormals::kept);
    body();
}

}  // namespace pynn
