// How a team shares a pass through a network, chosen by what each way would cost.
//
// The members form groups. Each group takes some of the rows through the network; within a group, the members share the
// columns of every layer and meet after it. Groups of one member go through all weights alone and need not meet, but in
// training each of them reads weights that the others have just updated. One group of all members goes through each weight
// once, but meets after every layer, and is idle in part where a layer has fewer panels than the group has members. The
// results are the same bits.
#pragma once

#include <cstddef>
#include <vector>

namespace pynn {

enum class PlanFor { inference, training, input_gradient };

struct Arrangement {
    int members = 1;
    int columns = 1;  // members of a group; divides `members`

    int groups() const { return members / columns; }
};

// Widths of the weights of a layer, and of its panels.
struct LayerSize {
    size_t in, out, panel;
};

// What the busiest member does in one pass over the rows: in a training step, or a prediction.
struct Cost {
    double multiply_adds = 0;
    double bytes = 0;      // of weights and activations that it reads, and of weights that it updates
    double far_bytes = 0;  // those of them that come from another member, or do not fit its caches
    int barriers = 0;
    double seconds =
        0;  // expected on a core with two multiply-adds of 16 floats a cycle at 3.7 GHz, and an L2 of its own
};

Cost cost_of(const std::vector<LayerSize>& layers, size_t rows, const Arrangement& arrangement, PlanFor purpose);

// The arrangement of `members` with the least cost.
Arrangement arrange(const std::vector<LayerSize>& layers, size_t rows, int members, PlanFor purpose);
// The same of `most` members, half as many, a quarter, ...
Arrangement arrange_at_most(const std::vector<LayerSize>& layers, size_t rows, int most, PlanFor purpose);

}  // namespace pynn
