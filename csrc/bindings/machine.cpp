// What this machine offers and what is in use.
#include <pybind11/stl.h>

#include "bindings/handles.hpp"
#include "core/levels.hpp"
#include "core/team.hpp"
#include "nn/peak.hpp"

namespace pynn {

void bind_machine(py::module_& m) {
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
            const py::gil_scoped_release release;
            return with_dtype(dtype, [&](auto type) { return measure_peak<decltype(type)>(threads); });
        },
        py::arg("dtype"), py::arg("threads"));
    m.def(
        "measure_copy",
        [](int64_t bytes, int threads) {
            if (threads < 1) throw py::value_error("threads must be at least 1, but is " + std::to_string(threads));
            if (bytes < 1) throw py::value_error("bytes must be at least 1, but is " + std::to_string(bytes));
            const py::gil_scoped_release release;
            return measure_copy(static_cast<size_t>(bytes), threads);
        },
        py::arg("bytes"), py::arg("threads"));
    m.def("compiler", [] { return std::string(__VERSION__); });
}

}  // namespace pynn
