// The team of threads: the one place that knows OpenMP.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace pynn {

bool has_openmp();

// Threads to use unless told otherwise: the least of OpenMP's numbers (OMP_NUM_THREADS, threadpoolctl, OMP_THREAD_LIMIT), the
// processors this process may run on, and the control group's CPU quota. 1 in a forked child whose parent ran a team: OpenMP's
// threads do not survive a fork, and asking for them would hang.
int default_threads();
bool forked_after_threads();

// Threads that a call may use, where the system gives them; asked = 0: default_threads().
int most_threads(int asked);
// Threads of them for some work of which each should have `worth` at least.
int team_size(int asked, double work, double worth);

// Lets all `members` of a team pass once all have arrived. Spins first, because phases are microseconds apart, then parks:
// with more threads than processors, spinning would keep the late ones from running.
class Barrier {
  public:
    void wait(int members);
    // How often it has let the team pass.
    unsigned passed() const { return generation_.load(); }
    // Seconds that members were parked, all of them together.
    double parked_seconds() const { return 1e-9 * static_cast<double>(parked_nanoseconds_.load()); }

  private:
    bool spin(unsigned generation) const;
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> generation_{0};
    alignas(64) std::atomic<int> parked_{0};
    std::atomic<int64_t> parked_nanoseconds_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
};

struct Member {
    int index, count;
    // This member's part [begin, end) of `total` items.
    size_t begin(size_t total) const { return total * index / count; }
    size_t end(size_t total) const { return total * (index + 1) / count; }
};

// Runs body(member) on up to `threads` threads (the caller is member 0) and returns when all are done. Inside, subnormal
// numbers are flushed to zero: gradients of nearly dead units would otherwise slow every product by an order of magnitude.
// The caller's floating-point state is as before afterwards. body must not throw.
void run_team(int threads, const std::function<void(Member)>& body);
// The same without flushing, for functions on the user's arrays.
void run_team_exact(int threads, const std::function<void(Member)>& body);
// Runs body() inside a team as if outside: with subnormals. It may throw.
void run_exactly(const std::function<void()>& body);

}  // namespace pynn
