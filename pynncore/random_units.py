"""Layers that are random in training: one class for each definition of the core.

Their numbers follow from the network's seed, the epoch, the step and the place of the element, so that a run repeats to
the bit on any number of threads. `predict`, `evaluate`, `gradients` and a layer stepped by hand do without them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from . import _core
from .module import Module
from .validation import real_number

INFOS = {info.name: info for info in _core.random_units()}


class RandomUnit(Module):
    """A function of each element with random numbers in training."""

    info: ClassVar[_core.RandomUnitInfo]

    def __init__(self, **values: float) -> None:
        super().__init__()
        self._values = {
            parameter.name: real_number(values[parameter.name], parameter.name, parameter.low, parameter.high)
            for parameter in self.info.parameters
        }

    def arguments(self) -> dict[str, Any]:
        return dict(self._values)

    def make_op(self, dtype: str) -> _core.Op:
        return _core.random_unit(self.info.name, list(self._values.values()), dtype)


class RReLU(RandomUnit):
    """f(u) = u if u > 0 else a u, with a new slope a for each element and step (Xu et al. 2015).

    a is uniform between lower and upper in training, and their mean otherwise.

    Parameters
    ----------
    lower, upper : float, default 1/8, 1/3
        The least and the greatest slope, at least 0.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.RReLU(0.25, 0.75).forward(np.array([[-4.0, 4.0]]))
    array([[-2.,  4.]], dtype=float32)
    """

    info = INFOS["RReLU"]
    gain = info.gain

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        super().__init__(lower=lower, upper=upper)
        if lower > upper:
            raise ValueError(f"lower is {lower!r}, which is above upper={upper!r}")

    @property
    def lower(self) -> float:
        return self._values["lower"]

    @property
    def upper(self) -> float:
        return self._values["upper"]


class Dropout(RandomUnit):
    """Each element is 0 with probability p in training, and else u / (1 - p) (Srivastava et al. 2014).

    Parameters
    ----------
    p : float, default 0.5
        In [0, 1].

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.Dropout(0.3).forward(np.array([[-4.0, 4.0]]))  # stepped by hand, it leaves u alone
    array([[-4.,  4.]], dtype=float32)
    """

    info = INFOS["Dropout"]
    gain = None

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p=p)

    @property
    def p(self) -> float:
        return self._values["p"]


class AlphaDropout(RandomUnit):
    """Dropout to the value that `SELU` saturates at, scaled to keep mean and variance (Klambauer et al. 2017).

        a c + b with probability p, else a u + b;  c = -1.758, a = ((1 - p) (1 + p c^2))^-1/2, b = -a p c

    Parameters
    ----------
    p : float, default 0.5
        In [0, 1).

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.AlphaDropout(0.1).forward(np.array([[-4.0, 4.0]]))  # stepped by hand, it leaves u alone
    array([[-4.,  4.]], dtype=float32)
    """

    info = INFOS["AlphaDropout"]
    gain = None

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p=p)

    @property
    def p(self) -> float:
        return self._values["p"]


class GaussianNoise(RandomUnit):
    """u + std n in training, with a normal number n for each element (Bishop 1995).

    Parameters
    ----------
    std : float, default 0.1
        Standard deviation of the noise, at least 0.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.GaussianNoise(0.5).forward(np.array([[-4.0, 4.0]]))  # stepped by hand, it leaves u alone
    array([[-4.,  4.]], dtype=float32)
    """

    info = INFOS["GaussianNoise"]
    gain = None

    def __init__(self, std: float = 0.1) -> None:
        super().__init__(std=std)

    @property
    def std(self) -> float:
        return self._values["std"]


RANDOM_UNITS: dict[str, type[Module]] = {
    "RReLU": RReLU,
    "Dropout": Dropout,
    "AlphaDropout": AlphaDropout,
    "GaussianNoise": GaussianNoise,
}
