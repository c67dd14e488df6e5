// A minibatch of sparse rows (CSR): read where they are in the forward pass, and sorted by panels for the update.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/panels.hpp"
#include "nn/source.hpp"

namespace pynn {

// Row r is row index[r] of a source that is sparse.
template <class T>
class SparseBatch {
  public:
    SparseBatch(const Source& source, const int64_t* index)
        : values_(static_cast<const T*>(source.data)), source_(&source), index_(index) {}
    SparseRow<T> row(size_t r) const {
        const int64_t begin = source_->begin[index_[r]];
        return {values_ + begin, source_->columns_of + begin,
                static_cast<size_t>(source_->begin[index_[r] + 1] - begin)};
    }

  private:
    const T* values_;
    const Source* source_;
    const int64_t* index_;
};

// Elements of the rows index[0 .. count) of a sparse source.
size_t nonzeros_of(const Source& source, const int64_t* index, size_t count);

// The elements of a batch panel by panel, those of each with rows in increasing order: what the tiles of a weight gradient sum.
template <class T>
class SparsePanels {
  public:
    void reserve(size_t nonzeros, size_t panels);
    // Sorts the elements of panels [first, last) of rows [0, rows).
    void fill(const SparseBatch<T>& x, size_t rows, size_t first, size_t last);
    const Nonzero<T>* at(size_t panel) const { return elements_.data() + begin_[panel - first_]; }
    size_t count(size_t panel) const { return begin_[panel - first_ + 1] - begin_[panel - first_]; }

  private:
    size_t first_ = 0;
    std::vector<Nonzero<T>> elements_;
    std::vector<size_t> begin_;  // of each panel from first_ on
};

}  // namespace pynn
