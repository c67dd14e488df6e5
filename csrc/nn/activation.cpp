#include "nn/activation.hpp"

#include "nn/catalogue.hpp"

namespace pynn {
namespace {

template <class T>
std::vector<T> defaults_of(const defs::ActivationInfo& info) {
    std::vector<T> values;
    for (const defs::Parameter& parameter : parameters_of(info))
        values.push_back(static_cast<T>(parameter.default_value));
    return values;
}

}  // namespace

template <class T>
Activation<T>::Activation(const std::string& name, const std::vector<double>& parameters, const std::string& surrogate)
    : index_(index_in(activation_catalogue(), name, "activation")),
      derivative_(surrogate.empty() ? index_ : index_in(activation_catalogue(), surrogate, "surrogate")),
      parameters_(parameters.begin(), parameters.end()),
      derivative_parameters_(surrogate.empty() ? parameters_ : defaults_of<T>(*activation_catalogue()[derivative_])),
      from_output_(surrogate.empty() && activation_catalogue()[index_]->df_from_output) {
    check_count(parameters.size(), parameters_of(*activation_catalogue()[index_]).size(), name);
}

template <class T>
std::string Activation<T>::kind() const {
    return activation_catalogue()[index_]->name;
}

template <class T>
void Activation<T>::forward(T* z, size_t n, const Place&) const {
    active_kernels<T>().activations[index_].forward(z, z, n, parameters_.data());
}

template <class T>
void Activation<T>::forward_training(T* z, T* saved, size_t n, const Place&) const {
    const auto* spans = active_kernels<T>().activations;
    if (from_output_) return spans[index_].forward(z, z, n, parameters_.data());
    if (derivative_ == index_) return spans[index_].forward_and_derivative(z, saved, n, parameters_.data());
    spans[derivative_].derivative(z, saved, n, derivative_parameters_.data());
    spans[index_].forward(z, z, n, parameters_.data());
}

template <class T>
void Activation<T>::backward(const T* z, const T* saved, T* delta, size_t n) const {
    if (from_output_) return active_kernels<T>().activations[index_].backward(z, delta, n, parameters_.data());
    active_kernels<T>().multiply(saved, delta, n);
}

template class Activation<float>;
template class Activation<double>;

}  // namespace pynn
