"""Losses.

d is the target, y the prediction (the network's output), N the number of samples, C the number of outputs. With
reduction "mean" a loss is divided by N, or where each element counts on its own by N C; with "sum" it is not divided.
`sample_weight` multiplies each sample's loss before that.
"""

from ..validation import by_name
from .base import Loss
from .binary import BCELoss, BCEWithLogitsLoss, BinaryFocalLoss, DiceLoss, TverskyLoss
from .classification import CrossEntropyLoss, FocalLoss, GeneralizedCrossEntropyLoss, KLDivLoss, NLLLoss
from .margin import (
    CategoricalHingeLoss,
    CosineEmbeddingLoss,
    HingeLoss,
    PerceptronLoss,
    SquaredHinge,
    ZeroOneLoss,
)
from .regression import (
    GaussianNLLLoss,
    HuberLoss,
    L1Loss,
    LogCoshLoss,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    MSELoss,
    PoissonNLLLoss,
    QuantileLoss,
    SmoothL1Loss,
    SquaredError,
)

LOSSES: tuple[type[Loss], ...] = (
    SquaredError,
    MSELoss,
    L1Loss,
    HuberLoss,
    SmoothL1Loss,
    LogCoshLoss,
    QuantileLoss,
    MeanSquaredLogarithmicError,
    MeanAbsolutePercentageError,
    PoissonNLLLoss,
    GaussianNLLLoss,
    BCELoss,
    BCEWithLogitsLoss,
    BinaryFocalLoss,
    CrossEntropyLoss,
    NLLLoss,
    FocalLoss,
    GeneralizedCrossEntropyLoss,
    TverskyLoss,
    DiceLoss,
    KLDivLoss,
    HingeLoss,
    SquaredHinge,
    CategoricalHingeLoss,
    PerceptronLoss,
    ZeroOneLoss,
    CosineEmbeddingLoss,
)
BY_NAME: dict[str, type[Loss]] = {
    **{kind.__name__: kind for kind in LOSSES},
    "cross_entropy": CrossEntropyLoss,
    "mse": MSELoss,
    "mae": L1Loss,
    "l1": L1Loss,
    "huber": HuberLoss,
    "smooth_l1": SmoothL1Loss,
    "log_cosh": LogCoshLoss,
    "quantile": QuantileLoss,
    "msle": MeanSquaredLogarithmicError,
    "mape": MeanAbsolutePercentageError,
    "poisson": PoissonNLLLoss,
    "bce": BCELoss,
    "bce_with_logits": BCEWithLogitsLoss,
    "focal": FocalLoss,
    "generalized_cross_entropy": GeneralizedCrossEntropyLoss,
    "tversky": TverskyLoss,
    "dice": DiceLoss,
    "nll": NLLLoss,
    "kl_div": KLDivLoss,
    "hinge": HingeLoss,
    "squared_hinge": SquaredHinge,
    "categorical_hinge": CategoricalHingeLoss,
    "perceptron": PerceptronLoss,
    "zero_one": ZeroOneLoss,
}
__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "BinaryFocalLoss",
    "CategoricalHingeLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "DiceLoss",
    "FocalLoss",
    "GaussianNLLLoss",
    "GeneralizedCrossEntropyLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LogCoshLoss",
    "Loss",
    "MSELoss",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "NLLLoss",
    "PerceptronLoss",
    "PoissonNLLLoss",
    "QuantileLoss",
    "SmoothL1Loss",
    "SquaredError",
    "SquaredHinge",
    "TverskyLoss",
    "ZeroOneLoss",
]


def loss_of(chosen: object) -> Loss:
    """The loss that a user's choice, an object or a name, means."""
    if isinstance(chosen, str):
        return by_name("loss", chosen, BY_NAME)
    if type(chosen) not in LOSSES and not (isinstance(chosen, Loss) and chosen.in_python):
        hint = f"; did you mean {chosen.__name__}()?" if isinstance(chosen, type) else ""
        raise TypeError(
            f"loss is {chosen!r}, but a loss of pynncore or its name was expected: {', '.join(BY_NAME)}; or a subclass "
            f"of Loss with methods forward and backward{hint}"
        )
    assert isinstance(chosen, Loss)
    return chosen
