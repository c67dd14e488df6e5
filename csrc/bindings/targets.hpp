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

// Checks shapes, and that every label is a class index: a wrong one would be read outside the prediction.
template <class T>
Targets<T> targets_of(const Loss& loss, const py::array& target, const std::optional<py::array>& weight, size_t rows,
                      size_t n) {
    Targets<T> targets;
    if (loss.info().labels) {
        targets.labels = data_of<int32_t>("target", target, {rows});
        for (size_t r = 0; r < rows; ++r)
            if (targets.labels[r] < 0 || targets.labels[r] >= static_cast<int64_t>(n))
                throw py::value_error("label " + std::to_string(targets.labels[r]) + " at row " + std::to_string(r) +
                                      " is not in [0, " + std::to_string(n) + ")");
    } else {
        targets.values = source_of("target", target, rows, n);
    }
    targets.weight = data_or_null<T>("weight", weight, {rows});
    return targets;
}

}  // namespace pynn
