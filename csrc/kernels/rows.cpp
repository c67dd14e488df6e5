// Functions over rows: softmax and its kin.
#include "defs/row_functions.hpp"
#include "kernels/row_walk.hpp"
#include "kernels/units.hpp"
#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class Def, class V>
struct Rows {
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

    static void backward(const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n) {
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
