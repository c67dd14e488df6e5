"""Gradient descent, plain, with momentum, and by signs."""

from typing import Any, Unpack

from ..schedules import Schedule
from ..validation import flag, real_number
from .base import Optimizer, betas_of
from .options import Options


class SGD(Optimizer):
    """Gradient descent, w <- w - lr g, or with momentum v <- mu v + (1 - dampening) g and w <- w - lr v.

    With Nesterov's momentum the step is w <- w - lr (g + mu v). Before all of it g <- g + weight_decay w.

    With rate_in_velocity v holds the steps themselves, v <- mu v + lr g and w <- w - v, with Nesterov's momentum
    w <- w - (lr g + mu v), as in Keras, TensorFlow and scikit-learn: a new lr then does not change the steps that are
    already on their way.

    Parameters
    ----------
    lr : float or Schedule, default 1e-3
        Learning rate, at least 0.
    momentum : float, default 0
        mu, at least 0.
    dampening : float, default 0
        Share of the gradient that does not reach v.
    weight_decay : float, default 0
        L2 penalty, at least 0.
    nesterov : bool, default False
        Needs a momentum, and no dampening.
    rate_in_velocity : bool, default False
        Needs a momentum, and no dampening.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.SGD(lr=0.1, momentum=0.9)
    SGD(lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False, rate_in_velocity=False)
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        rate_in_velocity: bool = False,
        **options: Unpack[Options],
    ) -> None:
        self.momentum = real_number(momentum, "momentum", 0)
        self.dampening = real_number(dampening, "dampening")
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        self.nesterov = flag(nesterov, "nesterov")
        self.rate_in_velocity = flag(rate_in_velocity, "rate_in_velocity")
        for name in ("nesterov", "rate_in_velocity"):
            if getattr(self, name) and (self.momentum == 0 or self.dampening != 0):
                raise ValueError(
                    f"{name} needs a momentum and no dampening, but momentum is {momentum} and dampening {dampening}"
                )
        if self.momentum == 0:
            super().__init__("SGD", lr, options, weight_decay=self.weight_decay)
        else:
            numbers = {"momentum": self.momentum, "dampening": self.dampening, "weight_decay": self.weight_decay}
            flags = {"nesterov": float(self.nesterov), "rate_in_velocity": float(self.rate_in_velocity)}
            super().__init__("Momentum", lr, options, **numbers, **flags)

    def arguments(self) -> dict[str, Any]:
        return {
            "lr": self.rate,
            "momentum": self.momentum,
            "dampening": self.dampening,
            "weight_decay": self.weight_decay,
            "nesterov": self.nesterov,
            "rate_in_velocity": self.rate_in_velocity,
        }


class Rprop(Optimizer):
    """Each weight has a step of its own, and only the sign of its gradient counts (Riedmiller and Braun 1993).

    The step is multiplied by etas[1] while the sign stays, and by etas[0] when it changes; the weight then stays once.
    For full batches: the noise of minibatches changes signs.

    Parameters
    ----------
    lr : float or Schedule, default 1e-2
        The first step, at least 0.
    etas : (float, float), default (0.5, 1.2)
        Factors: the first in [0, 1], the second at least 1.
    step_sizes : (float, float), default (1e-6, 50)
        The least and the greatest step, at least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Rprop().etas
    (0.5, 1.2)
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        **options: Unpack[Options],
    ) -> None:
        try:
            (minus, plus), (least, most) = etas, step_sizes
        except (TypeError, ValueError):
            raise TypeError(f"etas is {etas!r} and step_sizes {step_sizes!r}, but two pairs were expected") from None
        self.etas = real_number(minus, "etas[0]", 0, 1), real_number(plus, "etas[1]", 1)
        self.step_sizes = real_number(least, "step_sizes[0]", 0), real_number(most, "step_sizes[1]", 0)
        if least > most:
            raise ValueError(f"step_sizes is {step_sizes!r}, whose first is above the second")
        super().__init__(
            "Rprop",
            lr,
            options,
            eta_minus=self.etas[0],
            eta_plus=self.etas[1],
            step_min=self.step_sizes[0],
            step_max=self.step_sizes[1],
        )

    def arguments(self) -> dict[str, Any]:
        return {"lr": self.rate, "etas": self.etas, "step_sizes": self.step_sizes}


class Lion(Optimizer):
    """w <- w - lr sign(beta1 m + (1 - beta1) g), then m <- beta2 m + (1 - beta2) g (Chen et al. 2023).

    Before that, decoupled weight decay: w <- (1 - lr weight_decay) w. All steps have the size lr, so it should be three
    to ten times smaller than for `AdamW`.

    Parameters
    ----------
    lr : float or Schedule, default 1e-4
        Learning rate, at least 0.
    betas : (float, float), default (0.9, 0.99)
        Memory of the direction and of m, in [0, 1).
    weight_decay : float, default 0
        At least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Lion().betas
    (0.9, 0.99)
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        self.betas = betas_of(betas)
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        super().__init__("Lion", lr, options, beta1=self.betas[0], beta2=self.betas[1], weight_decay=self.weight_decay)

    def arguments(self) -> dict[str, Any]:
        return {"lr": self.rate, "betas": self.betas, "weight_decay": self.weight_decay}
