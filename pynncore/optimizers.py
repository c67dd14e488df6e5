"""Optimizers: PyTorch's rules, defaults and order of arguments, without the list of parameters.

An optimizer keeps its state (momentum, moments, number of steps) from one `fit` to the next if the same object is
passed again. It belongs to the first network that it trains. A copy has the settings and no state.
"""

from typing import Any

from . import _core
from .validation import by_name, flag, real_number


class Optimizer:
    """A rule for the step from gradients to new weights.

    Optimizers are made by the library; `nn.optimizers` lists them.

    Attributes
    ----------
    lr : float
        Learning rate; may be changed between steps, for example by a callback.
    steps : int
        Steps taken so far.
    """

    def __init__(self, name: str, lr: float, **parameters: float) -> None:
        values = {"lr": real_number(lr, "lr", 0), **parameters}
        infos = {info.name: info for info in _core.optimizers()}
        self.core = _core.Optimizer(name, [values[parameter.name] for parameter in infos[name].parameters])

    @property
    def lr(self) -> float:
        return self.core.get("lr")

    @lr.setter
    def lr(self, value: float) -> None:
        self.core.set("lr", real_number(value, "lr", 0))

    def __setattr__(self, name: str, value: object) -> None:
        if name != "lr" and "core" in vars(self):
            raise AttributeError(f"{name} cannot be set to {value!r}: of {self!r} only lr can be changed")
        super().__setattr__(name, value)

    @property
    def steps(self) -> int:
        return self.core.steps

    def arguments(self) -> dict[str, Any]:
        """What the constructor needs to make this optimizer again, its state apart."""
        return {"lr": self.lr}

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (type(self), self.arguments())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.arguments().items())})"


def _made(kind: type[Optimizer], arguments: dict[str, Any]) -> Optimizer:
    return kind(**arguments)


class SGD(Optimizer):
    """Gradient descent, w <- w - lr g, or with momentum v <- mu v + (1 - dampening) g and w <- w - lr v.

    With Nesterov's momentum the step is w <- w - lr (g + mu v). Before all of it g <- g + weight_decay w.

    Parameters
    ----------
    lr : float, default 1e-3
        Learning rate, at least 0.
    momentum : float, default 0
        mu, at least 0.
    dampening : float, default 0
        Share of the gradient that does not reach v.
    weight_decay : float, default 0
        L2 penalty, at least 0.
    nesterov : bool, default False
        Needs a momentum, and no dampening.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.SGD(lr=0.1, momentum=0.9)
    SGD(lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False)
    """

    def __init__(
        self,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.momentum = real_number(momentum, "momentum", 0)
        self.dampening = real_number(dampening, "dampening")
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        self.nesterov = flag(nesterov, "nesterov")
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(
                f"nesterov needs a momentum and no dampening, but momentum is {momentum} and dampening {dampening}"
            )
        if self.momentum == 0:
            super().__init__("SGD", lr, weight_decay=self.weight_decay)
        else:
            both = {"momentum": self.momentum, "dampening": self.dampening}
            super().__init__("Momentum", lr, **both, weight_decay=self.weight_decay, nesterov=float(self.nesterov))

    def arguments(self) -> dict[str, Any]:
        return {
            "lr": self.lr,
            "momentum": self.momentum,
            "dampening": self.dampening,
            "weight_decay": self.weight_decay,
            "nesterov": self.nesterov,
        }


class _AdamBase(Optimizer):
    def __init__(self, lr: float, betas: tuple[float, float], eps: float, weight_decay: float) -> None:
        try:
            beta1, beta2 = betas
        except (TypeError, ValueError):
            raise TypeError(f"betas is {betas!r}, but two numbers in [0, 1) were expected") from None
        self.betas = real_number(beta1, "betas[0]", 0, below=1), real_number(beta2, "betas[1]", 0, below=1)
        self.eps = real_number(eps, "eps", 0)
        self.weight_decay = real_number(weight_decay, "weight_decay", 0)
        moments = {"beta1": self.betas[0], "beta2": self.betas[1]}
        super().__init__(type(self).__name__, lr, **moments, eps=self.eps, weight_decay=self.weight_decay)

    def arguments(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": self.betas, "eps": self.eps, "weight_decay": self.weight_decay}


class Adam(_AdamBase):
    """Steps scaled by running means of the gradient and of its square (Kingma and Ba 2015).

        m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
        w <- w - lr m' / (sqrt(v') + eps),  m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t)

    Parameters
    ----------
    lr : float, default 1e-3
        Learning rate, at least 0.
    betas : (float, float), default (0.9, 0.999)
        Memory of m and of v, in [0, 1).
    eps : float, default 1e-8
        At least 0.
    weight_decay : float, default 0
        L2 penalty: g <- g + weight_decay w first. At least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Adam(1e-2).betas
    (0.9, 0.999)
    """

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay)


class AdamW(_AdamBase):
    """Adam with decoupled weight decay: w <- (1 - lr weight_decay) w before each step (Loshchilov and Hutter 2019).

    Parameters
    ----------
    lr, betas, eps
        As for `Adam`.
    weight_decay : float, default 1e-2
        At least 0.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.AdamW().weight_decay
    0.01
    """

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay)


OPTIMIZERS = (SGD, Adam, AdamW)
BY_NAME = {kind.__name__: kind for kind in OPTIMIZERS}


def optimizer_of(chosen: object) -> Optimizer:
    """The optimizer that a user's choice, an object or a name, means."""
    if isinstance(chosen, str):
        return by_name("optimizer", chosen, BY_NAME)
    if type(chosen) not in OPTIMIZERS:
        hint = f"; did you mean {chosen.__name__}()?" if isinstance(chosen, type) else ""
        names = ", ".join(BY_NAME)
        raise TypeError(
            f"optimizer is {chosen!r}, but an optimizer of pynncore or its name was expected: {names}{hint}"
        )
    assert isinstance(chosen, Optimizer)
    return chosen
