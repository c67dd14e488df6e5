#include "nn/catalogue.hpp"

#include <stdexcept>
#include <type_traits>

namespace pynn {
namespace {

template <class... Defs>
auto infos(defs::TypeList<Defs...>) {
    return std::vector{&Defs::info...};
}

template <class Def, class = void>
struct FactorOf {
    static constexpr double (*value)(const double*, double) = nullptr;
};
template <class Def>
struct FactorOf<Def, std::void_t<decltype(Def::factor)>> {
    static constexpr double (*value)(const double*, double) = Def::factor;
};

template <class Def, class = void>
struct RestsOf {
    static constexpr bool (*value)(const double*) = nullptr;
};
template <class Def>
struct RestsOf<Def, std::void_t<decltype(Def::rests)>> {
    static constexpr bool (*value)(const double*) = Def::rests;
};

template <class... Defs>
OptimizerCatalogue entries(defs::TypeList<Defs...>) {
    return {{&Defs::info, Defs::info.name, Defs::slots, Defs::prepare, FactorOf<Defs>::value, RestsOf<Defs>::value}...};
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
