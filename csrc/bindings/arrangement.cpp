// How teams would share a network's passes, for tools that look at it.
#include <pybind11/stl.h>

#include "bindings/handles.hpp"
#include "core/panels.hpp"
#include "nn/arrangement.hpp"

namespace pynn {
namespace {

std::vector<LayerSize> layers_of(const std::vector<size_t>& widths) {
    std::vector<LayerSize> layers;
    for (size_t i = 0; i + 1 < widths.size(); ++i) layers.push_back({widths[i], widths[i + 1], panel_width<float>});
    return layers;
}

PlanFor purpose(bool training) { return training ? PlanFor::training : PlanFor::inference; }

}  // namespace

void bind_arrangement(py::module_& m) {
    m.def(
        "arrange",
        [](const std::vector<size_t>& widths, size_t rows, int most, bool training) {
            if (most < 1) throw py::value_error("most must be at least 1, but is " + std::to_string(most));
            const Arrangement best =
                arrange_at_most(layers_of(widths), rows, most, purpose(training), {true, training});
            return py::make_tuple(best.members, best.group, best.first_divided);
        },
        py::arg("widths"), py::arg("rows"), py::arg("most"), py::arg("training"));
    m.def(
        "expected_cost",
        [](const std::vector<size_t>& widths, size_t rows, int members, int group, bool training, bool first_divided) {
            if (members < 1) throw py::value_error("members must be at least 1, but is " + std::to_string(members));
            if (group < 1 || members % group != 0)
                throw py::value_error("group must divide the " + std::to_string(members) + " members, but is " +
                                      std::to_string(group));
            if (first_divided && group > 1)
                throw py::value_error("group must be 1 where the first layer is divided, but is " +
                                      std::to_string(group));
            const Cost cost = cost_of(layers_of(widths), rows, {members, group, first_divided}, purpose(training));
            return py::dict(py::arg("multiply_adds") = cost.multiply_adds, py::arg("bytes") = cost.bytes,
                            py::arg("far_bytes") = cost.far_bytes, py::arg("taken_bytes") = cost.taken_bytes,
                            py::arg("barriers") = cost.barriers, py::arg("seconds") = cost.seconds);
        },
        py::arg("widths"), py::arg("rows"), py::arg("members"), py::arg("group"), py::arg("training"),
        py::arg("first_divided") = false);
}

}  // namespace pynn
