// How a team shares a pass through a network, chosen by what each way would cost.
//
// The members form groups. Each group takes some of the rows through the network; within a group, the members share the
// columns of every layer and meet after it. Groups of one member go through all weights alone and need not meet, but in
// training each of them reads weights that the others have just updated. One group of all members goes through each weight
// once, but meets after every layer, and is idle in part where a layer has fewer panels than the group has members.
//
// Or the first layer is divided: all members share its columns, for all rows, meet, and go on with their own rows. Then
// neither the input nor the weights of that layer, often the largest, move from member to member; but each member gathers
// the whole batch. The results are always the same bits.
#pragma once

#include <cstddef>
#include <vector>

namespace pynn {

enum class PlanFor { inference, training, input_gradient };

struct Arrangement {
    int members = 1;
    int group = 1;               // members of each group; divides `members`
    bool first_divided = false;  // with groups of one: the members share the columns of the first layer for all rows

    int groups() const { return members / group; }
};

// Widths of the weights of a layer, and of its panels.
struct LayerSize {
    size_t in, out, panel;
};

// Whether a plan for `rows` keeps a transposed copy of its weights, of so many bytes, and updates it tile by tile; else the
// backward pass transposes them on the way, for each block of rows. Pays where the copy stays in cache; with few rows it would
// only be more memory to go through.
bool keeps_transposed(double bytes, size_t rows, int members);

// What the busiest member does in one pass over the rows: in a training step, or a prediction.
struct Cost {
    double multiply_adds = 0;
    double bytes = 0;        // of weights and activations that it reads, and of weights that it updates
    double far_bytes = 0;    // those of them that come from another member, or do not fit its caches
    double taken_bytes = 0;  // that it writes where others have read since it wrote there last
    int barriers = 0;
    // Expected on a core with two multiply-adds of 16 floats a cycle at 3.7 GHz.
    double seconds = 0;
};

// Counts float32 and the layers with weights: not the loss, nor layers such as Softmax.
Cost cost_of(const std::vector<LayerSize>& layers, size_t rows, const Arrangement& arrangement, PlanFor purpose);

// What a team can do beside sharing rows.
struct Ways {
    bool groups = true, first_divided = false;
};

// The arrangement of `members` with the least cost.
Arrangement arrange(const std::vector<LayerSize>& layers, size_t rows, int members, PlanFor purpose, Ways ways = {});
// The same of `most` members, half as many, a quarter, ...
Arrangement arrange_at_most(const std::vector<LayerSize>& layers, size_t rows, int most, PlanFor purpose,
                            Ways ways = {});

}  // namespace pynn
