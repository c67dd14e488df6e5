"""`Loss`: what every loss can do."""

from __future__ import annotations

from threading import RLock
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..functional import floats, loss_on_arrays
from ..parts import returned
from ..validation import BLOCK, one_of

Array = NDArray[Any]
INFOS = {info.name: info for info in _core.losses()}
IN_PYTHON = "in Python"  # in the place of a core's loss
SUM_TOLERANCE = 1e-3  # of a row of probabilities: those rounded to three digits pass


class Loss:
    """A loss: call it with prediction and target for its value, `gradient` gives the derivative by the prediction.

    The library has many; `nn.losses` lists them. One of your own is a subclass with two methods, which get the whole
    minibatch. `forward(self, target, output)` returns the value of each sample (n,), `backward(self, target, output)`
    the derivative of each value by its sample's outputs, (n, outputs). Reduction and sample weights are applied to what
    they return. `target` is (n, outputs), or what the class says:

    Attributes
    ----------
    takes_labels : bool, default False
        Of a class: the target is integer labels (n,).
    target_columns(outputs) : int
        A method: columns of the target, if they are not as many as the outputs.

    Parameters
    ----------
    reduction : "mean" or "sum", default "mean"
        Whether the sum of the values is divided by their number.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> class Quartic(nn.Loss):
    ...     def forward(self, target, output):
    ...         return ((output - target) ** 4).sum(axis=1)
    ...
    ...     def backward(self, target, output):
    ...         return 4 * (output - target) ** 3
    >>> Quartic()([[1.0], [2.0]], [[0.0], [0.0]])
    8.5
    >>> network = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), rng=0)
    >>> nn.check_gradients(network, np.eye(3), np.ones((3, 2)), loss=Quartic()).ok
    True
    """

    dense: ClassVar[str | None] = None  # the core's loss for targets (n, columns)
    labels: ClassVar[str | None] = None  # the core's loss for integer labels (n,)
    surrogates: ClassVar[tuple[str, ...]] = ()  # losses to train with instead of this one, whose gradient is 0
    signs: ClassVar[bool] = False  # targets are -1 and 1
    independent: ClassVar[bool] = False  # each output is a class of its own
    takes_labels: ClassVar[bool] = False
    reduction: str = "mean"

    def __init__(self, *, reduction: str = "mean") -> None:
        self.reduction = one_of(reduction, "reduction", ("mean", "sum"))

    def forward(self, target: Array, output: Array) -> ArrayLike:
        """The value of each sample; see `Loss`. Losses of the library have none: call them."""
        raise TypeError(f"{type(self).__name__} has no method forward(self, target, output)")

    def backward(self, target: Array, output: Array) -> ArrayLike:
        """The derivative of each sample's value by its outputs; see `Loss`."""
        raise TypeError(f"{type(self).__name__} has no method backward(self, target, output)")

    @property
    def in_python(self) -> bool:
        """Whether the loss is written in Python: by a subclass with methods forward and backward."""
        kind = type(self)
        return kind.forward is not Loss.forward and kind.backward is not Loss.backward and kind.core is Loss.core

    def _run(self, target: Array, output: Array, with_gradient: bool) -> tuple[Array, Array | None]:
        """`forward`, and perhaps `backward`, for the engine."""
        name, gradient = type(self).__name__, None
        with vars(self).setdefault(
            "_lock", RLock()
        ):  # backward may use what forward kept, and networks in several threads the same loss
            values = returned(self.forward(target, output), f"{name}.forward returned", np.float64, (len(output),))
            if with_gradient:
                what = f"{name}.backward returned"
                gradient = returned(self.backward(target, output), what, output.dtype, output.shape)
        return values, gradient

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The core's losses for dense targets and for labels."""
        if self.in_python:
            return (None, IN_PYTHON) if self.takes_labels else (IN_PYTHON, None)
        return self.dense, self.labels

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]] | None:
        """The last layer that this loss swallows, and the core's losses of that layer's input."""
        return None

    @property
    def arguments(self) -> dict[str, float]:
        """Numbers by the names that the core's losses give them."""
        return {}

    @property
    def columns(self) -> list[float]:
        """What the core's loss has one of for each output, one for all, or [] for its default."""
        return []

    @property
    def weighs_labels(self) -> bool:
        """Whether a mean is divided by the weight of the labels, not by their number."""
        return False

    @property
    def ignored(self) -> int | None:
        """The label that does not count."""
        return None

    def classes_for(self, name: str, labels: bool) -> _core.Classes | None:
        """What becomes of the targets before the core's loss of that name sees them."""
        return _core.Classes(True, 1, 0, [], None) if labels and not INFOS[name].labels else None

    def takes_labels_for(self, outputs: int) -> bool:
        """Whether a target (n,) is labels for a network with so many outputs."""
        return self.names[1] is not None

    def target_columns(self, outputs: int) -> int:
        """Columns of the target for a prediction of some outputs; raises ValueError if there can be none."""
        return outputs

    def as_columns(self, target: Array, outputs: int) -> Array:
        """A target that is no labels as (n, columns), if it can be."""
        return target[:, np.newaxis] if target.ndim == 1 and self.target_columns(outputs) == 1 else target

    def check_target(self, target: Array, name: str) -> None:
        """Raises ValueError for a dense target with a value that this loss does not take."""

    def for_metrics(self, target: Array) -> Array:
        """What metrics take as the target."""
        return target

    def check_trainable(self) -> None:
        """Raises ValueError if the loss has no gradient to train with."""
        if self.surrogates:
            raise ValueError(
                f"the gradient of {type(self).__name__} is 0 everywhere, so nothing would learn; it is for `evaluate`. "
                f"Train with a surrogate: {', '.join(self.surrogates)}"
            )

    def parameters_for(self, name: str) -> list[float]:
        """What the core's loss of that name takes: its own defaults for what this loss does not say."""
        return [self.arguments.get(parameter.name, parameter.default) for parameter in INFOS[name].parameters]

    def core(self, name: str, labels: bool) -> _core.Loss:
        """The core's loss of that name."""
        if self.in_python:
            return _core.python_loss(self, labels, self.reduction)
        columns = self.columns if INFOS[name].column is not None else []
        return _core.Loss(name, self.parameters_for(name), self.reduction, columns, self.classes_for(name, labels))

    def __call__(self, y: ArrayLike, d: ArrayLike) -> float:
        """The loss of predictions y for targets d.

        Parameters
        ----------
        y : array-like of float (n, outputs)
            Prediction.
        d : array-like (n, outputs), or of int (n,) where the loss takes labels
            Target.
        """
        return self._on_arrays(floats(y, "y"), d, None)

    def gradient(self, y: ArrayLike, d: ArrayLike) -> Array:
        """dLoss/dy, of y's shape; parameters as in a call."""
        prediction = floats(y, "y")
        gradient = np.empty_like(prediction)
        self._on_arrays(prediction, d, gradient)
        return gradient

    def _on_arrays(self, y: Array, d: ArrayLike, gradient: Array | None) -> float:
        target, outputs = np.asarray(d), y.shape[-1] if y.ndim else 1
        dense, labels = self.names
        if labels and not self.takes_labels_for(outputs):
            labels = None
        is_labels = labels is not None and target.ndim == y.ndim - 1 and target.dtype.kind in "biu"
        if y.ndim == 2 and target.ndim in (1, 2) and target.size and not is_labels:
            target = self.as_columns(target, outputs)
            if target.shape == (len(y), self.target_columns(outputs)):
                self.check_target(target, "d")
        names = ((dense, False), (labels, True))
        return loss_on_arrays([self.core(name, kind) for name, kind in names if name], target, y, gradient)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __repr__(self) -> str:
        settings = self.__getstate__().items()
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in settings)})"


def as_list(value: float | tuple[float, ...]) -> list[float]:
    return list(value) if isinstance(value, tuple) else [value]


def check_range(target: Array, name: str, low: float, high: float, what: str) -> None:
    """Raises ValueError for the first element outside [low, high]; `what` says what was expected."""
    rows = max(1, BLOCK // target.shape[1])
    for start in range(0, len(target), rows):
        block = target[start : start + rows]
        if block.min() < low or block.max() > high:
            row, column = np.argwhere((block < low) | (block > high))[0]
            raise ValueError(
                f"{name} is {block[row, column]} at row {start + row}, column {column}, but the loss takes {what}"
            )


def check_signs(target: Array, name: str) -> None:
    """Raises ValueError unless every element is -1 or 1."""
    wrong = np.argwhere((target != 1) & (target != -1))
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f"{name} is {target[row, column]} at row {row}, column {column}, but the loss takes targets -1 and 1; "
            f"for classes 0 and 1 use 2 * {name} - 1"
        )


def check_one_each(value: float | tuple[float, ...], kind: str, what: str, outputs: int) -> None:
    """Raises ValueError unless there is one value for all outputs or one for each."""
    if isinstance(value, tuple) and len(value) != outputs:
        raise ValueError(f"{kind} has {len(value)} {what}, but the network has {outputs} outputs")


def check_probabilities(target: Array, name: str, *, sums: bool) -> None:
    """Raises ValueError unless all elements lie in [0, 1] and, if `sums`, all rows sum to 1."""
    check_range(target, name, 0, 1, "targets in [0, 1]")
    if not sums:
        return
    rows = max(1, BLOCK // target.shape[1])
    for start in range(0, len(target), rows):
        total = target[start : start + rows].sum(axis=1, dtype=np.float64)
        wrong = np.flatnonzero(np.abs(total - 1) > SUM_TOLERANCE)
        if len(wrong):
            raise ValueError(
                f"row {start + wrong[0]} of {name} sums to {total[wrong[0]]:g}, "
                "but one-hot or soft labels must sum to 1; for several classes at once use BCEWithLogitsLoss"
            )
