"""Steps scaled by what each weight's gradients have been."""

from typing import Any, Unpack

from ..schedules import Schedule
from ..validation import flag, real_number
from .base import Optimizer
from .options import Options


class Adagrad(Optimizer):
    """Steps scaled by all squared gradients, s <- s + g^2, w <- w - lr' g / (sqrt(s) + eps) (Duchi et al. 2011).

    Parameters
    ----------
    lr : float or Schedule, default 1e-2
        Learning rate, at least 0.
    lr_decay : float, default 0
        lr' = lr / (1 + (t - 1) lr_decay) in step t. At least 0.
    weight_decay : float, default 0
        L2 penalty, at least 0.
    initial_accumulator_value : float, default 0
        s before the first step, at least 0.
    eps : float, default 1e-10
        At least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Adagrad().eps
    1e-10
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        **options: Unpack[Options],
    ) -> None:
        self.lr_decay = real_number(lr_decay, "lr_decay", 0)
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        self.initial_accumulator_value = real_number(initial_accumulator_value, "initial_accumulator_value", 0)
        self.eps = real_number(eps, "eps", 0)
        super().__init__("Adagrad", options=options, **self._numbers(lr))

    def _numbers(self, lr: float | Schedule) -> dict[str, Any]:
        return {
            "lr": lr,
            "lr_decay": self.lr_decay,
            "weight_decay": self.weight_decay,
            "initial_accumulator_value": self.initial_accumulator_value,
            "eps": self.eps,
        }

    def arguments(self) -> dict[str, Any]:
        return self._numbers(self.rate)


class Adadelta(Optimizer):
    """Steps of the size of earlier steps: d = sqrt(a + eps) / sqrt(s + eps) g, w <- w - lr d (Zeiler 2012).

    s and a are running means of g^2 and of d^2.

    Parameters
    ----------
    lr : float or Schedule, default 1
        Learning rate, at least 0.
    rho : float, default 0.9
        Memory of the means, in [0, 1].
    eps : float, default 1e-6
        At least 0.
    weight_decay : float, default 0
        L2 penalty, at least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Adadelta().rho
    0.9
    """

    def __init__(
        self,
        lr: float | Schedule = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        self.rho, self.eps = real_number(rho, "rho", 0, 1), real_number(eps, "eps", 0)
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        super().__init__("Adadelta", lr, options, rho=self.rho, eps=self.eps, weight_decay=self.weight_decay)

    def arguments(self) -> dict[str, Any]:
        return {"lr": self.rate, "rho": self.rho, "eps": self.eps, "weight_decay": self.weight_decay}


class RMSprop(Optimizer):
    """Steps scaled by a running mean of squared gradients, w <- w - lr g / (sqrt(s) + eps) (Tieleman and Hinton 2012).

    Parameters
    ----------
    lr : float or Schedule, default 1e-2
        Learning rate, at least 0.
    alpha : float, default 0.99
        Memory of s, in [0, 1].
    eps : float, default 1e-8
        At least 0.
    weight_decay : float, default 0
        L2 penalty, at least 0.
    momentum : float, default 0
        Of the scaled gradients, at least 0.
    centered : bool, default False
        Whether s is the variance: the square of a running mean of g is subtracted.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.RMSprop().alpha
    0.99
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        **options: Unpack[Options],
    ) -> None:
        self.alpha, self.eps = real_number(alpha, "alpha", 0, 1), real_number(eps, "eps", 0)
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        self.momentum, self.centered = real_number(momentum, "momentum", 0), flag(centered, "centered")
        name = "RMSprop" + "Centered" * self.centered + "Momentum" * (self.momentum > 0)
        super().__init__(
            name, lr, options, alpha=self.alpha, eps=self.eps, weight_decay=self.weight_decay, momentum=self.momentum
        )

    def arguments(self) -> dict[str, Any]:
        return {
            "lr": self.rate,
            "alpha": self.alpha,
            "eps": self.eps,
            "weight_decay": self.weight_decay,
            "momentum": self.momentum,
            "centered": self.centered,
        }
