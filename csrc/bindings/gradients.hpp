// The state of an optimizer's heads as the user sees it: arrays by parameter name, one dict an op.
#pragma once

#include "bindings/arrays.hpp"
#include "bindings/handles.hpp"
#include "nn/optimizer.hpp"

namespace pynn {

// A parameter in an array that has its head's layout; copied to `out`, if there is one.
template <class T>
py::array parameter_in(const Head<T>& head, const T* panels, const ParameterShape& shape,
                       const std::optional<py::array>& out = {}) {
    const py::array values = out ? *out : py::array_t<T>(shape.dimensions);
    head.unpack(panels, shape.name, data_of<T>(shape.name.c_str(), values, shape.dimensions));
    return values;
}

// All of them, as {"weight": (out, in), "bias": (out,)}.
template <class T>
py::dict by_parameter(const Head<T>& head, const T* panels) {
    py::dict arrays;
    for (const ParameterShape& shape : head.parameters())
        arrays[py::str(shape.name)] = parameter_in(head, panels, shape);
    return arrays;
}

// The first state array of each op, {} for ops without parameters.
template <class T>
py::list gradients_of(const Network<T>& network, Optimizer& optimizer, size_t ops) {
    py::list all;
    for (size_t i = 0; i < ops; ++i) all.append(py::dict());
    for (size_t h = 0; h < network.heads().size(); ++h)
        all[network.positions()[h]] = by_parameter(*network.heads()[h], optimizer.state<T>(h)[0].data());
    return all;
}

}  // namespace pynn
