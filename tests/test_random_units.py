"""Layers that are random in training: their distributions, their gradients, and that runs repeat to the bit."""

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core

LEVELS = [level for level in _core.levels() if level != "scalar"]
SATURATED = -1.7580993408473766  # the SELU's limit
ALPHA_FACTOR = 1 / np.sqrt(0.7 * (1 + 0.3 * SATURATED**2))  # of AlphaDropout(0.3)
ALPHA_DROPPED = ALPHA_FACTOR * SATURATED * (1 - 0.3)
UNITS = [nn.RReLU(), nn.Dropout(0.3), nn.AlphaDropout(0.3), nn.GaussianNoise(0.5)]


class Recorder(nn.Metric):
    name = "recorder"

    def __call__(self, target, prediction):
        self.seen = prediction.copy()
        return 0.0


def outputs_in_training(unit, X, seed=0, threads=None, dtype="float64", batch_size=None):
    """What the unit makes of X in a step: the network is the unit and an identity, whose targets are its outputs."""
    n = X.shape[1]
    last = nn.Linear(n, n, bias=False, weight_init=np.eye(n))
    network = nn.Sequential(type(unit)(**unit.arguments()), last, rng=seed, dtype=dtype)

    recorder = Recorder()
    network.fit(
        X,
        X,
        loss="mse",
        optimizer=nn.SGD(lr=0.0),
        batch_size=batch_size,
        shuffle=False,
        metrics=[recorder],
        threads=threads,
    )
    return recorder.seen


def test_dropout_keeps_the_mean_and_drops_its_share():
    z = outputs_in_training(nn.Dropout(0.3), np.ones((2000, 50)))
    assert set(np.unique(z)) == {0.0, 1 / 0.7}
    assert (z == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert np.abs((z == 0).mean(0) - 0.3).max() < 0.06
    assert np.abs((z == 0).mean(1) - 0.3).max() < 0.35
    # Neighbours in a row and in a column are independent.
    for a, b in ((z[:, 1:], z[:, :-1]), (z[1:], z[:-1]), (z[:, 8:], z[:, :-8])):
        assert np.corrcoef(a.ravel() == 0, b.ravel() == 0)[0, 1] == pytest.approx(0, abs=0.01)
    assert (outputs_in_training(nn.Dropout(0.0), np.ones((20, 50))) == 1).all()
    assert (outputs_in_training(nn.Dropout(1.0), np.ones((20, 50))) == 0).all()


def test_rrelu_draws_slopes_uniformly():
    u = np.where(np.arange(100) % 2, 1.0, -1.0) * np.ones((2000, 1))
    z = outputs_in_training(nn.RReLU(0.2, 0.6), u)
    np.testing.assert_array_equal(z[:, 1::2], 1)
    slopes = -z[:, ::2].ravel()
    assert slopes.min() >= 0.2 and slopes.max() < 0.6
    np.testing.assert_allclose(np.histogram(slopes, 8, (0.2, 0.6))[0] / slopes.size, 1 / 8, atol=0.004)
    np.testing.assert_allclose(nn.RReLU(0.2, 0.6).forward(u[:1])[0, ::2], -0.4, rtol=1e-6)


def test_alpha_dropout_keeps_mean_and_variance():
    u = np.random.default_rng(0).standard_normal((4000, 50))
    z = outputs_in_training(nn.AlphaDropout(0.3), u)
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.std() == pytest.approx(1, abs=0.01)
    assert np.isclose(z, ALPHA_DROPPED, rtol=0, atol=1e-12).mean() == pytest.approx(0.3, abs=0.01)


def test_gaussian_noise_is_normal():
    z = outputs_in_training(nn.GaussianNoise(0.5), np.zeros((4000, 50))).ravel()
    assert z.mean() == pytest.approx(0, abs=0.004)
    assert z.std() == pytest.approx(0.5, abs=0.004)
    for sigmas, share in ((1, 0.6827), (2, 0.9545), (3, 0.9973)):
        assert (np.abs(z) < 0.5 * sigmas).mean() == pytest.approx(share, abs=0.004)


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_draws_do_not_depend_on_threads_or_level_but_on_seed_and_step(unit):
    X = np.random.default_rng(0).standard_normal((70, 40)).astype(np.float32)
    first = outputs_in_training(unit, X, dtype="float32", threads=1)
    before = nn.config.isa()
    for level in LEVELS:
        nn.config.set_isa(level)
        for threads in (1, 2, 5):
            np.testing.assert_array_equal(outputs_in_training(unit, X, dtype="float32", threads=threads), first)
    nn.config.set_isa(before)
    assert (outputs_in_training(unit, X, seed=1, dtype="float32") != first).mean() > 0.1
    halves = outputs_in_training(unit, np.concatenate([X, X]), dtype="float32", batch_size=70)
    np.testing.assert_array_equal(halves[:70], first)
    assert (halves[70:] != first).mean() > 0.1


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_training_uses_the_gradient_of_what_was_drawn(unit):
    """The update of a Linear layer before the unit is that of the slopes dz/du that the step's outputs show."""
    rng = np.random.default_rng(0)
    X, n = rng.standard_normal((30, 4)), 6
    before = nn.Linear(4, n)
    network = nn.Sequential(
        before,
        type(unit)(**unit.arguments()),
        nn.Linear(n, n, bias=False, weight_init=np.eye(n)),
        rng=0,
        dtype="float64",
    )
    u, weight = network[0].forward(X), network[0].weight
    recorder = Recorder()
    network.fit(
        X,
        np.zeros((30, n)),
        loss=nn.SquaredError(reduction="sum"),
        optimizer=nn.SGD(lr=1e-6),
        batch_size=None,
        metrics=[recorder],
        shuffle=False,
    )
    z = recorder.seen
    if isinstance(unit, nn.RReLU):
        slope = z / u
    elif isinstance(unit, nn.Dropout):
        slope = np.where(z == 0, 0, 1 / 0.7)
    elif isinstance(unit, nn.AlphaDropout):
        slope = np.where(np.isclose(z, ALPHA_DROPPED, rtol=0, atol=1e-12), 0, ALPHA_FACTOR)
    else:
        slope = np.ones_like(z)
    np.testing.assert_allclose(weight - network[0].weight, 1e-6 * (z * slope).T @ X, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_evaluation_is_not_random(unit, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((12, 5)), rng.standard_normal((12, 2))
    network = nn.Sequential(nn.Linear(5, 9), type(unit)(**unit.arguments()), nn.Linear(9, 2), rng=0)
    np.testing.assert_array_equal(network.predict(X), network.predict(X))
    assert network.evaluate(X, y, loss="mse") == network.evaluate(X, y, loss="mse")
    assert nn.check_gradients(network, X, y, loss="mse").ok
    network.save(tmp_path / "m.safetensors")
    assert repr(nn.load(tmp_path / "m.safetensors")) == repr(network)


def test_train_batch_draws_anew_in_every_step_and_repeats():
    X, y = np.ones((20, 3)), np.zeros((20, 3))
    losses = []
    for _ in range(2):
        network = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 3, weight_init=np.eye(3)), rng=4)
        optimizer = nn.SGD(lr=0.0)
        losses.append([network.train_batch(X, y, loss="mse", optimizer=optimizer) for _ in range(5)])
    assert losses[0] == losses[1]
    assert len(set(losses[0])) > 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Dropout(1.5), "p is 1.5"),
        (lambda: nn.AlphaDropout(1.0), "p is 1.0"),
        (lambda: nn.GaussianNoise(-1), "std is -1"),
        (lambda: nn.RReLU(0.5, 0.25), "lower is 0.5, which is above upper=0.25"),
    ],
)
def test_wrong_arguments_are_quoted(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_train_batch_draws_anew_with_every_optimizer():
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 3, weight_init=np.eye(3)), rng=4)
    X = np.ones((20, 3))
    losses = [network.train_batch(X, 0 * X, loss="mse", optimizer=nn.SGD(lr=0.0)) for _ in range(6)]
    assert len(set(losses)) > 2


def test_the_gain_is_that_of_the_activation_behind_dropout():
    plain = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), rng=0)
    dropped = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.GaussianNoise(), nn.ReLU(), rng=0)
    np.testing.assert_array_equal(plain[0].weight, dropped[0].weight)
