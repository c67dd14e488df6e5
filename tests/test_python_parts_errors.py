"""What parts written in Python raise comes out, and nothing is lost."""

import signal
import threading
import time
import traceback

import numpy as np
import pytest

import pynncore as nn
from own_parts import Linear, MeanSquares, Momentum, Tanh, X, Y


class Oops(Exception):
    pass


def breaking(base, method, at):
    """A subclass of base whose method raises in its call number `at`, counted from 1."""

    class Breaking(base):
        calls = 0

    def broken(self, *args):
        self.calls += 1
        if self.calls == at:
            raise Oops("here")
        return getattr(base, method)(self, *args)

    setattr(Breaking, method, broken)
    return Breaking


BREAKING = {  # the calls of a method until the fourth step
    "layer forward": (Tanh, "forward", 4 + 1),  # one asks for the width
    "layer backward": (Tanh, "backward", 4),
    "loss forward": (MeanSquares, "forward", 4),
    "loss backward": (MeanSquares, "backward", 4),
    "step": (Momentum, "step", 4),
}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("case", BREAKING)
def test_what_a_method_raises_comes_out_and_nothing_is_lost(case, threads):
    base, method, at = BREAKING[case]
    kind = breaking(base, method, at)

    def parts(own):
        chosen = {Tanh: Tanh, MeanSquares: MeanSquares, Momentum: Momentum} | ({base: kind} if own else {})
        layers = nn.Linear(5, 40), chosen[Tanh](), nn.BatchNorm(40), nn.Linear(40, 3)
        return nn.Sequential(*layers, rng=0), chosen[MeanSquares](), chosen[Momentum]()

    net, loss, rule = parts(True)
    with pytest.raises(Oops, match="here") as raised:
        net.fit(X, Y, loss=loss, optimizer=rule, batch_size=30, epochs=5, threads=threads, shuffle=False)
    assert "broken" in [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert rule.steps == 3
    twin, twin_loss, twin_rule = parts(False)
    for step in range(3):
        batch = slice(30 * step, 30 * (step + 1))
        twin.train_batch(X[batch], Y[batch], loss=twin_loss, optimizer=twin_rule)
    assert all(np.array_equal(array, twin.state_dict()[name]) for name, array in net.state_dict().items())
    assert np.isfinite(net.fit(X, Y, loss=loss, optimizer=rule, epochs=2, threads=threads)["loss"]).all()  # goes on


def test_exceptions_outside_of_training():
    for method, call in {
        "forward": lambda net: net.predict(X),
        "backward": lambda net: net.gradients(X, Y, loss="mse"),
    }.items():
        net = nn.Sequential(
            nn.Linear(5, 4), breaking(Tanh, method, 2 - (method == "backward"))(), nn.Linear(4, 3), rng=0
        )
        with pytest.raises(Oops):
            call(net)
        assert net.predict(X).shape == (300, 3)
    with pytest.raises(Oops):
        net.evaluate(X, Y, loss=breaking(MeanSquares, "forward", 1)())


class Faulty(nn.Module):
    def __init__(self, forward=lambda x: x, backward=lambda grad: grad, weight=(0.0,)):
        super().__init__()
        self.weight = nn.Parameter([1.0])
        self.own_forward, self.own_backward, self.gradient = forward, backward, weight

    def forward(self, x):
        return self.own_forward(x)

    def out_features_for(self, in_features):
        return in_features

    def backward(self, grad):
        if self.gradient is not None:
            self.grads["weight"] = self.gradient
        return self.own_backward(grad)


class FaultyLoss(nn.Loss):
    def __init__(self, forward=lambda o: o.sum(axis=1), backward=np.ones_like):
        super().__init__()
        self.own_forward, self.own_backward = forward, backward

    def forward(self, target, output):
        return self.own_forward(output)

    def backward(self, target, output):
        return self.own_backward(output)


class FaultyRule(nn.Optimizer):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def step(self, weights, gradients):
        weights["0.weight"] = self.value


FAULTS = {
    "nothing": ({"layer": Faulty(lambda x: None)}, TypeError, "Faulty.forward returned NoneType"),
    "rows": ({"layer": Faulty(lambda x: x[:-1])}, ValueError, r"Faulty.forward returned .*\(299, 5\), but \(300, 5\)"),
    "columns": ({"layer": Faulty(lambda x: x[:, :2])}, ValueError, r"shape \(300, 2\), but \(300, 5\) was expected"),
    "complex": ({"layer": Faulty(lambda x: x * 1j)}, TypeError, "Faulty.forward returned an array of complex64"),
    "text": ({"layer": Faulty(lambda x: x.astype(str))}, TypeError, "Faulty.forward returned an array of <U"),
    "dx": (
        {"layer": Faulty(backward=lambda g: g.T)},
        ValueError,
        r"Faulty.backward returned .*\(5, 300\), but \(300, 5\)",
    ),
    "no gradient": ({"layer": Faulty(weight=None)}, ValueError, r"Faulty.backward left no grads\['weight'\]"),
    "gradient": ({"layer": Faulty(weight=[1, 2])}, ValueError, r"left in grads\['weight'\] .*\(2,\), but \(1,\) was"),
    "values": (
        {"loss": FaultyLoss(lambda o: o)},
        ValueError,
        r"FaultyLoss.forward returned .*\(300, 5\), but \(300,\)",
    ),
    "a mean": ({"loss": FaultyLoss(lambda o: o.mean())}, ValueError, r"shape \(\), but \(300,\) was expected"),
    "derivative": (
        {"loss": FaultyLoss(backward=lambda o: o[0])},
        ValueError,
        r"FaultyLoss.backward .*\(5,\), but \(300, 5\)",
    ),
    "weights": (
        {"rule": FaultyRule([1.0, 2.0])},
        ValueError,
        r"FaultyRule.step left in weights\['0.weight'\] .*\(2,\)",
    ),
    "no weights": ({"rule": FaultyRule(None)}, TypeError, r"FaultyRule.step left in weights\['0.weight'\] NoneType"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_wrong_results_are_refused(case):
    parts, error, message = FAULTS[case]
    net = nn.Sequential(parts.get("layer", Faulty()), rng=0)
    net[0]._owner = None  # the next test may use the layer too
    with pytest.raises(error, match=message):
        net.fit(X, X, loss=parts.get("loss", FaultyLoss()), optimizer=parts.get("rule", "sgd"), batch_size=None)
    assert net[0].weight == 1


def test_wrong_definitions_are_refused():
    class NoSuper(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

        forward, backward = Tanh.forward, Tanh.backward

    class NoBackward(nn.Module):
        forward = Tanh.forward

    class NoStep(nn.Optimizer):
        pass

    class NoBegin(Momentum):
        def __init__(self):
            pass

    class NoLossBackward(nn.Loss):
        forward = MeanSquares.forward

    class Flat(Tanh):
        def forward(self, x):
            return x.ravel()

    net = nn.Sequential(Linear(5, 3), rng=0)
    for call, error, message in [
        (NoSuper, AttributeError, r"NoSuper: weight is set before super\(\).__init__\(\) was called"),
        (
            lambda: nn.Sequential(NoBackward(), nn.Linear(5, 3)),
            TypeError,
            "subclasses of Module with methods forward and",
        ),
        (lambda: nn.Sequential(Flat(), nn.Linear(5, 3)).predict(X), ValueError, r"Flat.forward .*\(5,\) for one row"),
        (lambda: nn.Sequential(Linear(5, 4), nn.Linear(5, 3)), ValueError, "expects 5 features, but gets 4"),
        (NoStep, TypeError, r"NoStep has no method step\(self, weights, gradients\)"),
        (lambda: Momentum(groups={"*": {"lr": 1.0}}), TypeError, "groups are for optimizers of the library"),
        (lambda: Momentum(clip=1.0), TypeError, "an optimizer has no argument 'clip'"),
        (
            lambda: net.fit(X, Y, loss="mse", optimizer=NoBegin()),
            TypeError,
            r"NoBegin.__init__ has not called super\(\)",
        ),
        (lambda: net.fit(X, Y, loss=NoLossBackward(), optimizer="sgd"), TypeError, "subclass of Loss with methods"),
        (lambda: nn.Parameter(1.0), ValueError, r"a parameter has shape \(\), but at least one dimension"),
        (lambda: nn.Parameter([np.nan]), ValueError, "a parameter"),
        (
            lambda: setattr(net[0], "weight", np.ones(5)),
            ValueError,
            r"weight has shape \(5,\), but Linear\(\) expects \(3, 5\)",
        ),
        (lambda: setattr(net[0], "late", nn.Parameter([1.0])), AttributeError, "late comes too late"),
        (lambda: setattr(Linear(2, 2), "grads", nn.Parameter([1.0])), AttributeError, "grads has a meaning of its own"),
        (lambda: net.save("model"), TypeError, r"layer 0, Linear\(\), is written in Python, and files hold no code"),
    ]:
        with pytest.raises(error, match=message):
            call()


def test_divergence_begins_anew():
    class Exploding(Momentum):
        def step(self, weights, gradients):
            super().step(weights, gradients)
            if self.steps == 4:
                weights["0.bias"][:] = np.nan

    net, rule = nn.Sequential(Linear(5, 3), rng=0), Exploding()
    with pytest.raises(nn.DivergedError, match="MeanSquares: the loss became NaN or infinite in epoch 1, step 6"):
        net.fit(X, Y, loss=MeanSquares(), optimizer=rule)
    assert np.array_equal(net[0].weight, Linear(5, 3).weight.astype("float32"))
    assert (rule.steps, rule.velocity, rule.mu) == (0, {}, 0.9)


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_within_a_layer(threads):
    class Slow(Tanh):
        def forward(self, x):
            if self.training:
                time.sleep(0.02)
            return super().forward(x)

    net = nn.Sequential(nn.Linear(5, 4), Slow(), nn.Linear(4, 3), rng=0)
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, loss="mse", optimizer=nn.Adam(), batch_size=30, epochs=1000, threads=threads)
    assert np.isfinite(net.predict(X)).all() and net.epochs < 100
