#include "nn/catalogue.hpp"

#include <stdexcept>

namespace pynn {
namespace {

template <class... Defs>
auto infos(defs::TypeList<Defs...>) {
    return std::vector{&Defs::info...};
}

template <class... Defs>
OptimizerCatalogue entries(defs::TypeList<Defs...>) {
    return {{&Defs::info, Defs::info.name, Defs::slots, Defs::prepare}...};
}

}  // namespace

const ActivationCatalogue& activation_catalogue() {
    static const ActivationCatalogue all = infos(defs::Activations{});
    return all;
}
const ActivationCatalogue& learned_catalogue() {
    static const ActivationCatalogue all = infos(defs::Learned{});
    return all;
}
const RandomUnitCatalogue& random_unit_catalogue() {
    static const RandomUnitCatalogue all = infos(defs::RandomUnits{});
    return all;
}
const RowFunctionCatalogue& row_function_catalogue() {
    static const RowFunctionCatalogue all = infos(defs::RowFunctions{});
    return all;
}
const LossCatalogue& loss_catalogue() {
    static const LossCatalogue all = infos(defs::Losses{});
    return all;
}
const OptimizerCatalogue& optimizer_catalogue() {
    static const OptimizerCatalogue all = entries(defs::Optimizers{});
    return all;
}

void throw_unknown(const std::string& what, const std::string& name) {
    throw std::invalid_argument("unknown " + what + " '" + name + "'");
}

void check_count(size_t given, size_t expected, const std::string& name) {
    if (given != expected)
        throw std::invalid_argument(name + " takes " + std::to_string(expected) + " parameters, but got " +
                                    std::to_string(given));
}

}  // namespace pynn
