// The function pointers that one ISA level exports: everything the rest of the library may call of it.
//
// T is float or double. A panel is `panel_width<T>` lanes (128 bytes) wide: an activation matrix (batch, n) is stored
// [ceil(n / width)][stride][width], where `stride` >= batch counts rows; a weight matrix (in, out) with its bias as row
// `in` is stored [ceil(out / width)][in + 1][width]. Lanes beyond n hold anything: no lane
// that counts is computed from them.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace pynn {

template <class T>
inline constexpr int panel_width = 128 / static_cast<int>(sizeof(T));

// The `stride` of matrices that are not in panels but row-major, without padding.
inline constexpr size_t in_rows = 0;

// z = f(u), s = f'(u) over n contiguous elements; p points to the activation's parameters. Any n, any alignment; the
// input may be the output.
template <class T>
struct ActivationSpans {
    void (*forward)(const T* u, T* z, size_t n, const T* p);
    void (*derivative)(const T* u, T* s, size_t n, const T* p);
    void (*forward_and_derivative)(T* u_to_z, T* s, size_t n, const T* p);  // in place, sharing what f and f' share
    void (*backward)(const T* z, T* delta, size_t n, const T* p);  // delta *= f'(z); null unless f'(f(u)) = f'(u)
    // z and s apart from u and aligned to their elements, stored past the caches: for results larger than those.
    void (*forward_past_caches)(const T* u, T* z, size_t n, const T* p);
    void (*derivative_past_caches)(const T* u, T* s, size_t n, const T* p);
};

// One row function over rows [0, rows) of u, which has n columns; row r of panel j starts at u + (j * stride + r) * width, and
// all matrices have the same stride, or all are row-major. z may be u where it has as many columns.
template <class T>
struct RowSpans {
    void (*forward)(const T* u, T* z, size_t rows, size_t stride, size_t n);
    // delta = dLoss/du from u, z and g = dLoss/dz
    void (*backward)(const T* u, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n);
};

// Each row with its own moments: z = (u - mean) rstd with rstd = 1 / sqrt(variance + eps), or z = u / sqrt(mean of u^2 + eps).
// Matrices as for RowSpans.
template <class T>
struct RowNormalization {
    void (*forward)(const T* u, T* z, size_t rows, size_t stride, size_t n, T eps);
    void (*backward)(const T* u, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n, T eps);
};

// Each column over a batch, one panel of `rows` rows: mean, variance, rstd and the rest are one value a lane.
template <class T>
struct BatchNormalization {
    void (*moments)(const T* u, size_t rows, T* mean, T* variance);
    void (*normalize)(const T* u, T* z, size_t rows, const T* mean, const T* rstd);
    void (*means)(const T* g, const T* z, size_t rows, T* of_g, T* of_gz);
    // delta = (g - mean_g - z mean_gz) rstd
    void (*backward)(const T* g, const T* z, T* delta, size_t rows, const T* rstd, const T* mean_g, const T* mean_gz);
};

template <class T>
struct Normalizations {
    RowNormalization<T> layer, root_mean_square;
    BatchNormalization<T> batch;
};

// An activation whose parameters are learned, on one panel of `rows` rows; a is [parameters][width], one for each lane.
template <class T>
struct LearnedSpans {
    void (*forward)(const T* u, T* z, size_t rows, const T* a);
    void (*backward)(const T* u, const T* delta, T* delta_u, size_t rows, const T* a);  // delta_u = delta f'(u)
    // g[k][lane] = sum_r delta[r][lane] df/da_k(u[r][lane]), r in increasing order
    void (*gradient)(const T* u, const T* delta, T* g, size_t rows, const T* a);
};

// Which random numbers a unit takes: those of the counters (stream, first + row x counters of a row).
struct RandomTask {
    uint32_t key[2];
    uint64_t stream, first, row;
};

// A unit that is random in training, on one panel of `rows` rows: u becomes z in place, s = dz/du unless null.
template <class T>
struct RandomSpans {
    void (*train)(T* u_to_z, T* s, size_t rows, const T* p, const RandomTask& task);
    void (*evaluate)(T* u_to_z, T* s, size_t rows, const T* p);
};

// What a loss reads beside the prediction: `target` (rows, its columns) in panels with the prediction's stride, or `label` one
// class a row. `scale` multiplies every gradient (1 / batch for a mean); `weight` (rows) multiplies value and gradient of a
// row, or is null. `p` points to the loss's parameters, `columns` to the parameter of each column, if there is one.
template <class T>
struct LossTask {
    const T* y;
    T* delta;       // out: dLoss/dy in panels, zero beyond lane n; may be y itself
    double* value;  // out: one unscaled, weighted value a row
    const T* target;
    const int32_t* label;
    const T* weight;
    size_t rows, stride, n;
    T scale;
    const T *p, *columns;
};
template <class T>
using LossRows = void (*)(const LossTask<T>&);

// Rows up to which an update sums its gradient on the way (measured).
inline constexpr size_t rank_rows = 4;

// One optimizer step of contiguous weights: w and slots[i] in place. `h` points to the scalars that the optimizer prepared.
template <class T>
struct UpdateSpans {
    // The gradient g is given; n is a multiple of the panel width.
    void (*span)(T* w, const T* g, T* const* slots, size_t n, const T* h);
    // Of `rows` rows of a panel, with an L2 penalty: the gradient is g + penalty w. Returns the sum of w^2 over their first `live`
    // lanes, in double, before the step.
    double (*penalised)(T* w, const T* g, T* const* slots, size_t rows, size_t live, T penalty, const T* h);
    // The gradient of `features` rows of one panel (and of the bias row below them, if `ones`) is summed over at most rank_rows
    // `rows` on the way, as gradient_tile does it: for batches so small that writing it down would cost more than summing it.
    void (*rank_few)(const T* a, const T* d, size_t rows, size_t features, bool ones, T* w, T* const* slots,
                     const T* h);
    // The same for any batch and an optimizer without state, else null: the tile's gradient never leaves the registers.
    // Only the first `live` lanes are computed.
    void (*in_registers)(const T* a, const T* d, size_t rows, size_t features, bool ones, size_t live, T* w,
                         const T* h);
};

// delta *= s; n is a multiple of the panel width.
template <class T>
using MultiplySpan = void (*)(const T* s, T* delta, size_t n);

// The penalty of UpdateSpans::penalised alone: g += penalty w, and the sum of w^2.
template <class T>
using PenaltySpan = double (*)(const T* w, T* g, size_t rows, size_t live, T penalty);

// Whether none of n values times `scale` is NaN or infinite. Any n, any alignment.
template <class T>
using FiniteSpan = bool (*)(const T* x, size_t n, T scale);

// Runs multiply-adds in registers and returns how many operations they were; see peak.cpp.
template <class T>
using PeakLoop = double (*)(size_t rounds, T* sink);

// Where the sums of a product begin: row r of panel p at at + r * row_step + p * panel_step.
template <class T>
struct Start {
    const T* at;
    size_t row_step, panel_step;
};

// What to bring closer meanwhile, because it is needed next: a panel with as many rows as the operand w, each `panel_width` of
// them `step` elements after the last. Null: nothing. Products of several panels ignore it.
template <class T>
struct Ahead {
    const T* at;
    size_t step;
};

// Matrix products on panels.
template <class T>
struct Products {
    // out[r, 0..width) = start[r, 0..width) + sum_k a[r, k] w[k, 0..width), k in increasing order, one chain an element, for
    // `panels` neighbouring output panels. a: panels with row stride `a_stride`; w: [panels][w_rows][width].
    // `live` is the number of lanes that are not padding, counted from the first of the panels.
    void (*rows_by_panel)(const T* a, size_t a_stride, size_t depth, const T* w, size_t w_rows, const Start<T>& start,
                          T* out, size_t out_stride, size_t rows, size_t panels, size_t live, Ahead<T> ahead);
    // g[k, 0..width) = sum_r a[r, k] d[r, 0..width), r in increasing order, for `features` rows k of one panel of a;
    // if `ones`, row `features` of g is sum_r d[r, 0..width) (the bias). a, d: one panel each, [rows][width].
    // Only the first `live` lanes are computed; the others of g are set to zero. If `add`, the sums go on from those in g.
    void (*gradient_tile)(const T* a, const T* d, T* g, size_t rows, size_t features, bool ones, size_t live, bool add);
    // to[c][r] = from[r][c] for r < rows <= width and c < columns <= width, both with rows of `width` elements; the lanes of
    // `to` beyond `rows` are undefined.
    void (*transpose)(const T* from, size_t rows, T* to, size_t columns);
    // Packs `rows` rows (row r at x + index[r] * row_stride elements) of n contiguous values into panels; zero beyond n.
    void (*gather)(const T* x, const int64_t* index, ptrdiff_t row_stride, size_t n, T* panels, size_t rows,
                   size_t stride);
};

// A row of a sparse matrix: values[i] in column columns[i], the columns in increasing order.
template <class T>
struct SparseRow {
    const T* values;
    const int32_t* columns;
    size_t count;
};

// An element of one panel of a sparse matrix (batch, width).
template <class T>
struct Nonzero {
    T value;
    uint32_t row, column;
};

// Matrix products with a sparse operand: the same chains as those of Products, without the zeros.
template <class T>
struct SparseProducts {
    // out[0..width) = start[0..width) + sum_k x[k] w[k, 0..width), k in increasing order, for `panels` panels of w, start and
    // out, which are w_panel, start_panel and out_panel elements apart.
    void (*row_by_panels)(const SparseRow<T>& x, const T* w, size_t w_panel, const T* start, size_t start_panel, T* out,
                          size_t out_panel, size_t panels);
    // g[column, :] += value d[row, :] for `count` elements, in their order; d and g: one panel each, [..][width]. Only the
    // first `live` lanes are computed.
    void (*add_gradient)(const Nonzero<T>* x, size_t count, const T* d, T* g, size_t live);
};

template <class T>
struct Kernels {
    Products<T> products;
    SparseProducts<T> sparse;
    MultiplySpan<T> multiply;
    FiniteSpan<T> finite;
    PeakLoop<T> peak;
    PenaltySpan<T> penalise;
    const ActivationSpans<T>* activations;  // in the order of defs::Activations
    const LearnedSpans<T>* learned;         // defs::Learned
    const RandomSpans<T>* random_units;     // defs::RandomUnits
    const RowSpans<T>* row_functions;       // defs::RowFunctions
    Normalizations<T> normalizations;
    const LossRows<T>* losses;         // defs::Losses
    const UpdateSpans<T>* optimizers;  // defs::Optimizers
};

struct Table {
    Kernels<float> f32;
    Kernels<double> f64;
};

template <class T>
const Kernels<T>& kernels_of(const Table& table);
template <>
inline const Kernels<float>& kernels_of<float>(const Table& table) {
    return table.f32;
}
template <>
inline const Kernels<double>& kernels_of<double>(const Table& table) {
    return table.f64;
}

}  // namespace pynn
