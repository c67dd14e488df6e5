// How a team shares a training step, chosen by what each way would cost.
//
// The members form groups. Each group takes some of the rows through the network; within a group, the members share the
// columns of every layer and meet after it. Groups of one member go through all weights alone and need no meeting, but each of
// them reads all weights, which the others have just updated. One group of all members reads each weight once, but meets
// after every layer and is idle where a layer has fewer panels than the group has members. The results are the same bits.
#pragma once

#include <cstddef>
#include <vector>

namespace pynn {

struct Arrangement {
    int members = 1;
    int columns = 1;  // members of a group; divides `members`

    int groups() const { return members / columns; }
};

// Widths of the weights of a layer, and of its panels.
struct LayerSize {
    size_t in, out, panel;
};

// What the busiest member does in a step.
struct StepCost {
    double multiply_adds = 0;
    double bytes = 0;        // of weights and activations that it reads, and of weights that it updates
    double other_bytes = 0;  // those of them that another member has written
    int barriers = 0;
    double seconds =
        0;  // expected on a core with two vectors of 16 floats in a cycle at 3.7 GHz, each with an L2 of its own
};

StepCost cost_of_step(const std::vector<LayerSize>& layers, size_t rows, const Arrangement& arrangement);

// The arrangement of `members` with the least cost.
Arrangement arrange(const std::vector<LayerSize>& layers, size_t rows, int members);
// The same of at most that many members.
Arrangement arrange_at_most(const std::vector<LayerSize>& layers, size_t rows, int most);

}  // namespace pynn
