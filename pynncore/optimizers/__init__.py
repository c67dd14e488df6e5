"""Optimizers: PyTorch's rules, defaults and order of arguments, without the list of parameters.

An optimizer keeps its state (momentum, moments, number of steps) from one `fit` to the next if the same object is
passed again. It belongs to the first network that it trains. A copy has the settings and no state.
"""

from ..validation import by_name
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .base import Optimizer
from .descent import SGD, Lion, Rprop
from .lbfgs import LBFGS
from .levenberg_marquardt import LevenbergMarquardt

OPTIMIZERS: tuple[type[Optimizer], ...] = (
    SGD,
    Adam,
    AdamW,
    NAdam,
    RAdam,
    Adamax,
    RMSprop,
    Adagrad,
    Adadelta,
    Rprop,
    Lion,
    LBFGS,
    LevenbergMarquardt,
)
BY_NAME = {kind.__name__: kind for kind in OPTIMIZERS}
__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "LevenbergMarquardt",
    "Lion",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
]


def _is_in_python(chosen: object) -> bool:
    """Whether this is an optimizer of the user's own; raises TypeError if its base was not initialised."""
    if not isinstance(chosen, Optimizer) or isinstance(chosen, OPTIMIZERS):
        return False
    if "core" not in vars(chosen):
        raise TypeError(f"{type(chosen).__name__}.__init__ has not called super().__init__(lr=...)")
    return chosen.in_python


def optimizer_of(chosen: object) -> Optimizer:
    """The optimizer that a user's choice, an object or a name, means."""
    if isinstance(chosen, str):
        return by_name("optimizer", chosen, BY_NAME)
    if type(chosen) not in OPTIMIZERS and not _is_in_python(chosen):
        hint = f"; did you mean {chosen.__name__}()?" if isinstance(chosen, type) else ""
        names = ", ".join(BY_NAME)
        raise TypeError(
            f"optimizer is {chosen!r}, but an optimizer of pynncore or its name was expected: {names}; or a subclass "
            f"of Optimizer with a method step{hint}"
        )
    assert isinstance(chosen, Optimizer)
    return chosen
