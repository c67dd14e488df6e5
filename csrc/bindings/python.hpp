// Calls from the engine into Python: parts of a network that are written there.
#pragma once

#include <pybind11/numpy.h>

#include <stdexcept>

#include "bindings/gil.hpp"
#include "core/team.hpp"

namespace pynn {

namespace py = pybind11;

// Calls body() with Python's lock, and with subnormals, as Python code expects. What it throws comes out.
//
// A thread that runs Python code when the interpreter ends is ended there, which the C++ that called the code does not survive. So
// the end waits for body() as for those without the lock, and afterwards there are no more calls.
template <class Body>
void in_python(const Body& body) {
    struct Inside {
        Inside() { ++without_lock; }
        ~Inside() { --without_lock; }
    };
    const Inside inside;
    if (finishing.load())
        throw std::runtime_error("Python is ending: it runs no layers, losses and optimizers any more");
    run_exactly([&] {
        const py::gil_scoped_acquire acquire;
        body();
    });
}

// An object that holds its native side, and so must not be held by it: no collector of garbage sees such a circle.
class WeakObject {
  public:
    explicit WeakObject(const py::object& object) : reference_(object) {}
    ~WeakObject() {
        const py::gil_scoped_acquire acquire;
        reference_ = py::weakref();
    }
    WeakObject(const WeakObject&) = delete;
    WeakObject& operator=(const WeakObject&) = delete;

    py::object operator()() const {
        py::object object = reference_();
        if (object.is_none())
            throw std::runtime_error("a layer, loss or optimizer written in Python was deleted in use");
        return object;
    }

  private:
    py::weakref reference_;
};

}  // namespace pynn
