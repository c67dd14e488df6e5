// What the units of one level give each other to fill the level's table. Everything lives in the level's namespace.
#pragma once

#include "kernels/table.hpp"

namespace pynn::PYNN_LEVEL {

Products<float> products_f32();
Products<double> products_f64();
SparseProducts<float> sparse_products_f32();
SparseProducts<double> sparse_products_f64();
MultiplySpan<float> multiply_f32();
MultiplySpan<double> multiply_f64();
FiniteSpan<float> finite_f32();
FiniteSpan<double> finite_f64();
PeakLoop<float> peak_f32();
PeakLoop<double> peak_f64();
PenaltySpan<float> penalty_f32();
PenaltySpan<double> penalty_f64();
const ActivationSpans<float>* activation_spans_f32();
const ActivationSpans<double>* activation_spans_f64();
const LearnedSpans<float>* learned_spans_f32();
const LearnedSpans<double>* learned_spans_f64();
const RandomSpans<float>* random_spans_f32();
const RandomSpans<double>* random_spans_f64();
const RowSpans<float>* row_spans_f32();
const RowSpans<double>* row_spans_f64();
Normalizations<float> normalizations_f32();
Normalizations<double> normalizations_f64();
const LossRows<float>* loss_rows_f32();
const LossRows<double>* loss_rows_f64();
const UpdateSpans<float>* update_spans_f32();
const UpdateSpans<double>* update_spans_f64();

const Table& table();

}  // namespace pynn::PYNN_LEVEL
