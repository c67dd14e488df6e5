// The state of an optimizer's heads as the user sees it: arrays by parameter name, one dict an op.
#pragma once

#include <pybind11/numpy.h>

#include "bindings/handles.hpp"
#include "nn/optimizer.hpp"

namespace pynn {

// One array in a head's parameter layout, as {"weight": (out, in), "bias": (out,)}.
template <class T>
py::dict by_parameter(Head<T>& head, const T* panels) {
    py::dict arrays;
    for (const ParameterShape& shape : head.parameters()) {
        py::array_t<T> values(shape.dimensions);
        head.unpack(panels, shape.name, values.mutable_data());
        arrays[py::str(shape.name)] = values;
    }
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
