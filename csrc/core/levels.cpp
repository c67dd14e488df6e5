#include "core/levels.hpp"

#include <atomic>
#include <stdexcept>

namespace pynn {

#define PYNN_DECLARE(level) \
    namespace level {       \
    const Table& table();   \
    }
PYNN_DECLARE(scalar)
#ifdef PYNN_X86
PYNN_DECLARE(avx2)
PYNN_DECLARE(avx512)
#endif
#ifdef PYNN_ARM64
PYNN_DECLARE(neon)
#endif
#undef PYNN_DECLARE

namespace {

struct Level {
    const char* name;
    bool (*supported)();
    const Table& (*table)();
};

bool always() { return true; }

// __builtin_cpu_supports also asks whether the operating system saves the registers.
constexpr Level levels[] = {
#ifdef PYNN_X86
    {"avx512",
     [] {
         return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("fma");
     },
     avx512::table},
    {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }, avx2::table},
#endif
#ifdef PYNN_ARM64
    {"neon", always, neon::table},
#endif
    {"scalar", always, scalar::table},
};

const Level* best() {
    for (const Level& level : levels)
        if (level.supported()) return &level;
    return nullptr;
}

std::atomic<const Level*>& active() {
    static std::atomic<const Level*> level{best()};
    return level;
}

}  // namespace

std::vector<std::string> supported_levels() {
    std::vector<std::string> names;
    for (const Level& level : levels)
        if (level.supported()) names.emplace_back(level.name);
    return names;
}

std::string active_level() { return active().load()->name; }

void set_level(const std::string& name) {
    std::string known;
    for (const Level& level : levels) {
        if (!level.supported()) continue;
        if (name == level.name) {
            active().store(&level);
            return;
        }
        known += (known.empty() ? "" : ", ") + std::string(level.name);
    }
    throw std::invalid_argument("ISA level '" + name + "' is unknown or not supported by this machine, which has " +
                                known);
}

const Table& active_table() { return active().load(std::memory_order_relaxed)->table(); }

}  // namespace pynn
