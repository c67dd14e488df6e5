// Losses of a prediction y and a target d, and their gradients: one struct each, in losses/. `Losses` is the one list that
// kernels, Python and the tests are made from.
#pragma once

#include "defs/losses/classification.hpp"
#include "defs/losses/margin.hpp"
#include "defs/losses/regression.hpp"
#include "defs/type_list.hpp"

namespace pynn::defs {

using Losses =
    TypeList<SquaredError, MSELoss, L1Loss, HuberLoss, SmoothL1Loss, LogCoshLoss, QuantileLoss, PoissonNLLLoss,
             GaussianNLLLoss, MeanSquaredLogarithmicError, MeanAbsolutePercentageError, BCELoss, BCEWithLogitsLoss,
             BinaryFocalLoss, CrossEntropyLogits, CrossEntropyLogitsSoft, CrossEntropyProbabilities,
             CrossEntropyProbabilitiesSoft, NLLLoss, NLLLossSoft, FocalLoss, FocalLossSoft, GeneralizedCrossEntropyLoss,
             GeneralizedCrossEntropyLossSoft, TverskyLoss, KLDivLoss, HingeLoss, SquaredHinge, PerceptronLoss,
             ZeroOneLoss, CategoricalHingeLoss, CosineEmbeddingLoss>;

}  // namespace pynn::defs
