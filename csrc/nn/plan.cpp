#include "nn/plan.hpp"

#include <algorithm>
#include <numeric>

#include "nn/row_blocks.hpp"

namespace pynn {
template <class T>
Plan<T>::Plan(std::shared_ptr<const Network<T>> network, size_t batch, PlanFor purpose)
    : network_(std::move(network)), purpose_(purpose) {
    const auto& stages = network_->stages();
    for (size_t s = 0, head = 0; s < stages.size(); ++s) {
        const size_t elements = panels_for<T>(stages[s].n) * batch * panel_width<T>;
        const bool has_delta = purpose == PlanFor::input_gradient || (purpose == PlanFor::training && s > 0);
        Layout layout;
        layout.z_memory = Buffer<T>(elements);
        if (has_delta) layout.delta_memory = Buffer<T>(elements);
        if (has_delta && stages[s].follower && stages[s].follower->saves()) layout.saved = Buffer<T>(elements);
        layout.z = {layout.z_memory.data(), batch, stages[s].n};
        layout.delta = {layout.delta_memory.data(), batch, stages[s].n};
        layout_.push_back(std::move(layout));
        if (s == 0 || purpose == PlanFor::inference) continue;
        scratch_size_ = std::max(scratch_size_, stages[s].head->scratch_size());
        for (size_t t = 0; t < stages[s].head->tiles(); ++t)
            tiles_.push_back({s, head, t, stages[s].head->tile_cost(t), {}});
        head += stages[s].head->parameter_count() > 0;
    }
    share_tiles();
}

template <class T>
void Plan<T>::begin(int members) {
    if (scratch_.size() < scratch_size_ * members) scratch_ = Buffer<T>(scratch_size_ * members);
    size_t size = 0;
    for (size_t s = lowest_delta() + 1; s < layout_.size(); ++s) size += network_->stages()[s].head->transposed_size();
    const bool keep = keeps_transposed(static_cast<double>(size * sizeof(T)), layout_.front().z.stride, members);
    for (size_t s = lowest_delta() + 1; s < layout_.size(); ++s) {
        const Head<T>& head = *network_->stages()[s].head;
        Buffer<T>& transposed = layout_[s].transposed;
        if (keep != (transposed.size() > 0)) transposed = Buffer<T>(keep ? head.transposed_size() : 0);
        if (transposed) head.transpose(transposed.data());
    }
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
void Plan<T>::forward(Rows rows, const Sharing& sharing, const Randomness* randomness) const {
    const auto& stages = network_->stages();
    if (sharing.columns.index == 0) run_follower_forward(0, rows, 0, layout_[0].z.count(), randomness);
    for (size_t s = 1; s < stages.size(); ++s) {
        sharing.meet();
        for_panels(*stages[s].head, Direction::forward, layout_[s].z.count(), rows.size(), sharing.columns,
                   [&](size_t first, size_t last) {
                       stages[s].head->forward(layout_[s - 1].z, layout_[s].z, rows, first, last);
                       run_follower_forward(s, rows, first, last, randomness);
                   });
    }
    sharing.meet();
}

template <class T>
void Plan<T>::backward(Rows rows, const Sharing& sharing) const {
    const auto& stages = network_->stages();
    T* scratch = const_cast<T*>(scratch_.data()) + sharing.member.index * scratch_size_;
    if (sharing.columns.index == 0) run_follower_backward(stages.size() - 1, rows, 0, layout_.back().z.count());
    for (size_t s = stages.size() - 1; s > lowest_delta(); --s) {
        sharing.meet();
        const Layout &above = layout_[s], &below = layout_[s - 1];
        const BackwardMemory<T> memory{scratch, above.transposed.data()};
        for_panels(*stages[s].head, Direction::backward, below.delta.count(), rows.size(), sharing.columns,
                   [&](size_t first, size_t last) {
                       stages[s].head->backward(above.delta, below.z, above.z, below.delta, rows, first, last, memory);
                       run_follower_backward(s - 1, rows, first, last);
                   });
    }
}

template <class T>
void Plan<T>::update(const Sharing& sharing, size_t rows, Optimizer& optimizer, const T* scalars) {
    const auto& stages = network_->stages();
    Update<T> update{active_kernels<T>().optimizers[optimizer.index()], scalars, {}, 0, nullptr};
    // Those who computed the same columns stand side by side.
    const int index = sharing.columns.index * sharing.rows.count + sharing.rows.index;
    const double first = tiles_cost_ * index / sharing.member.count;
    const double last = tiles_cost_ * (index + 1) / sharing.member.count;
    for (const Tile& tile : tiles_) {
        if (tile.before[sharing.by_columns()] < first || tile.before[sharing.by_columns()] >= last) continue;
        HeadState<T>& state = optimizer.state<T>(tile.head);
        update.slot_count = static_cast<int>(state.size());
        for (int i = 0; i < update.slot_count; ++i) update.slots[i] = state[i].data();
        update.transposed = layout_[tile.stage].transposed.data();
        stages[tile.stage].head->update(tile.tile, layout_[tile.stage - 1].z, layout_[tile.stage].delta, rows, update);
    }
}

template class Plan<float>;
template class Plan<double>;

}  // namespace pynn
