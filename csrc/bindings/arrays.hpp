// NumPy arrays at the boundary: checks that memory safety needs, and views for the engine. No policy: what a user may pass
// is decided in Python.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <vector>

#include "nn/source.hpp"

namespace pynn {

namespace py = pybind11;

inline std::string shape_text(const py::array& array) { return py::str(array.attr("shape")); }

[[noreturn]] inline void throw_array(const std::string& what, const py::array& array, const std::string& expected) {
    throw py::value_error(what + " is " + std::string(py::str(array.dtype())) + shape_text(array) + ", expected " +
                          expected);
}

template <class T>
[[noreturn]] void throw_shape(const std::string& what, const py::array& array, const std::vector<size_t>& shape) {
    std::string expected = std::string(py::str(py::dtype::of<T>())) + "(";
    for (size_t n : shape) expected += std::to_string(n) + ",";
    throw_array(what, array, expected + ") in C order");
}

// C-contiguous data of type T and exactly this shape.
template <class T>
T* data_of(const char* what, const py::array& array, const std::vector<size_t>& shape) {
    bool fits =
        py::isinstance<py::array_t<T, py::array::c_style>>(array) && array.ndim() == static_cast<ssize_t>(shape.size());
    for (size_t i = 0; i < shape.size(); ++i)
        fits = fits && array.shape(static_cast<ssize_t>(i)) == static_cast<ssize_t>(shape[i]);
    if (!fits) throw_shape<T>(what, array, shape);
    return const_cast<T*>(static_cast<const T*>(array.data()));
}
template <class T>
const T* data_or_null(const char* what, const std::optional<py::array>& array, const std::vector<size_t>& shape) {
    return array ? data_of<T>(what, *array, shape) : nullptr;
}

// Any two-dimensional array of a native number type, whatever its strides.
Source source_of(const std::string& what, const py::array& array, size_t rows, size_t columns);

}  // namespace pynn
