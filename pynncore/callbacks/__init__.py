"""Callbacks: code of one's own between epochs, or between batches."""

from .base import Callback, callbacks_of
from .stopping import EarlyStopping

__all__ = ["Callback", "EarlyStopping", "callbacks_of"]
