"""Parts written in Python as objects: their memory, copies, threads and names."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import pynncore as nn
from conftest import ROOT
from own_parts import LABELS, Linear, MeanSquares, Momentum, Tanh, X, Y, network, trained


def test_threads_of_python_take_turns():
    class Forgetful(nn.Module):  # wrong if two threads were inside at once
        def forward(self, x):
            self.x = x
            time.sleep(0.001)
            return self.x * 2

        def backward(self, grad):
            return grad * 2 * (self.x.sum() == self.x.sum())

    net = nn.Sequential(nn.Linear(5, 40), Forgetful(), nn.Linear(40, 3), rng=0)
    inputs = [X[10 * i : 10 * i + 100] for i in range(8)]
    expected, found = [net.predict(x) for x in inputs], [None] * 8
    wanted = [net.gradients(x, Y[:100], loss="mse")[1] for x in inputs]

    def work(i):
        for _ in range(10):
            found[i] = net.predict(inputs[i]), net.gradients(inputs[i], Y[:100], loss="mse")[1]

    workers = [threading.Thread(target=work, args=[i]) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for (z, gradients), right, those in zip(found, expected, wanted, strict=True):
        assert np.array_equal(z, right) and all(np.array_equal(gradients[name], those[name]) for name in those)


def test_parameters_are_views_of_the_network():
    layer = Linear(5, 3)
    assert layer.weight.dtype == "float64" and type(layer.weight) is np.ndarray
    net = nn.Sequential(layer, nn.Linear(3, 2), rng=0)
    weight, bias = layer.weight, layer.bias
    assert weight.dtype == "float32" and not net.state_dict()["0.bias"].any()
    net.fit(X, X[:, :2], loss="mse", optimizer="adam")
    assert layer.weight is weight and bias.any() and np.array_equal(weight, net.state_dict()["0.weight"])
    layer.weight = np.ones((3, 5))
    layer.bias -= bias
    bias[1] = 4
    assert layer.weight is weight and (weight == 1).all() and net.state_dict()["0.bias"].tolist() == [0, 4, 0]
    net.load_state_dict({**net.state_dict(), "0.weight": np.zeros((3, 5))})
    assert not weight.any() and net.predict(np.ones((1, 5))).shape == (1, 2)
    assert net.parameter_count == 18 + 8


def test_parameters_of_any_shape():
    class Filter(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel = nn.Parameter(np.random.default_rng(0).standard_normal((2, 3, 17)))

        def forward(self, x):
            self.x = x
            return np.einsum("nk,abk->nab", x, self.kernel).reshape(len(x), 6)

        def backward(self, grad):
            grad = grad.reshape(-1, 2, 3)
            self.grads["kernel"] = np.einsum("nk,nab->abk", self.x, grad)
            return np.einsum("nab,abk->nk", grad, self.kernel)

    net = nn.Sequential(nn.Linear(5, 17), Filter(), nn.Linear(6, 3), rng=0)
    assert net.state_dict()["1.kernel"].shape == (2, 3, 17)
    assert nn.check_gradients(net, X[:10], Y[:10], loss="mse", elements=None).ok
    rule = nn.Adam(average=0.9)
    net.fit(X, Y, loss="mse", optimizer=rule)
    assert rule.averaged(net)["1.kernel"].shape == (2, 3, 17)


def test_a_width_that_nobody_knows_before_the_first_call():
    class Halves(Tanh):
        def forward(self, x):
            return super().forward(x)[:, ::2]

        def backward(self, grad):
            wide = np.zeros_like(self.z)
            wide[:, ::2] = grad
            return wide * (1 - self.z**2)

    net = nn.Sequential(Halves(), nn.Linear(3, 2), rng=0)
    assert net.in_features is None and net.predict(X).shape == (300, 2) and net.in_features == 5
    with pytest.raises(ValueError, match="expects 3 features, but gets 4"):
        nn.Sequential(Halves(), nn.Linear(3, 2), rng=0).predict(np.ones((1, 8)))


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda part: pickle.loads(pickle.dumps(part))])
def test_copies(copied):
    net, rule = network(True, tanh=Tanh), Momentum(clip_norm=1.0)
    trained(net, optimizer=rule)
    twin, twin_rule = copied(net), copied(rule)
    assert twin[1] is not net[1] and twin_rule.steps == rule.steps and repr(twin_rule) == repr(rule)
    results = [trained(part, optimizer=own) for part, own in ((net, rule), (twin, twin_rule))]
    assert all(np.array_equal(results[0][name], results[1][name]) for name in results[0])
    layer = copied(net[1])
    assert np.array_equal(layer.weight, net[1].weight) and not np.shares_memory(layer.weight, net[1].weight)
    assert copied(nn.Residual(Tanh())).forward(np.ones((1, 2))).shape == (1, 2)


def test_nothing_holds_itself():
    net, loss, rule = nn.Sequential(Linear(5, 4), Tanh(), nn.Linear(4, 3), rng=0), MeanSquares(), Momentum()
    gone = [weakref.ref(part) for part in (net[0], net[1], loss, rule)]
    weight = net[0].weight
    net.train_batch(X, Y, loss=loss, optimizer=rule)
    before = weight.copy()
    del net, loss, rule
    gc.collect()
    assert [part() for part in gone] == [None] * 4
    assert np.array_equal(weight, before)  # the view keeps its memory


def test_python_code_runs_with_subnormals():
    seen = []

    class Looking(Tanh):
        def forward(self, x):
            seen.append(float(np.float64(1e-310) * 1.0))
            return super().forward(x)

    net = nn.Sequential(nn.Linear(5, 40), Looking(), nn.Linear(40, 3), rng=0)
    net.fit(X, Y, loss="mse", optimizer="sgd", threads=2)
    net.predict(X)
    assert len(seen) > 10 and set(seen) == {1e-310}


def test_redefined_losses_and_shadowing_names_are_taken_as_they_are():
    class Softmax(Tanh):
        """Not the library's: no loss may swallow it."""

    net = nn.Sequential(nn.Linear(5, 3), Softmax(), rng=0)
    value = net.evaluate(X, (Y + 2) / 10, loss="mse")["loss"]
    assert value == pytest.approx(((np.tanh(net.activations(X)[0].u) - (Y + 2) / 10) ** 2).mean(), rel=1e-5)
    d = np.eye(3)[LABELS]
    cross = nn.CrossEntropyLoss(from_logits=False, eps=1e-3)
    p = np.abs(net.predict(X))
    assert net.evaluate(X, d, loss=cross)["loss"] != pytest.approx(nn.CrossEntropyLoss()(p, d))

    def kind(factor):
        class Same(MeanSquares):
            def forward(self, target, output):
                return factor * super().forward(target, output)

        return Same()

    rule = nn.SGD(0.0)
    one, two = (net.train_batch(X, Y, loss=kind(factor), optimizer=rule) for factor in (1, 2))
    assert two == pytest.approx(2 * one)


def test_resumed_training_is_the_same_to_the_bit(tmp_path):
    path = tmp_path / "checkpoint"

    def run(epochs, **options):
        net, rule = network(True, tanh=Tanh), Momentum(clip_norm=1.0)
        trained(net, optimizer=rule, loss=MeanSquares(), epochs=epochs, **options)
        return net.state_dict(), rule

    expected, rule = run(4)
    run(2, callbacks=[nn.ModelCheckpoint(path)])
    found, again = run(4, resume=path)
    assert again.steps == rule.steps and again.velocity.keys() == rule.velocity.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_networks_in_several_threads_share_a_loss():
    class Unsafe(MeanSquares):
        def forward(self, target, output):
            self.error = output - target
            time.sleep(0.001)
            return (self.error**2).mean(axis=1)

        def backward(self, target, output):
            return 2 * self.error / self.error.shape[1]

    loss, options = Unsafe(), {"epochs": 3, "batch_size": 100}
    nets = [nn.Sequential(nn.Linear(5, 3), rng=seed) for seed in range(4)]
    twins = copy.deepcopy(nets)
    nn.fit_many(nets, X, Y, loss=loss, optimizer=Momentum(), threads=4, **options)
    for net, twin in zip(nets, twins, strict=True):
        twin.fit(X, Y, loss=MeanSquares(), optimizer=Momentum(), **options)
        np.testing.assert_array_equal(net[0].weight, twin[0].weight)
    used = MeanSquares(reduction="sum")
    value = used(Y, Y + 1)
    again = pickle.loads(pickle.dumps(used))
    assert repr(again) == repr(used) == "MeanSquares(reduction='sum')" and again(Y, Y + 1) == value


def test_sparse_inputs_and_full_batches():
    sparse = pytest.importorskip("scipy.sparse").csr_array(np.where(np.abs(X) > 1, X, 0))
    nets = [nn.Sequential(nn.Linear(5, 20), kind(), nn.Linear(20, 3), dtype="float64") for kind in (Tanh, nn.Tanh)]
    nets[0].load_state_dict(nets[1].state_dict())
    nets[0].seed = nets[1].seed
    for net in nets:
        net.fit(sparse, Y, loss="mse", optimizer="adam", epochs=3, threads=2)
        net.fit(X, Y, loss="mse", optimizer=nn.LBFGS(), epochs=3, batch_size=None)
    np.testing.assert_allclose(nets[0].predict(sparse), nets[1].predict(sparse), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(nets[0].predict(sparse), nets[0].predict(sparse.toarray()), rtol=1e-12, atol=1e-12)


def test_the_end_of_python_waits_for_layers_in_other_threads():
    code = """
import threading, time
from own_parts import Momentum, MeanSquares, Tanh, X, Y, network
fit, predict = network(True, tanh=Tanh), network(True, tanh=Tanh)
settings = {"loss": MeanSquares(), "optimizer": Momentum(), "epochs": 10**9}
threading.Thread(target=fit.fit, args=(X, Y), kwargs=settings, daemon=True).start()
threading.Thread(target=lambda: [predict.predict(X) for _ in range(10**9)], daemon=True).start()
time.sleep(0.2)
"""
    folders = os.pathsep.join([str(ROOT / "tests"), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": folders}, timeout=60, check=False
    )
    assert done.returncode == 0
