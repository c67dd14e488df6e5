// How many processors this process may use.
#pragma once

namespace pynn {

// The least of the affinity mask and the control group's CPU quota (rounded up), at least 1.
int usable_processors();

}  // namespace pynn
