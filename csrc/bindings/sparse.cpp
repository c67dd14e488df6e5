// Sparse: the rows of a CSR matrix.
#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>

#include "bindings/input.hpp"

namespace pynn {
namespace {

using Columns = std::vector<int32_t>;
using Begins = std::vector<int64_t>;

void check_elements(const Begins& begin, const Columns& columns_of, size_t columns) {
    const auto count = static_cast<int64_t>(columns_of.size());
    if (begin.front() != 0 || begin.back() != count)
        throw py::value_error("indptr must go from 0 to the number of values");
    for (size_t r = 0; r + 1 < begin.size(); ++r)
        if (begin[r] > begin[r + 1] || begin[r + 1] > count) throw py::value_error("indptr must not decrease");
    for (size_t r = 0; r + 1 < begin.size(); ++r) {
        int64_t before = -1;
        for (int64_t i = begin[r]; i < begin[r + 1]; ++i) {
            const int64_t column = columns_of[i];
            if (column <= before || column >= static_cast<int64_t>(columns))
                throw py::value_error("row " + std::to_string(r) + " has column " + std::to_string(column) +
                                      " after column " + std::to_string(before) +
                                      ", but columns must increase, below " + std::to_string(columns));
            before = column;
        }
    }
}

Sparse make(const py::array& values, const py::array& columns_of, const py::array& begin, size_t columns) {
    const bool doubles = py::isinstance<py::array_t<double>>(values);
    if (!doubles && !py::isinstance<py::array_t<float>>(values)) throw_array("values", values, "float32 or float64");
    const auto count = static_cast<size_t>(values.size()), entries = static_cast<size_t>(begin.size());
    if (entries == 0) throw_array("indptr", begin, "at least one entry");
    doubles ? static_cast<void>(data_of<double>("values", values, {count}))
            : static_cast<void>(data_of<float>("values", values, {count}));
    const auto* c = data_of<int32_t>("indices", columns_of, {count});
    const auto* b = data_of<int64_t>("indptr", begin, {entries});
    auto own_columns = std::make_shared<Columns>(c, c + count);
    auto own_begin = std::make_shared<Begins>(b, b + entries);
    check_elements(*own_begin, *own_columns, columns);
    return {values, std::move(own_columns), std::move(own_begin), 0, entries - 1, columns};
}

template <class T>
py::array dense_of(const Sparse& x) {
    py::array_t<T> out({x.rows, x.columns});
    T* to = out.mutable_data();
    std::fill_n(to, x.rows * x.columns, T(0));
    const auto* values = static_cast<const T*>(x.values.data());
    for (size_t r = 0; r < x.rows; ++r, to += x.columns)
        for (int64_t i = x.row_begin()[r]; i < x.row_begin()[r + 1]; ++i) to[(*x.columns_of)[i]] = values[i];
    return out;
}

Sparse slice_of(const Sparse& x, const py::slice& slice) {
    size_t start, stop, step, length;
    if (!slice.compute(x.rows, &start, &stop, &step, &length)) throw py::error_already_set();
    if (step != 1) throw py::index_error("rows of a sparse matrix are sliced with step 1");
    Sparse part = x;
    part.first = x.first + start;
    part.rows = length;
    return part;
}

// The rows of several matrices, or some of one, one after the other: those at from[i] of parts[i].
Sparse joined(const std::vector<const Sparse*>& parts, const std::vector<std::vector<size_t>>& from) {
    const Sparse& like = *parts.front();
    auto begin = std::make_shared<Begins>(1, 0);
    auto columns_of = std::make_shared<Columns>();
    for (size_t i = 0; i < parts.size(); ++i)
        for (const size_t r : from[i]) {
            const int64_t *b = parts[i]->row_begin() + r, count = b[1] - b[0];
            columns_of->insert(columns_of->end(), parts[i]->columns_of->begin() + b[0],
                               parts[i]->columns_of->begin() + b[1]);
            begin->push_back(begin->back() + count);
        }
    const auto size = like.values.itemsize();
    py::array values(like.values.dtype(), std::vector<py::ssize_t>{static_cast<py::ssize_t>(columns_of->size())});
    auto* to = static_cast<char*>(values.mutable_data());
    for (size_t i = 0; i < parts.size(); ++i)
        for (const size_t r : from[i]) {
            const int64_t *b = parts[i]->row_begin() + r, bytes = (b[1] - b[0]) * size;
            std::memcpy(to, static_cast<const char*>(parts[i]->values.data()) + b[0] * size, bytes);
            to += bytes;
        }
    const size_t rows = begin->size() - 1;
    return {values, std::move(columns_of), std::move(begin), 0, rows, like.columns};
}

Sparse taken(const Sparse& x, const std::vector<int64_t>& index) {
    std::vector<size_t> rows;
    for (const int64_t i : index) {
        if (i < 0 || i >= static_cast<int64_t>(x.rows))
            throw py::index_error("there is no row " + std::to_string(i) + " of " + std::to_string(x.rows));
        rows.push_back(static_cast<size_t>(i));
    }
    return joined({&x}, {rows});
}

Sparse stacked(const std::vector<const Sparse*>& parts) {
    if (parts.empty()) throw py::value_error("there is nothing to stack");
    std::vector<std::vector<size_t>> all;
    for (const Sparse* part : parts) {
        if (part->columns != parts.front()->columns || !part->values.dtype().is(parts.front()->values.dtype()))
            throw py::value_error("stacked matrices must have the same columns and dtype");
        all.emplace_back(part->rows);
        for (size_t r = 0; r < part->rows; ++r) all.back()[r] = r;
    }
    return joined(parts, all);
}

}  // namespace

void bind_sparse(py::module_& m) {
    py::class_<Sparse>(m, "Sparse", "Rows of a sparse matrix, as a network reads them.")
        .def(py::init(&make), py::arg("values"), py::arg("indices"), py::arg("indptr"), py::arg("columns"))
        .def_property_readonly("shape", [](const Sparse& x) { return py::make_tuple(x.rows, x.columns); })
        .def_property_readonly("dtype", [](const Sparse& x) { return x.values.dtype(); })
        .def("__len__", [](const Sparse& x) { return x.rows; })
        .def("__getitem__", &slice_of, py::arg("rows"))
        .def("__getitem__", &taken, py::arg("rows"))
        .def("toarray",
             [](const Sparse& x) { return x.values.itemsize() == 4 ? dense_of<float>(x) : dense_of<double>(x); })
        .def_static("stack", &stacked, py::arg("parts"));
}

}  // namespace pynn
