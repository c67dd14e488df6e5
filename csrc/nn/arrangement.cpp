#include "nn/arrangement.hpp"

#include <algorithm>

#include "nn/row_blocks.hpp"

namespace pynn {
namespace {

// Of a core, for the estimate: what matters is where one way becomes better than another.
constexpr double frequency = 3.7e9;
constexpr double multiply_adds_per_second = 32 * frequency;
constexpr double transposed_per_second = 4 * frequency;   // elements
constexpr double near_bytes_per_second = 32 * frequency;  // from its own L2
constexpr double far_bytes_per_second = 10 * frequency;
// Writing where others have read: 40 GB/s between neighbours, 8 from afar, much of it beside other work.
constexpr double taken_bytes_per_second = 8 * frequency;
constexpr double gathered_bytes_per_second = 10 * frequency;
// A barrier: the count of the arrived goes from member to member.
constexpr double barrier_seconds = 0.1e-6, barrier_seconds_per_member = 0.1e-6;
// Members that meet often wait for the slowest each time.
constexpr double unevenness = 1.02;
// Calling a team for a single pass.
constexpr double waking_seconds = 5e-6;
// Between estimates as close as this, a trainer takes more members: it can find out that fewer are faster, not that more are.
constexpr double undecided = 0.03;
// Dividing the first layer must win this much.
constexpr double worthwhile = 0.02;

// Bytes of transposed weights that are quickly at hand, and rows of each member up to which going through the weights is a
// large part of a step.
constexpr double cached_bytes = 2.0 * l2_bytes;
constexpr size_t few_rows = 16;

size_t share(size_t n, size_t parts) { return (n + parts - 1) / parts; }

double bytes(double elements) { return sizeof(float) * elements; }

// The work of the busiest member.
class Pass {
  public:
    Pass(size_t rows, const Arrangement& arrangement)
        : group_(arrangement.group), rows_(share(rows, arrangement.groups())) {}

    // The first layer, whose columns all members share: its weights and inputs stay where they are.
    void divided_product(size_t rows, size_t from, size_t to, int members) {
        const double weights = static_cast<double>(from * to) / members;
        const double far = bytes(weights) > l2_bytes ? bytes(weights) : 0;
        add(static_cast<double>(rows) * weights, bytes(weights + static_cast<double>(rows * from)), far);
    }
    // A product from `from` columns to the member's share of `to`, whose weights were `far` to that part.
    void product(size_t from, size_t to, size_t panel, double far) {
        const auto width = static_cast<double>(std::min(to, share(share(to, panel), group_) * panel));
        const double weights = bytes(width * static_cast<double>(from)),
                     inputs = bytes(static_cast<double>(rows_ * from));
        const double others = 1 - 1 / static_cast<double>(group_);  // of the inputs
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
    void gather(double elements) { add_seconds(bytes(elements) / gathered_bytes_per_second); }
    void take_back(double elements) { cost_.taken_bytes += bytes(elements); }
    void add_barriers(size_t count, int members) {
        if (members == 1) return;
        cost_.barriers += static_cast<int>(count);
        cost_.seconds += static_cast<double>(count) * (barrier_seconds + barrier_seconds_per_member * members);
    }
    size_t rows() const { return rows_; }
    const Cost& cost() const { return cost_; }

  private:
    size_t group_, rows_;
    Cost cost_;
};

// Whether each member has a panel of a layer at least, and caches that hold a batch and its share of the weights: only then they
// stay where they are if members share the layer's columns.
bool stays_near(const LayerSize& layer, size_t rows, int members) {
    if (static_cast<size_t>(members) > share(layer.out, layer.panel)) return false;
    return bytes(static_cast<double>(layer.in) * static_cast<double>(rows + share(layer.out, members))) <= l2_bytes;
}

// Elements of the weights that the busiest member updates: tiles are not divided, so it may have half of one too many.
double updated_elements(const std::vector<LayerSize>& layers, int members) {
    double all = 0, tile = 0;
    for (const auto& [in, out, panel] : layers) {
        all += static_cast<double>(in * out);
        tile = std::max(tile, static_cast<double>(std::min(in, panel) * std::min(out, panel)));
    }
    return members == 1 ? all : std::max(tile, all / members + tile / 2);
}

}  // namespace

bool keeps_transposed(double bytes, size_t rows, int members) {
    return bytes <= cached_bytes && rows > few_rows * members;
}

Cost cost_of(const std::vector<LayerSize>& layers, size_t rows, const Arrangement& arrangement, PlanFor purpose) {
    if (layers.empty()) return {};
    const bool training = purpose != PlanFor::inference;
    const auto members = static_cast<double>(arrangement.members), group = static_cast<double>(arrangement.group),
               groups = static_cast<double>(arrangement.groups());
    const double others = 1 - 1 / members;
    double weights = 0;
    for (const auto& [in, out, panel] : layers) weights += static_cast<double>(in * out);
    Pass pass(rows, arrangement);
    const size_t blocks = share(pass.rows(), row_block);
    const auto inputs = static_cast<double>(layers.front().in),
               first_layer = inputs * static_cast<double>(layers.front().out);
    const bool kept = keeps_transposed(bytes(weights - first_layer), rows, arrangement.members);
    // Of the weights that a member reads, the part that it has not in its cache: because others have updated them, or for want
    // of room.
    const double updated = training ? 1 - group / members : 0, far = bytes(weights) / group > l2_bytes ? 1 : updated;
    const auto own_rows = static_cast<double>(pass.rows()), all_rows = static_cast<double>(rows);
    pass.gather(inputs * (arrangement.first_divided ? all_rows : own_rows));
    double near_sides = 0, far_sides = 0, taken = 0;  // elements
    for (size_t i = 0; i < layers.size(); ++i) {
        const auto& [in, out, panel] = layers[i];
        const bool divided = i == 0 && arrangement.first_divided;
        if (divided)
            pass.divided_product(rows, in, out, arrangement.members);
        else
            pass.product(in, out, panel, far);
        if (!training) continue;
        const auto n_in = static_cast<double>(in), n_out = static_cast<double>(out);
        (divided ? near_sides : far_sides) += all_rows * n_in / (divided ? 1 : groups);
        far_sides += all_rows * n_out / (divided ? members : group);
        // In a group, one member gathers the input, and each writes some of the columns of what is between layers.
        const double inputs_read = arrangement.group > 1 ? 1 : others, writers = i == 0 ? 1 : group;
        if (!divided) taken += own_rows * n_in / writers * inputs_read;
        // Backward passes read the columns that others have updated, too; the first layer has none.
        if (!divided) taken += n_in * n_out / members * (i == 0 ? 1 - group / members : 1);
        if (i == 0) continue;
        pass.product(out, in, panel, i + 1 < layers.size() ? far : updated);  // it has just read the last one
        const double times = kept ? 1 / members : static_cast<double>(blocks) / group;
        pass.add_seconds(n_in * n_out * times / transposed_per_second);
    }
    if (training) {
        // A member's tiles need all rows of some of the inputs and of the deltas.
        const double elements = updated_elements(layers, arrangement.members);
        pass.add(all_rows * elements, 2 * bytes(elements) + bytes(near_sides + far_sides), bytes(far_sides) * others);
        if (arrangement.members > 1) pass.take_back(taken);
    }
    if (arrangement.group > 1) pass.add_seconds((unevenness - 1) * pass.cost().seconds);
    pass.add_barriers((training ? 2 * layers.size() : layers.size() + 1) * blocks, arrangement.group);
    pass.add_barriers((training ? 2 : 1) + arrangement.first_divided, arrangement.members);
    if (!training && arrangement.members > 1) pass.add_seconds(waking_seconds);
    return pass.cost();
}

Arrangement arrange(const std::vector<LayerSize>& layers, size_t rows, int members, PlanFor purpose, Ways ways) {
    const auto seconds_of = [&](const Arrangement& arrangement) {
        const Cost cost = cost_of(layers, rows, arrangement, purpose);
        return cost.seconds + cost.taken_bytes / taken_bytes_per_second;
    };
    Arrangement best{members, 1};
    double least = seconds_of(best);
    const auto look_at = [&](const Arrangement& other) {
        const double seconds = seconds_of(other);
        if (seconds < least) best = other, least = seconds;
    };
    for (int group = 2; group <= members && ways.groups; ++group)
        if (members % group == 0) look_at({members, group});
    if (!ways.first_divided || members == 1 || !stays_near(layers.front(), rows, members)) return best;
    least *= 1 - worthwhile;
    look_at({members, 1, true});
    return best;
}

Arrangement arrange_at_most(const std::vector<LayerSize>& layers, size_t rows, int most, PlanFor purpose, Ways ways) {
    if (layers.empty()) return {};
    Arrangement best = arrange(layers, rows, most, purpose, ways);
    double least = cost_of(layers, rows, best, purpose).seconds;
    const double enough = purpose == PlanFor::training ? 1 - undecided : 1;
    for (int members = most / 2; members > 0; members /= 2) {
        const Arrangement next = arrange(layers, rows, members, purpose, ways);
        const double seconds = cost_of(layers, rows, next, purpose).seconds;
        if (seconds < enough * least) best = next, least = seconds;
    }
    return best;
}

}  // namespace pynn
