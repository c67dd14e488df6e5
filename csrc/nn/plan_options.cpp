// The steps of a Plan for optimizers with options: clipping, accumulation, groups of parameters and the like.
#include <algorithm>
#include <cmath>

#include "nn/plan.hpp"

namespace pynn {
namespace {

// Calls body(region) for the regions of a tile.
template <class T, class Body>
void for_regions(const Head<T>& head, size_t tile, const Body& body) {
    Region regions[max_regions];
    const size_t count = head.regions(tile, regions);
    for (size_t i = 0; i < count; ++i) body(regions[i]);
}

template <class T>
size_t begin_of(const Head<T>& head, size_t tile) {
    Region regions[max_regions];
    head.regions(tile, regions);
    return regions[0].begin;
}

template <class T>
T sign(T x) {
    return static_cast<T>((x > 0) - (x < 0));
}

}  // namespace

// What comes before the norm: g is the tile's gradient, at its beginning.
template <class T>
void Plan<T>::prepare(const Tile& tile, const Optimizer& optimizer, T* g, T penalty) {
    const Head<T>& head = *network_->stages()[tile.stage].head;
    const T l1 = static_cast<T>(optimizer.options.l1), most = static_cast<T>(optimizer.options.clip_value);
    const T* w = parameters(tile);
    const size_t begin = begin_of(head, tile.tile);
    double squares = 0;
    for_regions(head, tile.tile, [&](const Region& region) {
        T* part = g + (region.begin - begin);
        if (penalty > 0 && region.penalised)
            squares += active_kernels<T>().penalise(w + region.begin, part, region.count / panel_width<T>, region.live,
                                                    penalty);
        for (size_t i = 0; i < region.count && l1 > 0 && region.penalised; ++i)
            part[i] += l1 * sign(w[region.begin + i]);
        for (size_t i = 0; i < region.count && most > 0; ++i)
            part[i] = part[i] > most ? most : part[i] < -most ? -most : part[i];  // NaN stays
    });
    if (penalty > 0) penalised_squares_[&tile - tiles_.data()] = squares;
}

template <class T>
void Plan<T>::step(const Tile& tile, Optimizer& optimizer, const T* scalars, const T* g, T penalty) {
    Head<T>& head = *network_->stages()[tile.stage].head;
    HeadState<T>& state = optimizer.state<T>(tile.head);
    const auto& kernel = active_kernels<T>().optimizers[optimizer.index()];
    T* w = parameters(tile);
    const size_t begin = begin_of(head, tile.tile);
    double squares = 0;
    for_regions(head, tile.tile, [&](const Region& region) {
        const int group = optimizer.group_of(tile.head, region.parameter);
        T* slots[defs::max_slots + 1];
        for (size_t i = 0; i < state.size(); ++i) slots[i] = state[i].data() + region.begin;
        if (group == Optimizer::frozen || optimizer.rule) return;
        const T* part = g + (region.begin - begin);
        const T* h = scalars + group * defs::max_step_scalars;
        if (penalty > 0 && region.penalised)
            squares +=
                kernel.penalised(w + region.begin, part, slots, region.count / panel_width<T>, region.live, penalty, h);
        else
            kernel.span(w + region.begin, part, slots, region.count, h);
    });
    if (penalty > 0) penalised_squares_[&tile - tiles_.data()] = squares;
    if (layout_[tile.stage].transposed) head.transpose_tile(tile.tile, layout_[tile.stage].transposed.data());
}

// Weights and state, while the gradient is summed.
template <class T>
void Plan<T>::load_ahead(const Tile& tile, Optimizer& optimizer) const {
    T* w = parameters(tile);
    HeadState<T>& state = optimizer.state<T>(tile.head);
    for_regions(*network_->stages()[tile.stage].head, tile.tile, [&](const Region& region) {
        prefetch(w + region.begin, region.count);
        for (Buffer<T>& slot : state) prefetch(slot.data() + region.begin, region.count);
    });
}

template <class T>
void Plan<T>::sum_gradient(const Tile& tile, const Sharing& sharing, const SparsePanels<T>* elements, size_t rows, T* g,
                           bool add) const {
    const Layout& layout = layout_[tile.stage];
    const Head<T>& head = *network_->stages()[tile.stage].head;
    if (elements && tile.stage == 1)
        head.gradient_sparse(tile.tile, *elements, layout.delta, rows, g, add);
    else
        head.gradient(tile.tile, input_of(tile.stage, sharing), layout.delta, rows, g, add);
}

template <class T>
void Plan<T>::update_with_options(const Sharing& sharing, size_t rows, Optimizer& optimizer, const T* scalars,
                                  const SparseBatch<T>* sparse, T penalty) {
    const SparsePanels<T>* elements = sort_elements(sharing, rows, sparse);
    alignas(128) T g[(panel_width<T> + 1) * panel_width<T>];
    for_own_tiles(sharing, [&](const Tile& tile) {
        if (rows > rank_rows) load_ahead(tile, optimizer);
        sum_gradient(tile, sharing, elements, rows, g, false);
        if (optimizer.plain()) return step(tile, optimizer, scalars, g, penalty);
        prepare(tile, optimizer, g, penalty);
        step(tile, optimizer, scalars, g, 0);
    });
}

template <class T>
void Plan<T>::add_gradients(const Sharing& sharing, size_t rows, bool add, const SparseBatch<T>* sparse) {
    const SparsePanels<T>* elements = sort_elements(sharing, rows, sparse);
    for_own_tiles(sharing, [&](const Tile& tile) {
        const Head<T>& head = *network_->stages()[tile.stage].head;
        sum_gradient(tile, sharing, elements, rows, layout_[tile.stage].gradients.data() + begin_of(head, tile.tile),
                     add);
    });
}

template <class T>
void Plan<T>::prepare_gradients(const Sharing& sharing, const Optimizer& optimizer, T penalty) {
    for_own_tiles(sharing, [&](const Tile& tile) {
        const Head<T>& head = *network_->stages()[tile.stage].head;
        T* gradients = layout_[tile.stage].gradients.data();
        prepare(tile, optimizer, gradients + begin_of(head, tile.tile), penalty);
        double sum = 0;
        for_regions(head, tile.tile, [&](const Region& region) {
            if (optimizer.group_of(tile.head, region.parameter) == Optimizer::frozen) return;
            for (size_t row = region.begin; row < region.begin + region.count; row += panel_width<T>)
                for (size_t i = row; i < row + region.live; ++i)
                    sum += static_cast<double>(gradients[i]) * static_cast<double>(gradients[i]);
        });
        squares_[&tile - tiles_.data()] = sum;
    });
}

template <class T>
double Plan<T>::gradient_norm() const {
    double sum = 0;
    for (const double squares : squares_) sum += squares;
    return std::sqrt(sum);
}

template <class T>
double Plan<T>::sum_of_penalised_squares() const {
    double sum = 0;
    for (const double squares : penalised_squares_) sum += squares;
    return sum;
}

template <class T>
void Plan<T>::apply_gradients(const Sharing& sharing, Optimizer& optimizer, const T* scalars, T factor) {
    for_own_tiles(sharing, [&](const Tile& tile) {
        const Head<T>& head = *network_->stages()[tile.stage].head;
        T* gradients = layout_[tile.stage].gradients.data();
        for_regions(head, tile.tile, [&](const Region& region) {
            for (size_t i = region.begin; i < region.begin + region.count && factor != T(1); ++i)
                gradients[i] *= factor;
        });
        step(tile, optimizer, scalars, gradients + begin_of(head, tile.tile), 0);
    });
}

template <class T>
void Plan<T>::average(const Sharing& sharing, Optimizer& optimizer) {
    const T keep = static_cast<T>(optimizer.options.average);
    for_own_tiles(sharing, [&](const Tile& tile) {
        const T* w = parameters(tile);
        T* average = optimizer.state<T>(tile.head).back().data();
        for_regions(*network_->stages()[tile.stage].head, tile.tile, [&](const Region& region) {
            for (size_t i = region.begin; i < region.begin + region.count; ++i)
                average[i] = keep * average[i] + (T(1) - keep) * w[i];
        });
    });
}

template <class T>
void Plan<T>::apply_rule(Optimizer& optimizer, T factor, int64_t steps, double lr) {
    std::vector<HeadGradient<T>> all;
    for (size_t s = 1; s < layout_.size(); ++s) {
        const auto& head = network_->stages()[s].head;
        Buffer<T>& gradients = layout_[s].gradients;
        if (head->parameter_count() == 0) continue;
        for (size_t i = 0; i < gradients.size() && factor != T(1); ++i) gradients.data()[i] *= factor;
        all.push_back({network_->positions()[all.size()], head, gradients.data()});
    }
    optimizer.rule->step(all, steps, lr);
}

template <class T>
void Plan<T>::constrain(const Member& member, const Optimizer& optimizer) {
    const auto most = static_cast<T>(optimizer.options.max_norm);
    for (size_t s = 1, index = 0; s < layout_.size(); ++s) {
        Head<T>& head = *network_->stages()[s].head;
        if (head.parameter_count() == 0) continue;
        const size_t panels = layout_[s].z.count(), number = index++;
        if (optimizer.group_of(number, 0) == Optimizer::frozen) continue;
        for (size_t p = member.begin(panels); p < member.end(panels); ++p)
            head.constrain(p, most, layout_[s].transposed.data());
    }
}

#define PYNN_INSTANTIATE(T)                                                                                         \
    template void Plan<T>::update_with_options(const Sharing&, size_t, Optimizer&, const T*, const SparseBatch<T>*, \
                                               T);                                                                  \
    template void Plan<T>::add_gradients(const Sharing&, size_t, bool, const SparseBatch<T>*);                      \
    template void Plan<T>::prepare_gradients(const Sharing&, const Optimizer&, T);                                  \
    template double Plan<T>::gradient_norm() const;                                                                 \
    template double Plan<T>::sum_of_penalised_squares() const;                                                      \
    template void Plan<T>::apply_gradients(const Sharing&, Optimizer&, const T*, T);                                \
    template void Plan<T>::average(const Sharing&, Optimizer&);                                                     \
    template void Plan<T>::apply_rule(Optimizer&, T, int64_t, double);                                              \
    template void Plan<T>::constrain(const Member&, const Optimizer&);
PYNN_INSTANTIATE(float)
PYNN_INSTANTIATE(double)
#undef PYNN_INSTANTIATE

}  // namespace pynn
