"""Activations whose parameters the optimizer learns, like weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .module import Module
from .validation import flag, real_number, whole_number

INFOS = {info.name: info for info in _core.learned_activations()}
MOST_FEATURES = (1 << 31) - 1


class LearnedActivation(Module):
    """u -> z = f(u; a) for each element, with parameters a for each feature, or one set for all."""

    elementwise = True
    info: ClassVar[_core.ActivationInfo]

    def __init__(self, num_parameters: int, initial: dict[str, float]) -> None:
        super().__init__()
        self._count = whole_number(num_parameters, "num_parameters", 1, MOST_FEATURES)
        self._initial = {name: real_number(value, name) for name, value in initial.items()}
        self.parameter_names: Sequence[str] = tuple(parameter.name for parameter in self.info.parameters)

    @property
    def num_parameters(self) -> int:
        """1, or the number of features, each with parameters of its own."""
        return self._count

    @property
    def in_features(self) -> int | None:
        return None if self._count == 1 else self._count

    def shape_of(self, name: str) -> tuple[int, ...]:
        return (self._count,)

    def make_op(self, dtype: str) -> _core.Op:
        return _core.learned(self.info.name, 0 if self._count == 1 else self._count, dtype)

    def initialise(self, op: _core.Op, rng: np.random.Generator, gain: float) -> None:
        for name in self.parameter_names:
            op.set(name, np.full(self._count, self._initial[name], op.dtype))


class PReLU(LearnedActivation):
    """f(u) = u if u > 0 else a u, where a is learned (He et al. 2015).

    Parameters
    ----------
    num_parameters : int, default 1
        1: one slope for all features; else their number, each with a slope of its own.
    init : float, default 0.25
        The slopes before training.

    Attributes
    ----------
    weight : ndarray (num_parameters,)
        A copy of the slopes. Assignment copies in.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.PReLU().forward(np.array([[-4.0, 4.0]]))
    array([[-1.,  4.]], dtype=float32)
    """

    info = INFOS["PReLU"]
    gain = info.gain

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__(num_parameters, {"weight": real_number(init, "init")})

    def arguments(self) -> dict[str, Any]:
        return {"num_parameters": self._count, "init": self._initial["weight"]}

    @property
    def weight(self) -> NDArray[Any]:
        return self.op.get("weight")

    @weight.setter
    def weight(self, value: ArrayLike) -> None:
        self.assign("weight", value)


class ACON(LearnedActivation):
    """f(u) = (p1 - p2) u s(beta (p1 - p2) u) + p2 u with s the sigmoid; p1, p2 and beta are learned.

    As beta grows it becomes max(p1 u, p2 u); for beta = 0 it is the mean of both lines.
    Source: ACON-C of Ma et al. 2021.

    Parameters
    ----------
    num_parameters : int, default 1
        1: one set of parameters for all features; else their number, each with parameters of its own.
    p1, p2, beta : float, default 1, 0, 1
        The parameters before training; these defaults are the Swish.

    Attributes
    ----------
    p1, p2, beta : ndarray (num_parameters,)
        Copies of the parameters. Assignment copies in.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.ACON(p1=2.0, p2=1.0, beta=0.0).forward(np.array([[-4.0, 4.0]]))
    array([[-6.,  6.]], dtype=float32)
    """

    info = INFOS["ACON"]
    gain = info.gain

    def __init__(self, num_parameters: int = 1, *, p1: float = 1.0, p2: float = 0.0, beta: float = 1.0) -> None:
        super().__init__(num_parameters, {"p1": p1, "p2": p2, "beta": beta})

    def arguments(self) -> dict[str, Any]:
        return {"num_parameters": self._count, **self._initial}

    @property
    def p1(self) -> NDArray[Any]:
        return self.op.get("p1")

    @p1.setter
    def p1(self, value: ArrayLike) -> None:
        self.assign("p1", value)

    @property
    def p2(self) -> NDArray[Any]:
        return self.op.get("p2")

    @p2.setter
    def p2(self, value: ArrayLike) -> None:
        self.assign("p2", value)

    @property
    def beta(self) -> NDArray[Any]:
        return self.op.get("beta")

    @beta.setter
    def beta(self, value: ArrayLike) -> None:
        self.assign("beta", value)


class Swish(LearnedActivation):
    """f(u) = u s(beta u), with s the sigmoid (Ramachandran et al. 2017).

    f'(u) = s(beta u) + beta u s(beta u) (1 - s(beta u))

    Parameters
    ----------
    beta : float, default 1
        Steepness of the gate: 0 gives u / 2, infinity would give ReLU.
    learnable : bool, default False
        Whether beta is learned; the number is then where it begins.
    num_parameters : int, default 1
        1: one beta for all features; else their number, each with a learned beta of its own.

    Attributes
    ----------
    beta : float, or if it is learned ndarray (num_parameters,)
        A copy; assignment copies in.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.Swish(beta=0).forward(np.array([[-4.0, 4.0]]))
    array([[-2.,  2.]], dtype=float32)
    """

    info = INFOS["Swish"]
    gain = info.gain

    def __init__(self, beta: float = 1.0, learnable: bool = False, num_parameters: int = 1) -> None:
        limits = self.info.parameters[0]
        super().__init__(num_parameters, {"beta": real_number(beta, "beta", limits.low, limits.high)})
        self.learnable = flag(learnable, "learnable")
        if not learnable:
            self.parameter_names = ()
            if num_parameters != 1:
                raise ValueError(f"num_parameters is {num_parameters}, but only a learnable Swish has parameters")

    def arguments(self) -> dict[str, Any]:
        fixed = {"beta": self._initial["beta"]}
        return {**fixed, "learnable": True, "num_parameters": self._count} if self.learnable else fixed

    def make_op(self, dtype: str) -> _core.Op:
        if self.learnable:
            return super().make_op(dtype)
        return _core.activation(self.info.name, [self._initial["beta"]], dtype)

    @property
    def beta(self) -> float | NDArray[Any]:
        return self.op.get("beta") if self.learnable else self._initial["beta"]

    @beta.setter
    def beta(self, value: ArrayLike) -> None:
        if not self.learnable:
            raise AttributeError("this Swish is not learnable, so its beta cannot be assigned to")
        self.assign("beta", value)


LEARNED: dict[str, type[Module]] = {"PReLU": PReLU, "Swish": Swish, "ACON": ACON}
