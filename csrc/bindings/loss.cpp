// Losses, and their values and gradients on arrays.
#include "bindings/gil.hpp"
#include "bindings/handles.hpp"
#include "bindings/targets.hpp"
#include "nn/functions.hpp"

namespace pynn {

void bind_loss(py::module_& m) {
    py::class_<Loss>(m, "Loss", "A loss with its parameters; reduction is \"mean\" or \"sum\".")
        .def(py::init<const std::string&, std::vector<double>, const std::string&>(), py::arg("name"),
             py::arg("parameters"), py::arg("reduction"))
        .def(
            "evaluate",
            [](const Loss& loss, const py::array& y, const py::array& target, const std::optional<py::array>& weight) {
                return with_dtype(py::str(y.dtype()), [&](auto type) -> py::tuple {
                    using T = decltype(type);
                    if (y.ndim() != 2) throw_array("y", y, "two dimensions");
                    const auto rows = static_cast<size_t>(y.shape(0)), n = static_cast<size_t>(y.shape(1));
                    const T* prediction = data_of<T>("y", y, {rows, n});
                    if (!loss.info().labels) data_of<T>("target", target, {rows, n});
                    const Targets<T> targets = targets_of<T>(loss, target, weight, rows, n);
                    for (size_t r = 0; r < rows && targets.labels; ++r) check_label(targets.labels, r, n);
                    py::array_t<double> values(static_cast<ssize_t>(rows));
                    py::array_t<T> gradient({y.shape(0), y.shape(1)});
                    double* to_values = values.mutable_data();
                    T* to_gradient = gradient.mutable_data();
                    {
                        const WithoutLock without_lock;
                        evaluate(loss, prediction, rows, n, targets, to_values, to_gradient);
                    }
                    return py::make_tuple(std::move(values), std::move(gradient));
                });
            },
            py::arg("y"), py::arg("target"), py::arg("weight"));
}

}  // namespace pynn
