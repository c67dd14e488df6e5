// Optimizers and their state.
#include <pybind11/stl.h>

#include "bindings/arrays.hpp"
#include "bindings/gradients.hpp"
#include "bindings/handles.hpp"
#include "bindings/python_rule.hpp"

namespace pynn {
namespace {

// "<op>.<parameter>.<slot>" for every state array.
template <class T, class Visit>
void for_each_array(const Network<T>& network, Optimizer& optimizer, const Visit& visit) {
    const std::vector<std::string> slots = optimizer.slot_names();
    for (size_t h = 0; h < network.heads().size(); ++h)
        for (size_t s = 0; s < slots.size(); ++s)
            for (const ParameterShape& shape : network.heads()[h]->parameters())
                visit(std::to_string(network.positions()[h]) + "." + shape.name + "." + slots[s], shape,
                      *network.heads()[h], optimizer.state<T>(h)[s].data());
}

// Arrays of `out` are used again.
template <class T>
py::dict state(const Network<T>& network, Optimizer& optimizer, const py::dict& out) {
    py::dict all;
    if (!optimizer.holds(network)) return all;
    for_each_array(
        network, optimizer, [&](const std::string& name, const ParameterShape& shape, Head<T>& head, const T* data) {
            const py::str key(name);
            const bool known = out.contains(key);
            all[key] =
                parameter_in(head, data, shape, known ? std::optional(out[key].cast<py::array>()) : std::nullopt);
        });
    return all;
}

// All of `values` is checked before anything changes.
template <class T>
void set_state(const Network<T>& network, Optimizer& optimizer, const py::dict& values) {
    std::vector<py::array> arrays;  // in the order of for_each_array
    for (size_t h = 0; h < network.heads().size(); ++h)
        for (const std::string& slot : optimizer.slot_names())
            for (const ParameterShape& shape : network.heads()[h]->parameters()) {
                const std::string name = std::to_string(network.positions()[h]) + "." + shape.name + "." + slot;
                if (!values.contains(name)) throw py::key_error("the optimizer's state lacks '" + name + "'");
                arrays.push_back(values[py::str(name)].cast<py::array>());
                data_of<T>(name.c_str(), arrays.back(), shape.dimensions);
            }
    if (arrays.size() != values.size())
        throw py::value_error("the state has " + std::to_string(values.size()) + " arrays, but " +
                              std::to_string(arrays.size()) + " were expected");
    optimizer.bind(network);
    size_t next = 0;
    for_each_array(network, optimizer, [&](const std::string&, const ParameterShape& shape, Head<T>& head, T* data) {
        head.pack(static_cast<const T*>(arrays[next++].data()), shape.name, data);
    });
}

}  // namespace

void bind_optimizer(py::module_& m) {
    py::class_<Optimizer, std::shared_ptr<Optimizer>>(m, "Optimizer",
                                                      "An optimizer's configuration, step count and state arrays.")
        .def(py::init<const std::string&, std::vector<double>>(), py::arg("name"), py::arg("parameters"))
        .def_readwrite("steps", &Optimizer::steps)
        .def("reset", &Optimizer::reset)
        .def(
            "set_options",
            [](Optimizer& optimizer, double l1, double clip_value, double clip_norm, double max_norm, double average,
               size_t accumulate) {
                if (accumulate == 0) throw py::value_error("accumulate must be at least 1");
                optimizer.options = {l1, clip_value, clip_norm, max_norm, average, accumulate};
            },
            py::arg("l1"), py::arg("clip_value"), py::arg("clip_norm"), py::arg("max_norm"), py::arg("average"),
            py::arg("accumulate"))
        .def(
            "set_rule",
            [](Optimizer& optimizer, const py::object& rule) { optimizer.rule = std::make_shared<PythonRule>(rule); },
            py::arg("optimizer"))
        .def(
            "set_groups",
            [](Optimizer& optimizer, const NetworkHandle& h, const std::vector<std::vector<double>>& configurations,
               const std::vector<std::vector<int>>& group_of) {
                std::visit([&](auto& network) { optimizer.set_groups(*network, configurations, group_of); }, h.network);
            },
            py::arg("network"), py::arg("configurations"), py::arg("group_of"))
        .def("get", &Optimizer::get, py::arg("parameter"))
        .def("set", &Optimizer::set, py::arg("parameter"), py::arg("value"))
        .def(
            "state",
            [](Optimizer& optimizer, const NetworkHandle& h, const py::dict& out) {
                return std::visit([&](auto& network) { return state(*network, optimizer, out); }, h.network);
            },
            py::arg("network"), py::arg("out") = py::dict())
        .def(
            "set_state",
            [](Optimizer& optimizer, const NetworkHandle& h, const py::dict& values) {
                std::visit([&](auto& network) { set_state(*network, optimizer, values); }, h.network);
            },
            py::arg("network"), py::arg("state"));
}

}  // namespace pynn
