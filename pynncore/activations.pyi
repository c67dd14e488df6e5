# Written by tools/make_stubs.py from the core's definitions.
from typing import ClassVar, Literal

from . import _core
from .learned import ACON as ACON
from .learned import PReLU as PReLU
from .learned import Swish as Swish
from .module import Module

class Activation(Module):
    info: ClassVar[_core.ActivationInfo]

class FlatActivation(Activation):
    @property
    def surrogate(self) -> str | None: ...

class RowFunction(Module):
    info: ClassVar[_core.RowFunctionInfo]

ACTIVATIONS: dict[str, type[Module]]
ROW_FUNCTIONS: dict[str, type[RowFunction]]

class Identity(Activation):
    def __init__(self) -> None: ...

class Step(FlatActivation):
    def __init__(self, threshold: float = 0.0, at_threshold: float = 1.0, *, surrogate: str | None = None) -> None: ...
    @property
    def threshold(self) -> float: ...
    @property
    def at_threshold(self) -> float: ...

class BentIdentity(Activation):
    def __init__(self) -> None: ...

class Hardshrink(Activation):
    def __init__(self, lambd: float = 0.5) -> None: ...
    @property
    def lambd(self) -> float: ...

class Softshrink(Activation):
    def __init__(self, lambd: float = 0.5) -> None: ...
    @property
    def lambd(self) -> float: ...

class Threshold(Activation):
    def __init__(self, threshold: float = 0.0, value: float = 0.0) -> None: ...
    @property
    def threshold(self) -> float: ...
    @property
    def value(self) -> float: ...

class Sigmoid(Activation):
    def __init__(self) -> None: ...

class Hardsigmoid(Activation):
    def __init__(self, slope: float = 0.16666666666666666, offset: float = 0.5) -> None: ...
    @property
    def slope(self) -> float: ...
    @property
    def offset(self) -> float: ...

class LogSigmoid(Activation):
    def __init__(self) -> None: ...

class Tanh(Activation):
    def __init__(self) -> None: ...

class Tanhshrink(Activation):
    def __init__(self) -> None: ...

class Hardtanh(Activation):
    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None: ...
    @property
    def min_val(self) -> float: ...
    @property
    def max_val(self) -> float: ...

class ArcTan(Activation):
    def __init__(self) -> None: ...

class ReLU(Activation):
    def __init__(self) -> None: ...

class ReLU6(Activation):
    def __init__(self) -> None: ...

class LeakyReLU(Activation):
    def __init__(self, negative_slope: float = 0.01) -> None: ...
    @property
    def negative_slope(self) -> float: ...

class ELU(Activation):
    def __init__(self, alpha: float = 1.0) -> None: ...
    @property
    def alpha(self) -> float: ...

class SELU(Activation):
    def __init__(self) -> None: ...

class CELU(Activation):
    def __init__(self, alpha: float = 1.0) -> None: ...
    @property
    def alpha(self) -> float: ...

class Softplus(Activation):
    def __init__(self, beta: float = 1.0) -> None: ...
    @property
    def beta(self) -> float: ...

class Softsign(Activation):
    def __init__(self) -> None: ...

class ISRU(Activation):
    def __init__(self, alpha: float = 1.0) -> None: ...
    @property
    def alpha(self) -> float: ...

class SiLU(Activation):
    def __init__(self) -> None: ...

class Hardswish(Activation):
    def __init__(self) -> None: ...

class Mish(Activation):
    def __init__(self) -> None: ...

class TanhExp(Activation):
    def __init__(self) -> None: ...

class GELU(Activation):
    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None: ...
    @property
    def approximate(self) -> str: ...

class Exponential(Activation):
    def __init__(self) -> None: ...

class Sine(Activation):
    def __init__(self, omega: float = 1.0) -> None: ...
    @property
    def omega(self) -> float: ...

class Gaussian(Activation):
    def __init__(self) -> None: ...

class SquaredReLU(Activation):
    def __init__(self) -> None: ...

class LiSHT(Activation):
    def __init__(self) -> None: ...

class Squareplus(Activation):
    def __init__(self, b: float = 4.0) -> None: ...
    @property
    def b(self) -> float: ...

class SparsePlus(Activation):
    def __init__(self) -> None: ...

class SparseSigmoid(Activation):
    def __init__(self) -> None: ...

class Snake(Activation):
    def __init__(self, alpha: float = 1.0) -> None: ...
    @property
    def alpha(self) -> float: ...

class Softmax(RowFunction):
    def __init__(self) -> None: ...

class LogSoftmax(RowFunction):
    def __init__(self) -> None: ...

class Softmin(RowFunction):
    def __init__(self) -> None: ...

class Sparsemax(RowFunction):
    def __init__(self) -> None: ...

class GLU(RowFunction):
    def __init__(self) -> None: ...

class ReGLU(RowFunction):
    def __init__(self) -> None: ...

class GEGLU(RowFunction):
    def __init__(self) -> None: ...

class SwiGLU(RowFunction):
    def __init__(self) -> None: ...

class Bilinear(RowFunction):
    def __init__(self) -> None: ...

__all__ = [  # noqa: RUF022 (in the catalogue's order)
    "Identity",
    "Step",
    "BentIdentity",
    "Hardshrink",
    "Softshrink",
    "Threshold",
    "Sigmoid",
    "Hardsigmoid",
    "LogSigmoid",
    "Tanh",
    "Tanhshrink",
    "Hardtanh",
    "ArcTan",
    "ReLU",
    "ReLU6",
    "LeakyReLU",
    "PReLU",
    "ELU",
    "SELU",
    "CELU",
    "Softplus",
    "Softsign",
    "ISRU",
    "Swish",
    "ACON",
    "SiLU",
    "Hardswish",
    "Mish",
    "TanhExp",
    "GELU",
    "Exponential",
    "Sine",
    "Gaussian",
    "SquaredReLU",
    "LiSHT",
    "Squareplus",
    "SparsePlus",
    "SparseSigmoid",
    "Snake",
    "Softmax",
    "LogSoftmax",
    "Softmin",
    "Sparsemax",
    "GLU",
    "ReGLU",
    "GEGLU",
    "SwiGLU",
    "Bilinear",
]
