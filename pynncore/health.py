"""How gradients flow through a network: what each layer gets, and which units have stopped learning."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from .callbacks import Callback
from .codes import codes_of
from .module import Module
from .objective import Objective
from .validation import real_number, whole_number

if TYPE_CHECKING:
    from .losses import Loss
    from .model import Sequential
    from .optimizers import Optimizer
    from .training import Training

Array = NDArray[Any]

SATURATED = 0.1  # of the activation's greatest slope: a unit below it ...
ALMOST_ALWAYS = 0.95  # ... on this share of the samples is saturated
GRID = np.linspace(-1, 1, 41)  # where the greatest slope is looked for

MANY = 0.25  # dead or saturated units, as a share of the layer, that are worth a warning
VANISHED, EXPLODED = 1e-3, 1e3  # gradients of one layer, relative to the last
TOO_SLOW, TOO_FAST = 1e-6, 0.1  # updates relative to weights


@dataclass(frozen=True)
class LayerHealth:
    """One stage of a network: a `Linear` or `Maxout` layer with the activations that follow it.

    Attributes
    ----------
    name : str
        "2: Linear, ReLU".
    activation : str
        "ReLU": what makes units dead or saturated; "" if there is none.
    units : int
        Outputs.
    weight : float
        Root mean square of the weights.
    gradient : float
        Root mean square of the loss's gradient by the weights.
    update : float or None
        Root mean square of the optimizer's next step, relative to `weight`; None without an optimizer.
    delta : float
        Root mean square of the loss's gradient by the pre-activations u of all samples.
    dead : float
        Share of the units whose gradient by u is 0 on all samples.
    saturated : float
        Share of the units whose activation's slope is below a tenth of its greatest in [-1, 1], on 95 % of the
        samples.
    u_mean, u_std, z_mean, z_std : float
        Mean and standard deviation of pre-activations and outputs.
    """

    name: str
    activation: str
    units: int
    weight: float
    gradient: float
    update: float | None
    delta: float
    dead: float
    saturated: float
    u_mean: float
    u_std: float
    z_mean: float
    z_std: float


@dataclass(frozen=True)
class Health:
    """What `Sequential.health` found. As text, it is a table and the warnings.

    Attributes
    ----------
    loss : float
        Of the samples.
    layers : list of LayerHealth
        Stage by stage.
    warnings : list of str
        What looks wrong, and what may help.
    """

    loss: float
    layers: list[LayerHealth]
    warnings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        heads = ("layer", "units", "|w|", "|dL/dw|", "step/w", "|dL/du|", "dead", "saturated", "u", "z")
        rows = [heads]
        for layer in self.layers:
            rows.append(
                (
                    layer.name,
                    str(layer.units),
                    f"{layer.weight:.2g}",
                    f"{layer.gradient:.1e}",
                    "" if layer.update is None else f"{layer.update:.1e}",
                    f"{layer.delta:.1e}",
                    f"{layer.dead:.0%}",
                    f"{layer.saturated:.0%}",
                    f"{layer.u_mean:.2g} +- {layer.u_std:.2g}",
                    f"{layer.z_mean:.2g} +- {layer.z_std:.2g}",
                )
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], *self.warnings])


def health_of(
    network: Sequential,
    objective: Objective,
    X: Array,
    target: Array,
    weight: Array | None,
    updates: dict[str, float],
    threads: int,
) -> Health:
    """The health of a network on samples as the core reads them; `updates` by the index of the layer."""
    layers = list(network)
    swallowed = objective.swallows
    x = network.first_input(X)
    values = [x]
    for layer in layers:
        values.append(_alone(layer, values[-1]).forward(values[-1], threads))
    y = values[-2] if swallowed else values[-1]
    delta = np.empty_like(y)
    rows_of_losses, divisor = objective.loss.evaluate(y, _as_read(objective, target, y), weight, delta, threads)
    deltas: list[Array] = [delta] * (len(layers) + 1)  # by what each layer gives; a swallowed layer has none of its own
    gradients: list[list[Array]] = [[] for _ in layers]
    for i in reversed(range(len(layers) - swallowed)):
        below, parts = _alone(layers[i], values[i]).backward(values[i], deltas[i + 1], threads, True)
        assert below is not None
        deltas[i], gradients[i] = below, [array for arrays in parts for array in arrays.values()]

    found = []
    for first, last in _stages(layers):
        begins = layers[first].multiply_adds > 0
        u_at = first + 1 if begins else last if codes_of(layers[:last]) else first  # codes have no gradient
        u, z = values[u_at], values[last]
        size = sum(g.size for g in gradients[first]) or 1
        by_weight = sum(float((g.astype(np.float64) ** 2).sum()) for g in gradients[first])
        names = ", ".join(type(layer).__name__ for layer in layers[first:last])
        found.append(
            LayerHealth(
                name=f"{first}: {names}",
                activation=next((type(layer).__name__ for layer in layers[u_at:last] if layer.elementwise), ""),
                units=u.shape[1],
                weight=_parameters_rms(layers[first]),
                gradient=float(np.sqrt(by_weight / size)),
                update=updates.get(str(first)),
                delta=_rms(deltas[u_at]),
                dead=float((deltas[u_at] == 0).all(axis=0).mean()),
                saturated=_saturated(layers[u_at:last], values[u_at:last], threads),
                u_mean=float(u.mean(dtype=np.float64)),
                u_std=float(u.std(dtype=np.float64)),
                z_mean=float(z.mean(dtype=np.float64)),
                z_std=float(z.std(dtype=np.float64)),
            )
        )
    loss = objective.value(float(rows_of_losses.sum()), divisor)
    return Health(loss, found, warnings_of(found))


def _as_read(objective: Objective, target: Array, y: Array) -> Array:
    return target if objective.takes_labels else np.ascontiguousarray(target, y.dtype)


def _alone(layer: Module, x: Array) -> _core.Network:
    return _core.Network([layer.op], x.shape[1], layer.op.dtype)


def _stages(layers: list[Module]) -> list[tuple[int, int]]:
    """First layer and end of every stage."""
    begins = [i for i, layer in enumerate(layers) if i == 0 or layer.multiply_adds]
    return list(zip(begins, [*begins[1:], len(layers)], strict=True))


def _rms(array: Array) -> float:
    return float(np.sqrt(np.mean(array.astype(np.float64) ** 2))) if array.size else 0.0


def _parameters(layer: Module) -> list[Array]:
    return [leaf.op.get(name).ravel() for _, leaf in layer.leaves("") for name in leaf.parameter_names]


def _parameters_rms(layer: Module) -> float:
    parameters = _parameters(layer)
    return _rms(np.concatenate(parameters)) if parameters else 0.0


def _saturated(layers: list[Module], inputs: list[Array], threads: int) -> float:
    """Share of the units whose first elementwise activation is flat almost always."""
    for layer, u in zip(layers, inputs, strict=True):
        if not layer.elementwise:
            continue
        slopes = np.abs(_slopes(layer, u, threads))
        grid = np.ascontiguousarray(np.repeat(GRID[:, np.newaxis], u.shape[1], axis=1), u.dtype)
        greatest = np.abs(_slopes(layer, grid, threads)).max(axis=0)
        flat = (slopes < SATURATED * greatest).mean(axis=0)
        return float((flat >= ALMOST_ALWAYS).mean())
    return 0.0


def _slopes(layer: Module, u: Array, threads: int) -> Array:
    slopes, _ = _alone(layer, u).backward(u, np.ones_like(u), threads, True)
    assert slopes is not None
    return slopes


def warnings_of(layers: list[LayerHealth]) -> list[str]:
    """What looks wrong, in words."""
    said = []
    last = next((layer.delta for layer in reversed(layers) if layer.delta > 0), 0.0)
    for layer in layers:
        name, activation = f"layer {layer.name.partition(':')[0]}", layer.activation
        if layer.dead >= MANY and last:  # without any gradient, the problem is solved
            cure = "lower the learning rate or use LeakyReLU" if "ReLU" in activation else "lower the learning rate"
            said.append(f"{name}: {layer.dead:.0%} of {activation or 'all'} units are dead: {cure}")
        if layer.saturated >= MANY and layer.saturated > layer.dead:
            said.append(
                f"{name}: {layer.saturated:.0%} of {activation} units are saturated: scale the inputs, "
                "start with smaller weights, or lower the learning rate"
            )
        if 0 < layer.delta < VANISHED * last:
            said.append(
                f"{name}: its gradient is {layer.delta / last:.0e} of the last layer's and vanishes: "
                "use ReLU, GELU or SELU, or initial weights that fit the activation"
            )
        if last and layer.delta > EXPLODED * last:
            said.append(
                f"{name}: its gradient is {layer.delta / last:.0e} times the last layer's and explodes: "
                "start with smaller weights"
            )
        if layer.update is not None and layer.update > TOO_FAST:
            said.append(f"{name}: a step changes the weights by {layer.update:.0%}: lower the learning rate")
        if layer.update is not None and 0 < layer.update < TOO_SLOW:
            said.append(f"{name}: a step changes the weights by {layer.update:.0e} only: raise the learning rate")
    return said


def updates_of(
    network: Sequential,
    X: Array,
    target: Array,
    labels: bool,
    loss: Loss,
    optimizer: Optimizer,
    weight: Array | None,
    threads: int,
) -> dict[str, float]:
    """The next step of every layer's parameters, relative to them, on a copy; {} if its loss is not finite."""
    twin, rule = copy.deepcopy(network), copy.copy(optimizer)
    features = X.shape[1]
    if optimizer.steps:
        state = optimizer.core.state(network.core(features, len(network)))
        rule.core.set_state(twin.core(features, len(twin)), state)
        rule.core.steps = optimizer.steps
    objective = Objective(twin, loss, labels, features)
    trainer = rule.trainer(twin, objective, len(X), threads)
    stream = network.seed, network.epochs
    _, steps = trainer.run(X, target, np.arange(len(X)), 0, 1, *stream, optimizer.rates(1), weight)
    if not steps:
        return {}
    updates = {}
    for i, (before, after) in enumerate(zip(network, twin, strict=True)):
        moved = [new - old for new, old in zip(_parameters(after), _parameters(before), strict=True)]
        if moved:
            updates[str(i)] = _rms(np.concatenate(moved)) / (_parameters_rms(before) or 1.0)
    return updates


class HealthMonitor(Callback):
    """Records the network's health after every epoch.

    Some samples of the training data, always the same ones, are looked at. An epoch is left out if the records would
    take more than a share of the time of training.

    Parameters
    ----------
    samples : int, default 256
        How many samples to look at, at most.
    share : float, default 0.02
        Of the time of training, at most.

    Attributes
    ----------
    reports : dict of int to Health
        By epoch, counted from 1.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1), rng=0)
    >>> monitor = nn.HealthMonitor(share=1)
    >>> history = network.fit(np.eye(2), [0.0, 1.0], loss="mse", optimizer="sgd", epochs=3, callbacks=[monitor])
    >>> [layer.name for layer in monitor.reports[1].layers]
    ['0: Linear, ReLU', '2: Linear']
    """

    def __init__(self, samples: int = 256, share: float = 0.02) -> None:
        self.samples = whole_number(samples, "samples", 1)
        self.share = real_number(share, "share", 0, 1)
        self.reports: dict[int, Health] = {}
        self._started = self._spent = self._longest = 0.0

    def on_train_begin(self, training: Training) -> None:
        self.reports = {}
        self._started, self._spent, self._longest = time.perf_counter(), 0.0, 0.0

    def on_epoch_end(self, training: Training) -> None:
        begin = time.perf_counter()
        if self._spent + self._longest > self.share * (begin - self._started):
            return
        self.reports[training.epoch] = training.health(self.samples)
        seconds = time.perf_counter() - begin
        self._spent, self._longest = self._spent + seconds, max(self._longest, seconds)

    def state_dict(self) -> dict[str, Any]:
        times = time.perf_counter() - self._started, self._spent, self._longest
        return {"reports": {str(epoch): asdict(report) for epoch, report in self.reports.items()}, "times": times}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for epoch, report in state["reports"].items():
            layers = [LayerHealth(**layer) for layer in report["layers"]]
            self.reports[int(epoch)] = Health(report["loss"], layers, report["warnings"])
        elapsed, self._spent, self._longest = state["times"]
        self._started = time.perf_counter() - elapsed
