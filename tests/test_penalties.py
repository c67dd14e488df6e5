"""L2 penalties of single steps: `_core.Trainer.run` with `penalties` against NumPy; the same bits however it is run."""

from itertools import pairwise

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core
from pynncore.objective import Objective
from reference import losses
from reference import network as numpy_network
from reference import optimizers as numpy_optimizers
from twins import twin_of

RNG = np.random.default_rng(0)
SAMPLES, FEATURES, CLASSES = 50, 13, 3
X = RNG.standard_normal((SAMPLES, FEATURES)) * (RNG.random((SAMPLES, FEATURES)) < 0.6)
LABELS = RNG.integers(0, CLASSES, SAMPLES).astype(np.int32)
NETWORKS = {"regression": [], "narrow": [5], "panels": [32, 70], "deep": [33, 17, 9]}
OPTIMIZERS = {
    "SGD": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05}),
    "decay": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05, "weight_decay": 0.1}),
    "nesterov": (
        nn.SGD,
        numpy_optimizers.sgd,
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "rate_in_velocity": True},
    ),
    "Adam": (nn.Adam, numpy_optimizers.adam, {"lr": 0.01, "eps": 1e-3, "epsilon_hat": True}),
    "AdamW": (nn.AdamW, numpy_optimizers.adamw, {"lr": 0.01, "eps": 1e-3, "weight_decay": 0.1}),
    "RMSprop": (nn.RMSprop, numpy_optimizers.rmsprop, {"lr": 0.005, "centered": True, "eps": 1e-2}),
}


def network_of(hidden, dtype="float64", bias=True):
    layers = []
    for n, m in pairwise([FEATURES, *hidden, CLASSES]):
        layers += [nn.Linear(n, m, bias=bias), nn.Tanh()]
    return nn.Sequential(*layers[:-1], rng=1, dtype=dtype)


def trainer_of(network, optimizer, batch, threads=2, loss=None):
    objective = Objective(network, loss or nn.CrossEntropyLoss(), True, FEATURES)
    return optimizer.trainer(network, objective, batch, threads)


def order_of(steps, batch):
    """Rows of so many steps in which the epochs follow one another, so that no step but the last is shorter."""
    return np.resize(RNG.permutation(SAMPLES), steps * batch - batch // 2)


def run(trainer, order, first, last, penalties, x=X, dtype="float64", **options):
    if not isinstance(x, _core.Sparse):
        x = x.astype(dtype)
    return trainer.run(x, LABELS, order, first, last, 0, 0, penalties=penalties, **options)


def expected_steps(network, order, batch, penalties, step, options):
    """What NumPy says of the same steps: the sum of each one's losses, and the weights after them."""
    layers, sums = twin_of(network), []
    linear = [layer for layer in layers if isinstance(layer, numpy_network.Linear)]
    for t, penalty in enumerate(penalties):
        rows = order[t * batch : (t + 1) * batch]
        d = losses.one_hot(LABELS[rows], CLASSES)
        values = numpy_network.forward(layers, X[rows])
        squares = sum((layer.W**2).sum() for layer in linear)
        sums.append(losses.cross_entropy(values[-1], d).sum() + len(rows) * penalty / 2 * squares)
        _, gradients = numpy_network.backward(layers, values, losses.d_cross_entropy(values[-1], d) / len(rows))
        for layer, gradient in zip(layers, gradients, strict=True):
            for name, g in gradient.items():
                w = getattr(layer, name)
                g = g + penalty * w if name == "W" else g
                setattr(layer, name, step(w, g, layer.state[name], t + 1, **options))
    return sums, linear


@pytest.mark.parametrize("batch", [1, 3, 32])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("hidden", NETWORKS.values(), ids=NETWORKS)
def test_fifty_steps_are_numpys(hidden, optimizer, batch):
    make, step, options = OPTIMIZERS[optimizer]
    network, steps = network_of(hidden, bias=batch != 3), 50
    order, penalties = order_of(steps, batch), RNG.uniform(0, 0.1, steps)
    sums, linear = expected_steps(network, order, batch, penalties, step, options)
    trainer = trainer_of(network, make(**options), batch)
    for s, expected in enumerate(sums):
        total, done = run(trainer, order, s, s + 1, penalties[s : s + 1])
        assert done == 1 and total == pytest.approx(expected, rel=1e-12)
    ours = [layer for layer in network if isinstance(layer, nn.Linear)]
    for layer, other in zip(ours, linear, strict=True):
        np.testing.assert_allclose(layer.weight.T, other.W, rtol=1e-11, atol=1e-12)
        if other.b is not None:
            np.testing.assert_allclose(layer.bias, other.b, rtol=1e-11, atol=1e-12)


def trained(hidden=(70, 40), dtype="float32", threads=1, batch=16, level=None, make=nn.Adam, x=X, **options):
    """The bits of weights and losses after 12 steps in two runs."""
    before = nn.config.isa()
    nn.config.set_isa(level or before)
    network = network_of(hidden, dtype)
    rule = make(0.01, **options)
    trainer, size = trainer_of(network, rule, batch, threads), batch * rule.accumulate
    order, penalties = np.resize(np.arange(SAMPLES), 12 * size - size // 3), np.linspace(0.01, 0.2, 12)
    total, _ = run(trainer, order, 0, 5, penalties[:5], x, dtype)
    total, _ = run(trainer, order, 5, 12, penalties[5:], x, dtype, loss=total)
    nn.config.set_isa(before)
    return [total, *(value.tobytes() for value in network.state_dict().values())]


OPTIONS = {
    "Adam": {},
    "SGD": {"make": nn.SGD},
    "options": {
        "make": nn.AdamW,
        "l1": 1e-3,
        "clip_value": 0.1,
        "max_norm": 1.0,
        "average": 0.9,
        "groups": {"*.bias": {"weight_decay": 0.0}},
    },
    "all gradients": {"clip_norm": 0.1, "accumulate": 2},
}


@pytest.mark.parametrize("batch", [1, 4, 16])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_any_number_of_threads_and_every_level_give_the_same_bits(options, dtype, batch):
    levels = [level for level in _core.levels() if level != "scalar"]
    found = [trained(dtype=dtype, threads=threads, batch=batch, **options) for threads in (1, 2, 3, 7)]
    found += [trained(dtype=dtype, threads=2, batch=batch, level=level, **options) for level in levels]
    assert all(other == found[0] for other in found)


def test_teams_that_share_rows_and_columns_give_the_same_bits():
    for batch in (2, 50):
        found = [trained((500, 600), threads=threads, batch=batch) for threads in (1, 2, 3, 7)]
        assert all(other == found[0] for other in found)
        members, columns, _ = _core.arrange([FEATURES, 500, 600, CLASSES], batch, 2, training=True)
        assert members == 2 and columns == (2 if batch == 2 else 1)


@pytest.mark.parametrize("batch", [1, 3, 32])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_sparse_inputs_give_the_bits_of_dense_ones(options, batch):
    """Though weights whose gradient is zero move too."""
    sparse = pytest.importorskip("scipy.sparse")
    for dtype in ("float32", "float64"):
        rows = nn.Sequential(nn.Linear(FEATURES, 1), dtype=dtype).features(sparse.csr_array(X), "X")
        assert isinstance(rows, _core.Sparse)
        of = {"dtype": dtype, "threads": 2, "batch": batch, **options}
        assert trained(x=rows, **of) == trained(**of)


@pytest.mark.parametrize("threads", [1, 3])
def test_accumulation_gives_the_bits_of_the_larger_batch(threads):
    assert trained(batch=8, accumulate=4, threads=threads) == trained(batch=32, threads=threads)


def test_no_penalty_is_a_penalty_of_zero():
    def steps(penalties):
        network = network_of([40])
        total = run(trainer_of(network, nn.Adam(), 10), np.arange(SAMPLES), 0, 5, penalties)
        return [total, *(value.tobytes() for value in network.state_dict().values())]

    assert steps(None) == steps(np.zeros(5)) != steps(np.full(5, 1e-3))


class Scale(nn.Module):
    """A layer of the user's: its parameters are no weights of a product."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(np.array([2.0]))

    def forward(self, x):
        self.x = x
        return x * self.factor

    def backward(self, grad):
        self.grads["factor"] = np.array([(grad * self.x).sum()])
        return grad * self.factor


def gradients_and_total(layers, penalties):
    network = nn.Sequential(*layers(), rng=0, dtype="float64")
    objective = Objective(network, nn.CrossEntropyLoss(), True, FEATURES)
    keep = _core.Optimizer("KeepGradient", [])
    trainer = _core.Trainer(objective.network, objective.loss, keep, SAMPLES, 2)
    total, _ = run(trainer, np.arange(SAMPLES), 0, 1, penalties)
    return network, keep.state(objective.network), total


def test_what_is_penalised_is_what_l1_penalises():
    """Weights of `Linear` and `Maxout`, in branches too, but no biases, slopes, scales or shifts."""

    def layers():
        inner = nn.Residual(nn.Linear(20, 20), nn.LayerNorm(20))
        maxout = nn.Maxout(FEATURES, 20, 2)
        return maxout, nn.BatchNorm(20), nn.PReLU(20), inner, Scale(), nn.Linear(20, CLASSES, bias=False)

    penalty = 0.25
    network, plain, total = gradients_and_total(layers, None)
    _, penalised, with_penalty = gradients_and_total(layers, np.array([penalty]))
    names, squares, found = [name for name, _ in network.leaves()], 0.0, set()
    for key, gradient in penalised.items():
        leaf, parameter, _ = key.split(".")
        layer = dict(network.leaves())[names[int(leaf)]]
        if isinstance(layer, nn.Linear | nn.Maxout) and parameter == "weight":
            found.add(type(layer))
            squares += (layer.weight**2).sum()
            np.testing.assert_allclose(gradient, plain[key] + penalty * layer.weight, rtol=1e-12, atol=1e-15)
        else:
            np.testing.assert_array_equal(gradient, plain[key], err_msg=key)
    assert found == {nn.Linear, nn.Maxout}
    assert with_penalty - total == pytest.approx(SAMPLES * penalty / 2 * squares, rel=1e-12)


class Descent(nn.Optimizer):
    def step(self, weights, gradients):
        for name, w in weights.items():
            w -= self.lr * gradients[name]


def test_optimizers_written_in_python_see_gradients_with_their_penalty():
    found = []
    for rule in (Descent(lr=0.1), nn.SGD(lr=0.1)):
        network = network_of([20])
        total, _ = run(trainer_of(network, rule, 10), np.arange(SAMPLES), 0, 5, np.full(5, 0.1))
        found.append([total, *network.state_dict().values()])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_frozen_weights_have_a_penalty_but_stay():
    network = network_of([])
    before = network.state_dict()
    trainer = trainer_of(network, nn.SGD(0.1, groups={"*": {"lr": 0}}), SAMPLES)
    totals = [run(trainer, np.arange(SAMPLES), 0, 1, penalties)[0] for penalties in (None, np.array([0.5]))]
    assert totals[1] - totals[0] == pytest.approx(SAMPLES * 0.25 * (before["0.weight"] ** 2).sum(), rel=1e-12)
    assert all((value == before[name]).all() for name, value in network.state_dict().items())


def test_diverging_ends_a_run():
    network = network_of([20])
    _, steps = run(trainer_of(network, nn.SGD(1e9), 10), np.resize(np.arange(SAMPLES), 400), 0, 40, np.full(40, 0.1))
    assert 0 < steps < 40
    huge = nn.Sequential(nn.Linear(FEATURES, CLASSES), rng=0, dtype="float64")
    huge[0].weight = np.full((CLASSES, FEATURES), 1e200)  # whose squares are not finite, though the loss is
    _, steps = run(trainer_of(huge, nn.SGD(1e-3), 10), np.arange(SAMPLES), 0, 5, np.full(5, 0.1), np.zeros_like(X))
    assert steps == 0


@pytest.mark.parametrize(
    ("penalties", "error", "message"),
    [
        (np.array([0.1, -0.5]), ValueError, r"penalties\[1\] is -0.5.*at least 0"),
        (np.array([np.nan, 0.5]), ValueError, r"penalties\[0\] is nan"),
        (np.array([0.5, np.inf]), ValueError, r"penalties\[1\] is inf, but a finite number"),
        (np.array([0.1]), ValueError, "penalties"),
        (np.array([0.1, 0.1], np.float32), (TypeError, ValueError), "penalties"),
    ],
)
def test_errors(penalties, error, message):
    network = network_of([])
    before = network[0].weight
    with pytest.raises(error, match=message):
        run(trainer_of(network, nn.SGD(0.1), 10), np.arange(SAMPLES), 0, 2, penalties)
    np.testing.assert_array_equal(network[0].weight, before)


def test_full_batch_optimizers_refuse_penalties():
    network = network_of([])
    with pytest.raises(TypeError, match="penalties are for steps on minibatches"):
        run(trainer_of(network, nn.LBFGS(), SAMPLES), np.arange(SAMPLES), 0, 1, np.array([0.1]))
