"""scikit-learn's own callback protocol, which came with its version 1.9."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..callbacks import Callback
from ..training import Training

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing, in the place of what this scikit-learn has not."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """The method as it is."""
        return method


if TYPE_CHECKING:
    from .base import BaseMLP

__all__ = ["CallbackSupportMixin", "Tasks", "with_callbacks"]


class Tasks:
    """The task of a `fit`, as scikit-learn's callbacks see it; what its epochs are tasks of."""

    def __init__(self, estimator: BaseMLP, X: Any, y: Any, sample_weight: Any, epochs: int) -> None:
        self._estimator, self._context = estimator, None
        if not getattr(estimator, "_skl_callbacks", None) and not hasattr(estimator, "_parent_callback_ctx"):
            return
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._data = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context = estimator._init_callback_context(max_subtasks=epochs)
        self._context.call_on_fit_task_begin(**self._data)

    def callbacks(self) -> list[Callback]:
        """The library's callback that tells of epochs, if anybody listens."""
        return [] if self._context is None else [_Epochs(self._estimator, self._context, self._data)]

    def end(self) -> None:
        """The estimator is fitted."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._data, reconstruction_attributes=self._estimator._fitted_copies)


class _Epochs(Callback):
    """Each epoch as a task."""

    def __init__(self, estimator: BaseMLP, context: Any, data: dict[str, Any]) -> None:
        self._estimator, self._context, self._data = estimator, context, data
        self._epoch: Any = None

    def on_epoch_begin(self, training: Training) -> None:
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._data, reconstruction_attributes=self._estimator._fitted_copies)

    def on_epoch_end(self, training: Training) -> None:
        copies = self._estimator._fitted_copies
        if self._epoch.call_on_fit_task_end(**self._data, reconstruction_attributes=copies):
            training.stop("a callback of scikit-learn asked for it")
