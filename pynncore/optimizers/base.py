"""`Optimizer`: what every optimizer can do."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..parts import returned
from ..schedules.base import Schedule, rate_of
from ..validation import real_number, whole_number
from .groups import groups_of
from .options import Options, checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..losses import Loss
    from ..model import Sequential
    from ..network import Network
    from ..objective import Objective

    _Arrays = list[tuple[int, dict[str, NDArray[Any]]]]  # index of the layer, arrays by parameter

# Attributes of all optimizers; the others of one that is written in Python are its state.
OWN = ("_kind", "_values", "_names", "_begin", "_now", "in_python", "core", "options", "schedule", "epochs")


class Trainer(Protocol):
    """What runs the steps of an epoch: `_core.Trainer`, or what does its work."""

    @property
    def penalty(self) -> float:
        """What penalties added to the loss in the latest run."""

    def run(
        self,
        x: NDArray[Any] | _core.Sparse,
        target: NDArray[Any],
        order: NDArray[Any],
        first: int,
        last: int,
        seed: int,
        epoch: int,
        rates: NDArray[Any] | None = None,
        weight: NDArray[Any] | None = None,
        outputs: NDArray[Any] | None = None,
        interrupted: Callable[[], None] | None = None,
        loss: float = 0.0,
        earlier: int = 0,
        penalties: NDArray[np.float64] | None = None,
    ) -> tuple[float, int]:
        """Steps first ... last; see `_core.Trainer.run`."""


class Optimizer:
    """A rule for the step from gradients to new weights.

    The library has many; `nn.optimizers` lists them. One of your own is a subclass with a method
    `step(self, weights, gradients)`: dicts of arrays by name ("0.weight", ...), the weights to be changed in place. Its
    `__init__` calls `super().__init__(lr=lr)`; what else it keeps in itself is its state, which copies and pickles have
    too. `self.lr` and `self.steps` are those of the step at hand.

    All but `LBFGS` and `LevenbergMarquardt` take these keyword arguments as well, which act in this order; one of your
    own all but `groups`.

    Parameters
    ----------
    l1 : float, default 0
        L1 penalty: l1 sign(w) is added to the gradients of the weights of `Linear` and `Maxout`. The reported loss is
        without it.
    clip_value : float or None, default None
        Cuts every gradient to [-clip_value, clip_value].
    clip_norm : float or None, default None
        Scales all gradients together so that their Euclidean norm is at most this.
    max_norm : float or None, default None
        After each step, scales the weights into a unit of `Linear` or `Maxout` so that their norm is at most this.
    average : float or None, default None
        Decay, in (0, 1), of running averages of the weights; `averaged` gives them.
    accumulate : int, default 1
        Minibatches of `fit` whose gradients make one step: that of a batch so many times as large, but for the moments
        of `BatchNorm`, which are those of each minibatch. For batches that would not fit in memory.
    groups : dict of str to dict, default {}
        Other arguments for some parameters: patterns of their names, such as "*.bias" or "0.*", and the arguments;
        where several patterns fit, the later count more. lr=0 freezes. A schedule of the optimizer moves the lr of a
        group in proportion to the schedule's own lr.

    Attributes
    ----------
    lr : float
        The learning rate of the next step. It may be changed between steps, for example by a callback; a number then
        takes the place of a schedule.
    schedule : Schedule or None
        What decides on lr, if it is not a constant.
    steps : int
        Steps taken so far.
    epochs : int
        Epochs of `fit` completed so far: the time of a schedule per epoch. Loops around `train_batch` may set it.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), rng=0)
    >>> rule = nn.AdamW(weight_decay=0.1, clip_norm=1.0, groups={"*.bias": {"weight_decay": 0.0}, "0.*": {"lr": 0.0}})
    >>> before = network[0].weight
    >>> history = network.fit(np.eye(2), np.ones(2), loss="mse", optimizer=rule, epochs=5)
    >>> bool((network[0].weight == before).all())
    True

    >>> class SignDescent(nn.Optimizer):
    ...     def step(self, weights, gradients):
    ...         for name, w in weights.items():
    ...             w -= self.lr * np.sign(gradients[name])
    >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
    >>> history = network.fit([[1.0]], [2.0], loss="mse", optimizer=SignDescent(lr=0.25, clip_norm=1.0), epochs=2)
    >>> network[0].weight
    array([[0.5]], dtype=float32)
    """

    step: Callable[..., Any]  # a method of optimizers written in Python
    in_python: bool = False
    _names: Sequence[str] = ()  # of the network's layers
    _begin: dict[str, Any] | None = None  # what an optimizer written in Python kept before its first step
    _now: tuple[int, float] | None = None  # steps and lr, while it makes one

    def __init__(
        self, name: str | None = None, lr: float | Schedule = 1e-3, options: Options | None = None, **parameters: Any
    ) -> None:
        """Name, lr, options and the numbers of the core's rule; of an optimizer written in Python, lr and options."""
        self.in_python = name is None
        if name is None:
            if not hasattr(self, "step"):
                raise TypeError(f"{type(self).__name__} has no method step(self, weights, gradients)")
            if "groups" in parameters:
                raise TypeError("groups are for optimizers of the library: a step in Python sees the names")
            name, options, parameters = "SGD", parameters, {"weight_decay": 0.0}  # type: ignore[assignment]
        self.options = checked(options or {})
        given = rate_of(lr)
        self.schedule = given if isinstance(given, Schedule) else None
        self.epochs = 0
        if isinstance(given, Schedule):
            self._checked(given.at(0))
        values = {"lr": given.lr if isinstance(given, Schedule) else given, **parameters}
        self.core = self.make_core(name, values)
        if self.in_python:
            self.core.set_rule(self)
        for pattern, arguments in self.options.get("groups", {}).items():
            self._twin(arguments, f"groups[{pattern!r}]")

    def make_core(self, name: str, values: dict[str, float]) -> _core.Optimizer:
        """The native side of the rule of that name."""
        infos = {info.name: info for info in _core.optimizers()}
        self._kind, self._values = name, [values[parameter.name] for parameter in infos[name].parameters]
        core = _core.Optimizer(name, self._values)
        own = {name: self.options.get(name) or 0.0 for name in ("l1", "clip_value", "clip_norm", "max_norm", "average")}
        core.set_options(**own, accumulate=self.accumulate)
        return core

    def _run_step(self, weights: _Arrays, gradients: _Arrays, steps: int, lr: float) -> None:
        """`step` for the engine: changes the arrays of `weights`."""
        before, by_name = self._by_name(weights), self._by_name(gradients)
        after = dict(before)
        vars(self)["_now"] = steps, lr
        try:
            self.step(after, by_name)
        finally:
            del vars(self)["_now"]
        for name, array in before.items():
            if after.get(name) is not array:
                what = f"{type(self).__name__}.step left in weights[{name!r}]"
                array[...] = returned(after.get(name), what, array.dtype, array.shape)

    def _by_name(self, arrays: _Arrays) -> dict[str, NDArray[Any]]:
        return {f"{self._names[index]}.{name}": array for index, own in arrays for name, array in own.items()}

    def _state(self) -> dict[str, Any]:
        """What an optimizer written in Python keeps in itself."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name not in OWN})

    def reset(self) -> None:
        """Begin anew: no steps, and the state of the beginning."""
        self.core.reset()
        self.epochs = 0
        if self._begin is not None:
            kept = {name: value for name, value in vars(self).items() if name in OWN}
            vars(self).clear()
            vars(self).update(kept, **copy.deepcopy(kept["_begin"]))

    @property
    def accumulate(self) -> int:
        """Minibatches that make one step."""
        return self.options.get("accumulate", 1)  # type: ignore[no-any-return]

    def _twin(self, arguments: Mapping[str, Any], what: str) -> list[float]:
        """The core's numbers of an optimizer with some other arguments; lr NaN if it is not among them."""
        own = self.arguments()
        for name in arguments:
            if name not in own:
                raise ValueError(f"{what} has {name!r}, but a group of {type(self).__name__} takes {', '.join(own)}")
        other = type(self)(**own | dict(arguments))
        if "lr" in arguments and self.schedule is not None and self.schedule.lr == 0:
            raise ValueError(f"{what} has lr={arguments['lr']!r}, but nothing is in proportion to {self.schedule!r}")
        if other._kind != self._kind:
            raise ValueError(f"{what} is {dict(arguments)!r}, which needs another state than that of {self!r}")
        if other.schedule is not None and "lr" in arguments:
            raise TypeError(f"{what} has lr={arguments['lr']!r}, but a number was expected")
        numbers = list(other._values)
        return numbers if "lr" in arguments else [math.nan, *numbers[1:]]

    def bind(self, network: Network, core: _core.Network) -> None:
        """Look up the groups of a network's parameters; raises ValueError for a pattern that fits none."""
        if self.in_python:
            vars(self)["_names"] = [name for name, _ in network.leaves()]
            if self._begin is None:
                vars(self)["_begin"] = self._state()
        groups = self.options.get("groups")
        if groups:
            self.core.set_groups(core, *groups_of(network, groups, lambda arguments: self._twin(arguments, "groups")))

    def averaged(self, network: Network) -> dict[str, NDArray[Any]]:
        """The running averages of the network's weights, for `load_state_dict`, with its own running moments.

        Raises
        ------
        ValueError
            This optimizer keeps none, or has not trained this network.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
        >>> rule = nn.SGD(lr=0.25, average=0.5)
        >>> history = network.fit([[1.0]], [2.0], loss="mse", optimizer=rule)
        >>> network[0].weight, rule.averaged(network)["0.weight"]
        (array([[1.]], dtype=float32), array([[0.5]], dtype=float32))
        """
        if "average" not in self.options:
            raise ValueError(f"{self!r} keeps no averages; it needs average=0.999 or another decay")
        state = {} if network.in_features is None else self.core.state(_core_of(network))
        if not state:
            raise ValueError(f"{self!r} has not trained this network")
        names = [name for name, _ in network.leaves()]
        averages = {}
        for key, array in state.items():
            leaf, parameter, slot = key.split(".")
            if slot == "average":
                averages[f"{names[int(leaf)]}.{parameter}"] = array
        return network.state_dict() | averages

    def trainer(self, network: Sequential, objective: Objective, batch: int, threads: int) -> Trainer:
        """What takes this optimizer's steps on a network."""
        self.bind(network, objective.network)
        return _core.Trainer(objective.network, objective.loss, self.core, batch, threads)

    def check(self, network: Sequential, loss: Loss, samples: int, batch_size: int) -> None:
        """Raises ValueError if this optimizer cannot train that network in `fit`."""

    def check_batches(self) -> None:
        """Raises TypeError if this optimizer is not for `train_batch`."""

    @property
    def converged(self) -> str | None:
        """Why further steps would change nothing, if that is known; `fit` then ends."""
        return None

    @property
    def lr(self) -> float:
        if self._now is not None:
            return self._now[1]
        return self.core.get("lr") if self.schedule is None else float(self.rates(1)[0])

    @lr.setter
    def lr(self, value: float | Schedule) -> None:
        given = rate_of(value)
        vars(self)["schedule"] = given if isinstance(given, Schedule) else None
        self.core.set("lr", given.lr if isinstance(given, Schedule) else given)

    def rates(self, count: int) -> NDArray[np.float64]:
        """The learning rates of the next `count` steps, all in this epoch."""
        if self.schedule is None:
            return np.full(count, self.core.get("lr"))
        if self.schedule.per == "epoch":
            return np.full(count, self._checked(self.schedule.at(self.epochs)))
        return np.array([self._checked(self.schedule.at(self.steps + i)) for i in range(count)])

    def _checked(self, rate: float) -> float:
        return real_number(rate, f"the learning rate of {self.schedule!r}", 0)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("lr", "epochs") and "core" in vars(self) and not self.in_python:
            raise AttributeError(f"{name} cannot be set to {value!r}: of {self!r} only lr can be changed")
        super().__setattr__(name, value)

    @property
    def steps(self) -> int:
        return self.core.steps if self._now is None else self._now[0]

    def state_dict(self, network: Network, out: Mapping[str, NDArray[Any]] | None = None) -> dict[str, Any]:
        """Learning rate, steps, epochs, state of the schedule, and copies of the arrays for a network's weights.

        Arrays of `out`, those of an earlier state that nobody needs any more, are overwritten and given again.

        Examples
        --------
        >>> import pynncore as nn
        >>> network, adam = nn.Sequential(nn.Linear(2, 1), rng=0), nn.Adam()
        >>> loss = network.train_batch([[1.0, 2.0]], [3.0], loss="mse", optimizer=adam)
        >>> list(adam.state_dict(network)["arrays"])
        ['0.weight.exp_avg', '0.bias.exp_avg', '0.weight.exp_avg_sq', '0.bias.exp_avg_sq']
        """
        schedule = None
        if self.schedule is not None:
            schedule = {"is": repr(self.schedule), "state": self.schedule.state_dict()}
        counts = {"steps": self.steps, "epochs": self.epochs}
        arrays = self.core.state(_core_of(network), {} if out is None else dict(out))
        own = {"own": self._state()} if self.in_python else {}
        return {"lr": self.core.get("lr"), "schedule": schedule, **counts, "arrays": arrays, **own}

    def load_state_dict(self, state: Mapping[str, Any], network: Network) -> None:
        """Take back what `state_dict` gave, for the same network or one like it.

        If lr was a number then, it takes the place of a schedule.

        Raises
        ------
        KeyError, TypeError, ValueError
            Something is missing or does not fit, or the optimizer has another schedule, or another network.
        """
        lr, steps = real_number(state["lr"], "lr", 0), whole_number(state["steps"], "steps", 0)
        epochs, schedule = whole_number(state["epochs"], "epochs", 0), state["schedule"]
        if schedule is not None and schedule["is"] != repr(self.schedule):
            raise ValueError(f"the state is of {schedule['is']}, but the optimizer has {self.rate!r}")
        if state["arrays"]:
            self.core.set_state(_core_of(network), dict(state["arrays"]))
        else:
            self.core.reset()
        if schedule is None or self.schedule is None:
            vars(self)["schedule"] = None
        else:
            self.schedule.load_state_dict(schedule["state"])
        self.core.set("lr", lr)
        self.core.steps, self.epochs = steps, epochs
        if self.in_python:
            vars(self).update(copy.deepcopy(state["own"]))

    def arguments(self) -> dict[str, Any]:
        """What the constructor needs to make this optimizer again, its options and state apart."""
        return {"lr": self.rate}

    @property
    def rate(self) -> float | Schedule:
        """What decides on lr: a number, or the schedule."""
        return self.lr if self.schedule is None else self.schedule

    def __reduce__(self) -> tuple[object, ...]:
        if self.in_python:
            return _made_again, (type(self), self.rate, self.options, self._state(), self.epochs, self.steps)
        return _made, (type(self), self.arguments() | self.options)

    def __repr__(self) -> str:
        settings = self.arguments() | self.options
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in settings.items())})"


def _core_of(network: Network) -> _core.Network:
    if network.in_features is None:
        raise ValueError("the network has no weights")
    return network.core(network.in_features, len(network))


def _made(kind: type[Optimizer], arguments: dict[str, Any]) -> Optimizer:
    return kind(**arguments)


def _made_again(
    kind: type[Optimizer], lr: float | Schedule, options: Options, state: dict[str, Any], epochs: int, steps: int
) -> Optimizer:
    """An optimizer written in Python, whose constructor may take anything."""
    optimizer = kind.__new__(kind)
    Optimizer.__init__(optimizer, None, lr, **options)
    vars(optimizer).update(state)
    optimizer.epochs, optimizer.core.steps = epochs, steps
    return optimizer


def betas_of(betas: tuple[float, float]) -> tuple[float, float]:
    """The two memories, checked."""
    try:
        beta1, beta2 = betas
    except (TypeError, ValueError):
        raise TypeError(f"betas is {betas!r}, but two numbers in [0, 1) were expected") from None
    return real_number(beta1, "betas[0]", 0, below=1), real_number(beta2, "betas[1]", 0, below=1)
