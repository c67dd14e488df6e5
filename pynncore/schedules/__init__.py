"""Learning rates that change during training: `nn.SGD(lr=nn.CosineAnnealingLR(0.1, 50))`.

A schedule is a function of the time t, counted in epochs or in steps from 0, as `per` says; the optimizer keeps the
time, from one `fit` to the next. Formulas and names are PyTorch's, whose schedulers are called once an epoch; lr is the
rate that PyTorch's optimizer would have.
"""

from .base import Schedule
from .composed import Chain, ReduceLROnPlateau
from .cycles import CosineAnnealingLR, CosineAnnealingWarmRestarts, OneCycleLR
from .decay import Constant, ExponentialLR, InverseTime, LinearWarmup, MultiStepLR, PolynomialLR, StepLR

__all__ = [
    "Chain",
    "Constant",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "InverseTime",
    "LinearWarmup",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
]
