"""LearningRateFinder: it takes the steps of fit, leaves everything as it was, and suggests a usable rate."""

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((100, 3))
y = X @ [1.0, -2.0, 0.5]
OPTIONS = {"loss": "mse", "optimizer": "sgd"}


def network_of(last=1):
    return nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, last), rng=0)


def test_rates_and_losses_are_those_of_steps_by_hand():
    network, finder = network_of(), nn.LearningRateFinder(1e-4, 1e-1, steps=20, smoothing=0.5)
    optimizer, rule = nn.Adam(lr=0.01), nn.Adam(lr=0.01)
    network.fit(X, y, loss="mse", optimizer=optimizer, epochs=2)
    twin = network_of()
    twin.fit(X, y, loss="mse", optimizer=rule, epochs=2)
    finder.find(network, X, y, loss="mse", optimizer=optimizer, batch_size=10)
    np.testing.assert_allclose(finder.rates, np.geomspace(1e-4, 1e-1, 20), rtol=1e-14)
    losses, smoothed = [], []
    for step, rate in enumerate(finder.rates):
        order = nn._core.shuffle(100, twin.seed, 2 + step // 10)
        rows, rule.lr = order[step % 10 * 10 :][:10], rate
        losses.append(twin.train_batch(X[rows], y[rows], loss="mse", optimizer=rule))
        smoothed.append(np.average(losses, weights=0.5 ** np.arange(step + 1)[::-1]))
    np.testing.assert_allclose(finder.losses, smoothed, rtol=1e-12)
    assert finder.suggestion == finder.rates[np.argmin(smoothed)] / 10


@pytest.mark.parametrize("options", [{}, {"average": 0.9, "accumulate": 2, "groups": {"*.bias": {"lr": 0.0}}}])
def test_nothing_changes(options):
    """Training goes on to the same bits, whether or not a rate was looked for in between."""
    results = []
    for looks in (False, True):
        network, optimizer = network_of(), nn.Adam(lr=nn.StepLR(0.01, 2), **options)
        network.fit(X, y, loss="mse", optimizer=optimizer, epochs=3)
        if looks:
            before = network.seed, network.epochs, network.batches, optimizer.steps, optimizer.epochs, optimizer.lr
            nn.LearningRateFinder().find(network, X, y, loss="mse", optimizer=optimizer)
            assert before == (
                *(network.seed, network.epochs, network.batches),
                *(optimizer.steps, optimizer.epochs, optimizer.lr),
            )
        history = network.fit(X, y, loss="mse", optimizer=optimizer, epochs=3)
        results.append((history["loss"], history["lr"], [array.tobytes() for array in network.state_dict().values()]))
    assert results[0] == results[1]


@pytest.mark.parametrize("optimizer", [nn.SGD, nn.Adam])
@pytest.mark.parametrize("name", ["digits", "iris"])
def test_the_suggestion_trains(name, optimizer):
    """Twenty epochs with it bring the loss to a third, far from diverging."""
    data = nn.data.load(name)
    features, classes = data.X / np.abs(data.X).max(), len(set(data.y))
    network = nn.Sequential(nn.Linear(features.shape[1], 32), nn.ReLU(), nn.Linear(32, classes), rng=0)
    finder = nn.LearningRateFinder()
    rate = finder.find(network, features, data.y, loss="cross_entropy", optimizer=optimizer(lr=1e-3))
    assert 1e-3 < rate < 1
    options = {"loss": "cross_entropy", "optimizer": optimizer(lr=rate), "epochs": 20, "batch_size": 8}
    losses = network.fit(features, data.y, **options)["loss"]
    assert losses[-1] < losses[0] / 3


def test_the_search_ends_when_the_loss_diverges():
    finder = nn.LearningRateFinder(highest=1e6)
    finder.find(network_of(), X, y, **OPTIONS)
    assert finder.steps > len(finder.losses) == len(finder.rates) and np.isfinite(finder.losses).all()
    overflows = nn.LearningRateFinder(highest=1e30, steps=20)
    overflows.find(nn.Sequential(nn.Linear(3, 1), rng=0), X, y, **OPTIONS)
    assert len(overflows.losses) < 20 and np.isfinite(overflows.losses).all()


def test_a_loss_that_does_not_fall_is_said():
    solved = nn.Sequential(nn.Linear(3, 1, weight_init="zeros"), rng=0)
    finder = nn.LearningRateFinder()
    with pytest.raises(ValueError, match="the loss falls at no rate from 1e-06 to 10"):
        finder.find(solved, X, np.zeros(100), **OPTIONS)
    assert finder.suggestion is None and len(finder.losses) == 200


def test_a_loss_that_is_not_finite_at_first_raises():
    network = nn.Sequential(nn.Linear(3, 1, weight_init=nn.initializers.Constant(1e25)), rng=0)
    with pytest.raises(nn.DivergedError):
        nn.LearningRateFinder().find(network, X, y, **OPTIONS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lowest": 0.0}, "lowest is 0.0 and highest 10.0"),
        ({"lowest": 1.0, "highest": 1.0}, "0 < lowest < highest"),
        ({"steps": 19}, "steps is 19"),
        ({"smoothing": 1.0}, "smoothing is 1.0"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        nn.LearningRateFinder(**options)


def test_plot(tmp_path):
    pytest.importorskip("matplotlib")
    finder = nn.LearningRateFinder()
    with pytest.raises(ValueError, match="call find first"):
        finder.plot()
    rate = finder.find(network_of(), X, y, **OPTIONS)
    figure = finder.plot(tmp_path / "rates.png")
    curve, line = figure.axes[0].get_lines()
    np.testing.assert_array_equal(curve.get_xydata(), np.c_[finder.rates, finder.losses])
    assert line.get_xdata() == [rate, rate] and figure.axes[0].get_xscale() == "log"
    assert (tmp_path / "rates.png").read_bytes().startswith(b"\x89PNG")


def test_options_of_fit_count():
    finder, weights = nn.LearningRateFinder(highest=0.01, steps=20), rng.uniform(0, 1, 100)
    losses = []
    for options in ({}, {"sample_weight": weights}, {"batch_size": None}, {"threads": 1}):
        finder.find(network_of(), X, y, **OPTIONS, **options)
        losses.append(finder.losses)
    assert (losses[0] == losses[3]).all()
    assert (losses[0] != losses[1]).any() and (losses[0] != losses[2]).any()


def test_as_a_callback_it_sets_the_rate(tmp_path):
    expected = nn.LearningRateFinder().find(network_of(), X, y, loss="mse", optimizer=nn.Adam())
    plain, found, path = network_of(), network_of(), tmp_path / "checkpoint.safetensors"
    plain.fit(X, y, loss="mse", optimizer=nn.Adam(lr=expected), epochs=2)
    finder, rule = nn.LearningRateFinder(), nn.Adam()
    history = found.fit(X, y, loss="mse", optimizer=rule, epochs=2, callbacks=[finder, nn.ModelCheckpoint(path)])
    assert finder.suggestion == expected == rule.lr and history["lr"] == [expected] * 2
    for name, array in plain.state_dict().items():
        np.testing.assert_array_equal(found.state_dict()[name], array)

    other = nn.LearningRateFinder()
    options = {"loss": "mse", "optimizer": nn.Adam(), "callbacks": [other, nn.ModelCheckpoint(path)]}
    history = network_of().fit(X, y, **options, epochs=3, resume=path)
    assert other.suggestion == expected and history["lr"] == [expected] * 3
    np.testing.assert_array_equal(other.losses, finder.losses)


def test_as_a_callback_it_searches_on_the_first_chunk_of_a_stream():
    finder = nn.LearningRateFinder(steps=30)
    options = {"loss": OPTIONS["loss"], "optimizer": nn.Adam(lr=1e-5), "batch_size": 10}
    network_of().fit([(X[:50], y[:50]), (X[50:], y[50:])], **options, callbacks=[finder])
    expected = nn.LearningRateFinder(steps=30).find(network_of(), X[:50], y[:50], **options)
    assert finder.suggestion == expected


def test_as_a_callback_it_refuses_schedules_and_a_loss_that_does_not_fall():
    network, options = network_of(), {"loss": OPTIONS["loss"], "callbacks": [nn.LearningRateFinder()]}
    before = network.state_dict()
    scheduled = nn.Adam(lr=nn.schedules.StepLR(0.1, 2))
    with pytest.raises(ValueError, match=r"the learning rate follows StepLR\("):
        network.fit(X, y, optimizer=scheduled, **options)
    rule = nn.SGD(lr=0.5)
    solved = nn.Sequential(nn.Linear(3, 1, weight_init="zeros"), rng=0)
    with pytest.raises(ValueError, match="the loss falls at no rate"):
        solved.fit(X, np.zeros(100), optimizer=rule, **options)
    assert rule.lr == 0.5 and rule.steps == 0 and network.epochs == 0
    for name, array in before.items():
        np.testing.assert_array_equal(network.state_dict()[name], array)
