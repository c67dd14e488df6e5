// The processors of this machine: how many this process may use, and what they share.
#pragma once

#include <cstddef>

namespace pynn {

// The least of the affinity mask and the control group's CPU quota (rounded up), at least 1.
int usable_processors();
// Bytes of the last-level cache of one of them; where the system does not say, 32 MiB.
size_t last_level_cache();

}  // namespace pynn
