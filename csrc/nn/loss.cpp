#include "nn/loss.hpp"

#include <stdexcept>

#include "nn/catalogue.hpp"

namespace pynn {

Loss::Loss(const std::string& name, std::vector<double> parameters, const std::string& reduction)
    : index_(index_in(loss_catalogue(), name, "loss")), parameters_(std::move(parameters)), mean_(reduction == "mean") {
    check_count(parameters_.size(), parameters_of(info()).size(), name);
    if (!mean_ && reduction != "sum")
        throw std::invalid_argument("reduction must be 'mean' or 'sum', but is '" + reduction + "'");
}

const defs::LossInfo& Loss::info() const { return *loss_catalogue()[index_]; }

double Loss::scale(size_t rows, size_t n) const {
    if (!mean_) return 1;
    return 1 / static_cast<double>(info().per_element ? rows * n : rows);
}

}  // namespace pynn
