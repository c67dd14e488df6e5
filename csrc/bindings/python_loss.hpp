// PythonLoss: a loss written in Python.
#pragma once

#include <algorithm>

#include "bindings/arrays.hpp"
#include "bindings/python.hpp"
#include "nn/foreign.hpp"

namespace pynn {

class PythonLoss final : public ForeignLoss {
  public:
    // `loss` has the methods _run(target, output, with_gradient), which returns values and gradient, and
    // target_columns(outputs).
    explicit PythonLoss(const py::object& loss) : loss_(loss) {}

    size_t target_columns(size_t outputs) const override {
        size_t columns = 0;
        in_python([&] { columns = loss_().attr("target_columns")(outputs).cast<size_t>(); });
        return columns;
    }
    void run(const LossBatch<float>& batch) const override { run_on(batch); }
    void run(const LossBatch<double>& batch) const override { run_on(batch); }

  private:
    template <class T>
    void run_on(const LossBatch<T>& batch) const {
        in_python([&] {
            const py::array_t<T> y({batch.rows, batch.n}, batch.y);
            const py::object target =
                batch.target ? py::object(py::array_t<T>({batch.rows, batch.target_columns}, batch.target))
                             : py::object(py::array_t<int32_t>(static_cast<ssize_t>(batch.rows), batch.labels));
            const py::tuple results = loss_().attr("_run")(target, y, batch.gradient != nullptr);
            const py::array values = results[0], gradient = results[1];
            std::copy_n(data_of<double>("the values", values, {batch.rows}), batch.rows, batch.values);
            if (batch.gradient != nullptr)
                std::copy_n(data_of<T>("the gradient", gradient, {batch.rows, batch.n}), y.size(), batch.gradient);
        });
    }

    WeakObject loss_;
};

}  // namespace pynn
