"""Sequential: prediction, evaluation, gradients, looking inside, text, copies, settings."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((50, 4))
y = rng.integers(0, 3, 50)


def classifier(*last, dtype="float64", outputs=3):
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, outputs), *last, rng=0, dtype=dtype)


def softmax(u):
    e = np.exp(u - u.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_predict_in_batches_gives_the_same_bits():
    network = classifier(dtype="float32")
    expected = network(X)
    assert expected.dtype == np.float32
    for batch_size in (None, 1, 7, 50, 1000):
        np.testing.assert_array_equal(network.predict(X, batch_size=batch_size), expected)
    with pytest.raises(ValueError, match="batch_size is 0"):
        network.predict(X, batch_size=0)


def test_probabilities_do_not_depend_on_the_last_layer():
    expected = softmax(classifier()(X))
    for last in ([], [nn.Softmax()], [nn.LogSoftmax()]):
        np.testing.assert_allclose(classifier(*last).predict_proba(X), expected, rtol=1e-12)
    logit = classifier(outputs=1)(X)[:, 0]
    two = np.stack([1 / (1 + np.exp(logit)), 1 / (1 + np.exp(-logit))], axis=1)
    for last in ([], [nn.Sigmoid()]):
        np.testing.assert_allclose(classifier(*last, outputs=1).predict_proba(X), two, rtol=1e-12)
    each = classifier(nn.Sigmoid())
    np.testing.assert_array_equal(each.predict_proba(X), each(X))


def test_losses_are_the_same_whether_or_not_the_last_layer_is_part_of_the_network():
    logits = nn.CrossEntropyLoss()
    value, gradients = classifier().gradients(X, y, loss=logits)
    fused = {
        "softmax": (classifier(nn.Softmax()), nn.CrossEntropyLoss(from_logits=False, eps=0)),
        "log": (classifier(nn.LogSoftmax()), nn.NLLLoss()),
    }
    for network, loss in fused.values():
        other, of_other = network.gradients(X, y, loss=loss)
        assert other == pytest.approx(value, rel=1e-14)
        assert network.evaluate(X, y, loss=loss)["loss"] == pytest.approx(value, rel=1e-14)
        for name in gradients:
            np.testing.assert_array_equal(of_other[name], gradients[name])


def test_fused_losses_do_not_overflow():
    huge = 1e4 * X
    for network, loss, target in (
        (classifier(nn.Softmax()), nn.CrossEntropyLoss(from_logits=False), y),
        (classifier(nn.LogSoftmax()), nn.NLLLoss(), y),
        (classifier(nn.Sigmoid(), outputs=1), nn.BCELoss(), y > 0),
    ):
        network[2].weight = 1e3 * network[2].weight
        value, gradients = network.gradients(huge, target, loss=loss)
        assert np.isfinite(value) and all(np.isfinite(array).all() for array in gradients.values())


def test_the_cross_entropy_of_probabilities_has_eps_in_its_value():
    network, loss = classifier(nn.Softmax()), nn.CrossEntropyLoss(from_logits=False, eps=0.1)
    expected = -np.log(network(X)[np.arange(50), y] + 0.1).mean()
    assert network.evaluate(X, y, loss=loss)["loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("eps", [None, 0.1])
@pytest.mark.parametrize(("last", "from_logits"), [([nn.Softmax], False), ([nn.Sigmoid], False), ([], True)])
def test_gradient_checks_use_the_eps_that_training_uses(last, from_logits, eps):
    network, loss = classifier(*(kind() for kind in last)), nn.CrossEntropyLoss(from_logits, eps)
    report = nn.check_gradients(network, X, y, loss=loss)
    assert report.max_relative_error < 1e-9


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", [nn.SquaredError, nn.MSELoss, nn.CrossEntropyLoss])
def test_sample_weights_multiply_the_samples_losses(loss, reduction):
    network, weight = classifier(), rng.integers(0, 4, 50)
    target = y if loss is nn.CrossEntropyLoss else np.eye(3)[y]
    repeated = network.gradients(np.repeat(X, weight, 0), np.repeat(target, weight, 0), loss=loss(reduction="sum"))
    value, gradients = network.gradients(X, target, loss=loss(reduction=reduction), sample_weight=weight)
    divisor = 1 if reduction == "sum" else 150 if loss is nn.MSELoss else 50
    assert value * divisor == pytest.approx(repeated[0], rel=1e-12)
    for name, array in gradients.items():
        np.testing.assert_allclose(array * divisor, repeated[1][name], rtol=1e-9, atol=1e-12)
    evaluated = network.evaluate(X, target, loss=loss(reduction=reduction), sample_weight=weight)["loss"]
    assert evaluated == pytest.approx(value, rel=1e-12)


def test_evaluation_in_pieces_is_the_whole(monkeypatch):
    network = classifier()
    options = {"loss": "mse", "metrics": ["mae", "r2"], "sample_weight": rng.uniform(0, 1, 50)}
    whole = network.evaluate(X, np.eye(3)[y], **options)
    monkeypatch.setattr(nn.objective, "LEAST_ROWS", 7)
    monkeypatch.setattr(nn.objective, "WORK", 1)
    pieces = network.evaluate(X, np.eye(3)[y], **options)
    assert pieces == pytest.approx(whole, rel=1e-13)


def test_activations_show_every_stage():
    network = nn.Sequential(nn.Tanh(), nn.Linear(4, 8), nn.ReLU(), nn.Tanh(), nn.Linear(8, 3), rng=0)
    stages = network.activations(X)
    assert [stage.name for stage in stages] == ["0: Tanh", "1: Linear, ReLU, Tanh", "4: Linear"]
    np.testing.assert_array_equal(stages[0].u, X.astype(np.float32))
    np.testing.assert_array_equal(stages[1].u, network[1].forward(stages[0].z))
    np.testing.assert_array_equal(stages[1].z, nn.functional.tanh(np.maximum(stages[1].u, 0)))
    np.testing.assert_array_equal(stages[2].u, network(X))
    assert stages[2].u is stages[2].z


def test_a_network_without_linear_layers_takes_the_width_of_its_first_call():
    network = nn.Sequential(nn.Softmax())
    assert network.out_features is None and network(X).shape == (50, 4)
    assert network.in_features == network.out_features == 4
    with pytest.raises(ValueError, match="3 features, but the first call had 4"):
        network(X[:, :3])


def test_layers_are_found_by_index():
    network = classifier()
    assert len(network) == 3 and list(network) == [network[0], network[1], network[-1]]
    for index, error in ((3, IndexError), (-4, IndexError), ("0", TypeError), (slice(2), TypeError)):
        with pytest.raises(error):
            network[index]


def test_text():
    assert repr(classifier()) == (
        "Sequential(\n"
        "  (0): Linear(in_features=4, out_features=8, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=8, out_features=3, bias=True)\n"
        ")  # 67 parameters, float64"
    )


def test_summary_prints_a_table(capsys):
    classifier().summary()
    assert capsys.readouterr().out.splitlines()[-1].split() == ["total", "67", "536", "B", "120"]
    nn.Sequential(nn.ReLU()).summary()
    assert "(n, ?)" in capsys.readouterr().out


@pytest.mark.parametrize("make", [copy.deepcopy, copy.copy, lambda n: pickle.loads(pickle.dumps(n))])
def test_copies_are_equal_and_independent(make):
    network = classifier()
    network.metadata["note"] = "hello"
    options = {"loss": "cross_entropy", "epochs": 3}
    network.fit(X, y, optimizer="adam", **options)
    other = make(network)
    assert (other.seed, other.epochs, other.metadata) == (network.seed, 3, {"note": "hello"})
    before = network(X)
    np.testing.assert_array_equal(other(X), before)
    history = other.fit(X, y, optimizer="adam", **options)
    np.testing.assert_array_equal(network(X), before)
    assert history["loss"] == network.fit(X, y, optimizer="adam", **options)["loss"]


def test_check_gradients_finds_no_error_and_changes_nothing():
    network = classifier(dtype="float32")
    before = network(X)
    report = nn.check_gradients(network, X[:5], y[:5], loss="cross_entropy", sample_weight=np.arange(5))
    assert report.ok and report.max_relative_error < 1e-8
    assert report.checked == {"0.weight": 32, "0.bias": 8, "2.weight": 24, "2.bias": 3}
    assert str(report).splitlines()[-1].startswith("ok")
    np.testing.assert_array_equal(network(X), before)
    some = nn.check_gradients(network, X[:5], y[:5], loss="cross_entropy", elements=2)
    assert set(some.checked.values()) == {2}


def test_check_gradients_finds_a_wrong_gradient():
    """A surrogate's derivative is not that of the step."""
    network = nn.Sequential(nn.Linear(4, 3), nn.Step(surrogate="sigmoid"), nn.Linear(3, 1), rng=0)
    report = nn.check_gradients(network, X, X[:, :1], loss="mse")
    assert not report.ok and report.errors["0.weight"] > 0.1 and report.errors["2.weight"] < 1e-7
    assert "wrong" in str(report) and "not ok" in str(report)


def test_settings():
    before = nn.config.isa()
    for level in nn._core.levels():
        nn.config.set_isa(level)
        assert nn.config.isa() == level
    nn.config.set_isa(before)
    default = nn.config.threads()
    nn.config.set_threads(3)
    assert nn.config.threads() == 3
    nn.config.set_threads(None)
    assert nn.config.threads() == default


def test_show_prints_the_report(capsys):
    nn.config.show()
    text = capsys.readouterr().out
    assert text == nn.config.report() + "\n"
    assert all(word in text for word in ("kernels", nn.config.isa(), np.__version__))


def run(code, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_environment_variables_choose_kernels_and_threads():
    code = "import pynncore as nn; print(nn.config.isa(), nn.config.threads())"
    assert run(code, PYNNCORE_ISA="scalar", PYNNCORE_NUM_THREADS="5").stdout.split() == ["scalar", "5"]


@pytest.mark.parametrize(
    ("name", "value"), [("PYNNCORE_ISA", "sse9"), ("PYNNCORE_NUM_THREADS", "0"), ("PYNNCORE_NUM_THREADS", "many")]
)
def test_wrong_environment_variables_are_refused_at_import(name, value):
    done = run("import pynncore", **{name: value})
    assert done.returncode != 0 and name in done.stderr.splitlines()[-1] and value in done.stderr.splitlines()[-1]
