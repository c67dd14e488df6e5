// The definitions as data: one row per struct of csrc/defs, in the order of the kernels' tables.
#pragma once

#include <string>
#include <vector>

#include "defs/activations.hpp"
#include "defs/losses.hpp"
#include "defs/optimizers.hpp"
#include "defs/random_units.hpp"
#include "defs/row_functions.hpp"

namespace pynn {

using ActivationCatalogue = std::vector<const defs::ActivationInfo*>;
using RandomUnitCatalogue = std::vector<const defs::RandomUnitInfo*>;
using RowFunctionCatalogue = std::vector<const defs::RowFunctionInfo*>;
using LossCatalogue = std::vector<const defs::LossInfo*>;

// An optimizer's scalars are not part of its info, because they come from a function.
struct OptimizerEntry {
    const defs::OptimizerInfo* info;
    const char* name;
    int slots;
    void (*prepare)(const double* configuration, double step, double* scalars);
    double (*factor)(const double* configuration, double step);  // or null
    bool (*rests)(const double* configuration);                  // or null: never
};
using OptimizerCatalogue = std::vector<OptimizerEntry>;

const ActivationCatalogue& activation_catalogue();
const ActivationCatalogue& learned_catalogue();  // of defs::Learned
const RandomUnitCatalogue& random_unit_catalogue();
const RowFunctionCatalogue& row_function_catalogue();
const LossCatalogue& loss_catalogue();
const OptimizerCatalogue& optimizer_catalogue();

// The parameters that an info really has.
template <class Info>
std::vector<defs::Parameter> parameters_of(const Info& info) {
    std::vector<defs::Parameter> all;
    for (const defs::Parameter& parameter : info.parameters)
        if (parameter.name != nullptr) all.push_back(parameter);
    return all;
}

inline const char* name_of(const OptimizerEntry& entry) { return entry.name; }
template <class Info>
const char* name_of(const Info* info) {
    return info->name;
}

[[noreturn]] void throw_unknown(const std::string& what, const std::string& name);

// Throws std::invalid_argument for a name that is not in the catalogue.
template <class Catalogue>
int index_in(const Catalogue& catalogue, const std::string& name, const std::string& what) {
    for (size_t i = 0; i < catalogue.size(); ++i)
        if (name == name_of(catalogue[i])) return static_cast<int>(i);
    throw_unknown(what, name);
}

// Throws std::invalid_argument unless the numbers of parameters agree.
void check_count(size_t given, size_t expected, const std::string& name);

}  // namespace pynn
