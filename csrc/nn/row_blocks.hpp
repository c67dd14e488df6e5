// Caches, and blocks of rows that fit them.
#pragma once

#include "core/panels.hpp"

namespace pynn {

// Of a core. Common are 1 MiB and 2 MiB; on smaller ones, a little is lost.
inline constexpr size_t l2_bytes = size_t{1} << 20;

// What a thread takes through the whole network at a time. 8 tiles of 14 rows: their activations stay in L2 for layers up to
// about a thousand units.
inline constexpr size_t row_block = 112;

// Calls body(rows) for even blocks of at most `most` rows that make up [begin, end), in order.
template <class Body>
void for_row_blocks(size_t begin, size_t end, const Body& body, size_t most = row_block) {
    const size_t total = end - begin, blocks = (total + most - 1) / most;
    for (size_t i = 0; i < blocks; ++i) body(Rows{begin + total * i / blocks, begin + total * (i + 1) / blocks});
}

}  // namespace pynn
