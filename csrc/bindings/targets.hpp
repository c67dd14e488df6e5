// Targets as they come from Python: labels (rows,) int32, or values (rows, n) of any native number type.
#pragma once

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "bindings/arrays.hpp"
#include "nn/loss.hpp"
#include "nn/trainer.hpp"

namespace pynn {

// A wrong label would be read outside the prediction. Checked for the rows that are used, before they are.
inline void check_label(const Loss& loss, const int32_t* labels, size_t row, size_t n) {
    if (!loss.allows_label(labels[row], n))
        throw py::value_error("label " + std::to_string(labels[row]) + " at row " + std::to_string(row) +
                              " is not in [0, " + std::to_string(n) + ")");
}

// Checks shapes.
template <class T>
Targets<T> targets_of(const Loss& loss, const py::array& target, const std::optional<py::array>& weight, size_t rows,
                      size_t n) {
    Targets<T> targets;
    loss.check_outputs(n);
    if (loss.takes_labels()) {
        targets.labels = data_of<int32_t>("target", target, {rows});
    } else {
        targets.values = source_of("target", target, rows, loss.target_columns(n));
    }
    targets.weight = data_or_null<T>("weight", weight, {rows});
    return targets;
}

}  // namespace pynn
