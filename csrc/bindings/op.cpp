// Ops and their parameters.
#include <pybind11/stl.h>

#include <cstring>

#include "bindings/arrays.hpp"
#include "bindings/gradients.hpp"
#include "bindings/handles.hpp"
#include "bindings/python_op.hpp"
#include "nn/activation.hpp"
#include "nn/branches.hpp"
#include "nn/embedding.hpp"
#include "nn/learned.hpp"
#include "nn/maxout.hpp"
#include "nn/normalization.hpp"
#include "nn/random_unit.hpp"
#include "nn/row_function.hpp"
#include "nn/select.hpp"
#include "nn/weights.hpp"

namespace pynn {
namespace {

template <class Make>
OpHandle make_op(const std::string& dtype, const Make& make) {
    return with_dtype(dtype, [&](auto type) { return OpHandle{std::shared_ptr<Op<decltype(type)>>(make(type))}; });
}

template <class T>
ParameterShape find(const Op<T>& op, const std::string& name) {
    for (const ParameterShape& shape : op.parameters())
        if (shape.name == name) return shape;
    throw py::key_error(op.kind() + " has no parameter '" + name + "'");
}

template <class T>
std::optional<Statistic<T>> statistic(Op<T>& op, const std::string& name) {
    for (Statistic<T>& known : op.statistics())
        if (known.name == name) return known;
    return {};
}

// The weights one after the other in an array, which is made if there is none.
template <class T>
py::array save(Op<T>& op, const std::optional<py::array>& copy) {
    size_t size = 0;
    for_each_part(op, [&](const T*, size_t n) { size += n; });
    const py::array to = copy ? *copy : py::array_t<T>(static_cast<ssize_t>(size));
    T* place = data_of<T>("copy", to, {size});
    for_each_part(op, [&](const T* data, size_t n) { place = std::copy_n(data, n, place); });
    return to;
}

// A part of the weights, or its place in a copy.
template <class T>
T* in_copy(Op<T>& op, T* part, const std::optional<py::array>& copy) {
    if (!copy) return part;
    size_t size = 0, offset = 0;
    for_each_part(op, [&](const T* data, size_t n) {
        if (data == part) offset = size;
        size += n;
    });
    return data_of<T>("copy", *copy, {size}) + offset;
}

template <class T>
void restore(Op<T>& op, const py::array& copy) {
    for_each_part(op, [&](T* data, size_t n) { std::copy_n(in_copy<T>(op, data, copy), n, data); });
}

// Whether the weights are, bit by bit, those of a copy.
template <class T>
bool equals(Op<T>& op, const py::array& copy) {
    bool same = true;
    for_each_part(op, [&](T* data, size_t n) {
        same = same && std::memcmp(data, in_copy<T>(op, data, copy), n * sizeof(T)) == 0;
    });
    return same;
}

template <class T>
py::array get(Op<T>& op, const std::string& name, const std::optional<py::array>& copy,
              const std::optional<py::array>& out) {
    if (const auto known = statistic(op, name)) {
        const py::array values = out ? *out : py::array_t<T>(static_cast<ssize_t>(known->size));
        std::copy_n(in_copy(op, known->data, copy), known->size, data_of<T>(name.c_str(), values, {known->size}));
        return values;
    }
    const ParameterShape shape = find(op, name);
    Head<T>& head = head_of(op);
    return parameter_in<T>(head, in_copy(op, head.parameter_data(), copy), shape, out);
}

template <class T>
void set(Op<T>& op, const std::string& name, const py::array& value, const std::optional<py::array>& copy) {
    if (const auto known = statistic(op, name)) {
        const T* values = data_of<T>(name.c_str(), value, {known->size});
        std::copy_n(values, known->size, in_copy(op, known->data, copy));
        return;
    }
    const T* values = data_of<T>(name.c_str(), value, find(op, name).dimensions);
    Head<T>& head = head_of(op);
    head.pack(values, name, in_copy(op, head.parameter_data(), copy));
}

template <class T>
std::vector<std::string> names(const Op<T>& op) {
    std::vector<std::string> all;
    for (const ParameterShape& shape : op.parameters()) all.push_back(shape.name);
    return all;
}

// A parameter of a layer written in Python, in the memory that the engine uses and that lives as long as the array.
template <class T>
py::array view(const std::shared_ptr<Op<T>>& op, const std::string& name) {
    auto* own = dynamic_cast<PythonOp<T>*>(op.get());
    if (own == nullptr) throw py::type_error("only layers written in Python have views");
    using Held = std::shared_ptr<Op<T>>;
    const py::capsule held(new Held(op), [](void* pointer) { delete static_cast<Held*>(pointer); });
    return py::array_t<T>(find(*op, name).dimensions, own->parameter_data() + own->offset(name), held);
}

}  // namespace

void bind_op(py::module_& m) {
    py::class_<OpHandle>(m, "Op", "One unit of a network.")
        .def_property_readonly("kind",
                               [](const OpHandle& h) { return std::visit([](auto& op) { return op->kind(); }, h.op); })
        .def_property_readonly("dtype",
                               [](const OpHandle& h) { return std::string(h.op.index() == 0 ? "float32" : "float64"); })
        .def("parameters", [](const OpHandle& h) { return std::visit([](auto& op) { return names(*op); }, h.op); })
        .def(
            "get",
            [](const OpHandle& h, const std::string& name, const std::optional<py::array>& copy,
               const std::optional<py::array>& out) {
                return std::visit([&](auto& op) { return get(*op, name, copy, out); }, h.op);
            },
            py::arg("name"), py::arg("copy") = py::none(), py::arg("out") = py::none())
        .def(
            "set",
            [](const OpHandle& h, const std::string& name, const py::array& value,
               const std::optional<py::array>& copy) {
                std::visit([&](auto& op) { set(*op, name, value, copy); }, h.op);
            },
            py::arg("name"), py::arg("value"), py::arg("copy") = py::none())
        .def(
            "save",
            [](const OpHandle& h, const std::optional<py::array>& copy) {
                return std::visit([&](auto& op) { return save(*op, copy); }, h.op);
            },
            py::arg("copy") = py::none())
        .def(
            "restore",
            [](const OpHandle& h, const py::array& copy) { std::visit([&](auto& op) { restore(*op, copy); }, h.op); },
            py::arg("copy"))
        .def(
            "equals",
            [](const OpHandle& h, const py::array& copy) {
                return std::visit([&](auto& op) { return equals(*op, copy); }, h.op);
            },
            py::arg("copy"))
        .def("is_finite", [](const OpHandle& h) { return std::visit([](auto& op) { return is_finite(*op); }, h.op); })
        .def(
            "view",
            [](const OpHandle& h, const std::string& name) {
                return std::visit([&](auto& op) { return view(op, name); }, h.op);
            },
            py::arg("name"));

    m.def(
        "python_op",
        [](const py::object& layer, const std::vector<std::pair<std::string, std::vector<size_t>>>& parameters,
           const std::string& dtype) {
            std::vector<ParameterShape> shapes;
            for (const auto& [name, dimensions] : parameters) shapes.push_back({name, dimensions});
            return make_op(dtype, [&](auto type) { return std::make_shared<PythonOp<decltype(type)>>(layer, shapes); });
        },
        py::arg("layer"), py::arg("parameters"), py::arg("dtype"));
    m.def(
        "linear",
        [](size_t in_features, size_t out_features, bool bias, const std::string& dtype) {
            if (in_features == 0 || out_features == 0)
                throw py::value_error("linear needs at least one feature on each side");
            return make_op(dtype, [&](auto type) {
                return std::make_shared<Linear<decltype(type)>>(in_features, out_features, bias);
            });
        },
        py::arg("in_features"), py::arg("out_features"), py::arg("bias"), py::arg("dtype"));
    m.def(
        "activation",
        [](const std::string& name, const std::vector<double>& parameters, const std::string& dtype,
           const std::optional<std::string>& surrogate) {
            return make_op(dtype, [&](auto type) {
                return std::make_shared<Activation<decltype(type)>>(name, parameters, surrogate.value_or(""));
            });
        },
        py::arg("name"), py::arg("parameters"), py::arg("dtype"), py::arg("surrogate") = py::none());
    m.def(
        "learned",
        [](const std::string& name, size_t features, const std::string& dtype) {
            return make_op(
                dtype, [&](auto type) { return std::make_shared<LearnedActivation<decltype(type)>>(name, features); });
        },
        py::arg("name"), py::arg("features"), py::arg("dtype"));
    m.def(
        "maxout",
        [](size_t in_features, size_t out_features, size_t pieces, const std::string& dtype) {
            if (in_features == 0 || out_features == 0 || pieces == 0)
                throw py::value_error("maxout needs at least one input, output and piece");
            return make_op(dtype, [&](auto type) {
                return std::make_shared<Maxout<decltype(type)>>(in_features, out_features, pieces);
            });
        },
        py::arg("in_features"), py::arg("out_features"), py::arg("pieces"), py::arg("dtype"));
    m.def(
        "select",
        [](const std::vector<std::pair<size_t, size_t>>& runs, const std::string& dtype) {
            std::vector<Run> all;
            for (const auto& [begin, count] : runs) all.push_back({begin, count});
            if (all.empty()) throw py::value_error("select needs at least one column");
            return make_op(dtype, [&](auto type) { return std::make_shared<Select<decltype(type)>>(all); });
        },
        py::arg("runs"), py::arg("dtype"));
    m.def(
        "embedding",
        [](size_t count, size_t dim, const std::string& dtype) {
            if (count == 0 || dim == 0) throw py::value_error("embedding needs at least one row and column");
            return make_op(dtype, [&](auto type) { return std::make_shared<Embedding<decltype(type)>>(count, dim); });
        },
        py::arg("count"), py::arg("dim"), py::arg("dtype"));
    m.def(
        "one_hot",
        [](size_t count, const std::string& dtype) {
            if (count == 0) throw py::value_error("one_hot needs at least one class");
            return make_op(dtype, [&](auto type) { return std::make_shared<OneHot<decltype(type)>>(count); });
        },
        py::arg("count"), py::arg("dtype"));
    m.def(
        "random_unit",
        [](const std::string& name, const std::vector<double>& parameters, const std::string& dtype) {
            return make_op(dtype,
                           [&](auto type) { return std::make_shared<RandomUnit<decltype(type)>>(name, parameters); });
        },
        py::arg("name"), py::arg("parameters"), py::arg("dtype"));
    m.def(
        "batch_norm",
        [](size_t features, double eps, double momentum, bool affine, const std::string& dtype) {
            return make_op(dtype, [&](auto type) {
                using T = decltype(type);
                return std::make_shared<Normalization<T>>(
                    std::make_shared<BatchStandardizer<T>>(features, eps, momentum),
                    affine ? std::make_shared<LearnedActivation<T>>("Affine", features) : nullptr);
            });
        },
        py::arg("features"), py::arg("eps"), py::arg("momentum"), py::arg("affine"), py::arg("dtype"));
    m.def(
        "row_norm",
        [](bool centred, size_t features, double eps, const std::optional<std::string>& affine,
           const std::string& dtype) {
            const RowMoments moments = centred ? RowMoments::mean_and_variance : RowMoments::mean_square;
            return make_op(dtype, [&](auto type) {
                using T = decltype(type);
                return std::make_shared<Normalization<T>>(
                    std::make_shared<RowStandardizer<T>>(moments, eps),
                    affine ? std::make_shared<LearnedActivation<T>>(*affine, features) : nullptr);
            });
        },
        py::arg("centred"), py::arg("features"), py::arg("eps"), py::arg("affine"), py::arg("dtype"));
    m.def(
        "branches",
        [](const std::vector<std::vector<OpHandle>>& branches, bool add, const std::string& dtype) {
            return make_op(dtype, [&](auto type) {
                using T = decltype(type);
                std::vector<typename Branches<T>::Branch> ops;
                for (const auto& branch : branches) {
                    ops.emplace_back();
                    for (const OpHandle& handle : branch) ops.back().push_back(op_of<T>(handle));
                }
                return std::make_shared<Branches<T>>(std::move(ops), add ? Joined::added : Joined::side_by_side);
            });
        },
        py::arg("branches"), py::arg("add"), py::arg("dtype"));
    m.def(
        "row_function",
        [](const std::string& name, const std::string& dtype) {
            return make_op(dtype, [&](auto type) { return std::make_shared<RowFunction<decltype(type)>>(name); });
        },
        py::arg("name"), py::arg("dtype"));
}

}  // namespace pynn
