#include "nn/plan.hpp"

#include <algorithm>
#include <numeric>

namespace pynn {
template <class T>
Plan<T>::Plan(std::shared_ptr<const Network<T>> network, size_t batch, PlanFor purpose)
    : network_(std::move(network)), purpose_(purpose) {
    const auto& stages = network_->stages();
    for (size_t s = 0, head = 0; s < stages.size(); ++s) {
        const size_t elements = panels_for<T>(stages[s].n) * batch * panel_width<T>;
        const bool has_delta = purpose != PlanFor::inference && s >= lowest_delta();
        Layout layout;
        if (s > 0) layout.z_memory = Buffer<T>(elements);
        if (has_delta) layout.delta_memory = Buffer<T>(elements);
        if (has_delta && stages[s].follower && stages[s].follower->saves()) layout.saved = Buffer<T>(elements);
        layout.z = {layout.z_memory.data(), batch, stages[s].n};
        layout.delta = {layout.delta_memory.data(), batch, stages[s].n};
        if (has_delta && stages[s].readers.size() > 1) layout.more_memory = Buffer<T>(elements);
        layout.more = {layout.more_memory.data(), batch, stages[s].n};
        layout.mixer = dynamic_cast<RowMixer<T>*>(stages[s].head.get());
        if (layout.mixer != nullptr) {
            mixers_.push_back(s);
            layout.summaries = Buffer<T>(layout.z.count() * layout.mixer->summary_size());
        }
        layout_.push_back(std::move(layout));
        if (s == 0 || purpose == PlanFor::inference) continue;
        scratch_size_ = std::max(scratch_size_, stages[s].head->scratch_size());
        for (size_t t = 0; t < stages[s].head->tiles(); ++t)
            tiles_.push_back({s, head, t, stages[s].head->tile_cost(t), {}});
        head += stages[s].head->parameter_count() > 0;
    }
    penalised_squares_.resize(tiles_.size());
    connect();
    share_tiles();
    divide_first();
}

// Deltas come from the last stage to the first, and to a stage from its readers in that order.
template <class T>
void Plan<T>::connect() {
    const auto& stages = network_->stages();
    std::vector<size_t> parts(stages.size());
    for (size_t s = stages.size() - 1; s > 0; --s)
        for (const size_t input : stages[s].inputs) {
            const size_t part = parts[input]++;
            layout_[s].flows.push_back({input, part == 0, part + 1 == stages[input].readers.size()});
            layout_[s].inputs.push_back(layout_[input].z);
        }
}

// The first layer must be a product of the input as it comes, which nobody else reads or gets a delta for.
template <class T>
void Plan<T>::divide_first() {
    const auto& stages = network_->stages();
    if (stages.size() == 1 || purpose_ != PlanFor::training) return;
    if (stages[0].readers.size() > 1 || stages[0].follower || stages[1].head->multiply_adds() == 0) return;
    std::vector<double> costs(layout_[1].z.count());
    for (const Tile& tile : tiles_)
        if (tile.stage == 1) costs[tile.tile % costs.size()] += tile.cost;
    first_layer_ = EvenParts(costs);
}

template <class T>
void Plan<T>::expect_dense(int inputs) {
    Layout& input = layout_.front();
    while (this->inputs() < inputs) {
        Buffer<T> memory(input.z.count() * input.z.stride * panel_width<T>);
        const Panels<T> panels{memory.data(), input.z.stride, input.z.n};
        more_inputs_.push_back({std::move(memory), panels});
    }
    if (input.z_memory) return;
    input.z_memory = Buffer<T>(input.z.count() * input.z.stride * panel_width<T>);
    input.z.data = input.z_memory.data();
    for (Layout& layout : layout_)
        for (size_t i = 0; i < layout.flows.size(); ++i)
            if (layout.flows[i].input == 0) layout.inputs[i] = input.z;
}

template <class T>
void Plan<T>::expect_sparse(size_t nonzeros, int members) {
    elements_.resize(std::max(elements_.size(), static_cast<size_t>(members)));
    for (SparsePanels<T>& elements : elements_) elements.reserve(nonzeros, layout_.front().z.count());
}

template <class T>
void Plan<T>::begin(int members) {
    if (scratch_.size() < scratch_size_ * members) scratch_ = Buffer<T>(scratch_size_ * members);
    size_t size = 0;
    const auto flows_back = [this](size_t s) { return layout_[s].flows.front().input >= lowest_delta(); };
    for (size_t s = 1; s < layout_.size(); ++s)
        if (flows_back(s)) size += network_->stages()[s].head->transposed_size();
    const bool keep = keeps_transposed(static_cast<double>(size * sizeof(T)), layout_.front().z.stride, members);
    for (size_t s = 1; s < layout_.size(); ++s) {
        if (!flows_back(s)) continue;
        const Head<T>& head = *network_->stages()[s].head;
        Buffer<T>& transposed = layout_[s].transposed;
        if (keep != (transposed.size() > 0)) transposed = Buffer<T>(keep ? head.transposed_size() : 0);
        if (transposed) head.transpose(transposed.data());
    }
}

template <class T>
void Plan<T>::reserve_gradients() {
    for (size_t s = 1; s < layout_.size(); ++s)
        layout_[s].gradients = Buffer<T>(network_->stages()[s].head->parameter_count());
    squares_.resize(tiles_.size());
}

// Members take even parts of the total cost in an order by relative position in the layer: so a member updates the same
// part of every layer in each step (which then stays in its cache), and layers of a single tile still spread over the team.
// Where members share the columns of a layer, their tiles are those of the columns that they computed.
template <class T>
void Plan<T>::share_tiles() {
    const auto position = [this](const Tile& tile, bool by_columns) {
        const size_t tiles = network_->stages()[tile.stage].head->tiles(), panels = layout_[tile.stage].z.count();
        if (by_columns && tiles % panels == 0)
            return (static_cast<double>(tile.tile % panels) + 0.5) / static_cast<double>(panels);
        return (static_cast<double>(tile.tile) + 0.5) / static_cast<double>(tiles);
    };
    std::vector<size_t> order(tiles_.size());
    for (const bool by_columns : {false, true}) {
        std::iota(order.begin(), order.end(), size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
            return position(tiles_[a], by_columns) < position(tiles_[b], by_columns);
        });
        tiles_cost_ = 0;
        for (const size_t t : order) {
            tiles_[t].before[by_columns] = tiles_cost_;
            tiles_cost_ += tiles_[t].cost;
        }
    }
}

template <class T>
T* Plan<T>::saved(size_t stage, size_t panel, size_t row) const {
    const Layout& layout = layout_[stage];
    if (!layout.saved) return nullptr;
    return const_cast<T*>(layout.saved.data()) + (layout.z.at(panel, row) - layout.z.data);
}

template <class T>
void Plan<T>::run_follower_forward(size_t stage, Rows rows, size_t first, size_t last,
                                   const Randomness* randomness) const {
    const auto& follower = network_->stages()[stage].follower;
    if (!follower) return;
    const size_t n = rows.size() * panel_width<T>;
    for (size_t p = first; p < last; ++p) {
        T* z = layout_[stage].z.at(p, rows.begin);
        const Place place{randomness, stage, p, rows.begin};
        if (!layout_[stage].delta_memory)  // nothing comes back
            follower->forward(z, n, place);
        else
            follower->forward_training(z, saved(stage, p, rows.begin), n, place);
    }
}

template <class T>
void Plan<T>::run_follower_backward(size_t stage, Rows rows, size_t first, size_t last) const {
    const auto& follower = network_->stages()[stage].follower;
    if (!follower) return;
    const Layout& layout = layout_[stage];
    for (size_t p = first; p < last; ++p)
        follower->backward(layout.z.at(p, rows.begin), saved(stage, p, rows.begin), layout.delta.at(p, rows.begin),
                           rows.size() * panel_width<T>);
}

// Calls body(first, last) for this member's panels of a stage, as many at once as the head likes. A head that mixes columns
// is left to member 0.
template <class T, class Body>
void for_panels(const Head<T>& head, Direction direction, size_t panels, size_t rows, const Member& member,
                const Body& body) {
    const size_t step = std::min(panels, head.panels_at_once(direction, rows));
    const bool whole = step == panels && head.mixes_columns();
    const size_t begin = whole ? 0 : member.begin(panels),
                 end = whole ? (member.index == 0 ? panels : 0) : member.end(panels);
    for (size_t p = begin; p < end; p += step) body(p, std::min(p + step, end));
}

template <class T>
void Plan<T>::run_head_forward(size_t stage, Rows rows, size_t first, size_t last, bool training) const {
    const Layout& layout = layout_[stage];
    const Head<T>& head = *network_->stages()[stage].head;
    if (layout.flows.size() > 1)
        return static_cast<const Join<T>&>(head).join(layout.inputs, layout.z, rows, first, last);
    if (!mixes(stage, training)) return head.forward(layout.inputs.front(), layout.z, rows, first, last);
    const size_t size = layout.mixer->summary_size();
    for (size_t p = first; p < last; ++p)
        layout.mixer->forward_rows(layout.inputs.front(), layout.z, rows, p, layout.summaries.data() + p * size);
}

template <class T>
void Plan<T>::run_head_backward(size_t stage, size_t flow, Rows rows, size_t first, size_t last,
                                const Panels<T>& delta_x, T* scratch, bool training) const {
    const Layout& layout = layout_[stage];
    const Head<T>& head = *network_->stages()[stage].head;
    if (layout.flows.size() > 1)
        return static_cast<const Join<T>&>(head).part(flow, layout.delta, delta_x, rows, first, last);
    if (!mixes(stage, training))
        return head.backward(layout.delta, layout.inputs.front(), layout.z, delta_x, rows, first, last,
                             {scratch, layout.transposed.data()});
    const size_t size = layout.mixer->summary_size();
    for (size_t p = first; p < last; ++p)
        layout.mixer->backward_rows(layout.delta, layout.z, delta_x, rows, p, layout.summaries.data() + p * size);
}

template <class T>
typename Plan<T>::Held Plan<T>::hold(const Member& member) const {
    Held held;
    if (member.index > 0) return held;
    for (const size_t stage : mixers_)
        if (std::recursive_mutex* mutex = layout_[stage].mixer->in_use()) held.emplace_back(*mutex);
    return held;
}

template <class T>
void Plan<T>::meet(Direction direction, size_t part, const Batch<T>& batch, const Member& member) {
    const size_t stage = mixers_[part - 1];
    const bool training = batch.randomness != nullptr;
    Layout& layout = layout_[stage];
    const Flow& flow = layout.flows.front();
    const Panels<T>&x = layout.inputs.front(), &z = layout.z;
    batch.barrier.wait(member.count);
    if (mixes(stage, training)) {
        batch.failure.guard([&] {
            if (direction == Direction::forward)
                return layout.mixer->forward_together(member, x, z, batch.rows, training, layout.summaries.data());
            const Layout& below = layout_[flow.input];
            layout.mixer->backward_together(member, layout.delta, x, z, flow.first ? below.delta : below.more,
                                            batch.rows, training, layout.summaries.data());
        });
    }
    batch.barrier.wait(member.count);
}

template <class T>
void Plan<T>::backward_pass(const Batch<T>& batch, const Sharing& sharing, bool begun) {
    for (size_t part = parts(); part > 0; --part) {
        if (part == parts() && begun) continue;
        if (part < parts()) meet(Direction::backward, part, batch, sharing.member);
        for_own_blocks(batch.rows, sharing,
                       [&](Rows rows) { backward(rows, part - 1, sharing, batch.randomness != nullptr); });
    }
}

// All panels of a member at once, because they share the reading of x.
template <class T>
void Plan<T>::run_first_head(const SparseBatch<T>& x, Rows rows, const Sharing& sharing,
                             const Randomness* randomness) const {
    const Panels<T>& z = layout_[1].z;
    const size_t first = sharing.columns.begin(z.count()), last = sharing.columns.end(z.count());
    network_->stages()[1].head->forward_sparse(x, z, rows, first, last);
    run_follower_forward(1, rows, first, last, randomness);
}

template <class T>
void Plan<T>::forward(Rows rows, size_t part, const Sharing& sharing, const Randomness* randomness,
                      const SparseBatch<T>* sparse) const {
    const size_t end = part + 1 < parts() ? mixers_[part] : layout_.size();
    size_t begin = part == 0 ? 1 : mixers_[part - 1];
    if (part == 0 && sharing.first_divided)
        ++begin;
    else if (part == 0 && sparse)
        run_first_head(*sparse, rows, sharing, randomness), ++begin;
    else if (part == 0 && sharing.columns.index == 0)
        run_follower_forward(0, rows, 0, layout_[0].z.count(), randomness);
    for (size_t s = begin; s < end; ++s) {
        sharing.meet();
        for_panels(*network_->stages()[s].head, Direction::forward, layout_[s].z.count(), rows.size(), sharing.columns,
                   [&](size_t first, size_t last) {
                       run_head_forward(s, rows, first, last, randomness != nullptr);
                       run_follower_forward(s, rows, first, last, randomness);
                   });
    }
    sharing.meet();
}

// A mixer's own backward pass needs the deltas of all rows, and so belongs to the part before.
template <class T>
void Plan<T>::backward(Rows rows, size_t part, const Sharing& sharing, bool training) const {
    const size_t top = layout_.size() - 1, begin = part + 1 < parts() ? mixers_[part] : top,
                 end = part == 0 ? 0 : mixers_[part - 1];
    T* scratch = const_cast<T*>(scratch_.data()) + sharing.member.index * scratch_size_;
    if (part + 1 == parts() && sharing.columns.index == 0) run_follower_backward(top, rows, 0, layout_[top].z.count());
    for (size_t s = begin; s > end; --s)
        for (size_t f = 0; f < layout_[s].flows.size(); ++f) {
            const auto [input, first_part, last_part] = layout_[s].flows[f];
            if (input < lowest_delta()) continue;
            const Layout& below = layout_[input];
            const bool add_it = !first_part, complete = last_part;
            sharing.meet();
            for_panels(*network_->stages()[s].head, Direction::backward, below.delta.count(), rows.size(),
                       sharing.columns, [&, target = input, flow = f](size_t first, size_t last) {
                           run_head_backward(s, flow, rows, first, last, add_it ? below.more : below.delta, scratch,
                                             training);
                           if (add_it) add(below.more, below.delta, rows, first, last);
                           if (complete) run_follower_backward(target, rows, first, last);
                       });
        }
}

template <class T>
void Plan<T>::forward(Rows rows, const Sharing& sharing, const SparseBatch<T>* sparse) const {
    for (size_t part = 0; part < parts(); ++part) forward(rows, part, sharing, nullptr, sparse);
}

template <class T>
void Plan<T>::backward(Rows rows, const Sharing& sharing) const {
    for (size_t part = parts(); part > 0; --part) backward(rows, part - 1, sharing, false);
}

template <class T>
const SparsePanels<T>* Plan<T>::sort_elements(const Sharing& sharing, size_t rows, const SparseBatch<T>* x) {
    if (x == nullptr) return nullptr;
    size_t first = layout_[0].z.count(), last = 0;
    for_own_tiles(sharing, [&](const Tile& tile) {
        if (tile.stage != 1) return;
        const size_t panel = network_->stages()[1].head->input_panel(tile.tile);
        first = std::min(first, panel);
        last = std::max(last, panel + 1);
    });
    SparsePanels<T>& elements = elements_[sharing.member.index];
    if (first < last) elements.fill(*x, rows, first, last);
    return &elements;
}

template <class T>
void Plan<T>::update(const Sharing& sharing, size_t rows, Optimizer& optimizer, const T* scalars,
                     const SparseBatch<T>* sparse) {
    Update<T> update{active_kernels<T>().optimizers[optimizer.index()], scalars, {}, 0, nullptr, optimizer.rests()};
    const SparsePanels<T>* elements = sort_elements(sharing, rows, sparse);
    for_own_tiles(sharing, [&](const Tile& tile) {
        Layout& layout = layout_[tile.stage];
        HeadState<T>& state = optimizer.state<T>(tile.head);
        update.slot_count = static_cast<int>(state.size());
        for (int i = 0; i < update.slot_count; ++i) update.slots[i] = state[i].data();
        update.transposed = layout.transposed.data();
        Head<T>& head = *network_->stages()[tile.stage].head;
        if (elements && tile.stage == 1)
            head.update_sparse(tile.tile, *elements, layout.delta, rows, update);
        else
            head.update(tile.tile, input_of(tile.stage, sharing), layout.delta, rows, update);
    });
}

template <class T>
void Plan<T>::learn(const Member& member, size_t rows) {
    for (const size_t stage : mixers_) {
        RowMixer<T>& mixer = *layout_[stage].mixer;
        const size_t panels = layout_[stage].z.count();
        for (size_t p = member.begin(panels); p < member.end(panels); ++p)
            mixer.learn(p, rows, layout_[stage].summaries.data() + p * mixer.summary_size());
    }
}

template class Plan<float>;
template class Plan<double>;

}  // namespace pynn
