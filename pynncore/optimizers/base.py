"""`Optimizer`: what every optimizer can do."""

from typing import Any

from .. import _core
from ..validation import real_number


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


def betas_of(betas: tuple[float, float]) -> tuple[float, float]:
    """The two memories, checked."""
    try:
        beta1, beta2 = betas
    except (TypeError, ValueError):
        raise TypeError(f"betas is {betas!r}, but two numbers in [0, 1) were expected") from None
    return real_number(beta1, "betas[0]", 0, below=1), real_number(beta2, "betas[1]", 0, below=1)
