// What a member of a team threw, kept for the team's caller: the body of a team must not throw, and the others wait for its members.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <utility>

namespace pynn {

class Failure {
  public:
    explicit operator bool() const { return failed_.load(std::memory_order_relaxed); }
    // Calls body(), unless something failed before.
    template <class Body>
    void guard(const Body& body) {
        if (*this) return;
        try {
            body();
        } catch (...) {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!error_) error_ = std::current_exception();
            failed_.store(true, std::memory_order_relaxed);
        }
    }
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::exception_ptr error_;
};

}  // namespace pynn
