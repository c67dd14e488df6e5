// The ISA levels of this build, which of them this machine can run, and the one in use.
#pragma once

#include <string>
#include <vector>

#include "kernels/table.hpp"

namespace pynn {

// Names of the levels that this machine can run, best first; the last is "scalar".
std::vector<std::string> supported_levels();
std::string active_level();
// Throws std::invalid_argument for a name that is unknown or that this machine cannot run.
void set_level(const std::string& name);
const Table& active_table();

}  // namespace pynn
