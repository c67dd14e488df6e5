// Losses, and their values and gradients on arrays.
#include "bindings/gil.hpp"
#include "bindings/handles.hpp"
#include "bindings/python_loss.hpp"
#include "bindings/targets.hpp"
#include "nn/functions.hpp"

namespace pynn {
namespace {

template <class T>
py::tuple evaluated(const Loss& loss, const py::array& y, const py::array& target,
                    const std::optional<py::array>& weight, const std::optional<py::array>& gradient, int threads) {
    if (y.ndim() != 2) throw_array("y", y, "two dimensions");
    const auto rows = static_cast<size_t>(y.shape(0)), n = static_cast<size_t>(y.shape(1));
    const T* prediction = data_of<T>("y", y, {rows, n});
    const Targets<T> targets = targets_of<T>(loss, target, weight, rows, n);
    if (!targets.labels) data_of<T>("target", target, {rows, loss.target_columns(n)});
    for (size_t r = 0; r < rows && targets.labels; ++r) check_label(loss, targets.labels, r, n);
    T* to_gradient = const_cast<T*>(data_or_null<T>("gradient", gradient, {rows, n}));
    py::array_t<double> values(static_cast<ssize_t>(rows));
    double* to_values = values.mutable_data();
    double divisor = 0;
    {
        const WithoutLock without_lock;
        evaluate(loss, prediction, rows, n, targets, to_values, to_gradient, threads);
        divisor = loss.divisor(rows, n, targets.labels, nullptr);
    }
    return py::make_tuple(std::move(values), divisor);
}

}  // namespace

void bind_loss(py::module_& m) {
    py::class_<Classes>(m, "Classes", "What becomes of targets before a loss: weight (keep d + smooth / columns).")
        .def(py::init([](bool labels, double keep, double smooth, std::vector<double> weight,
                         std::optional<int32_t> ignored) {
                 return Classes{labels, keep, smooth, std::move(weight), ignored};
             }),
             py::arg("labels"), py::arg("keep"), py::arg("smooth"), py::arg("weight"), py::arg("ignored"));
    py::class_<Loss>(m, "Loss", "A loss with its parameters; reduction is \"mean\", \"batchmean\" or \"sum\".")
        .def(py::init<const std::string&, std::vector<double>, const std::string&, std::vector<double>,
                      std::optional<Classes>>(),
             py::arg("name"), py::arg("parameters"), py::arg("reduction"), py::arg("columns") = std::vector<double>(),
             py::arg("classes") = py::none())
        .def_property_readonly("takes_labels", &Loss::takes_labels)
        .def("target_columns", &Loss::target_columns, py::arg("outputs"))
        .def(
            "divisor",
            [](const Loss& loss, size_t rows, size_t n, const std::optional<py::array>& labels) {
                loss.check_outputs(n);
                const int32_t* data = data_or_null<int32_t>("labels", labels, {rows});
                for (size_t r = 0; r < rows && data; ++r) check_label(loss, data, r, n);
                return loss.divisor(rows, n, data, nullptr);
            },
            py::arg("rows"), py::arg("outputs"), py::arg("labels"))
        .def(
            "evaluate",
            [](const Loss& loss, const py::array& y, const py::array& target, const std::optional<py::array>& weight,
               const std::optional<py::array>& gradient, int threads) {
                return with_dtype(py::str(y.dtype()), [&](auto type) {
                    return evaluated<decltype(type)>(loss, y, target, weight, gradient, threads);
                });
            },
            py::arg("y"), py::arg("target"), py::arg("weight"), py::arg("gradient"), py::arg("threads"),
            "Values (rows,) of weighted rows and what they are to be divided by; gradient: where to put it, or None.");
    m.def(
        "python_loss",
        [](const py::object& loss, bool labels, const std::string& reduction) {
            return Loss(std::make_shared<PythonLoss>(loss), labels, reduction);
        },
        py::arg("loss"), py::arg("labels"), py::arg("reduction"));
}

}  // namespace pynn
