"""Callbacks: code of one's own between epochs, or between batches."""

from .base import Callback, callbacks_of
from .checkpoint import ModelCheckpoint
from .finder import LearningRateFinder
from .loggers import CSVLogger, JSONLogger
from .stopping import EarlyStopping
from .tensorboard import TensorBoard
from .timing import TerminateOnTime

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "JSONLogger",
    "LearningRateFinder",
    "ModelCheckpoint",
    "TensorBoard",
    "TerminateOnTime",
    "callbacks_of",
]
