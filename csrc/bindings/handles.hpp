// What Python holds: ops, networks and trainers of either precision.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <variant>

#include "nn/passes.hpp"
#include "nn/trainer.hpp"

namespace pynn {

namespace py = pybind11;

template <template <class> class Thing>
using EitherPrecision = std::variant<std::shared_ptr<Thing<float>>, std::shared_ptr<Thing<double>>>;

struct OpHandle {
    EitherPrecision<Op> op;
};
struct NetworkHandle {
    EitherPrecision<Network> network;
    EitherPrecision<Predictor> predictor;
};
struct TrainerHandle {
    EitherPrecision<Trainer> trainer;
    std::unique_ptr<std::mutex> running = std::make_unique<std::mutex>();
};

template <class T>
const char* dtype_name() {
    return sizeof(T) == 4 ? "float32" : "float64";
}

// Throws py::type_error if the op has the other precision.
template <class T>
std::shared_ptr<Op<T>> op_of(const OpHandle& handle) {
    const auto* op = std::get_if<std::shared_ptr<Op<T>>>(&handle.op);
    if (op == nullptr) throw py::type_error(std::string("every op of this network must be ") + dtype_name<T>());
    return *op;
}

// Calls body(T()) with the type that `dtype` names; throws std::invalid_argument for another name.
template <class Body>
auto with_dtype(const std::string& dtype, const Body& body) {
    if (dtype == "float32") return body(float{});
    if (dtype == "float64") return body(double{});
    throw std::invalid_argument("dtype must be 'float32' or 'float64', but is '" + dtype + "'");
}

// Each file binds one thing.
void bind_catalogue(py::module_& m);
void bind_arrangement(py::module_& m);
void bind_machine(py::module_& m);
void bind_functions(py::module_& m);
void bind_loss(py::module_& m);
void bind_op(py::module_& m);
void bind_optimizer(py::module_& m);
void bind_sparse(py::module_& m);
void bind_network(py::module_& m);
void bind_trainer(py::module_& m);

}  // namespace pynn
