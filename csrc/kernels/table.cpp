// The table of one level.
#include "kernels/units.hpp"

namespace pynn::PYNN_LEVEL {

const Table& table() {
    static const Table all = {
        {products_f32(), sparse_products_f32(), multiply_f32(), finite_f32(), peak_f32(), penalty_f32(),
         activation_spans_f32(), learned_spans_f32(), random_spans_f32(), row_spans_f32(), normalizations_f32(),
         loss_rows_f32(), update_spans_f32()},
        {products_f64(), sparse_products_f64(), multiply_f64(), finite_f64(), peak_f64(), penalty_f64(),
         activation_spans_f64(), learned_spans_f64(), random_spans_f64(), row_spans_f64(), normalizations_f64(),
         loss_rows_f64(), update_spans_f64()},
    };
    return all;
}

}  // namespace pynn::PYNN_LEVEL
