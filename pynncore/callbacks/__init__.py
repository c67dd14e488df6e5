"""Callbacks: code of one's own between epochs, or between batches."""

from .base import Callback, callbacks_of
from .loggers import CSVLogger, JSONLogger
from .stopping import EarlyStopping
from .tensorboard import TensorBoard
from .timing import TerminateOnTime

__all__ = ["CSVLogger", "Callback", "EarlyStopping", "JSONLogger", "TensorBoard", "TerminateOnTime", "callbacks_of"]
