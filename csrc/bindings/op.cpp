// Ops and their parameters.
#include <pybind11/stl.h>

#include "bindings/arrays.hpp"
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

// The op, or the part of it, that has the parameters.
template <class T>
Head<T>& head_of(Op<T>& op) {
    for (const auto& part : op.parts())
        if (!part->parameters().empty()) return dynamic_cast<Head<T>&>(*part);
    return dynamic_cast<Head<T>&>(op);
}

template <class T>
std::optional<Statistic<T>> statistic(Op<T>& op, const std::string& name) {
    for (Statistic<T>& known : op.statistics())
        if (known.name == name) return known;
    return {};
}

template <class T>
py::array get(Op<T>& op, const std::string& name) {
    if (const auto known = statistic(op, name)) return py::array_t<T>(static_cast<ssize_t>(known->size), known->data);
    const ParameterShape shape = find(op, name);
    py::array_t<T> values(shape.dimensions);
    Head<T>& head = head_of(op);
    head.unpack(head.parameter_data(), name, values.mutable_data());
    return values;
}

template <class T>
void set(Op<T>& op, const std::string& name, const py::array& value) {
    if (const auto known = statistic(op, name)) {
        const T* values = data_of<T>(name.c_str(), value, {known->size});
        std::copy(values, values + known->size, known->data);
        return;
    }
    const T* values = data_of<T>(name.c_str(), value, find(op, name).dimensions);
    Head<T>& head = head_of(op);
    head.pack(values, name, head.parameter_data());
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
            [](const OpHandle& h, const std::string& name) {
                return std::visit([&](auto& op) { return get(*op, name); }, h.op);
            },
            py::arg("name"))
        .def(
            "set",
            [](const OpHandle& h, const std::string& name, const py::array& value) {
                std::visit([&](auto& op) { set(*op, name, value); }, h.op);
            },
            py::arg("name"), py::arg("value"))
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
