#include "core/shuffle.hpp"

#include <utility>

#include "defs/philox.hpp"

namespace pynn {
namespace {

// The numbers of one stream in order.
class Stream {
  public:
    Stream(uint64_t seed, uint64_t stream)
        : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}, stream_(stream) {}
    uint32_t next() {
        if (used_ == block) refill();
        return numbers_[used_++];
    }
    // Uniform in [0, n), by multiplication and rejection (Lemire, "Fast random integer generation in an interval", 2019).
    uint32_t below(uint32_t n) {
        uint64_t product = uint64_t{next()} * n;
        if (static_cast<uint32_t>(product) < n) {
            const uint32_t threshold = -n % n;
            while (static_cast<uint32_t>(product) < threshold) product = uint64_t{next()} * n;
        }
        return static_cast<uint32_t>(product >> 32);
    }

  private:
    static constexpr int block = 64;
    void refill() {
        for (int i = 0; i < block; i += 4) {
            uint32_t words[4][1];
            defs::philox<1>(key_, stream_, index_++, words);
            for (int word = 0; word < 4; ++word) numbers_[i + word] = words[word][0];
        }
        used_ = 0;
    }
    uint32_t key_[2];
    uint64_t stream_, index_ = 0;
    uint32_t numbers_[block];
    int used_ = block;
};

}  // namespace

void shuffle(int64_t* order, uint32_t n, uint64_t seed, uint64_t epoch) {
    for (uint32_t i = 0; i < n; ++i) order[i] = i;
    Stream stream(seed, epoch);
    for (uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
}

}  // namespace pynn
