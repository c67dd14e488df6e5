// Optimizer updates over contiguous spans: the weights, their gradients and their state walk along together.
#include "defs/optimizers.hpp"
#include "kernels/squares.hpp"
#include "kernels/tiles.hpp"
#include "kernels/units.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class Def, class V>
struct Update {
    using T = typename V::scalar;
    static constexpr int width = panel_width<T>;
    // An optimizer without state earns its own tiles: writing the gradient down and reading it again was 4 % of a step of
    // 784-512-512-10 at batch 32.
    using InRegisters = decltype(UpdateSpans<T>::in_registers);

    // A step's scalars as local values: pointers could point into the weights, and would be read again after every store.
    struct Scalars {
        T h[Def::scalars > 0 ? Def::scalars : 1];
        explicit PYNN_INLINE Scalars(const T* from) {
            for (int i = 0; i < Def::scalars; ++i) h[i] = from[i];
        }
    };

    static PYNN_INLINE void step(T* w, V g, T* const* slots, size_t i, const Scalars& scalars) {
        V weight = V::load(w + i);
        V slot[Def::slots > 0 ? Def::slots : 1];
        for (int s = 0; s < Def::slots; ++s) slot[s] = V::load(slots[s] + i);
        Def::update(weight, g, slot, scalars.h);
        weight.store(w + i);
        for (int s = 0; s < Def::slots; ++s) slot[s].store(slots[s] + i);
    }
    static void span(T* w, const T* g, T* const* slots, size_t n, const T* h) {
        const Scalars scalars(h);
        for (size_t i = 0; i < n; i += V::lanes) step(w, V::load(g + i), slots, i, scalars);
    }
    static double penalised(T* w, const T* g, T* const* slots, size_t rows, size_t live, T penalty, const T* h) {
        const Scalars scalars(h);
        const V factor(penalty);
        Squares<T> squares;
        for (size_t i = 0; i < rows * width; i += width) {
            squares.add(w + i);
#pragma GCC unroll 32
            for (int v = 0; v < width; v += V::lanes)
                step(w, fma(factor, V::load(w + i + v), V::load(g + i + v)), slots, i + v, scalars);
        }
        return squares.sum(live);
    }
    // The rows of d stay in registers while w passes by.
    template <int Rows>
    static void rank(const T* a, const T* d, size_t features, bool ones, T* w, T* const* slots, const T* h) {
        const Scalars scalars(h);
        for (int column = 0; column < width; column += tile_vectors * V::lanes) {
            V b[Rows][tile_vectors];
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
                for (int v = 0; v < tile_vectors; ++v) b[r][v] = V::load(d + r * width + column + v * V::lanes);
            for (size_t k = 0; k < features; ++k)
#pragma GCC unroll 16
                for (int v = 0; v < tile_vectors; ++v) {
                    V g(T(0));
#pragma GCC unroll 16
                    for (int r = 0; r < Rows; ++r) g = mul_add(V(a[r * width + k]), b[r][v], g);
                    step(w, g, slots, k * width + column + v * V::lanes, scalars);
                }
#pragma GCC unroll 16
            for (int v = 0; ones && v < tile_vectors; ++v) {
                V g(T(0));
#pragma GCC unroll 16
                for (int r = 0; r < Rows; ++r) g = g + b[r][v];
                step(w, g, slots, features * width + column + v * V::lanes, scalars);
            }
        }
    }
    static void rank_few(const T* a, const T* d, size_t rows, size_t features, bool ones, T* w, T* const* slots,
                         const T* h) {
        static_assert(rank_rows == 4);
        switch (rows) {
            case 1: return rank<1>(a, d, features, ones, w, slots, h);
            case 2: return rank<2>(a, d, features, ones, w, slots, h);
            case 3: return rank<3>(a, d, features, ones, w, slots, h);
            default: return rank<4>(a, d, features, ones, w, slots, h);
        }
    }

    struct Applied {
        static constexpr size_t rows_ahead = 0;
        T* w;
        Scalars scalars;
        Applied at(size_t i) const { return {w + i, scalars}; }
        PYNN_INLINE V start(size_t) const { return V(T(0)); }
        PYNN_INLINE void finish(V g, size_t offset) const { step(w, g, nullptr, offset, scalars); }
    };
    static void descend(const T* a, const T* d, size_t rows, size_t features, bool ones, size_t live, T* w,
                        const T* h) {
        gradient_of_panel<V>(a, d, rows, features, ones, live, Applied{w, Scalars(h)});
    }
    static constexpr InRegisters in_registers() {
        if constexpr (Def::slots == 0)
            return descend;
        else
            return nullptr;
    }
};

template <class V>
struct MakeUpdate {
    template <class Def>
    struct Of {
        static constexpr UpdateSpans<typename V::scalar> value = {
            Update<Def, V>::span, Update<Def, V>::penalised, Update<Def, V>::rank_few, Update<Def, V>::in_registers()};
    };
};

constexpr auto updates_f32 = defs::make_array<MakeUpdate<F32>::Of, UpdateSpans<float>>(defs::Optimizers{});
constexpr auto updates_f64 = defs::make_array<MakeUpdate<F64>::Of, UpdateSpans<double>>(defs::Optimizers{});

}  // namespace

const UpdateSpans<float>* update_spans_f32() { return updates_f32.items; }
const UpdateSpans<double>* update_spans_f64() { return updates_f64.items; }

}  // namespace pynn::PYNN_LEVEL
