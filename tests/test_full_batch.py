"""L-BFGS and Levenberg-Marquardt, which take all samples in a step: their steps, and everything else that fit does."""

import copy
import itertools
import os
import pickle
import signal

import numpy as np
import pytest

import pynncore as nn
from pynncore.objective import Objective
from pynncore.optimizers import full_batch, levenberg_marquardt
from pynncore.optimizers.full_batch import Samples

rng = np.random.default_rng(0)
X = rng.standard_normal((60, 4))
LABELS = rng.integers(0, 3, 60)
Y = rng.standard_normal((60, 3))
TASKS = {"cross_entropy": LABELS, "mse": Y}
BOTH = [nn.LBFGS, nn.LevenbergMarquardt]


def network(dtype="float64", seed=1, last=()):
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), *last, rng=seed, dtype=dtype)


def fit(of, optimizer, y=Y, X=X, **options):
    options = {"loss": "mse", "epochs": 1, "batch_size": None, "verbose": False} | options
    return of.fit(X, y, optimizer=optimizer, **options)


def weights(of):
    return b"".join(array.tobytes() for array in of.state_dict().values())


# L-BFGS


@pytest.mark.parametrize("search", ["strong_wolfe", None])
@pytest.mark.parametrize("loss", TASKS)
def test_lbfgs_takes_the_steps_of_pytorch(loss, search):
    torch = pytest.importorskip("torch")
    ours, lr = network(), 1.0 if search else 0.1
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in ours.state_dict().items()})
    their_loss = {"cross_entropy": torch.nn.CrossEntropyLoss(), "mse": torch.nn.MSELoss()}[loss]
    their_rule = torch.optim.LBFGS(theirs.parameters(), lr, 1, 26, history_size=10, line_search_fn=search)
    data, target = torch.from_numpy(X), torch.from_numpy(TASKS[loss])

    def closure():
        their_rule.zero_grad()
        value = their_loss(theirs(data), target)
        value.backward()
        return value

    expected = [their_rule.step(closure).item() for _ in range(40)]
    rule = nn.LBFGS(lr=lr, line_search_fn=search, history_size=10)
    history = fit(ours, rule, TASKS[loss], loss=loss, epochs=40)
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-9)
    for name, array in ours.state_dict().items():
        np.testing.assert_allclose(array, theirs.state_dict()[name].numpy(), rtol=0, atol=1e-9)


def logistic_regression(parameters):
    """The mean cross entropy of a Linear(4, 3), and its gradient."""
    W, b = parameters[:12].reshape(3, 4), parameters[12:]
    u = X @ W.T + b
    p = np.exp(u - u.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    d = np.eye(3)[LABELS]
    delta = (p - d) / len(X)
    return -np.log((p * d).sum(1)).mean(), np.concatenate([(delta.T @ X).ravel(), delta.sum(0)])


@pytest.mark.parametrize(("dtype", "difference"), [("float64", 1e-9), ("float32", 1e-6)])
def test_lbfgs_reaches_the_optimum_of_logistic_regression(dtype, difference):
    optimize = pytest.importorskip("scipy.optimize")
    best = optimize.minimize(
        logistic_regression, np.zeros(15), jac=True, method="L-BFGS-B", options={"ftol": 1e-16, "gtol": 1e-10}
    )
    regression = nn.Sequential(nn.Linear(4, 3), rng=0, dtype=dtype)
    history = fit(regression, nn.LBFGS(), LABELS, loss="cross_entropy", epochs=200)
    assert history.stopped.startswith("LBFGS: ") and len(history) < 100
    assert regression.evaluate(X, LABELS, loss="cross_entropy")["loss"] == pytest.approx(best.fun, abs=difference)
    found = np.concatenate([regression[0].weight.ravel(), regression[0].bias])
    shared = best.x[:12].reshape(3, 4)  # what is added to all classes changes no probability
    ours = found[:12].reshape(3, 4)
    np.testing.assert_allclose(ours - ours[0], shared - shared[0], atol=2e-3 if dtype == "float32" else 1e-4)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("most", [1, 2])
def test_few_evaluations_a_line_search_do_not_end_training_early(most, dtype):
    of = network(dtype)
    losses = fit(of, nn.LBFGS(max_eval=most), LABELS, loss="cross_entropy", epochs=300)["loss"]
    assert all(b <= a for a, b in itertools.pairwise(losses)) and losses[-1] < 0.2


# Levenberg-Marquardt


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(3))
def test_levenberg_marquardt_fits_a_sine_to_the_noise(seed, dtype):
    noise = np.random.default_rng(seed)
    x = noise.uniform(-3, 3, (200, 1))
    y = np.sin(2 * x) + 0.1 * noise.standard_normal((200, 1))
    of = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1), rng=seed, dtype=dtype)
    history = fit(of, nn.LevenbergMarquardt(), y, x, epochs=49)
    assert history["loss"] == sorted(history["loss"], reverse=True)
    assert np.sqrt(of.evaluate(x, y, loss="mse")["loss"]) < 0.105
    grid = np.linspace(-3, 3, 500).reshape(-1, 1)
    assert np.sqrt(np.mean((of(grid) - np.sin(2 * grid)) ** 2)) < 0.05


def finite_differences(of, h=1e-6):
    """Derivatives of all outputs by all weights, (samples * outputs, weights)."""
    columns = []
    for name, array in of.state_dict().items():
        for index in np.ndindex(array.shape):
            outputs = []
            for moved in (h, -h):
                state, twin = of.state_dict(), copy.deepcopy(of)
                state[name][index] += moved
                twin.load_state_dict(state)
                outputs.append(twin(X).ravel())
            columns.append((outputs[0] - outputs[1]) / (2 * h))
    return np.transpose(columns)


@pytest.mark.parametrize("last", [(), (nn.Softmax,), (nn.ReLU, nn.GLU)])
def test_the_jacobian_is_that_of_finite_differences(last):
    layers = [nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 4, bias=False), *(make() for make in last)]
    of = nn.Sequential(*layers, rng=0, dtype="float64")
    objective = Objective(of, nn.SquaredError(), False, 4)
    samples = Samples(X, Y, None, np.arange(len(X)))
    y, jacobian = nn.LevenbergMarquardt().method(of, objective, samples, 2).jacobian(X)
    assert (y == of(X)).all() and jacobian.shape == (y.size, of.parameter_count)
    np.testing.assert_allclose(jacobian, finite_differences(of), rtol=0, atol=1e-8)


@pytest.mark.parametrize("lr", [1.0, 0.5])
def test_a_step_of_levenberg_marquardt_solves_its_equations(lr):
    of = network()
    jacobian, errors = finite_differences(of), (of(X) - Y).ravel()
    normal = jacobian.T @ jacobian
    p = np.linalg.solve(normal + 0.1 * normal.diagonal().max() * np.eye(len(normal)), jacobian.T @ errors)
    expected = np.concatenate([array.ravel() for array in of.state_dict().values()]) - lr * p
    fit(of, nn.LevenbergMarquardt(lr, damping=0.1))
    found = np.concatenate([array.ravel() for array in of.state_dict().values()])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("block", [1, 1 << 25])
@pytest.mark.parametrize("loss", [nn.MSELoss, nn.SquaredError])
@pytest.mark.parametrize("weight", [None, rng.uniform(0, 2, 60)])
def test_levenberg_marquardt_of_a_linear_network_is_linear_least_squares(monkeypatch, loss, weight, block):
    monkeypatch.setattr(levenberg_marquardt, "BLOCK", block)
    of = nn.Sequential(nn.Linear(4, 3), rng=0, dtype="float64")
    value = of.evaluate(X, Y, loss=loss(), sample_weight=weight)["loss"]
    history = fit(of, nn.LevenbergMarquardt(), loss=loss(), sample_weight=weight, epochs=20)
    root = np.sqrt(np.ones(60) if weight is None else weight)[:, np.newaxis]
    expected, *_ = np.linalg.lstsq(root * np.column_stack([X, np.ones(60)]), root * Y, rcond=None)
    np.testing.assert_allclose(np.column_stack([of[0].weight, of[0].bias]), expected.T, atol=1e-9)
    assert history["loss"][0] == pytest.approx(value, rel=1e-12)
    assert history.stopped.startswith("LevenbergMarquardt: ") and len(history) < 15


def test_a_step_of_levenberg_marquardt_that_makes_it_worse_is_tried_again():
    of = nn.Sequential(nn.Linear(1, 10), nn.Sine(), nn.Linear(10, 1), rng=0, dtype="float64")
    x = np.linspace(-3, 3, 40).reshape(-1, 1)
    rule = nn.LevenbergMarquardt(damping=1e-12)
    losses = fit(of, rule, np.sign(x), x, epochs=30)["loss"]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.1 * losses[0]


# Everything else of fit


@pytest.mark.parametrize("rule", BOTH)
def test_history_metrics_and_validation(rule):
    of, twin = network(), network()
    before = of.evaluate(X, Y, loss="mse", metrics=["mae"])
    history = fit(of, rule(), epochs=3, metrics=["mae"], validation_data=(X[:20], Y[:20]))
    assert list(history.history) == ["loss", "mae", "val_loss", "val_mae", "lr", "seconds"]
    assert (history["loss"][0], history["mae"][0]) == pytest.approx((before["loss"], before["mae"]), rel=1e-12)
    assert history["val_loss"][-1] == of.evaluate(X[:20], Y[:20], loss="mse")["loss"]
    fit(twin, rule(), epochs=3, shuffle=False, batch_size=1000)
    assert weights(twin) == weights(of)


@pytest.mark.parametrize("rule", BOTH)
def test_validation_split_trains_on_the_other_samples(rule):
    of, twin = network(), network()
    fit(of, rule(), epochs=4, validation_split=0.25)
    samples = nn._core.shuffle(60, of.seed, 1 << 63)[15:]
    samples.sort()
    fit(twin, rule(), Y[samples], X[samples], epochs=4)
    assert weights(of) == weights(twin)


@pytest.mark.parametrize("rule", BOTH)
def test_sample_weights_are_repeated_samples(rule):
    counts = rng.integers(0, 3, 60)
    of, twin = network(), network()
    loss = nn.SquaredError(reduction="sum")
    fit(of, rule(), sample_weight=counts, loss=loss, epochs=4)
    fit(twin, rule(), np.repeat(Y, counts, axis=0), np.repeat(X, counts, axis=0), loss=loss, epochs=4)
    np.testing.assert_allclose(of(X), twin(X), atol=1e-9)


def test_lbfgs_with_class_weights_and_ignored_labels():
    of, twin = network(), network()
    factors = np.array([1.0, 2.0, 0.5])
    fit(of, nn.LBFGS(), LABELS, loss="cross_entropy", class_weight=dict(enumerate(factors)), epochs=4)
    fit(twin, nn.LBFGS(), LABELS, loss="cross_entropy", sample_weight=factors[LABELS], epochs=4)
    assert weights(of) == weights(twin)
    before = weights(of)
    nothing = fit(of, nn.LBFGS(), np.full(60, -100), loss=nn.CrossEntropyLoss(ignore_index=-100))
    assert weights(of) == before and np.isnan(nothing["loss"][0])


def test_lbfgs_with_a_fused_softmax_and_with_learned_activations():
    of = network(last=[nn.Softmax()])
    loss = nn.CrossEntropyLoss(from_logits=False)
    assert fit(of, nn.LBFGS(), LABELS, loss=loss, epochs=60)["loss"][-1] < 0.3
    learned = nn.Sequential(nn.Linear(4, 6), nn.PReLU(), nn.Maxout(6, 4, 2), nn.Linear(4, 3), rng=0, dtype="float64")
    before = learned.state_dict()
    losses = fit(learned, nn.LBFGS(), epochs=60)["loss"]
    assert losses[-1] < 0.6 * losses[0] and all(b <= a for a, b in itertools.pairwise(losses))
    assert all((array != before[name]).any() for name, array in learned.state_dict().items())


@pytest.mark.parametrize("rule", BOTH)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_two_fits_are_one_long_fit_on_any_number_of_threads(rule, dtype):
    long, short, optimizer = network(dtype), network(dtype), rule()
    expected = fit(long, rule(), epochs=7, threads=1)["loss"]
    losses = [*fit(short, optimizer, epochs=3, threads=2)["loss"], *fit(short, optimizer, epochs=4, threads=3)["loss"]]
    assert weights(long) == weights(short) and losses == expected and optimizer.steps == 7


@pytest.mark.parametrize("rule", BOTH)
def test_a_copy_has_the_settings_and_no_state(rule):
    optimizer = rule(tolerance_change=1e-5)
    fit(network(), optimizer, epochs=2)
    for twin in (copy.copy(optimizer), copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert repr(twin) == repr(optimizer) and twin.steps == 0 and optimizer.steps == 2
        fit(network(), twin)
    with pytest.raises(ValueError, match=f"this {rule.__name__} already holds the state of another network"):
        fit(network(), optimizer)


@pytest.mark.parametrize("rule", BOTH)
def test_the_state_can_be_moved_to_another_network(rule):
    of, optimizer = network(), rule()
    fit(of, optimizer, epochs=3)
    twin, other = copy.deepcopy(of), copy.copy(optimizer)
    core = of.core(4, len(of))
    other.core.set_state(twin.core(4, len(twin)), optimizer.core.state(core))
    fit(of, optimizer, epochs=3)
    fit(twin, other, epochs=3)
    assert weights(of) == weights(twin)


@pytest.mark.parametrize("rule", BOTH)
def test_callbacks_early_stopping_and_health(rule):
    class Restart(nn.Callback):
        def on_epoch_begin(self, training):
            if training.epoch == 3:
                training.network.load_state_dict(network(seed=5).state_dict())

    of, monitor = network(), nn.HealthMonitor(share=1.0)
    stop = nn.EarlyStopping(patience=3, restore_best=True)
    options = {"callbacks": [Restart(), monitor, stop], "validation_data": (X[:30], -Y[:30]), "epochs": 30}
    history = fit(of, rule(), **options)
    assert history["loss"][2] == pytest.approx(network(seed=5).evaluate(X, Y, loss="mse")["loss"], rel=1e-12)
    assert len(history) < 30 and of.evaluate(X[:30], -Y[:30], loss="mse")["loss"] == min(history["val_loss"])
    assert all(layer.update > 0 for layer in monitor.reports[1].layers)


@pytest.mark.parametrize("rule", BOTH)
def test_a_schedule_scales_the_steps(rule):
    of = network()
    history = fit(of, rule(nn.StepLR(0.5, step_size=2, gamma=0.0)), epochs=3)
    assert history["lr"] == [0.5, 0.5, 0.0]


@pytest.mark.parametrize("rule", BOTH)
def test_fit_ends_where_there_is_nothing_to_gain(rule):
    of = nn.Sequential(nn.Linear(4, 3), rng=0, dtype="float64")
    of[0].weight, of[0].bias = np.ones((3, 4)), np.ones(3)
    before, optimizer = weights(of), rule()
    history = fit(of, optimizer, of(X), epochs=9)
    assert len(history) == 1 and history.stopped.startswith(rule.__name__) and weights(of) == before


@pytest.mark.parametrize("rule", BOTH)
def test_a_loss_that_is_not_finite_is_divergence(rule):
    of = nn.Sequential(nn.Linear(4, 3), nn.Exponential(), rng=0, dtype="float64")
    of[0].bias = np.full(3, 1e4)
    before, optimizer = weights(of), rule()
    with pytest.raises(nn.DivergedError, match=r"loss became NaN or infinite in epoch 1.*initial weights"):
        fit(of, optimizer)
    assert weights(of) == before and optimizer.steps == 0


def test_derivatives_that_overflow_are_no_endless_search():
    of = nn.Sequential(nn.Linear(4, 3), rng=0, dtype="float64")
    of[0].weight = np.zeros((3, 4))
    before = weights(of)
    with pytest.raises(nn.DivergedError, match="epoch 1"):
        fit(of, nn.LevenbergMarquardt(), X=1e200 * X)
    assert fit(of, nn.LBFGS(), X=1e200 * X, epochs=9).stopped == "LBFGS: no step down the gradient lowers the loss"
    assert weights(of) == before


def test_steps_that_overflow_are_shortened_or_diverge():
    def steep():
        return nn.Sequential(nn.Linear(4, 3), nn.Exponential(), rng=0, dtype="float64")

    of = steep()
    losses = fit(of, nn.LBFGS(lr=1e4), epochs=5)["loss"]
    assert losses[-1] < losses[0]
    of, other = steep(), steep()
    with pytest.raises(nn.DivergedError, match="epoch 1"):
        fit(of, nn.LBFGS(lr=1e4, line_search_fn=None), epochs=5)
    assert weights(of) == weights(other)


@pytest.mark.parametrize("rule", BOTH)
def test_ctrl_c_leaves_the_network_as_a_step_left_it(monkeypatch, rule):
    of, twin, trials = network(), network(), []
    optimizer, rounded = rule(), full_batch.Method.rounded

    def interrupted(method, vector):
        trials.append(vector)
        if len(trials) == 9:
            os.kill(os.getpid(), signal.SIGINT)
        return rounded(method, vector)

    monkeypatch.setattr(full_batch.Method, "rounded", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(of, optimizer, epochs=100)
    assert len(trials) == 9 and 0 < optimizer.steps < 9
    fit(twin, rule(), epochs=optimizer.steps)
    assert weights(of) == weights(twin)
    fit(of, optimizer)


def test_ctrl_c_between_two_layers_leaves_both_as_they_were(monkeypatch):
    of, assign = network(), full_batch.assign
    before = weights(of)

    def interrupted(target, vector):
        assign(target, vector)
        if target is of:
            of[2].bias = np.frombuffer(before[-24:])
            monkeypatch.undo()
            raise KeyboardInterrupt

    monkeypatch.setattr(full_batch, "assign", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(of, nn.LevenbergMarquardt())
    assert weights(of) == before
    fit(of, nn.LevenbergMarquardt())


def test_what_cannot_be_trained_is_refused_before_anything_changes():
    random = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 3), rng=0)
    learned = nn.Sequential(nn.Linear(4, 3), nn.PReLU(), rng=0)
    wide = nn.Sequential(nn.Linear(4, 2000), nn.Linear(2000, 3), rng=0)
    cases = [
        (lambda: fit(network(), nn.LBFGS(), batch_size=32), "batch_size is 32, but LBFGS takes all 60 samples"),
        (lambda: fit(network(), "levenberg_marquardt", batch_size=59), "takes all 60 samples.*batch_size=None"),
        (lambda: fit(random, nn.LBFGS()), r"Dropout\(p=0.5\) at index 1 does otherwise in training, but LBFGS"),
        (lambda: fit(network(), nn.LevenbergMarquardt(), loss="l1"), r"L1Loss.*MSELoss or SquaredError"),
        (lambda: fit(learned, nn.LevenbergMarquardt()), r"PReLU.* at index 1 has parameters.*Linear"),
        (
            lambda: fit(wide, nn.LevenbergMarquardt()),
            r"max_memory is 1073741824 bytes, but .* 16003 weights",
        ),
        (lambda: nn.LBFGS(max_eval=0), "max_eval is 0"),
        (lambda: nn.LBFGS(history_size=0), "history_size is 0"),
        (lambda: nn.LBFGS(tolerance_grad=-1), "tolerance_grad is -1"),
        (lambda: nn.LBFGS(line_search_fn="armijo"), "line_search_fn is 'armijo'"),
        (lambda: nn.LevenbergMarquardt(damping=0), "damping is 0"),
        (lambda: nn.LevenbergMarquardt(max_memory=0), "max_memory is 0"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="LBFGS takes all samples in a step, but train_batch"):
        network().train_batch(X, Y, loss="mse", optimizer=nn.LBFGS())
