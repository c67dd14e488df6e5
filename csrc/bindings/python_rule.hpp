// PythonRule: the step of an optimizer written in Python. It gets copies, so that a step that raises changes nothing.
#pragma once

#include "bindings/arrays.hpp"
#include "bindings/gradients.hpp"
#include "bindings/python.hpp"
#include "nn/foreign.hpp"

namespace pynn {

class PythonRule final : public ForeignRule {
  public:
    // `optimizer` has the method _run_step(weights, gradients, steps, lr): lists of (position, {"weight": array, ...}), the first
    // to be changed in place.
    explicit PythonRule(const py::object& optimizer) : optimizer_(optimizer) {}

    void step(const std::vector<HeadGradient<float>>& heads, int64_t steps, double lr) override {
        step_on(heads, steps, lr);
    }
    void step(const std::vector<HeadGradient<double>>& heads, int64_t steps, double lr) override {
        step_on(heads, steps, lr);
    }

  private:
    template <class T>
    void step_on(const std::vector<HeadGradient<T>>& heads, int64_t steps, double lr) const {
        in_python([&] {
            std::vector<py::dict> arrays;
            py::list weights, gradients;
            for (const auto& [position, head, gradient] : heads) {
                arrays.push_back(by_parameter(*head, static_cast<const T*>(head->parameter_data())));
                weights.append(py::make_tuple(position, arrays.back()));
                gradients.append(py::make_tuple(position, by_parameter(*head, gradient)));
            }
            optimizer_().attr("_run_step")(weights, gradients, steps, lr);
            const auto each = [&](const auto& visit) {
                for (size_t h = 0; h < heads.size(); ++h)
                    for (const ParameterShape& shape : heads[h].head->parameters()) {
                        const py::array array = arrays[h][py::str(shape.name)];
                        visit(*heads[h].head, shape.name, data_of<T>(shape.name.c_str(), array, shape.dimensions));
                    }
            };
            each([](Head<T>&, const std::string&, const T*) {});  // all are checked before one changes
            each([](Head<T>& head, const std::string& name, const T* values) {
                head.pack(values, name, head.parameter_data());
            });
        });
    }

    WeakObject optimizer_;
};

}  // namespace pynn
