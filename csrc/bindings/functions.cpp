// Activations and row functions on arrays.
#include <pybind11/stl.h>

#include "bindings/arrays.hpp"
#include "bindings/gil.hpp"
#include "bindings/handles.hpp"
#include "nn/functions.hpp"

namespace pynn {
namespace {

std::vector<size_t> shape_of(const py::array& array) { return {array.shape(), array.shape() + array.ndim()}; }

std::vector<size_t> matrix_shape(const std::string& what, const py::array& array) {
    if (array.ndim() != 2) throw_array(what, array, "two dimensions");
    return shape_of(array);
}

}  // namespace

void bind_functions(py::module_& m) {
    m.def(
        "apply",
        [](const std::string& name, bool derivative, const py::array& u, const std::vector<double>& parameters,
           py::array out, int threads) {
            with_dtype(py::str(u.dtype()), [&](auto type) {
                using T = decltype(type);
                const T* from = data_of<T>("u", u, shape_of(u));
                T* to = data_of<T>("out", out, shape_of(u));
                const auto n = static_cast<size_t>(u.size());
                const WithoutLock without_lock;  // both arrays are held by the caller's references
                apply(name, derivative, from, n, parameters, to, threads);
            });
        },
        py::arg("name"), py::arg("derivative"), py::arg("u"), py::arg("parameters"), py::arg("out"),
        py::arg("threads"));
    m.def(
        "apply_rows",
        [](const std::string& name, const py::array& u, py::array out, int threads) {
            with_dtype(py::str(u.dtype()), [&](auto type) {
                using T = decltype(type);
                const auto shape = matrix_shape("u", u);
                const T* from = data_of<T>("u", u, shape);
                T* to = data_of<T>("out", out, {shape[0], row_function_outputs(name, shape[1])});
                const WithoutLock without_lock;
                apply_rows(name, from, shape[0], shape[1], to, threads);
            });
        },
        py::arg("name"), py::arg("u"), py::arg("out"), py::arg("threads"));
    m.def(
        "apply_rows_backward",
        [](const std::string& name, const py::array& u, const py::array& g, py::array out, int threads) {
            with_dtype(py::str(u.dtype()), [&](auto type) {
                using T = decltype(type);
                const auto shape = matrix_shape("u", u);
                const std::vector<size_t> outputs{shape[0], row_function_outputs(name, shape[1])};
                const T *input = data_of<T>("u", u, shape), *gradient = data_of<T>("g", g, outputs);
                T* to = data_of<T>("out", out, shape);
                const WithoutLock without_lock;
                apply_rows_backward(name, input, gradient, shape[0], shape[1], to, threads);
            });
        },
        py::arg("name"), py::arg("u"), py::arg("g"), py::arg("out"), py::arg("threads"));
}

}  // namespace pynn
