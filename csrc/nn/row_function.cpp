#include "nn/row_function.hpp"

#include "nn/catalogue.hpp"

namespace pynn {

template <class T>
RowFunction<T>::RowFunction(const std::string& name)
    : index_(index_in(row_function_catalogue(), name, "row function")) {}

template <class T>
std::string RowFunction<T>::kind() const {
    return row_function_catalogue()[index_]->name;
}

template <class T>
size_t RowFunction<T>::out_features(size_t n) const {
    const size_t outputs = row_function_catalogue()[index_]->outputs(n);
    if (outputs == 0) throw std::invalid_argument(kind() + " cannot take " + std::to_string(n) + " features");
    return outputs;
}

template <class T>
void RowFunction<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t, size_t) const {
    active_kernels<T>().row_functions[index_].forward(x.at(0, rows.begin), z.at(0, rows.begin), rows.size(), z.stride,
                                                      x.n);
}

template <class T>
void RowFunction<T>::backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x,
                              Rows rows, size_t, size_t, const BackwardMemory<T>&) const {
    active_kernels<T>().row_functions[index_].backward(x.at(0, rows.begin), z.at(0, rows.begin),
                                                       delta.at(0, rows.begin), delta_x.at(0, rows.begin), rows.size(),
                                                       z.stride, x.n);
}

template class RowFunction<float>;
template class RowFunction<double>;

}  // namespace pynn
