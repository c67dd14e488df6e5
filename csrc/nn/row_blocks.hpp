// Blocks of rows that a thread takes through the whole network at a time.
#pragma once

#include "core/panels.hpp"

namespace pynn {

// 8 tiles of 14 rows: their activations stay in L2 for layers up to about a thousand units.
inline constexpr size_t row_block = 112;

// Calls body(rows) for even blocks of at most row_block rows that make up [begin, end).
template <class Body>
void for_row_blocks(size_t begin, size_t end, const Body& body) {
    const size_t total = end - begin, blocks = (total + row_block - 1) / row_block;
    for (size_t i = 0; i < blocks; ++i) body(Rows{begin + total * i / blocks, begin + total * (i + 1) / blocks});
}

}  // namespace pynn
