"""`Schedule`: what every schedule can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..validation import one_of, real_number


class Schedule:
    """A learning rate as a function of time.

    For a schedule of your own, subclass it and write `at(self, t) -> float`. What changes in training belongs in
    attributes whose names begin with an underscore: checkpoints keep them.

    Parameters
    ----------
    lr : float
        The rate to begin with, at least 0.
    per : "epoch" | "step", default "epoch"
        What time is counted in.

    Examples
    --------
    >>> import pynncore as nn
    >>> class Halved(nn.Schedule):
    ...     def at(self, t):
    ...         return self.lr / 2**t
    >>> [Halved(0.1).at(t) for t in range(3)]
    [0.1, 0.05, 0.025]
    """

    def __init__(self, lr: float, *, per: str = "epoch") -> None:
        self.lr = real_number(lr, "lr", 0)
        self.per = one_of(per, "per", ("epoch", "step"))

    def at(self, t: int) -> float:
        """The learning rate at time t = 0, 1, 2, ..."""
        raise TypeError(f"{type(self).__name__} is a Schedule without at(self, t)")

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        """Called after every epoch with its numbers."""

    def state_dict(self) -> dict[str, Any]:
        """What has changed since the schedule was made; {} for a function of time alone."""
        return {name: value for name, value in vars(self).items() if name.startswith("_")}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        vars(self).update(state)

    def __repr__(self) -> str:
        arguments = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


def rate_of(lr: Any) -> float | Schedule:
    """What an optimizer's lr means: a number, or a schedule."""
    return lr if isinstance(lr, Schedule) else real_number(lr, "lr", 0)
