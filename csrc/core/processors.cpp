#include "core/processors.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#ifdef __linux__
#include <sched.h>
#endif

namespace pynn {
namespace {

int affinity() {
#ifdef __linux__
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return static_cast<int>(std::thread::hardware_concurrency());
}

int processors_of(double quota, double period) {
    return quota > 0 && period > 0 ? std::max(1, static_cast<int>(std::ceil(quota / period))) : 1 << 20;
}

// Version 2: cpu.max holds "quota period" or "max period"; a parent's quota binds too.
int quota_v2(std::string group) {
    int least = 1 << 20;
    for (;;) {
        std::ifstream file("/sys/fs/cgroup" + group + "/cpu.max");
        std::string quota;
        double period = 0;
        if (file >> quota >> period && quota != "max")
            least = std::min(least, processors_of(std::atof(quota.c_str()), period));
        if (group.empty()) return least;
        group.erase(group.rfind('/'));
    }
}

int quota_v1(const std::string& group) {
    for (const std::string& folder : {"/sys/fs/cgroup/cpu" + group, std::string("/sys/fs/cgroup/cpu")}) {
        std::ifstream quota_file(folder + "/cpu.cfs_quota_us"), period_file(folder + "/cpu.cfs_period_us");
        double quota = 0, period = 0;
        if (quota_file >> quota && period_file >> period) return processors_of(quota, period);
    }
    return 1 << 20;
}

// /proc/self/cgroup has lines "id:controllers:path"; version 2 has no controllers.
int quota() {
    int least = 1 << 20;
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        std::string group = line.substr(second + 1);
        if (group == "/" || group.find("..") != std::string::npos) group.clear();
        if (controllers == ",,") least = std::min(least, quota_v2(group));
        if (controllers.find(",cpu,") != std::string::npos) least = std::min(least, quota_v1(group));
    }
    return least;
}

// Not sysconf: on AMD, glibc adds up the caches of the whole package.
size_t read_last_level_cache() {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index3/size");  // such as "32768K"
    size_t kibibytes = 0;
    return (file >> kibibytes && kibibytes > 0 ? kibibytes : 32768) * 1024;
}

}  // namespace

int usable_processors() {
    static const int allowed =
        quota();  // reading it takes a tenth of a millisecond; affinity may change and is asked each time
    return std::max(1, std::min(affinity(), allowed));
}

size_t last_level_cache() {
    static const size_t bytes = read_last_level_cache();
    return bytes;
}

}  // namespace pynn
