// What a network reads: a dense array, or the rows of a sparse matrix.
#pragma once

#include <memory>

#include "bindings/arrays.hpp"
#include "bindings/handles.hpp"

namespace pynn {

// Some rows of a CSR matrix, checked once: what Python cannot change afterwards is copied. `values` is float32 or float64, and
// has an element for each of the columns.
struct Sparse {
    py::array values;
    std::shared_ptr<const std::vector<int32_t>> columns_of;
    std::shared_ptr<const std::vector<int64_t>> begin;
    size_t first, rows, columns;

    const int64_t* row_begin() const { return begin->data() + first; }
};

// x as the engine reads it; throws unless it fits the network. The values of a sparse x come scaled.
template <class T>
Source input_of(const Network<T>& network, const py::object& x) {
    const size_t columns = network.in_features();
    if (!py::isinstance<Sparse>(x)) {
        const auto array = x.cast<py::array>();
        return source_of("x", array, array.ndim() == 2 ? array.shape(0) : 0, columns);
    }
    const auto& sparse = x.cast<const Sparse&>();
    if (sparse.columns != columns)
        throw py::value_error("x has " + std::to_string(sparse.columns) + " columns, expected " +
                              std::to_string(columns));
    if (!py::isinstance<py::array_t<T>>(sparse.values))
        throw py::value_error("the values of a sparse x must be " + std::string(dtype_name<T>()));
    if (!network.takes_sparse()) throw py::value_error("a sparse x needs a network that begins with a linear layer");
    Source source;
    source.data = sparse.values.data();
    source.rows = sparse.rows;
    source.columns = columns;
    source.begin = sparse.row_begin();
    source.columns_of = sparse.columns_of->data();
    return source;
}

}  // namespace pynn
