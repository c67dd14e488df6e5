// What this machine offers and what is in use.
#include <pybind11/stl.h>

#include <chrono>
#include <thread>

#include "bindings/gil.hpp"
#include "bindings/handles.hpp"
#include "core/levels.hpp"
#include "core/team.hpp"
#include "nn/peak.hpp"

namespace pynn {

void finish() {
    finishing.store(true);
    const py::gil_scoped_release release;
    while (without_lock.load() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void bind_machine(py::module_& m) {
    py::module_::import("atexit").attr("register")(py::cpp_function(finish));
    const py::module_ os = py::module_::import("os");
    if (py::hasattr(os, "register_at_fork"))  // the threads that were without the lock are not in the child
        os.attr("register_at_fork")(py::arg("after_in_child") = py::cpp_function([] { without_lock.store(0); }));
    m.def("levels", supported_levels);
    m.def("level", active_level);
    m.def("set_level", set_level, py::arg("name"));
    m.def("has_openmp", has_openmp);
    m.def("default_threads", default_threads);
    m.def("forked", forked_after_threads);
    m.def(
        "measure_peak",
        [](const std::string& dtype, int threads) {
            if (threads < 1) throw py::value_error("threads must be at least 1, but is " + std::to_string(threads));
            const WithoutLock without_lock;
            return with_dtype(dtype, [&](auto type) { return measure_peak<decltype(type)>(threads); });
        },
        py::arg("dtype"), py::arg("threads"));
    m.def(
        "measure_copy",
        [](int64_t bytes, int threads) {
            if (threads < 1) throw py::value_error("threads must be at least 1, but is " + std::to_string(threads));
            if (bytes < 1) throw py::value_error("bytes must be at least 1, but is " + std::to_string(bytes));
            const WithoutLock without_lock;
            return measure_copy(static_cast<size_t>(bytes), threads);
        },
        py::arg("bytes"), py::arg("threads"));
    m.def("compiler", [] { return std::string(__VERSION__); });
}

}  // namespace pynn
