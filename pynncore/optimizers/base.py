"""`Optimizer`: what every optimizer can do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..schedules.base import Schedule, rate_of
from ..validation import real_number


class Optimizer:
    """A rule for the step from gradients to new weights.

    Optimizers are made by the library; `nn.optimizers` lists them.

    Attributes
    ----------
    lr : float
        The learning rate of the next step. It may be changed between steps, for example by a callback; a number then
        takes the place of a schedule.
    schedule : Schedule or None
        What decides on lr, if it is not a constant.
    steps : int
        Steps taken so far.
    epochs : int
        Epochs of `fit` completed so far: the time of a schedule per epoch. Loops around `train_batch` may set it.
    """

    def __init__(self, name: str, lr: float | Schedule, **parameters: float) -> None:
        given = rate_of(lr)
        self.schedule = given if isinstance(given, Schedule) else None
        self.epochs = 0
        values = {"lr": self._checked(given.at(0)) if isinstance(given, Schedule) else given, **parameters}
        infos = {info.name: info for info in _core.optimizers()}
        self.core = _core.Optimizer(name, [values[parameter.name] for parameter in infos[name].parameters])

    @property
    def lr(self) -> float:
        return self.core.get("lr") if self.schedule is None else float(self.rates(1)[0])

    @lr.setter
    def lr(self, value: float | Schedule) -> None:
        given = rate_of(value)
        vars(self)["schedule"] = given if isinstance(given, Schedule) else None
        if not isinstance(given, Schedule):
            self.core.set("lr", given)

    def rates(self, count: int) -> NDArray[np.float64]:
        """The learning rates of the next `count` steps, all in this epoch."""
        if self.schedule is None:
            return np.full(count, self.core.get("lr"))
        if self.schedule.per == "epoch":
            return np.full(count, self._checked(self.schedule.at(self.epochs)))
        return np.array([self._checked(self.schedule.at(self.steps + i)) for i in range(count)])

    def _checked(self, rate: float) -> float:
        return real_number(rate, f"the learning rate of {self.schedule!r}", 0)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("lr", "epochs") and "core" in vars(self):
            raise AttributeError(f"{name} cannot be set to {value!r}: of {self!r} only lr can be changed")
        super().__setattr__(name, value)

    @property
    def steps(self) -> int:
        return self.core.steps

    def arguments(self) -> dict[str, Any]:
        """What the constructor needs to make this optimizer again, its state apart."""
        return {"lr": self.rate}

    @property
    def rate(self) -> float | Schedule:
        """What decides on lr: a number, or the schedule."""
        return self.lr if self.schedule is None else self.schedule

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (type(self), self.arguments())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.arguments().items())})"


def _made(kind: type[Optimizer], arguments: dict[str, Any]) -> Optimizer:
    return kind(**arguments)


def betas_of(betas: tuple[float, float]) -> tuple[float, float]:
    """The two memories, checked."""
    try:
        beta1, beta2 = betas
    except (TypeError, ValueError):
        raise TypeError(f"betas is {betas!r}, but two numbers in [0, 1) were expected") from None
    return real_number(beta1, "betas[0]", 0, below=1), real_number(beta2, "betas[1]", 0, below=1)
