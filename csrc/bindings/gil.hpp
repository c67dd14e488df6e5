// Work without Python's lock that the end of the interpreter waits for.
//
// A thread that asks for the lock after the interpreter began to end is ended on the spot, which C++ cannot survive: destructors
// may not throw. So `finish`, which Python calls at exit, stops running trainers and waits until nobody is without the lock.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <optional>

namespace pynn {

namespace py = pybind11;

inline std::atomic<int> without_lock{0};
inline std::atomic<bool> finishing{false};

// In place of py::gil_scoped_release. Once Python is ending, the lock is kept: nobody would wait for its return.
class WithoutLock {
  public:
    WithoutLock() {
        if (finishing.load()) return;
        ++without_lock;
        release_.emplace();
    }
    ~WithoutLock() {
        if (!release_) return;
        release_.reset();
        --without_lock;
    }
    WithoutLock(const WithoutLock&) = delete;
    WithoutLock& operator=(const WithoutLock&) = delete;

  private:
    std::optional<py::gil_scoped_release> release_;
};

void finish();

}  // namespace pynn
