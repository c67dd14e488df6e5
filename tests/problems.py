"""Every loss with a last layer that suits it, targets, and what NumPy says: the cases of the training tests."""

from collections.abc import Callable
from dataclasses import dataclass

import pynncore as nn
from reference import losses


def reals(rng, rows, outputs):
    return rng.standard_normal((rows, outputs))


def fractions(rng, rows, outputs):
    return rng.uniform(0, 1, (rows, outputs))


def labels(rng, rows, outputs):
    return rng.integers(0, outputs, rows)


def one_hot(rng, rows, outputs):
    return losses.one_hot(labels(rng, rows, outputs), outputs)


def signs(rng, rows, outputs):
    return rng.choice([-1.0, 1.0], (rows, outputs))


def counts(rng, rows, outputs):
    return rng.integers(0, 4, (rows, outputs)) * 1.0


def directions(rng, rows, outputs):
    return rng.standard_normal((rows, outputs)) + 1


def distributions(rng, rows, outputs):
    weights = rng.uniform(0, 1, (rows, outputs))
    return weights / weights.sum(1, keepdims=True)


@dataclass(frozen=True)
class Problem:
    loss: Callable[[], nn.Loss]
    targets: Callable
    value: Callable  # (output, dense target) -> (rows,)
    d_value: Callable
    last: Callable[[], list] = list
    per_element: bool = False  # what "mean" divides by
    fused_with_last: bool = False  # value and d_value are of the last layer's input

    def dense(self, target, outputs):
        """The target as (rows, outputs)."""
        return losses.one_hot(target, outputs) if target.ndim == 1 else target

    def scale(self, rows, outputs):
        return 1 / (rows * outputs) if self.per_element else 1 / rows


L = losses
LOGITS = (L.cross_entropy, L.d_cross_entropy)
PROBLEMS = {
    "SquaredError": Problem(nn.SquaredError, reals, L.squared_error, L.d_squared_error),
    "MSELoss": Problem(nn.MSELoss, reals, L.mean_squared_error, L.d_mean_squared_error, per_element=True),
    "L1Loss": Problem(nn.L1Loss, reals, L.l1, L.d_l1, per_element=True),
    "HuberLoss": Problem(nn.HuberLoss, reals, L.huber, L.d_huber, per_element=True),
    "SmoothL1Loss": Problem(nn.SmoothL1Loss, reals, L.smooth_l1, L.d_smooth_l1, per_element=True),
    "LogCoshLoss": Problem(nn.LogCoshLoss, reals, L.log_cosh, L.d_log_cosh, per_element=True),
    "QuantileLoss": Problem(
        lambda: nn.QuantileLoss(0.75),
        reals,
        lambda y, d: L.quantile(y, d, q=0.75),
        lambda y, d: L.d_quantile(y, d, q=0.75),
        per_element=True,
    ),
    "PoissonNLLLoss": Problem(nn.PoissonNLLLoss, counts, L.poisson_nll, L.d_poisson_nll, per_element=True),
    "HingeLoss": Problem(nn.HingeLoss, signs, L.hinge, L.d_hinge, per_element=True),
    "SquaredHinge": Problem(nn.SquaredHinge, signs, L.squared_hinge, L.d_squared_hinge, per_element=True),
    "BinaryFocalLoss": Problem(nn.BinaryFocalLoss, fractions, L.binary_focal, L.d_binary_focal, per_element=True),
    "FocalLoss-labels": Problem(nn.FocalLoss, labels, L.focal, L.d_focal),
    "GeneralizedCrossEntropyLoss": Problem(
        nn.GeneralizedCrossEntropyLoss, labels, L.generalized_cross_entropy, L.d_generalized_cross_entropy
    ),
    "FocalLoss-soft": Problem(nn.FocalLoss, distributions, L.focal, L.d_focal),
    "KLDivLoss": Problem(
        nn.KLDivLoss,
        distributions,
        lambda u, d: L.kl_div(L.log_softmax(u), d),
        lambda u, d: L.d_cross_entropy(u, d),
        last=lambda: [nn.LogSoftmax()],
        per_element=True,
        fused_with_last=True,
    ),
    "CategoricalHingeLoss": Problem(nn.CategoricalHingeLoss, labels, L.categorical_hinge, L.d_categorical_hinge),
    "BCEWithLogitsLoss": Problem(
        nn.BCEWithLogitsLoss,
        fractions,
        L.binary_cross_entropy_with_logits,
        L.d_binary_cross_entropy_with_logits,
        per_element=True,
    ),
    "BCELoss": Problem(
        nn.BCELoss,
        fractions,
        L.binary_cross_entropy_with_logits,
        L.d_binary_cross_entropy_with_logits,
        last=lambda: [nn.Sigmoid()],
        per_element=True,
        fused_with_last=True,
    ),
    "CrossEntropyLoss-labels": Problem(nn.CrossEntropyLoss, labels, *LOGITS),
    "CrossEntropyLoss-one-hot": Problem(nn.CrossEntropyLoss, one_hot, *LOGITS),
    "CrossEntropyLoss-soft": Problem(nn.CrossEntropyLoss, distributions, *LOGITS),
    "CrossEntropyLoss-probabilities": Problem(
        lambda: nn.CrossEntropyLoss(from_logits=False, eps=0),  # any eps: the same gradient, of the loss without it
        labels,
        *LOGITS,
        last=lambda: [nn.Softmax()],
        fused_with_last=True,
    ),
    "NLLLoss": Problem(nn.NLLLoss, labels, *LOGITS, last=lambda: [nn.LogSoftmax()], fused_with_last=True),
}
