// Networks: prediction, and gradients for a given output gradient.
#include <pybind11/stl.h>

#include "bindings/arrays.hpp"
#include "bindings/gil.hpp"
#include "bindings/gradients.hpp"
#include "bindings/handles.hpp"
#include "bindings/input.hpp"
#include "nn/passes.hpp"

namespace pynn {
namespace {

template <class T>
NetworkHandle make_network(const std::vector<OpHandle>& handles, size_t in_features,
                           const std::vector<double>& input_scale) {
    std::vector<std::shared_ptr<Op<T>>> ops;
    for (const OpHandle& handle : handles) ops.push_back(op_of<T>(handle));
    auto network =
        std::make_shared<Network<T>>(ops, in_features, std::vector<T>(input_scale.begin(), input_scale.end()));
    return {network, std::make_shared<Predictor<T>>(network)};
}

template <class T>
py::array forward(const NetworkHandle& handle, const std::shared_ptr<Network<T>>& network, const py::object& x,
                  int threads) {
    const auto& predictor = std::get<std::shared_ptr<Predictor<T>>>(handle.predictor);
    const Source source = input_of(*network, x);
    py::array_t<T> out({source.rows, network->out_features()});
    T* to = out.mutable_data();
    {
        // x and out are referenced here; the weights are the caller's to keep still.
        const WithoutLock without_lock;
        predictor->run(source, to, threads);
    }
    return out;
}

template <class T>
py::tuple backward_pass(const std::shared_ptr<Network<T>>& network, const py::array& x, const py::array& dz,
                        int threads, bool input_gradient) {
    const size_t rows = x.ndim() == 2 ? x.shape(0) : 0;
    const Source source = source_of("x", x, rows, network->in_features());
    const Source gradient = source_of("dz", dz, rows, network->out_features());
    py::object dx = py::none();
    T* to = nullptr;
    if (input_gradient) {
        py::array_t<T> array({rows, network->in_features()});
        to = array.mutable_data();
        dx = array;
    }
    Optimizer keep("KeepGradient", {});
    {
        const WithoutLock without_lock;
        backward<T>(network, source, gradient, to, keep, threads);
    }
    return py::make_tuple(dx, gradients_of<T>(*network, keep, network->size()));
}

// A C-contiguous, native and aligned matrix of floats that are finite in the network's type: what most callers pass, and what
// needs no further check.
bool is_plain(const py::object& object, const std::string& dtype, int threads) {
    if (Py_TYPE(object.ptr()) != py::detail::npy_api::get().PyArray_Type_) return false;  // nor a subclass
    const auto array = py::reinterpret_borrow<py::array>(object);
    constexpr int wanted = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
    if (array.ndim() != 2 || array.size() == 0 || (array.flags() & wanted) != wanted) return false;
    if (array.dtype().byteorder() != '=') return false;
    const int number = array.dtype().num();
    const bool single = number == py::dtype::num_of<float>();
    if (!single && number != py::dtype::num_of<double>()) return false;
    const void* data = array.data();
    const auto count = static_cast<size_t>(array.size());
    return with_dtype(dtype, [&](auto type) {
        using T = decltype(type);
        const WithoutLock without_lock;
        return single ? all_finite<T>(static_cast<const float*>(data), count, threads)
                      : all_finite<T>(static_cast<const double*>(data), count, threads);
    });
}

}  // namespace

void bind_network(py::module_& m) {
    m.def("is_plain", is_plain, py::arg("data"), py::arg("dtype"), py::arg("threads"));
    py::class_<NetworkHandle>(m, "Network", "Ops in sequence.")
        .def(py::init([](const std::vector<OpHandle>& ops, size_t in_features, const std::string& dtype,
                         const std::vector<double>& input_scale) {
                 return with_dtype(
                     dtype, [&](auto type) { return make_network<decltype(type)>(ops, in_features, input_scale); });
             }),
             py::arg("ops"), py::arg("in_features"), py::arg("dtype"), py::arg("input_scale") = std::vector<double>{})
        .def_property_readonly(
            "in_features",
            [](const NetworkHandle& h) { return std::visit([](auto& n) { return n->in_features(); }, h.network); })
        .def_property_readonly(
            "out_features",
            [](const NetworkHandle& h) { return std::visit([](auto& n) { return n->out_features(); }, h.network); })
        .def(
            "forward",
            [](const NetworkHandle& h, const py::object& x, int threads) {
                return std::visit([&](auto& network) { return forward(h, network, x, threads); }, h.network);
            },
            py::arg("x"), py::arg("threads"))
        .def(
            "backward",
            [](const NetworkHandle& h, const py::array& x, const py::array& dz, int threads, bool input_gradient) {
                return std::visit([&](auto& network) { return backward_pass(network, x, dz, threads, input_gradient); },
                                  h.network);
            },
            py::arg("x"), py::arg("dz"), py::arg("threads"), py::arg("input_gradient"));
}

}  // namespace pynn
