#include "nn/arrangement.hpp"

#include <algorithm>

#include "nn/row_blocks.hpp"

namespace pynn {
namespace {

// Of a core, for the estimate: what matters is where one way becomes better than another.
constexpr double multiply_adds_per_second = 32 * 3.7e9;
constexpr double transposed_per_second = 4 * 3.7e9;   // elements
constexpr double own_bytes_per_second = 32 * 3.7e9;   // from its caches
constexpr double other_bytes_per_second = 8 * 3.7e9;  // from those of another core, or from memory
// A barrier: the count of the arrived goes from member to member.
constexpr double barrier_seconds = 0.1e-6, barrier_seconds_per_member = 0.1e-6;

// Members that meet often wait for the slowest each time.
constexpr double unevenness = 1.03;

size_t share(size_t n, size_t parts) { return (n + parts - 1) / parts; }

// A part of the step: what its member computes while it reads the bytes.
class Work {
  public:
    explicit Work(StepCost& cost) : cost_(cost) {}
    void add(double multiply_adds, double own_bytes, double other_bytes) {
        cost_.multiply_adds += multiply_adds;
        cost_.bytes += own_bytes + other_bytes;
        cost_.other_bytes += other_bytes;
        cost_.seconds += std::max(multiply_adds / multiply_adds_per_second,
                                  own_bytes / own_bytes_per_second + other_bytes / other_bytes_per_second);
    }

  private:
    StepCost& cost_;
};

}  // namespace

StepCost cost_of_step(const std::vector<LayerSize>& layers, size_t rows, const Arrangement& arrangement) {
    constexpr double element = sizeof(float);
    const size_t members = arrangement.members, columns = arrangement.columns;
    const size_t group_rows = share(rows, arrangement.groups());
    // Of the weights that a member reads, those it did not update itself; of the activations, those of its group's others.
    const double others = 1 - static_cast<double>(columns) / members, group_others = 1 - 1.0 / columns;
    StepCost cost;
    Work work(cost);
    // One product with a share of the panels of `to`.
    const auto product = [&](size_t from, size_t to, size_t panel) {
        const size_t width = std::min(to, share(share(to, panel), columns) * panel);
        const double weights = element * from * width, activations = element * from * group_rows;
        work.add(1.0 * group_rows * from * width, weights * (1 - others) + activations * (1 - group_others),
                 weights * others + activations * group_others);
        return width;
    };
    for (size_t i = 0; i < layers.size(); ++i) {
        const auto& [in, out, panel] = layers[i];
        product(in, out, panel);
        if (i > 0) cost.seconds += out * product(out, in, panel) / transposed_per_second;
        // The update: a member's tiles need all rows of some columns, which other groups have computed in part.
        const double tiles = 1.0 * in * out / members, sides = element * rows * (in + out) / columns;
        work.add(rows * tiles, 2 * element * tiles + sides / arrangement.groups(),
                 sides * (1 - 1.0 / arrangement.groups()));
    }
    const int stages = static_cast<int>(layers.size());
    const int blocks = static_cast<int>(share(group_rows, row_block));
    const int meetings =
        columns > 1 ? 2 * stages * blocks : 0;  // after gathering, each layer, each but the first backward
    cost.barriers = (members > 1 ? 2 : 0) + meetings;
    if (columns > 1) cost.seconds *= unevenness;
    if (members > 1) cost.seconds += 2 * (barrier_seconds + barrier_seconds_per_member * members);
    cost.seconds += meetings * (barrier_seconds + barrier_seconds_per_member * columns);
    return cost;
}

Arrangement arrange(const std::vector<LayerSize>& layers, size_t rows, int members) {
    Arrangement best{members, 1};
    double least = cost_of_step(layers, rows, best).seconds;
    for (int columns = 2; columns <= members; ++columns) {
        if (members % columns != 0) continue;
        const double seconds = cost_of_step(layers, rows, {members, columns}).seconds;
        if (seconds < least) best.columns = columns, least = seconds;
    }
    return best;
}

Arrangement arrange_at_most(const std::vector<LayerSize>& layers, size_t rows, int most) {
    Arrangement best;
    double least = cost_of_step(layers, rows, best).seconds;
    for (int members = 2; members <= most; ++members) {
        const Arrangement next = arrange(layers, rows, members);
        const double seconds = cost_of_step(layers, rows, next).seconds;
        if (seconds < least) best = next, least = seconds;
    }
    return best;
}

}  // namespace pynn
