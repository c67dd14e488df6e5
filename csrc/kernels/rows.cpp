// Functions over rows: softmax and its kin, gates, and the projection on the simplex.
#include "defs/row_functions.hpp"
#include "kernels/row_walk.hpp"
#include "kernels/units.hpp"
#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class Def, class V, class Kind = typename Def::Kind>
struct Rows;

template <class Def, class V>
struct Rows<Def, V, defs::OfExponentials> {
    using T = typename V::scalar;
    using Mask = typename V::Mask;

    static void forward(const T* u, T* z, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            const V m(greatest(walk, r, u, [](V x) { return Def::input(x); }));
            Lanes<V> sum(0);
            walk.each(r, [&](size_t at, int k, Mask live) {
                const V shifted = Def::input(V::load(u + at)) - m, e = exp(shifted);
                sum.v[k] = sum.v[k] + select(live, e, V(0));
                Def::kept(shifted, e).store(z + at);
            });
            const V total = Def::total(V(sum.sum()));
            walk.each(r, [&](size_t at, int, Mask live) {
                select(live, Def::output(V::load(z + at), total), V(0)).store(z + at);
            });
        }
    }

    static void backward(const T*, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            Lanes<V> sum(0);
            walk.each(r, [&](size_t at, int k, Mask live) {
                sum.v[k] = select(live, Def::add_term(sum.v[k], V::load(z + at), V::load(g + at)), sum.v[k]);
            });
            const V total(sum.sum());
            walk.each(r, [&](size_t at, int, Mask live) {
                select(live, Def::delta(V::load(z + at), V::load(g + at), total), V(0)).store(delta + at);
            });
        }
    }
};

template <class Def, class V>
struct Rows<Def, V, defs::OntoSimplex> {
    using T = typename V::scalar;
    using Mask = typename V::Mask;

    // With x = u - max u, tau is in [-1, 0). Starting from -1, tau = (sum of the x above tau - 1) / their number grows until
    // they are no longer fewer (Michelot 1986).
    static void forward(const T* u, T* z, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            const V m(greatest(walk, r, u, [](V x) { return x; }));
            V tau(-1);
            for (T before = static_cast<T>(defs::infinity);;) {
                Lanes<V> sum(0), number(0);
                walk.each(r, [&](size_t at, int k, Mask live) {
                    const V x = V::load(u + at) - m;
                    const Mask counts = live & !(x <= tau);  // NaN counts
                    sum.v[k] = sum.v[k] + select(counts, x, V(0));
                    number.v[k] = number.v[k] + select(counts, V(1), V(0));
                });
                const T count = number.sum();
                tau = V((sum.sum() - T(1)) / count);
                if (!(count < before)) break;
                before = count;
            }
            walk.each(r, [&](size_t at, int, Mask live) {
                select(live, max(V(0), (V::load(u + at) - m) - tau), V(0)).store(z + at);
            });
        }
    }

    static void backward(const T*, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            Lanes<V> sum(0), number(0);
            walk.each(r, [&](size_t at, int k, Mask live) {
                const Mask counts = live & !(V::load(z + at) <= V(0));
                sum.v[k] = sum.v[k] + select(counts, V::load(g + at), V(0));
                number.v[k] = number.v[k] + select(counts, V(1), V(0));
            });
            const V mean(sum.sum() / number.sum());
            walk.each(r, [&](size_t at, int, Mask live) {
                const Mask counts = live & !(V::load(z + at) <= V(0));
                select(counts, V::load(g + at) - mean, V(0)).store(delta + at);
            });
        }
    }
};

// The second half begins at any lane of a panel.
template <class Def, class V>
struct Rows<Def, V, defs::OfHalves> {
    using T = typename V::scalar;
    using Gate = typename Def::Gate;
    static constexpr size_t width = panel_width<T>, lanes = V::lanes;

    static void forward(const T* u, T* z, size_t rows, size_t stride, size_t n) {
        const Halves halves{stride, n / 2};
        for (size_t r = 0; r < rows; ++r)
            for (size_t i = 0; i < halves.padded(); i += lanes) {
                const size_t at = halves.at(r, i);
                const V out = V::load(u + at) * Gate::f(halves.second(u, r, i), none);
                out.store(z + at);
                halves.clear_padding(z, r, i);
            }
    }

    static void backward(const T* u, const T*, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
        const Halves halves{stride, n / 2};
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            for (size_t i = 0; i < halves.padded(); i += lanes) {
                const size_t at = halves.at(r, i);
                const V a = V::load(u + at), b = halves.second(u, r, i), slope = V::load(g + at);
                halves.store(slope * Gate::f(b, none), delta, r, i, i);
                halves.store(slope * a * Gate::df(b, none), delta, r, i, halves.h + i);
            }
            for (size_t i = n; i % width != 0; ++i) delta[walk.at(r, i)] = 0;
        }
    }

  private:
    static constexpr T none[defs::max_parameters] = {};  // parameters

    struct Halves {
        size_t stride, h;
        size_t padded() const { return (h + width - 1) / width * width; }
        size_t at(size_t r, size_t i) const { return (i / width * stride + r) * width + i % width; }
        // Columns h + i ... of the row; zero from 2 h on.
        PYNN_INLINE V second(const T* u, size_t r, size_t i) const {
            if (h % lanes == 0) return i < h ? V::load(u + at(r, h + i)) : V(0);
            T few[lanes] = {};
            for (size_t k = 0; k < lanes && i + k < h; ++k) few[k] = u[at(r, h + i + k)];
            return V::load(few);
        }
        // The lanes of columns i ... below h, to columns `to` ...
        PYNN_INLINE void store(V v, T* delta, size_t r, size_t i, size_t to) const {
            if (h % lanes == 0) {
                if (i < h) v.store(delta + at(r, to));
                return;
            }
            T few[lanes];
            v.store(few);
            for (size_t k = 0; k < lanes && i + k < h; ++k) delta[at(r, to + k)] = few[k];
        }
        PYNN_INLINE void clear_padding(T* z, size_t r, size_t i) const {
            for (size_t k = i < h ? h - i : 0; k < lanes; ++k) z[at(r, i + k)] = 0;
        }
    };
};

template <class V>
struct MakeRows {
    template <class Def>
    struct Of {
        static constexpr RowSpans<typename V::scalar> value = {Rows<Def, V>::forward, Rows<Def, V>::backward};
    };
};

constexpr auto rows_f32 = defs::make_array<MakeRows<F32>::Of, RowSpans<float>>(defs::RowFunctions{});
constexpr auto rows_f64 = defs::make_array<MakeRows<F64>::Of, RowSpans<double>>(defs::RowFunctions{});

}  // namespace

const RowSpans<float>* row_spans_f32() { return rows_f32.items; }
const RowSpans<double>* row_spans_f64() { return rows_f64.items; }

}  // namespace pynn::PYNN_LEVEL
