// Plan: a network laid out for a batch size: the panels of every stage, and the two phases of a training step over them.
//
//   phase 1, rows     each thread, or group of threads, takes its rows through gather, all layers forward, loss, all layers
//                     backward
//   phase 2, tiles    the threads share the weight-gradient tiles of all layers; the optimizer updates each in L1
//
// The threads of a group share the columns of each layer for the same rows, and meet after it; or all threads share those of the
// first layer. See arrangement.hpp.
// Every sum runs over all rows or all columns in one fixed order, so who does which part does not change a bit.
#pragma once

#include <memory>
#include <vector>

#include "core/failure.hpp"
#include "core/memory.hpp"
#include "core/team.hpp"
#include "nn/arrangement.hpp"
#include "nn/even_parts.hpp"
#include "nn/network.hpp"
#include "nn/optimizer.hpp"
#include "nn/row_blocks.hpp"

namespace pynn {

// What a member of a team works on: some of the rows, and of each stage some of the columns; those with the same rows, its
// group, meet after every stage.
struct Sharing {
    Member member{0, 1};  // of the team
    Member rows{0, 1}, columns{0, 1};
    Barrier* group = nullptr;    // where members share columns
    bool first_divided = false;  // all members share the columns of the first layer; see Arrangement

    Sharing(const Member& m, const Arrangement& arrangement, Barrier* groups)
        : member(m),
          rows{m.index / arrangement.group, m.count / arrangement.group},
          columns{m.index % arrangement.group, arrangement.group},
          group(arrangement.group > 1 ? groups + rows.index : nullptr),
          first_divided(arrangement.first_divided) {}
    explicit Sharing(const Member& m = {0, 1}) : Sharing(m, {m.count, 1}, nullptr) {}

    bool by_columns() const { return columns.count > 1; }
    // Whether a member's tiles are those of the columns that it computed.
    bool tiles_by_columns() const { return by_columns() || first_divided; }
    void meet() const {
        if (by_columns()) group->wait(columns.count);
    }
};

// The rows [0, rows) that the members of a team take through a network.
template <class T>
struct Batch {
    size_t rows;
    const Randomness* randomness;  // null: as in evaluation
    const SparseBatch<T>* sparse;  // the input, if not null
    Barrier& barrier;              // of the team
    Failure& failure;
};

// Members meet, the first one calls body(), and all go on.
template <class T, class Body>
void alone(const Batch<T>& batch, const Member& member, const Body& body) {
    batch.barrier.wait(member.count);
    if (member.index == 0) batch.failure.guard(body);
    batch.barrier.wait(member.count);
}

template <class T>
class Plan {
  public:
    Plan(std::shared_ptr<const Network<T>> network, size_t batch, PlanFor purpose);

    // Whether members can share the columns of the first layer, and the rows of the others.
    bool can_divide_first() const { return !first_layer_.empty(); }

    // Called by one thread before the input comes: by input(), of which members that share the first layer's columns have one each;
    // or in sparse batches of at most so many elements.
    void expect_dense(int inputs = 1);
    int inputs() const { return 1 + static_cast<int>(more_inputs_.size()); }
    void expect_sparse(size_t nonzeros, int members);
    // Called by one thread before a team of at most that many runs backward() and update(), and after weights changed otherwise.
    void begin(int members);

    const Panels<T>& input() const { return layout_.front().z; }
    // The member's own, where each needs all rows.
    const Panels<T>& input(const Sharing& sharing) const {
        return sharing.first_divided && sharing.member.index > 0 ? more_inputs_[sharing.member.index - 1].panels
                                                                 : input();
    }
    const Panels<T>& output() const { return layout_.back().z; }
    const Panels<T>& output_delta() const { return layout_.back().delta; }
    const Panels<T>& input_delta() const { return layout_.front().delta; }

    // Parts of the network: one, and one more for each RowMixer, which begins it. All rows must have gone through a part before
    // any goes on.
    size_t parts() const { return mixers_.size() + 1; }
    // What one member holds from the forward to the backward pass.
    using Held = std::vector<std::unique_lock<std::recursive_mutex>>;
    Held hold(const Member& member) const;

    // A batch through all parts, for every member of a team. input(rows) fills the member's input(); output(rows) is called when
    // output() is known, and may begin the backward pass with that of the last part.
    template <class Input, class Output>
    void forward_pass(const Batch<T>& batch, const Sharing& sharing, const Input& input, const Output& output);
    void backward_pass(const Batch<T>& batch, const Sharing& sharing, bool begun);

    // Stage 0 holds the input of `rows`, or it is `sparse`; after the last part output() holds the network's. Without randomness,
    // as in evaluation.
    void forward(Rows rows, size_t part, const Sharing& sharing, const Randomness* randomness,
                 const SparseBatch<T>* sparse = nullptr) const;
    // output_delta() holds dLoss/dz of the network's output; the parts are taken from the last to the first. Afterwards each stage
    // has its delta, and input_delta() holds dLoss/dx if the plan is for it.
    void backward(Rows rows, size_t part, const Sharing& sharing, bool training) const;
    // The whole network, as in evaluation.
    void forward(Rows rows, const Sharing& sharing = Sharing(), const SparseBatch<T>* sparse = nullptr) const;
    void backward(Rows rows, const Sharing& sharing = Sharing()) const;
    // The member's share of the tiles, with gradients summed over rows [0, rows). scalars: the optimizer's for this step.
    void update(const Sharing& sharing, size_t rows, Optimizer& optimizer, const T* scalars,
                const SparseBatch<T>* sparse = nullptr);

    // Steps of an optimizer with options. `scalars` are those of all groups, one after the other.
    //   update_with_options   where each gradient suffices for its own step: as update does
    //   add_gradients         sums the gradients of the member's tiles, or adds to the sums that it has
    //   prepare_gradients     applies what comes before the norm, and notes the squares of the member's tiles
    //   gradient_norm         of all tiles, after all members have done that
    //   apply_gradients       the step, with gradients times `factor`
    //   constrain             max_norm, on the member's share of the units, after all members have done their steps
    //   average               the running averages of the weights of the member's tiles, after all members have done that
    // An L2 penalty, 0 for none: penalty W is added to the gradients of weights before everything else, and after all members have
    // done that the sum of the squares that W had is known.
    void reserve_gradients();  // before all but the first and the last of these
    void update_with_options(const Sharing& sharing, size_t rows, Optimizer& optimizer, const T* scalars,
                             const SparseBatch<T>* sparse, T penalty);
    void add_gradients(const Sharing& sharing, size_t rows, bool add, const SparseBatch<T>* sparse);
    void prepare_gradients(const Sharing& sharing, const Optimizer& optimizer, T penalty);
    double gradient_norm() const;
    void apply_gradients(const Sharing& sharing, Optimizer& optimizer, const T* scalars, T factor);
    void constrain(const Member& member, const Optimizer& optimizer);
    void average(const Sharing& sharing, Optimizer& optimizer);
    double sum_of_penalised_squares() const;
    // The step of the optimizer's foreign rule, by one member; apply_gradients by all of them does the rest.
    void apply_rule(Optimizer& optimizer, T factor, int64_t steps, double lr);
    // The member's share of the statistics that mixers keep of their batches.
    void learn(const Member& member, size_t rows);

  private:
    // Between two parts: what the mixer that begins `part` does with all rows.
    void meet(Direction direction, size_t part, const Batch<T>& batch, const Member& member);
    // An input of a stage, and whether its delta gets the first and the last of its parts from there.
    struct Flow {
        size_t input;
        bool first, last;
    };
    struct Layout {
        Panels<T> z, delta;
        Panels<T> more;  // what a second reader adds to delta
        Buffer<T> z_memory, delta_memory, more_memory, saved;
        Buffer<T> transposed;          // see Head::transpose
        RowMixer<T>* mixer = nullptr;  // the head, if it is one
        Buffer<T> summaries;           // of a mixer, panel by panel
        Buffer<T> gradients;           // in the parameters' layout, for add_gradients
        std::vector<Flow> flows;
        std::vector<Panels<T>> inputs;  // of a Join
    };
    struct OwnInput {
        Buffer<T> memory;
        Panels<T> panels;
    };
    // What the head of a stage reads.
    const Panels<T>& input_of(size_t stage, const Sharing& sharing) const {
        return stage == 1 ? input(sharing) : layout_[stage].inputs.front();
    }
    template <class Input>
    void run_first_divided(const Batch<T>& batch, const Sharing& sharing, const Input& input) const;
    struct Tile {
        size_t stage, head, tile;
        double cost, before[2];  // [by columns]: the cost of all tiles that share_tiles puts before this one
    };
    void share_tiles();
    void divide_first();
    template <class Body>
    void for_own_tiles(const Sharing& sharing, const Body& body) const;
    // The elements of a sparse batch that the member's tiles read; null for a dense one.
    const SparsePanels<T>* sort_elements(const Sharing& sharing, size_t rows, const SparseBatch<T>* x);
    void run_first_head(const SparseBatch<T>& x, Rows rows, const Sharing& sharing, const Randomness* randomness) const;
    void sum_gradient(const Tile& tile, const Sharing& sharing, const SparsePanels<T>* elements, size_t rows, T* g,
                      bool add) const;
    T* parameters(const Tile& tile) const { return network_->stages()[tile.stage].head->parameter_data(); }
    void load_ahead(const Tile& tile, Optimizer& optimizer) const;
    void prepare(const Tile& tile, const Optimizer& optimizer, T* g, T penalty);
    void step(const Tile& tile, Optimizer& optimizer, const T* scalars, const T* g, T penalty);
    // The lowest stage that has a delta.
    size_t lowest_delta() const { return purpose_ == PlanFor::input_gradient ? 0 : 1; }
    void connect();
    // Whether the stage's head needs all rows.
    bool mixes(size_t stage, bool training) const {
        RowMixer<T>* mixer = layout_[stage].mixer;
        return mixer != nullptr && (training || mixer->in_use() != nullptr);
    }
    void run_head_forward(size_t stage, Rows rows, size_t first, size_t last, bool training) const;
    void run_head_backward(size_t stage, size_t flow, Rows rows, size_t first, size_t last, const Panels<T>& delta_x,
                           T* scratch, bool training) const;
    void run_follower_forward(size_t stage, Rows rows, size_t first, size_t last, const Randomness* randomness) const;
    void run_follower_backward(size_t stage, Rows rows, size_t first, size_t last) const;
    T* saved(size_t stage, size_t panel, size_t row) const;

    std::shared_ptr<const Network<T>> network_;
    PlanFor purpose_;
    std::vector<Layout> layout_;             // one a stage
    EvenParts first_layer_;                  // of its columns, if members can share them
    std::vector<OwnInput> more_inputs_;      // of members from 1 on, that do
    std::vector<size_t> mixers_;             // stages whose head is a RowMixer
    std::vector<Tile> tiles_;                // of all stages, stage by stage
    std::vector<double> squares_;            // of each tile's gradient
    std::vector<double> penalised_squares_;  // of each tile's weights
    double tiles_cost_ = 0;
    size_t scratch_size_ = 0;  // of a member
    Buffer<T> scratch_;
    std::vector<SparsePanels<T>> elements_;  // one a member
};

// Calls body(rows) for the blocks of the member's rows.
template <class Body>
void for_own_blocks(size_t rows, const Sharing& sharing, const Body& body) {
    for_row_blocks(sharing.rows.begin(rows), sharing.rows.end(rows), body);
}

template <class T>
template <class Input, class Output>
void Plan<T>::forward_pass(const Batch<T>& batch, const Sharing& sharing, const Input& input, const Output& output) {
    for (size_t part = 0; part < parts(); ++part) {
        if (part > 0) meet(Direction::forward, part, batch, sharing.member);
        const bool divided = part == 0 && sharing.first_divided;
        if (divided) run_first_divided(batch, sharing, input);
        for_own_blocks(batch.rows, sharing, [&](Rows rows) {
            if (part == 0 && !divided) input(rows);
            forward(rows, part, sharing, batch.randomness, batch.sparse);
            if (part + 1 == parts()) output(rows);
        });
    }
}

// Each member takes all rows to its panels of the first layer. Of a panel that it shares with its neighbour, it takes some of the
// rows. With more than one block of them it begins with its rows of the other layers, so that each is the first to load a part of x.
template <class T>
template <class Input>
void Plan<T>::run_first_divided(const Batch<T>& batch, const Sharing& sharing, const Input& input) const {
    const Panels<T>& x = this->input(sharing);
    const Head<T>& head = *network_->stages()[1].head;
    const size_t panels = layout_[1].z.count();
    const auto run = [&](Rows rows) {
        input(rows);
        const size_t step = head.panels_at_once(Direction::forward, rows.size());
        const auto own = [&](size_t p) { return overlap(rows, first_layer_.of(sharing.member, p, batch.rows)); };
        for (size_t p = 0, end = p; p < panels; p = end) {
            const Rows part = own(p);
            for (end = p + 1; end < panels && end < p + step && own(end) == part;) ++end;
            if (part.size() == 0) continue;
            head.forward(x, layout_[1].z, part, p, end);
            run_follower_forward(1, part, p, end, batch.randomness);
        }
    };
    const size_t first = batch.rows > row_block ? sharing.member.begin(batch.rows) : 0;
    for_row_blocks(first, batch.rows, run);
    for_row_blocks(0, first, run);
    batch.barrier.wait(sharing.member.count);
}

template <class T>
template <class Body>
void Plan<T>::for_own_tiles(const Sharing& sharing, const Body& body) const {
    // Those who computed the same columns stand side by side.
    const int index = sharing.columns.index * sharing.rows.count + sharing.rows.index;
    const double first = tiles_cost_ * index / sharing.member.count;
    const double last = tiles_cost_ * (index + 1) / sharing.member.count;
    const bool by_columns = sharing.tiles_by_columns();
    for (const Tile& tile : tiles_)
        if (tile.before[by_columns] >= first && tile.before[by_columns] < last) body(tile);
}

}  // namespace pynn
