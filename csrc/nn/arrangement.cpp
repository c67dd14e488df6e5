#include "nn/arrangement.hpp"

#include <algorithm>

#include "nn/row_blocks.hpp"

namespace pynn {
namespace {

// Of a core, for the estimate: what matters is where one way becomes better than another.
constexpr double frequency = 3.7e9;
constexpr double multiply_adds_per_second = 32 * frequency;
constexpr double transposed_per_second = 4 * frequency;   // elements
constexpr double near_bytes_per_second = 32 * frequency;  // from its own L2, ...
constexpr double near_bytes = 1 << 20;                    // ... which holds so much
constexpr double far_bytes_per_second = 10 * frequency;
// A barrier: the count of the arrived goes from member to member.
constexpr double barrier_seconds = 0.1e-6, barrier_seconds_per_member = 0.1e-6;
// Members that meet often wait for the slowest each time.
constexpr double unevenness = 1.02;
// Calling a team for a single pass.
constexpr double waking_seconds = 5e-6;

// Between estimates as close as this, more members are taken: a team can find out that fewer are faster, not that more are.
constexpr double undecided = 0.03;

size_t share(size_t n, size_t parts) { return (n + parts - 1) / parts; }

// The work of the busiest member.
class Pass {
  public:
    Pass(size_t rows, const Arrangement& arrangement)
        : columns_(arrangement.columns), rows_(share(rows, arrangement.groups())) {}

    // A product from `from` columns to the member's share of `to`, whose weights were `far` to that part.
    void product(size_t from, size_t to, size_t panel, double far) {
        const double width = static_cast<double>(std::min(to, share(share(to, panel), columns_) * panel));
        const double weights = sizeof(float) * width * from, inputs = sizeof(float) * static_cast<double>(rows_ * from);
        const double others = 1 - 1.0 / static_cast<double>(columns_);  // of the inputs
        add(static_cast<double>(rows_ * from) * width, weights + inputs, weights * far + inputs * others);
    }
    void add(double multiply_adds, double bytes, double far_bytes) {
        cost_.multiply_adds += multiply_adds;
        cost_.bytes += bytes;
        cost_.far_bytes += far_bytes;
        cost_.seconds += std::max(multiply_adds / multiply_adds_per_second,
                                  (bytes - far_bytes) / near_bytes_per_second + far_bytes / far_bytes_per_second);
    }
    void add_seconds(double seconds) { cost_.seconds += seconds; }
    void add_barriers(int count, int members) {
        if (members == 1) return;
        cost_.barriers += count;
        cost_.seconds += count * (barrier_seconds + barrier_seconds_per_member * members);
    }
    size_t rows() const { return rows_; }
    const Cost& cost() const { return cost_; }

  private:
    size_t columns_, rows_;
    Cost cost_;
};

}  // namespace

Cost cost_of(const std::vector<LayerSize>& layers, size_t rows, const Arrangement& arrangement, PlanFor purpose) {
    const bool training = purpose != PlanFor::inference;
    const auto members = static_cast<double>(arrangement.members), columns = static_cast<double>(arrangement.columns),
               groups = static_cast<double>(arrangement.groups());
    double weights = 0;
    for (const LayerSize& layer : layers) weights += sizeof(float) * static_cast<double>(layer.in * layer.out);
    // Of the weights that a member reads, the part that it has not in its cache: because others have updated them, or for want
    // of room.
    const double updated = training ? 1 - columns / members : 0, far = weights / columns > near_bytes ? 1 : updated;
    Pass pass(rows, arrangement);
    for (size_t i = 0; i < layers.size(); ++i) {
        const auto& [in, out, panel] = layers[i];
        pass.product(in, out, panel, far);
        if (!training) continue;
        const auto elements = static_cast<double>(in * out);
        if (i > 0) {
            pass.product(out, in, panel, updated);  // just after the forward product has read them
            pass.add_seconds(elements / columns / transposed_per_second);
        }
        // The update: a member's tiles need all rows of some of the inputs and of the deltas.
        const double sides = sizeof(float) * static_cast<double>(rows) *
                             (static_cast<double>(in) / groups + static_cast<double>(out) / columns);
        pass.add(static_cast<double>(rows) * elements / members, 2 * sizeof(float) * elements / members + sides,
                 sides * (1 - 1 / members));
    }
    const int stages = static_cast<int>(layers.size()), blocks = static_cast<int>(share(pass.rows(), row_block));
    if (arrangement.columns > 1) pass.add_seconds((unevenness - 1) * pass.cost().seconds);
    pass.add_barriers((training ? 2 * stages : stages + 1) * blocks, arrangement.columns);
    if (training)
        pass.add_barriers(2, arrangement.members);
    else if (arrangement.members > 1)
        pass.add_seconds(waking_seconds);
    return pass.cost();
}

Arrangement arrange(const std::vector<LayerSize>& layers, size_t rows, int members, PlanFor purpose) {
    Arrangement best{members, 1};
    double least = cost_of(layers, rows, best, purpose).seconds;
    for (int columns = 2; columns <= members; ++columns) {
        if (members % columns != 0) continue;
        const double seconds = cost_of(layers, rows, {members, columns}, purpose).seconds;
        if (seconds < least) best.columns = columns, least = seconds;
    }
    return best;
}

Arrangement arrange_at_most(const std::vector<LayerSize>& layers, size_t rows, int most, PlanFor purpose) {
    Arrangement best = arrange(layers, rows, most, purpose);
    double least = cost_of(layers, rows, best, purpose).seconds;
    for (int members = most / 2; members > 0; members /= 2) {
        const Arrangement next = arrange(layers, rows, members, purpose);
        const double seconds = cost_of(layers, rows, next, purpose).seconds;
        if (seconds < (1 - undecided) * least) best = next, least = seconds;
    }
    return best;
}

}  // namespace pynn
