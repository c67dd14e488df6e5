// The definitions as Python objects.
#include <pybind11/stl.h>

#include <sstream>

#include "bindings/handles.hpp"
#include "nn/catalogue.hpp"

namespace pynn {
namespace {

std::vector<std::string> choices(const defs::Parameter& parameter) {
    std::vector<std::string> all;
    if (parameter.choices == nullptr) return all;
    std::istringstream text(parameter.choices);
    for (std::string choice; std::getline(text, choice, '|');) all.push_back(choice);
    return all;
}

template <class Info>
auto with_parameters(py::class_<Info> type) {
    return type.def_property_readonly("parameters", [](const Info& info) { return parameters_of(info); });
}

}  // namespace

void bind_catalogue(py::module_& m) {
    py::class_<defs::Parameter>(m, "Parameter")
        .def_readonly("name", &defs::Parameter::name)
        .def_readonly("default", &defs::Parameter::default_value)
        .def_readonly("low", &defs::Parameter::low)
        .def_readonly("high", &defs::Parameter::high)
        .def_property_readonly("choices", choices)
        .def_readonly("meaning", &defs::Parameter::meaning);

    using Activation = defs::ActivationInfo;
    with_parameters(py::class_<Activation>(m, "ActivationInfo"))
        .def_readonly("name", &Activation::name)
        .def_readonly("function", &Activation::function)
        .def_readonly("formula", &Activation::formula)
        .def_readonly("derivative", &Activation::derivative)
        .def_readonly("gain", &Activation::gain)
        .def_readonly("ulp_f", &Activation::ulp_f)
        .def_readonly("ulp_df", &Activation::ulp_df)
        .def_readonly("abs_f", &Activation::abs_f)
        .def_readonly("abs_df", &Activation::abs_df)
        .def_readonly("df_from_output", &Activation::df_from_output)
        .def_readonly("onnx", &Activation::onnx)
        .def_readonly("source", &Activation::source);

    using RandomUnit = defs::RandomUnitInfo;
    with_parameters(py::class_<RandomUnit>(m, "RandomUnitInfo"))
        .def_readonly("name", &RandomUnit::name)
        .def_readonly("training", &RandomUnit::training)
        .def_readonly("evaluation", &RandomUnit::evaluation)
        .def_readonly("gain", &RandomUnit::gain)
        .def_readonly("source", &RandomUnit::source);

    using RowFunction = defs::RowFunctionInfo;
    py::class_<RowFunction>(m, "RowFunctionInfo")
        .def_readonly("name", &RowFunction::name)
        .def_readonly("function", &RowFunction::function)
        .def_readonly("formula", &RowFunction::formula)
        .def_readonly("derivative", &RowFunction::derivative)
        .def_readonly("onnx", &RowFunction::onnx)
        .def(
            "outputs", [](const RowFunction& info, size_t n) { return info.outputs(n); }, py::arg("n"))
        .def_readonly("source", &RowFunction::source);

    using Loss = defs::LossInfo;
    with_parameters(py::class_<Loss>(m, "LossInfo"))
        .def_readonly("name", &Loss::name)
        .def_readonly("function", &Loss::function)
        .def_readonly("formula", &Loss::formula)
        .def_readonly("gradient", &Loss::gradient)
        .def_readonly("labels", &Loss::labels)
        .def_readonly("per_element", &Loss::per_element)
        .def_property_readonly(
            "column", [](const Loss& info) { return info.column.name ? std::optional(info.column) : std::nullopt; })
        .def_readonly("source", &Loss::source);

    using Optimizer = OptimizerEntry;
    py::class_<Optimizer>(m, "OptimizerInfo")
        .def_property_readonly("name", [](const Optimizer& entry) { return entry.info->name; })
        .def_property_readonly("formula", [](const Optimizer& entry) { return entry.info->formula; })
        .def_property_readonly("parameters", [](const Optimizer& entry) { return parameters_of(*entry.info); })
        .def_property_readonly("slots",
                               [](const Optimizer& entry) {
                                   return std::vector<std::string>(entry.info->slots, entry.info->slots + entry.slots);
                               })
        .def_property_readonly("source", [](const Optimizer& entry) { return entry.info->source; });

    constexpr auto borrowed = py::return_value_policy::reference;
    m.def("activations", [] { return activation_catalogue(); }, borrowed);
    m.def("learned_activations", [] { return learned_catalogue(); }, borrowed);
    m.def("random_units", [] { return random_unit_catalogue(); }, borrowed);
    m.def("row_functions", [] { return row_function_catalogue(); }, borrowed);
    m.def("losses", [] { return loss_catalogue(); }, borrowed);
    m.def("optimizers", [] { return optimizer_catalogue(); });
}

}  // namespace pynn
