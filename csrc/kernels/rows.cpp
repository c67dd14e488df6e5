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
    static constexpr size_t l1_elements = 4096;

    // Several rows at a time: their long chains of operations run side by side, and their totals are one vector.
    static void forward(const T* u, T* z, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        const size_t fit = l1_elements / n, group = fit < 1 ? 1 : fit < size_t(V::lanes) ? fit : V::lanes;
        T most[V::lanes], totals[V::lanes] = {};
        for (size_t begin = 0; begin < rows; begin += group) {
            const size_t count = rows - begin < group ? rows - begin : group;
            for (size_t i = 0; i < count; ++i)
                most[i] = first(greatest(walk, begin + i, u, [](V x) { return Def::input(x); }));
            for (size_t i = 0; i < count; ++i) {
                const V m(most[i]);
                Lanes<V> sum(0);
                walk.each(begin + i, [&](auto part) {
                    const V shifted = Def::input(part.load(u)) - m, e = exp(shifted);
                    sum.v[part.k] = sum.v[part.k] + part.or_else(e, V(0));
                    part.store(Def::kept(shifted, e), z);
                });
                totals[i] = first(sum.sum());
            }
            Def::total(V::load(totals)).store(totals);
            for (size_t i = 0; i < count; ++i) {
                const V total(totals[i]);
                walk.each(begin + i, [&](auto part) { part.store(Def::output(part.load(z), total), z); });
            }
        }
    }

    static void backward(const T*, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            Lanes<V> sum(0);
            walk.each(r, [&](auto part) {
                const V before = sum.v[part.k];
                sum.v[part.k] = part.or_else(Def::add_term(before, part.load(z), part.load(g)), before);
            });
            const V total = sum.sum();
            walk.each(r, [&](auto part) { part.store(Def::delta(part.load(z), part.load(g), total), delta); });
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
            const V m = greatest(walk, r, u, [](V x) { return x; });
            V tau(-1);
            for (T before = static_cast<T>(defs::infinity);;) {
                Lanes<V> sum(0), number(0);
                walk.each(r, [&](auto part) {
                    const V x = part.load(u) - m;
                    const Mask counts = !(x <= tau);  // NaN counts
                    sum.v[part.k] = sum.v[part.k] + part.or_else(select(counts, x, V(0)), V(0));
                    number.v[part.k] = number.v[part.k] + part.or_else(select(counts, V(1), V(0)), V(0));
                });
                const V all = number.sum();
                tau = (sum.sum() - V(1)) / all;
                const T count = first(all);
                if (!(count < before)) break;
                before = count;
            }
            walk.each(r, [&](auto part) { part.store(max(V(0), (part.load(u) - m) - tau), z); });
        }
    }

    static void backward(const T*, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            Lanes<V> sum(0), number(0);
            walk.each(r, [&](auto part) {
                const Mask counts = !(part.load(z) <= V(0));
                sum.v[part.k] = sum.v[part.k] + part.or_else(select(counts, part.load(g), V(0)), V(0));
                number.v[part.k] = number.v[part.k] + part.or_else(select(counts, V(1), V(0)), V(0));
            });
            const V mean = sum.sum() / number.sum();
            walk.each(
                r, [&](auto part) { part.store(select(!(part.load(z) <= V(0)), part.load(g) - mean, V(0)), delta); });
        }
    }
};

// The second half begins at any lane of a panel.
template <class Def, class V>
struct Rows<Def, V, defs::OfHalves> {
    using T = typename V::scalar;
    using Gate = typename Def::Gate;
    static constexpr int lanes = V::lanes;

    static void forward(const T* u, T* z, size_t rows, size_t stride, size_t n) {
        const size_t h = n / 2;
        const RowWalk<V> from(stride, n), to(stride, h);
        for (size_t r = 0; r < rows; ++r) {
            for (size_t i = 0; i < h; i += lanes) {
                const int count = i + lanes < h ? lanes : static_cast<int>(h - i);
                const V a = from.load(u, r, i, count), b = from.load(u, r, h + i, count);
                to.store(a * Gate::f(b, none), z, r, i, count);
            }
            to.clear_padding(z, r);
        }
    }

    static void backward(const T* u, const T*, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
        const size_t h = n / 2;
        const RowWalk<V> from(stride, n), to(stride, h);
        for (size_t r = 0; r < rows; ++r) {
            for (size_t i = 0; i < h; i += lanes) {
                const int count = i + lanes < h ? lanes : static_cast<int>(h - i);
                const V a = from.load(u, r, i, count), b = from.load(u, r, h + i, count);
                const V slope = to.load(g, r, i, count);
                from.store(slope * Gate::f(b, none), delta, r, i, count);
                from.store(slope * a * Gate::df(b, none), delta, r, h + i, count);
            }
            from.clear_padding(delta, r);
        }
    }

  private:
    static constexpr T none[defs::max_parameters] = {};  // parameters
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
