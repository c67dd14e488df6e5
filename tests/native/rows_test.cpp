// Kernels over a row, row functions and losses: the same bits as the scalar level for every width and number of rows,
// nothing read or written outside the rows, and zero deltas in the padding.
#include <algorithm>
#include <vector>

#include "defs/losses.hpp"
#include "defs/random_units.hpp"
#include "defs/row_functions.hpp"
#include "support.hpp"

namespace pynn::test {
namespace {

template <class Def>
struct InfoOf {
    static constexpr auto* value = &Def::info;
};
constexpr auto row_function_infos = defs::make_array<InfoOf, const defs::RowFunctionInfo*>(defs::RowFunctions{});
constexpr auto loss_infos = defs::make_array<InfoOf, const defs::LossInfo*>(defs::Losses{});

// A matrix in panels between guard pages with one row that belongs to somebody else.
template <class T>
struct Matrix {
    static constexpr size_t width = panel_width<T>;
    static constexpr T others = T(12345);
    Guarded memory{1 << 18};
    T* data = nullptr;
    size_t rows = 0, stride = 0, n = 0;

    void shape(size_t new_rows, size_t new_n, Edge edge) {
        rows = new_rows;
        stride = rows + 1;
        n = new_n;
        data = memory.place<T>(size(), edge);
        for (size_t i = 0; i < size(); ++i) data[i] = others;
    }
    size_t size() const { return panels_of<T>(n) * stride * width; }
    T& at(size_t row, size_t column) const { return lane(data, stride, row, column); }
    template <class Draw>
    void fill(Draw draw) const {
        for (size_t r = 0; r < rows; ++r)
            for (size_t j = 0; j < n; ++j) at(r, j) = static_cast<T>(draw());
    }
    bool same(const Matrix& other) const {
        bool same = true;
        for (size_t r = 0; r < rows; ++r)
            for (size_t j = 0; j < n; ++j) same &= same_values(&at(r, j), &other.at(r, j), 1);
        return same;
    }
    void digest(Report& report) const {
        for (size_t r = 0; r < rows; ++r)
            for (size_t j = 0; j < n; ++j) report.digest(&at(r, j), 1);
    }
    bool others_untouched() const {
        bool kept = true;
        for (size_t j = 0; j < panels_of<T>(n) * width; ++j) kept &= at(rows, j) == others;
        return kept;
    }
    bool padding_is_zero() const {
        bool zero = true;
        for (size_t r = 0; r < rows; ++r)
            for (size_t j = n; j < panels_of<T>(n) * width; ++j) zero &= at(r, j) == 0;
        return zero;
    }
};

template <class T>
void check_row_function(const RowSpans<T>& spans, const RowSpans<T>& reference, Matrix<T> (&m)[6], size_t rows,
                        size_t n, size_t outputs, double spread, Report& report) {
    Numbers numbers(rows * 1009 + n);
    for (const Edge edge : {Edge::low, Edge::high}) {
        auto& [u, z, expected_z, g, delta, expected_delta] = m;
        for (Matrix<T>* matrix : {&u, &delta, &expected_delta}) matrix->shape(rows, n, edge);
        for (Matrix<T>* matrix : {&z, &expected_z, &g}) matrix->shape(rows, outputs, edge);
        u.fill([&] { return numbers.uniform(-spread, spread); });
        g.fill([&] { return numbers.uniform(-1, 1); });
        spans.forward(u.data, z.data, rows, u.stride, n);
        reference.forward(u.data, expected_z.data, rows, u.stride, n);
        report.check(z.same(expected_z), "f has other bits than the scalar level");
        report.check(z.others_untouched(), "f wrote rows of others");
        spans.backward(u.data, z.data, g.data, delta.data, rows, u.stride, n);
        report.check(delta.others_untouched(), "backward wrote rows of others");
        report.check(delta.padding_is_zero(), "the padding of delta is not zero");
        reference.backward(u.data, z.data, g.data, expected_delta.data, rows, u.stride, n);
        report.check(delta.same(expected_delta), "backward has other bits than the scalar level");
        for (const Matrix<T>* matrix : {&z, &delta}) matrix->digest(report);
        if (outputs != n) continue;
        const std::vector<T> kept(u.data, u.data + u.size());
        spans.forward(u.data, u.data, rows, u.stride, n);
        report.check(u.same(z), "f in place differs");
        std::copy(kept.begin(), kept.end(), u.data);
    }
}

// Row-major copies of a matrix, flush against one guard page.
template <class T>
struct RowMajor {
    Guarded memory{1 << 18};
    T* data = nullptr;

    void copy(const Matrix<T>& from, Edge edge) {
        data = memory.place<T>(from.rows * from.n, edge);
        for (size_t r = 0; r < from.rows; ++r)
            for (size_t j = 0; j < from.n; ++j) data[r * from.n + j] = from.at(r, j);
    }
    bool same(const Matrix<T>& other) const {
        bool same = true;
        for (size_t r = 0; r < other.rows; ++r)
            for (size_t j = 0; j < other.n; ++j) same &= same_values(data + r * other.n + j, &other.at(r, j), 1);
        return same;
    }
};

// The bits of panels, given by m, and nothing touched outside the arrays; z and delta may take the place of their inputs.
template <class T>
void check_row_major(const RowSpans<T>& spans, const Matrix<T> (&m)[6], RowMajor<T> (&rows)[4], Report& report) {
    const Matrix<T>&u = m[0], &expected_z = m[2], &g = m[3], &expected_delta = m[5];
    for (const Edge edge : {Edge::low, Edge::high}) {
        auto& [from, z, gradient, delta] = rows;
        from.copy(u, edge);
        z.copy(g, edge);
        gradient.copy(g, edge);
        delta.copy(u, edge);
        spans.forward(from.data, z.data, u.rows, in_rows, u.n);
        report.check(z.same(expected_z), "f of rows has other bits than f of panels");
        spans.backward(from.data, z.data, gradient.data, delta.data, u.rows, in_rows, u.n);
        report.check(delta.same(expected_delta), "backward of rows has other bits than that of panels");
        if (g.n == u.n) {
            spans.backward(from.data, z.data, gradient.data, gradient.data, u.rows, in_rows, u.n);
            report.check(gradient.same(expected_delta), "backward of rows in place of g differs");
            spans.forward(from.data, from.data, u.rows, in_rows, u.n);
            report.check(from.same(expected_z), "f of rows in place differs");
        } else {
            spans.backward(from.data, z.data, gradient.data, from.data, u.rows, in_rows, u.n);
            report.check(from.same(expected_delta), "backward of rows in place of u differs");
        }
    }
}

template <class T>
void test_row_functions(const Subject& subject, Report& report) {
    Matrix<T> matrices[6];
    RowMajor<T> rows_of[4];
    for (int i = 0; i < defs::RowFunctions::size; ++i)
        for (const size_t n : edge_sizes)
            for (const size_t rows : {1, 2, 7, 33})
                for (const double spread : {3.0, 1000.0}) {
                    const defs::RowFunctionInfo& info = *row_function_infos.items[i];
                    if (info.outputs(n) == 0) continue;
                    report.at("%s %s<%s> rows %zu n %zu spread %g", subject.level, info.name, type_name<T>(), rows, n,
                              spread);
                    const RowSpans<T>& spans = kernels_of<T>(subject.table).row_functions[i];
                    check_row_function(spans, kernels_of<T>(subject.reference).row_functions[i], matrices, rows, n,
                                       info.outputs(n), spread, report);
                    check_row_major(spans, matrices, rows_of, report);
                }
}

template <class T>
void test_learned(const Subject& subject, Report& report) {
    constexpr size_t width = panel_width<T>, most = 33 * width;
    for (int i = 0; i < defs::Learned::size; ++i)
        for (const size_t rows : {1, 2, 7, 33}) {
            report.at("%s learned activation %d<%s> rows %zu", subject.level, i, type_name<T>(), rows);
            Numbers numbers(rows);
            std::vector<T> u(most), delta(most), a(defs::max_parameters * width);
            for (T& x : u) x = static_cast<T>(numbers.uniform(-5, 5));
            for (T& x : delta) x = static_cast<T>(numbers.uniform(-1, 1));
            for (T& x : a) x = static_cast<T>(numbers.uniform(-2, 2));
            std::vector<T> results[2];
            for (const Table* table : {&subject.table, &subject.reference}) {
                const LearnedSpans<T>& spans = kernels_of<T>(*table).learned[i];
                std::vector<T>& all = results[table == &subject.reference];
                all.assign(2 * most + defs::max_parameters * width, T(-7));
                spans.forward(u.data(), all.data(), rows, a.data());
                spans.backward(u.data(), delta.data(), all.data() + most, rows, a.data());
                spans.gradient(u.data(), delta.data(), all.data() + 2 * most, rows, a.data());
                for (size_t k = rows * width; k < most; ++k)
                    report.check(all[k] == T(-7) && all[most + k] == T(-7), "rows of others were written");
            }
            report.check(same_values(results[0].data(), results[1].data(), results[0].size()),
                         "other bits than the scalar level");
            report.digest(results[0].data(), results[0].size());
        }
}

// Predictions are probabilities and targets a distribution over the row, so that every loss is defined.
template <class T>
void check_loss(LossRows<T> run, LossRows<T> reference, const defs::LossInfo& info, Matrix<T> (&m)[4], size_t rows,
                size_t n, bool weighted, Report& report) {
    auto& [y, target, delta, expected] = m;
    Numbers numbers(rows * 1009 + n);
    std::vector<T> p(defs::max_parameters), weight(rows);
    for (int i = 0; i < defs::max_parameters && info.parameters[i].name != nullptr; ++i)
        p[i] = static_cast<T>(info.parameters[i].default_value);
    std::vector<T> columns((n + panel_width<T> - 1) / panel_width<T> * panel_width<T>);
    for (T& column : columns) column = static_cast<T>(numbers.uniform(0.1, 0.9));
    std::vector<int32_t> label(rows);
    std::vector<double> value(rows), expected_value(rows);
    for (const Edge edge : {Edge::low, Edge::high}) {
        for (Matrix<T>& matrix : m) matrix.shape(rows, n, edge);
        target.shape(rows, info.target_columns(n), edge);
        y.fill([&] { return numbers.uniform(0.01, 0.99); });
        target.fill([&] { return numbers.uniform(0, 1) / static_cast<double>(n); });
        for (size_t r = 0; r < rows; ++r) {
            label[r] = numbers.integer(0, static_cast<int>(n) - 1);
            weight[r] = static_cast<T>(numbers.uniform(0.1, 2));
        }
        LossTask<T> task{y.data,
                         delta.data,
                         value.data(),
                         info.labels ? nullptr : target.data,
                         info.labels ? label.data() : nullptr,
                         weighted ? weight.data() : nullptr,
                         rows,
                         y.stride,
                         n,
                         static_cast<T>(1.0 / static_cast<double>(rows)),
                         p.data(),
                         columns.data()};
        run(task);
        report.check(delta.others_untouched(), "the loss wrote rows of others");
        report.check(delta.padding_is_zero(), "the padding of delta is not zero");
        task.delta = expected.data;
        task.value = expected_value.data();
        reference(task);
        report.check(delta.same(expected), "the gradient has other bits than the scalar level");
        delta.digest(report);
        report.digest(value.data(), rows);
        report.check(same_values(value.data(), expected_value.data(), rows),
                     "the value has other bits than the scalar level");
        task.delta = y.data;
        task.value = value.data();
        run(task);
        report.check(y.same(expected), "the gradient written over the prediction differs");
    }
}

template <class T>
void test_losses(const Subject& subject, Report& report) {
    Matrix<T> matrices[4];
    for (int i = 0; i < defs::Losses::size; ++i)
        for (const size_t n : edge_sizes)
            for (const size_t rows : {1, 2, 7, 33})
                for (const bool weighted : {false, true}) {
                    if (loss_infos.items[i]->target_columns(n) == 0) continue;
                    report.at("%s %s<%s> rows %zu n %zu weighted %d", subject.level, loss_infos.items[i]->name,
                              type_name<T>(), rows, n, weighted);
                    check_loss(kernels_of<T>(subject.table).losses[i], kernels_of<T>(subject.reference).losses[i],
                               *loss_infos.items[i], matrices, rows, n, weighted, report);
                }
}

template <class T>
void test_random_units(const Subject& subject, Report& report) {
    constexpr size_t width = panel_width<T>, rows = 7;
    for (int i = 0; i < defs::RandomUnits::size; ++i) {
        report.at("%s random unit %d<%s>", subject.level, i, type_name<T>());
        Numbers numbers(i);
        std::vector<T> u(rows * width);
        for (T& x : u) x = static_cast<T>(numbers.uniform(-5, 5));
        const T p[defs::max_parameters] = {T(0.25), T(0.5)};
        const RandomTask task{{1, 2}, 3, uint64_t{4} << 36, 5};
        std::vector<T> results[2];
        for (const Table* table : {&subject.table, &subject.reference}) {
            const RandomSpans<T>& spans = kernels_of<T>(*table).random_units[i];
            std::vector<T>& all = results[table == &subject.reference];
            std::vector<T> z = u, s(u.size());
            spans.train(z.data(), s.data(), rows, p, task);
            all = z;
            all.insert(all.end(), s.begin(), s.end());
            z = u;
            spans.train(z.data(), nullptr, rows, p, task);
            report.check(same_values(z.data(), all.data(), z.size()), "other numbers without slopes");
            RandomTask later = task;
            later.row += 3;
            z = u;
            spans.train(z.data() + 3 * width, nullptr, rows - 3, p, later);
            report.check(same_values(z.data() + 3 * width, all.data() + 3 * width, (rows - 3) * width),
                         "numbers depend on where a block of rows begins");
        }
        report.check(same_values(results[0].data(), results[1].data(), results[0].size()),
                     "other bits than the scalar level");
        report.digest(results[0].data(), results[0].size());
    }
}

}  // namespace

void test_rows(const Subject& subject, Report& report) {
    test_row_functions<float>(subject, report);
    test_row_functions<double>(subject, report);
    test_learned<float>(subject, report);
    test_learned<double>(subject, report);
    test_random_units<float>(subject, report);
    test_random_units<double>(subject, report);
    test_losses<float>(subject, report);
    test_losses<double>(subject, report);
}

}  // namespace pynn::test
