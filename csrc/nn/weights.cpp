#include "nn/weights.hpp"

#include "nn/source.hpp"

namespace pynn {
namespace {

template <class T>
bool is_finite(const T* values, const Region& region) {
    const size_t rows = region.count / panel_width<T>;
    if (region.live == panel_width<T>) return all_finite<T>(values + region.begin, region.count, 1);
    for (size_t r = 0; r < rows; ++r)
        if (!all_finite<T>(values + region.begin + r * panel_width<T>, region.live, 1)) return false;
    return true;
}

template <class T>
bool is_finite(Head<T>& head) {
    Region regions[max_regions];
    for (size_t tile = 0; tile < head.tiles(); ++tile) {
        const size_t count = head.regions(tile, regions);
        for (size_t i = 0; i < count; ++i)
            if (!is_finite<T>(head.parameter_data(), regions[i])) return false;
    }
    return true;
}

}  // namespace

template <class T>
bool is_finite(Op<T>& op) {
    for (const Statistic<T>& known : op.statistics())
        if (!all_finite<T>(known.data, known.size, 1)) return false;
    return op.parameters().empty() || is_finite<T>(head_of(op));
}

template bool is_finite(Op<float>&);
template bool is_finite(Op<double>&);

}  // namespace pynn
