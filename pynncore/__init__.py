"""pynncore: fast, exact, verifiable training of neural networks on CPUs.

import pynncore as nn

network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10), rng=0)
history = network.fit(X, y, loss=nn.CrossEntropyLoss(), optimizer=nn.Adam(lr=1e-3), epochs=20, batch_size=128)
network.predict(X)
"""

__version__ = "0.1.0"

from importlib import import_module
from typing import TYPE_CHECKING, Any

try:
    from . import _core as _core
except ImportError as error:
    if "partially initialized" in str(error):
        raise ImportError(
            f"{__path__[0]} is pynncore's source, not the installed package: start Python in another folder"
        ) from None
    raise

from . import activations, callbacks, config, functional, initializers, losses, metrics, optimizers, schedules
from .activations import *  # noqa: F403
from .blocks import Concat, Residual
from .callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    JSONLogger,
    LearningRateFinder,
    ModelCheckpoint,
    TensorBoard,
    TerminateOnTime,
)
from .columns import Flatten, Select
from .embedding import Embedding, OneHot
from .errors import DivergedError
from .gradcheck import GradientReport, check_gradients
from .health import Health, HealthMonitor
from .history import History
from .layers import Linear, Maxout
from .losses import *  # noqa: F403
from .many import fit_many
from .metrics import Metric
from .model import Sequential, load
from .module import Module
from .normalization import BatchNorm, LayerNorm, RMSNorm
from .optimizers import *  # noqa: F403
from .parts import Parameter
from .random_units import AlphaDropout, Dropout, GaussianNoise, RReLU
from .schedules import *  # noqa: F403
from .training import Training

if TYPE_CHECKING:
    from . import data

__all__ = [
    "AlphaDropout",
    "BatchNorm",
    "CSVLogger",
    "Callback",
    "Concat",
    "DivergedError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GradientReport",
    "Health",
    "HealthMonitor",
    "History",
    "LayerNorm",
    "JSONLogger",
    "LearningRateFinder",
    "Linear",
    "Maxout",
    "Metric",
    "ModelCheckpoint",
    "Module",
    "OneHot",
    "Parameter",
    "RMSNorm",
    "RReLU",
    "Residual",
    "Select",
    "Sequential",
    "TensorBoard",
    "TerminateOnTime",
    "Training",
    "activations",
    "callbacks",
    "check_gradients",
    "config",
    "data",
    "fit_many",
    "functional",
    "initializers",
    "load",
    "losses",
    "metrics",
    "optimizers",
    "schedules",
    *activations.__all__,
    *losses.__all__,
    *optimizers.__all__,
    *schedules.__all__,
]


def __getattr__(name: str) -> Any:
    """`pynncore.data` is imported when it is first used: training on arrays needs no readers of files."""
    if name == "data":
        return import_module(".data", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
