// Products with sparse rows: only what is not zero is multiplied, in the order in which the dense products go. A zero adds nothing
// to a finite chain, so the results are the same bits, but for the sign of zeros.
#include "kernels/tiles.hpp"
#include "kernels/units.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// A row has one chain a vector, so several panels go side by side to hide the latency of a multiply-add.
template <class V>
inline constexpr int panels_at_once = larger(1, smaller(4, accumulators / panel_vectors<V>));

template <class V, int Panels, class T = typename V::scalar>
void multiply_panels(const SparseRow<T>& x, const T* w, size_t w_panel, const T* start, size_t start_panel, T* out,
                     size_t out_panel) {
    constexpr int vectors = panel_vectors<V>;
    V c[Panels * vectors];
#pragma GCC unroll 32
    for (int i = 0; i < Panels * vectors; ++i)
        c[i] = V::load(start + i / vectors * start_panel + i % vectors * V::lanes);
    for (size_t e = 0; e < x.count; ++e) {
        const V value(x.values[e]);
        const T* row = w + static_cast<size_t>(x.columns[e]) * width<V>;
#pragma GCC unroll 32
        for (int i = 0; i < Panels * vectors; ++i)
            c[i] = mul_add(value, V::load(row + i / vectors * w_panel + i % vectors * V::lanes), c[i]);
    }
#pragma GCC unroll 32
    for (int i = 0; i < Panels * vectors; ++i) c[i].store(out + i / vectors * out_panel + i % vectors * V::lanes);
}

template <class V, class T = typename V::scalar>
void row_by_panels(const SparseRow<T>& x, const T* w, size_t w_panel, const T* start, size_t start_panel, T* out,
                   size_t out_panel, size_t panels) {
    size_t p = 0;
    for (; p + panels_at_once<V> <= panels; p += panels_at_once<V>)
        multiply_panels<V, panels_at_once<V>>(x, w + p * w_panel, w_panel, start + p * start_panel, start_panel,
                                              out + p * out_panel, out_panel);
    for (; p < panels; ++p)
        multiply_panels<V, 1>(x, w + p * w_panel, w_panel, start + p * start_panel, start_panel, out + p * out_panel,
                              out_panel);
}

template <class V, class T = typename V::scalar>
void add_gradient(const Nonzero<T>* x, size_t count, const T* d, T* g, size_t live) {
    const int end = (static_cast<int>(live) + V::lanes - 1) / V::lanes * V::lanes;
    for (size_t e = 0; e < count; ++e) {
        const V value(x[e].value);
        const T* from = d + static_cast<size_t>(x[e].row) * width<V>;
        T* to = g + static_cast<size_t>(x[e].column) * width<V>;
        for (int v = 0; v < end; v += V::lanes) mul_add(value, V::load(from + v), V::load(to + v)).store(to + v);
    }
}

template <class V, class T = typename V::scalar>
SparseProducts<T> products() {
    return {row_by_panels<V>, add_gradient<V>};
}

}  // namespace

SparseProducts<float> sparse_products_f32() { return products<F32>(); }
SparseProducts<double> sparse_products_f64() { return products<F64>(); }

}  // namespace pynn::PYNN_LEVEL
