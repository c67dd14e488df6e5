"""Layers, losses and optimizers written in Python train as the library's do."""

import numpy as np
import pytest

import pynncore as nn
from own_parts import LABELS, RNG, CrossEntropy, MeanSquares, Momentum, Standardize, Tanh, X, Y, network, trained


def assert_same(ours, theirs, rtol=1e-12):
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=rtol, atol=rtol, err_msg=name)


def norm_of(python):
    return Standardize(40) if python else nn.BatchNorm(40, affine=False)


WAYS = {
    "linear": {},
    "tanh": {"linear": nn.Linear, "tanh": Tanh},
    "all layers": {"tanh": Tanh, "norm": norm_of},
    "norm": {"linear": nn.Linear, "norm": norm_of},
    "residual": {
        "norm": lambda python: nn.Residual((Tanh if python else nn.Tanh)(), nn.Linear(40, 40, weight_init="zeros"))
    },
    "concat": {
        "linear": nn.Linear,
        "norm": lambda python: nn.Concat([], [(Tanh if python else nn.Tanh)()], (Tanh if python else nn.Tanh)()),
    },
}
RULES = {
    "momentum": lambda: nn.SGD(0.05, momentum=0.9),
    "all options": lambda: nn.Adam(0.01, l1=1e-3, clip_norm=0.5, clip_value=0.1, accumulate=2, average=0.9),
    "groups": lambda: nn.AdamW(0.01, groups={"1.*": {"weight_decay": 0.3}, "*.bias": {"lr": 0.0}}),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("way", WAYS)
def test_layers_train_as_those_of_the_library(way, rule):
    def build(python):
        kinds = WAYS[way]
        if way != "concat":
            return network(python, **kinds)
        last = nn.Linear(120, 3, weight_init=np.random.default_rng(2).standard_normal((3, 120)) / 11)
        made = nn.Sequential(nn.Dropout(0.2), nn.Linear(5, 40), kinds["norm"](python), last, rng=3, dtype="float64")
        made.seed = 7
        return made

    theirs = trained(build(False), optimizer=RULES[rule]())
    theirs = {name: array for name, array in theirs.items() if "running" not in name}
    ours = [trained(build(True), threads, optimizer=RULES[rule]()) for threads in (1, 2, 3)]
    assert ours[0].keys() == theirs.keys()
    assert_same(ours[0], theirs, 1e-10 if way in ("norm", "all layers") else 1e-12)
    for other in ours[1:]:
        assert all(np.array_equal(ours[0][name], other[name]) for name in other)


def test_float32_is_as_close_as_float32_allows():
    assert_same(trained(network(True, "float32")), trained(network(False, "float32")), 2e-4)


LOSSES = {
    "mean": (MeanSquares, nn.MSELoss, Y, {}),
    "sum": (lambda: MeanSquares(reduction="sum"), lambda: nn.MSELoss(reduction="sum"), Y, {}),
    "weighted": (MeanSquares, nn.MSELoss, Y, {"sample_weight": np.linspace(0, 2, 300)}),
    "labels": (CrossEntropy, nn.CrossEntropyLoss, LABELS, {"class_weight": "balanced", "metrics": ["accuracy"]}),
}


@pytest.mark.parametrize("python_layers", [False, True])
@pytest.mark.parametrize("case", LOSSES)
def test_losses_train_as_those_of_the_library(case, python_layers):
    ours, theirs, y, options = LOSSES[case]
    lr = 1e-4 if case == "sum" else 0.05
    if case == "sum":  # of elements, ours of means of three
        y, lr = Y, 1e-4

        def theirs():
            return nn.SquaredError(reduction="sum")

        class Half(MeanSquares):
            def forward(self, target, output):
                return 1.5 * super().forward(target, output)

            def backward(self, target, output):
                return 1.5 * super().backward(target, output)

        def ours():
            return Half(reduction="sum")

    expected = trained(network(python_layers), loss=theirs(), optimizer=nn.SGD(lr), y=y, **options)
    runs = [trained(network(python_layers), t, ours(), nn.SGD(lr), y, **options) for t in (1, 2, 3)]
    assert_same(runs[0], expected)
    assert all(np.array_equal(runs[0][name], run[name]) for run in runs for name in run)


def test_a_loss_on_arrays_and_in_evaluate():
    ours, theirs, y = MeanSquares(), nn.MSELoss(), RNG.standard_normal((7, 3))
    assert ours(y, Y[:7]) == pytest.approx(theirs(y, Y[:7]), rel=1e-14)
    np.testing.assert_allclose(ours.gradient(y, Y[:7]), theirs.gradient(y, Y[:7]), rtol=1e-14)
    net = network(True)
    for weight in (None, np.arange(300.0)):
        expected = net.evaluate(X, Y, loss=theirs, sample_weight=weight, metrics=["mae"])
        assert net.evaluate(X, Y, loss=ours, sample_weight=weight, metrics=["mae"]) == pytest.approx(
            expected, rel=1e-13
        )
    assert net.evaluate(X, LABELS, loss=CrossEntropy())["loss"] > 0
    assert repr(ours) == "MeanSquares(reduction='mean')"


def test_a_loss_says_how_many_columns_its_target_has():
    class Gaussian(nn.Loss):
        def target_columns(self, outputs):
            return outputs // 2

        def forward(self, target, output):
            mean, log = np.split(output, 2, axis=1)
            return (log / 2 + (target - mean) ** 2 / 2 * np.exp(-log)).sum(axis=1)

        def backward(self, target, output):
            mean, log = np.split(output, 2, axis=1)
            scaled = (mean - target) * np.exp(-log)
            return np.concatenate([scaled, (1 - scaled * (mean - target)) / 2], axis=1)

    net = nn.Sequential(nn.Linear(5, 6), rng=0)
    assert nn.check_gradients(net, X[:9], Y[:9], loss=Gaussian()).ok
    assert len(net.fit(X, Y, loss=Gaussian(), optimizer="adam")["loss"]) == 1
    with pytest.raises(ValueError, match=r"Gaussian for 6 outputs expects shape \(n, 3\)"):
        net.fit(X, X, loss=Gaussian(), optimizer="adam")


@pytest.mark.parametrize("python_layers", [False, True])
@pytest.mark.parametrize(
    "options",
    [{}, {"clip_norm": 0.1, "l1": 1e-3}, {"accumulate": 2, "average": 0.9}, {"clip_value": 0.01, "max_norm": 0.5}],
)
def test_an_optimizer_trains_as_that_of_the_library(options, python_layers):
    schedule = nn.ExponentialLR(0.05, gamma=0.5)
    theirs_rule = nn.SGD(schedule, momentum=0.9, **options)
    theirs = trained(network(python_layers), optimizer=theirs_rule)
    for threads in (1, 2, 3):
        rule = Momentum(schedule, **options)
        net = network(python_layers)
        ours = trained(net, threads, optimizer=rule)
        assert_same(ours, theirs)
        assert rule.steps == theirs_rule.steps and rule.lr == theirs_rule.lr
    if "average" in options:
        assert rule.averaged(net).keys() == net.state_dict().keys()


def test_an_optimizer_sees_the_step_at_hand():
    seen = []

    class Seeing(nn.Optimizer):
        def step(self, weights, gradients):
            seen.append((self.steps, self.lr, sorted(weights), weights["0.weight"].dtype.name))
            weights["0.weight"] = weights["0.weight"] + 1  # also in the place of the array

    net = nn.Sequential(nn.Linear(5, 3), nn.Residual(nn.Linear(3, 3)), rng=0)
    before, rule = net[0].weight, Seeing(lr=nn.ExponentialLR(0.5, gamma=0.5, per="step"))
    net.fit(X, Y, loss="mse", optimizer=rule, batch_size=150)
    names = ["0.bias", "0.weight", "1.0.bias", "1.0.weight"]
    assert seen == [(0, 0.5, names, "float32"), (1, 0.25, names, "float32")]
    assert np.array_equal(net[0].weight, (before + 1) + 1) and (rule.steps, rule.lr) == (2, 0.125)


def test_gradients_and_steps_by_hand():
    ours, theirs = network(True, tanh=Tanh, norm=norm_of), network(False, norm=norm_of)
    assert nn.check_gradients(ours, X[:20], Y[:20], loss=MeanSquares()).ok
    value, gradients = ours.gradients(X, Y, loss="mse")
    expected, those = theirs.gradients(X, Y, loss="mse")
    assert value == pytest.approx(expected, rel=1e-13)
    assert_same(gradients, those)
    rules = Momentum(), nn.SGD(0.05, momentum=0.9)
    for _ in range(3):
        losses = [
            net.train_batch(X, Y, loss="mse", optimizer=rule) for net, rule in zip((ours, theirs), rules, strict=True)
        ]
        assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for mine, other in zip(ours.activations(X), theirs.activations(X), strict=True):
        np.testing.assert_allclose(mine.z, other.z, rtol=1e-9, atol=1e-12)
    assert ours.health(X, Y, MeanSquares(), rules[0]).loss == pytest.approx(theirs.health(X, Y, "mse").loss)
    assert not ours[1].training and rules[0].steps == 3
    np.testing.assert_allclose(
        ours.predict(X), np.concatenate([ours.predict(part) for part in np.split(X, 4)]), rtol=1e-12
    )
