"""Adam and its kin: steps scaled by running means of the gradient and of its square."""

from typing import Any, Unpack

from ..schedules import Schedule
from ..validation import flag, real_number
from .base import Optimizer, betas_of
from .options import Options


class _AdamBase(Optimizer):
    def __init__(
        self,
        name: str,
        lr: float | Schedule,
        options: Options,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        **others: float,
    ) -> None:
        self.betas = betas_of(betas)
        self.eps = real_number(eps, "eps", 0)
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        moments = {"beta1": self.betas[0], "beta2": self.betas[1]}
        super().__init__(name, lr, options, **moments, eps=self.eps, weight_decay=self.weight_decay, **others)

    def arguments(self) -> dict[str, Any]:
        return {"lr": self.rate, "betas": self.betas, "eps": self.eps, "weight_decay": self.weight_decay}


class Adam(_AdamBase):
    """Steps scaled by running means of the gradient and of its square (Kingma and Ba 2015).

        m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
        w <- w - lr m' / (sqrt(v') + eps),  m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t)

    Parameters
    ----------
    lr : float or Schedule, default 1e-3
        Learning rate, at least 0.
    betas : (float, float), default (0.9, 0.999)
        Memory of m and of v, in [0, 1).
    eps : float, default 1e-8
        At least 0.
    weight_decay : float, default 0
        L2 penalty: g <- g + weight_decay w first. At least 0.
    amsgrad : bool, default False
        Whether the greatest v so far takes the place of v (Reddi et al. 2018).
    epsilon_hat : bool, default False
        Whether eps is added to sqrt(v) rather than to sqrt(v'), as at the end of section 2 of the paper, in Keras,
        TensorFlow and scikit-learn: w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps).

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Adam(1e-2).betas
    (0.9, 0.999)
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        epsilon_hat: bool = False,
        **options: Unpack[Options],
    ) -> None:
        self.amsgrad = flag(amsgrad, "amsgrad")
        self.epsilon_hat = flag(epsilon_hat, "epsilon_hat")
        name = "AdamAMSGrad" if amsgrad else "Adam"
        super().__init__(name, lr, options, betas, eps, weight_decay, epsilon_hat=float(self.epsilon_hat))

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "amsgrad": self.amsgrad, "epsilon_hat": self.epsilon_hat}


class AdamW(_AdamBase):
    """Adam with decoupled weight decay: w <- (1 - lr weight_decay) w before each step (Loshchilov and Hutter 2019).

    Parameters
    ----------
    lr, betas, eps
        As for `Adam`.
    weight_decay : float, default 1e-2
        At least 0.
    amsgrad : bool, default False
        Whether the greatest v so far takes the place of v (Reddi et al. 2018).

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.AdamW().weight_decay
    0.01
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        self.amsgrad = flag(amsgrad, "amsgrad")
        super().__init__("AdamWAMSGrad" if amsgrad else "AdamW", lr, options, betas, eps, weight_decay)

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "amsgrad": self.amsgrad}


class NAdam(_AdamBase):
    """Adam with Nesterov's momentum, which warms up (Dozat 2016).

    Parameters
    ----------
    lr : float or Schedule, default 2e-3
        Learning rate, at least 0.
    betas, eps, weight_decay
        As for `Adam`.
    momentum_decay : float, default 4e-3
        How fast the momentum warms up, at least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.NAdam().lr
    0.002
    """

    def __init__(
        self,
        lr: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        **options: Unpack[Options],
    ) -> None:
        self.momentum_decay = real_number(momentum_decay, "momentum_decay", 0)
        super().__init__("NAdam", lr, options, betas, eps, weight_decay, momentum_decay=self.momentum_decay)

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "momentum_decay": self.momentum_decay}


class RAdam(_AdamBase):
    """Adam that waits with scaling until it knows the gradients' variance (Liu et al. 2020).

    Parameters
    ----------
    lr, betas, eps, weight_decay
        As for `Adam`.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.RAdam().lr
    0.001
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__("RAdam", lr, options, betas, eps, weight_decay)


class Adamax(_AdamBase):
    """Adam with the greatest gradient, which is forgotten slowly, in the place of the root (Kingma and Ba 2015).

        u <- max(beta2 u, |g| + eps),  w <- w - lr / (1 - beta1^t) m / u

    Parameters
    ----------
    lr : float or Schedule, default 2e-3
        Learning rate, at least 0.
    betas, eps, weight_decay
        As for `Adam`.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Adamax().lr
    0.002
    """

    def __init__(
        self,
        lr: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__("Adamax", lr, options, betas, eps, weight_decay)
