#include "bindings/python_op.hpp"

#include <algorithm>

namespace pynn {

template <class T>
PythonOp<T>::PythonOp(const py::object& layer, std::vector<ParameterShape> parameters)
    : layer_(layer), parameters_(std::move(parameters)) {
    size_t end = 0;
    for (size_t i = 0; i < parameters_.size(); ++i) {
        offsets_.push_back(end);
        const bool penalised = parameters_[i].dimensions.size() > 1;
        for (const size_t last = end + panels_for<T>(parameters_[i].size()) * width; end < last;) {
            tiles_.push_back({i, end, std::min(square, last - end), width, penalised});
            end += tiles_.back().count;
        }
    }
    values_ = Buffer<T>(end);
    gradients_ = Buffer<T>(end);
}

template <class T>
size_t PythonOp<T>::out_features(size_t n) const {
    size_t features = 0;
    in_python([&] { features = layer_().attr("out_features_for")(n).template cast<size_t>(); });
    return features;
}

template <class T>
void PythonOp<T>::forward_together(const Member& member, const Panels<T>& x, const Panels<T>& z, size_t rows,
                                   bool training, T*) {
    if (member.index > 0) return;
    in_python([&] {
        py::array_t<T> input({rows, x.n});
        pynn::unpack(x, Rows{0, rows}, input.mutable_data(), x.n);
        const py::array output = layer_().attr("_run_forward")(input, training, z.n);
        pynn::pack(static_cast<const T*>(data_of<T>("the output", output, {rows, z.n})), rows, z.n, z);
    });
}

template <class T>
void PythonOp<T>::backward_together(const Member& member, const Panels<T>& delta, const Panels<T>& x, const Panels<T>&,
                                    const Panels<T>& delta_x, size_t rows, bool training, T*) {
    if (member.index > 0) return;
    in_python([&] {
        py::array_t<T> grad({rows, delta.n});
        pynn::unpack(delta, Rows{0, rows}, grad.mutable_data(), delta.n);
        const py::tuple results = layer_().attr("_run_backward")(grad, training, x.n);
        const py::array dx = results[0];
        const py::list gradients = results[1];
        const T* to_x = data_of<T>("the gradient by x", dx, {rows, x.n});
        if (delta_x.data != nullptr) pynn::pack(to_x, rows, x.n, delta_x);
        for (size_t i = 0; i < parameters_.size(); ++i) {
            const py::array array = gradients[i];
            const std::string& name = parameters_[i].name;
            pack(data_of<T>(name.c_str(), array, parameters_[i].dimensions), name, gradients_.data());
        }
    });
}

template <class T>
size_t PythonOp<T>::position(const std::string& name) const {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const ParameterShape& parameter) { return parameter.name == name; });
    if (found == parameters_.end()) throw py::key_error("the layer has no parameter '" + name + "'");
    return static_cast<size_t>(found - parameters_.begin());
}

template <class T>
void PythonOp<T>::unpack(const T* from, const std::string& name, T* values) const {
    std::copy_n(from + offset(name), parameters_[position(name)].size(), values);
}

template <class T>
void PythonOp<T>::pack(const T* values, const std::string& name, T* to) const {
    if (values == to + offset(name)) return;
    std::copy_n(values, parameters_[position(name)].size(), to + offset(name));
}

template <class T>
void PythonOp<T>::update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows,
                         const Update<T>& update) {
    alignas(128) T g[square];
    gradient(tile, x, delta, rows, g, false);
    T* slots[4];
    for (int s = 0; s < update.slot_count; ++s) slots[s] = update.slots[s] + tiles_[tile].begin;
    update.kernel.span(values_.data() + tiles_[tile].begin, g, slots, tiles_[tile].count, update.scalars);
}

template <class T>
size_t PythonOp<T>::regions(size_t tile, Region* all) const {
    all[0] = tiles_[tile];
    return 1;
}

template <class T>
void PythonOp<T>::gradient(size_t tile, const Panels<T>&, const Panels<T>&, size_t, T* g, bool add) const {
    const T* from = gradients_.data() + tiles_[tile].begin;
    for (size_t i = 0; i < tiles_[tile].count; ++i) g[i] = add ? g[i] + from[i] : from[i];
}

template class PythonOp<float>;
template class PythonOp<double>;

}  // namespace pynn
