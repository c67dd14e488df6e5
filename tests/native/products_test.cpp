// Matrix products on panels, transpose and gather: against plain sums on small integers, where every result is exact,
// and against the promised chain of multiply-adds on random numbers, to the bit.
#include <cmath>
#include <vector>

#include "support.hpp"

namespace pynn::test {
namespace {

enum class Data { integers, reals };

template <class T>
T draw(Numbers& numbers, Data data) {
    return data == Data::integers ? static_cast<T>(numbers.integer(-8, 8)) : static_cast<T>(numbers.uniform(-1, 1));
}

// sum + a b as the kernels promise it; on integers both roundings are exact.
template <class T>
T chain(T a, T b, T sum, bool fused) {
    if (fused) return std::fma(a, b, sum);
    const T product = a * b;
    return sum + product;
}

template <class T>
struct Memory {
    Guarded a{1 << 20}, b{1 << 20}, c{1 << 20};
};

// out = first + a w for row-major copies of the operands; first is one row for all, or one for each.
template <class T>
std::vector<T> product(const std::vector<T>& a, const std::vector<T>& w, const std::vector<T>& first, size_t rows,
                       size_t depth, size_t n, bool fused) {
    std::vector<T> out(rows * n);
    for (size_t r = 0; r < rows; ++r) {
        T* sum = &out[r * n];
        for (size_t j = 0; j < n; ++j) sum[j] = first[(first.size() > n ? r * n : 0) + j];
        for (size_t k = 0; k < depth; ++k)
            for (size_t j = 0; j < n; ++j) sum[j] = chain(a[r * depth + k], w[k * n + j], sum[j], fused);
    }
    return out;
}

template <class T>
std::vector<T> matrix(size_t size, Numbers& numbers, Data data) {
    std::vector<T> values(size);
    for (T& value : values) value = draw<T>(numbers, data);
    return values;
}

// Where the sums begin: at a row below the weights, or at what is in the output.
enum class From { bias, output };

// Rows [above, above + rows) of an activation matrix with more rows on both sides, which must stay as they were.
template <class T>
void check_rows_by_panel(const Products<T>& products, Memory<T>& memory, size_t rows, size_t depth, size_t n, From from,
                         Data data, bool fused, Report& report) {
    const bool bias = from == From::bias;
    constexpr size_t width = panel_width<T>;
    constexpr T untouched = 1e30f;
    Numbers numbers(rows * 1000003 + depth * 1009 + n);
    const std::vector<T> a = matrix<T>(rows * depth, numbers, data), w = matrix<T>(depth * n, numbers, data);
    const std::vector<T> first = matrix<T>(bias ? n : rows * n, numbers, data);
    const std::vector<T> expected = product(a, w, first, rows, depth, n, data == Data::reals && fused);

    const size_t above = data == Data::reals ? 2 : 0, stride = rows + above + (data == Data::reals ? 1 : 0);
    const size_t w_rows = depth + bias, panels = panels_of<T>(n);
    for (const Edge edge : {Edge::low, Edge::high}) {
        T* pa = memory.a.template place<T>(panels_of<T>(depth) * stride * width, edge);
        T* pw = memory.b.template place<T>(panels * w_rows * width, edge);
        T* po = memory.c.template place<T>(panels * stride * width, edge);
        for (size_t i = 0; i < panels_of<T>(depth) * stride * width; ++i) pa[i] = untouched;
        for (size_t i = 0; i < panels * w_rows * width; ++i) pw[i] = 0;
        for (size_t i = 0; i < panels * stride * width; ++i) po[i] = untouched;
        for (size_t r = 0; r < rows; ++r)
            for (size_t k = 0; k < depth; ++k) lane(pa, stride, above + r, k) = a[r * depth + k];
        for (size_t k = 0; k < depth; ++k)
            for (size_t j = 0; j < n; ++j) lane(pw, w_rows, k, j) = w[k * n + j];
        for (size_t r = 0; r < rows; ++r)
            for (size_t j = 0; j < n; ++j)
                (bias ? lane(pw, w_rows, depth, j) : lane(po, stride, above + r, j)) = first[(bias ? 0 : r * n) + j];

        T* out = po + above * width;
        const Start<T> start =
            bias ? Start<T>{pw + depth * width, 0, w_rows * width} : Start<T>{out, width, stride * width};
        // Where there is one panel, the weights themselves are what is loaded ahead: nobody may see it.
        const Ahead<T> ahead{data == Data::reals ? pw : nullptr, width * width};
        products.rows_by_panel(pa + above * width, stride, depth, pw, w_rows, start, out, stride, rows, panels, n,
                               ahead);
        bool right = true, kept = true;
        for (size_t r = 0; r < rows; ++r)
            for (size_t j = 0; j < n; ++j) right &= lane(po, stride, above + r, j) == expected[r * n + j];
        for (size_t r = 0; r < stride; ++r)
            for (size_t j = 0; j < panels * width && (r < above || r >= above + rows); ++j)
                kept &= lane(po, stride, r, j) == untouched;
        report.check(right, "the product differs");
        report.digest(po, data == Data::reals && n % width == 0 ? panels * stride * width : 0);
        report.check(kept, "rows of others were written");
    }
}

template <class T>
void check_gradient_tile(const Products<T>& products, Memory<T>& memory, size_t rows, size_t features, bool ones,
                         size_t live, Data data, bool fused, Report& report) {
    constexpr size_t width = panel_width<T>;
    Numbers numbers(rows * 1000003 + features * 1009 + live);
    const size_t outputs = features + ones;
    const std::vector<T> a = matrix<T>(rows * width, numbers, data), d = matrix<T>(rows * live, numbers, data);
    std::vector<T> expected(outputs * width);
    for (size_t r = 0; r < rows; ++r)
        for (size_t k = 0; k < outputs; ++k)
            for (size_t j = 0; j < live; ++j) {
                T& sum = expected[k * width + j];
                sum = chain(k < features ? a[r * width + k] : T(1), d[r * live + j], sum, data == Data::reals && fused);
            }
    for (const Edge edge : {Edge::low, Edge::high}) {
        T* pa = memory.a.template place<T>(rows * width, edge);
        T* pd = memory.b.template place<T>(rows * width, edge);
        T* pg = memory.c.template place<T>(outputs * width, edge);
        for (size_t i = 0; i < rows * width; ++i) {
            pa[i] = a[i];
            pd[i] = i % width < live ? d[i / width * live + i % width] : T(0);
        }
        for (size_t i = 0; i < outputs * width; ++i) pg[i] = 1e30f;
        const size_t part = rows / 3;
        if (part > 0) products.gradient_tile(pa, pd, pg, part, features, ones, live, false);
        products.gradient_tile(pa + part * width, pd + part * width, pg, rows - part, features, ones, live, part > 0);
        bool right = true;
        for (size_t i = 0; i < outputs * width; ++i) right &= pg[i] == expected[i];
        report.check(right, "the gradient differs, or padding is not zero");
    }
}

template <class T>
void check_transpose(const Products<T>& products, Memory<T>& memory, size_t rows, size_t columns, Report& report) {
    constexpr size_t width = panel_width<T>;
    for (const Edge edge : {Edge::low, Edge::high}) {
        T* from = memory.a.template place<T>(rows * width, edge);
        T* to = memory.b.template place<T>(columns * width, edge);
        for (size_t i = 0; i < rows * width; ++i) from[i] = static_cast<T>(i);
        products.transpose(from, rows, to, columns);
        bool right = true;
        for (size_t r = 0; r < rows; ++r)
            for (size_t c = 0; c < columns; ++c) right &= to[c * width + r] == from[r * width + c];
        report.check(right, "the block is not transposed");
    }
}

// Rows of the user's array in any order, forwards and backwards in memory, with gaps between them.
template <class T>
void check_gather(const Products<T>& products, Memory<T>& memory, size_t rows, size_t n, Report& report) {
    constexpr size_t width = panel_width<T>;
    const size_t stride = rows + 1, panels = panels_of<T>(n);
    Numbers numbers(rows * 1009 + n);
    std::vector<int64_t> index(rows);
    for (int64_t& i : index) i = numbers.integer(0, static_cast<int>(rows) - 1);
    for (const Edge edge : {Edge::low, Edge::high})
        for (const ptrdiff_t gap : {0, 3})
            for (const int sign : {1, -1}) {
                const ptrdiff_t step = static_cast<ptrdiff_t>(n) + gap;
                const size_t count = (rows - 1) * static_cast<size_t>(step) + n;
                T* all = memory.a.template place<T>(count, edge);
                for (size_t i = 0; i < count; ++i) all[i] = static_cast<T>(i % 65521);
                const T* x = sign > 0 ? all : all + (static_cast<ptrdiff_t>(rows) - 1) * step;
                T* to = memory.c.template place<T>(panels * stride * width, edge);
                for (size_t i = 0; i < panels * stride * width; ++i) to[i] = 1e30f;
                products.gather(x, index.data(), sign * step, n, to, rows, stride);
                bool right = true, kept = true;
                for (size_t j = 0; j < panels * width; ++j) {
                    for (size_t r = 0; r < rows; ++r)
                        right &= lane(to, stride, r, j) ==
                                 (j < n ? x[index[r] * sign * step + static_cast<ptrdiff_t>(j)] : T(0));
                    kept &= lane(to, stride, rows, j) == T(1e30f);
                }
                report.check(right, "gathered rows differ, or padding is not zero");
                report.check(kept, "rows of others were written");
            }
}

// One sparse row with every third column, times w, which begins at the bias; and a gradient with every third element.
template <class T>
void check_sparse(const SparseProducts<T>& sparse, Memory<T>& memory, size_t depth, size_t n, bool fused,
                  Report& report) {
    constexpr size_t width = panel_width<T>;
    Numbers numbers(depth * 1009 + n);
    std::vector<T> values;
    std::vector<int32_t> columns;
    for (size_t k = depth % 3; k < depth; k += 3) {
        values.push_back(matrix<T>(1, numbers, Data::reals)[0]);
        columns.push_back(static_cast<int32_t>(k));
    }
    const size_t panels = panels_of<T>(n), rows = depth + 1;
    const std::vector<T> w = matrix<T>(panels * rows * width, numbers, Data::reals);
    for (const Edge edge : {Edge::low, Edge::high}) {
        T* pw = memory.a.template place<T>(w.size(), edge);
        T* po = memory.b.template place<T>(panels * width, edge);
        std::copy(w.begin(), w.end(), pw);
        sparse.row_by_panels({values.data(), columns.data(), values.size()}, pw, rows * width, pw + depth * width,
                             rows * width, po, width, panels);
        bool right = true;
        for (size_t j = 0; j < panels * width; ++j) {
            const T* lane = pw + j / width * rows * width + j % width;
            T sum = lane[depth * width];
            for (size_t e = 0; e < values.size(); ++e) sum = chain(values[e], lane[columns[e] * width], sum, fused);
            right &= po[j] == sum;
        }
        report.check(right, "the sparse product differs");

        const size_t live = n < width ? n : width;
        std::vector<Nonzero<T>> elements;
        for (size_t e = 0; e < values.size(); ++e)
            elements.push_back({values[e], static_cast<uint32_t>(columns[e]), static_cast<uint32_t>(e % width)});
        T* pg = memory.b.template place<T>(width * width, edge);
        std::fill_n(pg, width * width, T(1));
        sparse.add_gradient(elements.data(), elements.size(), pw, pg, live);
        right = true;
        for (size_t k = 0; k < width; ++k)
            for (size_t j = 0; j < live; ++j) {
                T sum = 1;
                for (const Nonzero<T>& x : elements)
                    if (x.column == k) sum = chain(x.value, pw[x.row * width + j], sum, fused);
                right &= pg[k * width + j] == sum;
            }
        report.check(right, "the sparse gradient differs");
    }
}

template <class T>
void test_products_of(const Products<T>& products, const Subject& subject, Report& report) {
    Memory<T> memory;
    for (const size_t rows : edge_sizes) {
        for (const size_t depth : edge_sizes)
            for (const size_t n : edge_sizes) {
                // Every size on integers; on reals, whose reference is slow, a third of them.
                const From from = (rows + depth + n) % 2 != 0 ? From::bias : From::output;
                report.at("%s rows_by_panel<%s> rows %zu depth %zu n %zu from %s", subject.level, type_name<T>(), rows,
                          depth, n, from == From::bias ? "bias" : "output");
                check_rows_by_panel(products, memory, rows, depth, n, from, Data::integers, subject.fused, report);
                if ((rows + depth + n) % 3 == 0)
                    check_rows_by_panel(products, memory, rows, depth, n, from, Data::reals, subject.fused, report);
            }
        for (size_t features = 1; features <= panel_width<T>; ++features)
            for (const size_t live : edge_sizes)
                for (const bool ones : {false, true}) {
                    if (live > panel_width<T>) continue;
                    report.at("%s gradient_tile<%s> rows %zu features %zu live %zu ones %d", subject.level,
                              type_name<T>(), rows, features, live, ones);
                    check_gradient_tile(products, memory, rows, features, ones, live, Data::integers, subject.fused,
                                        report);
                    if ((rows + features + live) % 3 == 0)
                        check_gradient_tile(products, memory, rows, features, ones, live, Data::reals, subject.fused,
                                            report);
                }
        for (const size_t n : edge_sizes) {
            report.at("%s gather<%s> rows %zu n %zu", subject.level, type_name<T>(), rows, n);
            check_gather(products, memory, rows, n, report);
        }
    }
    for (size_t size = 1; size <= panel_width<T> * panel_width<T>; ++size) {
        const size_t rows = (size - 1) / panel_width<T> + 1, columns = (size - 1) % panel_width<T> + 1;
        report.at("%s transpose<%s> rows %zu columns %zu", subject.level, type_name<T>(), rows, columns);
        check_transpose(products, memory, rows, columns, report);
    }
}

template <class T>
void test_sparse_of(const SparseProducts<T>& sparse, const Subject& subject, Report& report) {
    Memory<T> memory;
    for (const size_t depth : edge_sizes)
        for (const size_t n : edge_sizes) {
            report.at("%s sparse<%s> depth %zu n %zu", subject.level, type_name<T>(), depth, n);
            check_sparse(sparse, memory, depth, n, subject.fused, report);
        }
}

}  // namespace

void test_products(const Subject& subject, Report& report) {
    test_products_of(subject.table.f32.products, subject, report);
    test_products_of(subject.table.f64.products, subject, report);
    test_sparse_of(subject.table.f32.sparse, subject, report);
    test_sparse_of(subject.table.f64.sparse, subject, report);
}

}  // namespace pynn::test
