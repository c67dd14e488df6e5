"""`Sequential.health` and `HealthMonitor`: numbers beside NumPy's, and warnings that say what is wrong."""

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X, y = rng.standard_normal((40, 5)), rng.integers(0, 3, 40)


def rms(*arrays):
    return np.sqrt(np.mean(np.concatenate([np.ravel(array) for array in arrays]) ** 2))


def network_of(*hidden, last=(), dtype="float64"):
    return nn.Sequential(nn.Linear(5, 8), *hidden, nn.Linear(8, 3), *last, rng=0, dtype=dtype)


@pytest.mark.parametrize("last", [(), (nn.Softmax,)])
def test_numbers_are_those_of_the_network(last):
    network = network_of(nn.Tanh(), last=[layer() for layer in last])
    loss = nn.CrossEntropyLoss(from_logits=not last)
    health = network.health(X, y, loss)
    value, gradients = network.gradients(X, y, loss=loss)
    stages = network.activations(X)
    assert health.loss == pytest.approx(network.evaluate(X, y, loss=loss)["loss"])
    assert value == pytest.approx(health.loss)
    assert [layer.name for layer in health.layers] == [stage.name for stage in stages]
    for layer, stage, index in zip(health.layers, stages, (0, 2), strict=True):
        weight, bias = network[index].weight, network[index].bias
        assert layer.weight == pytest.approx(rms(weight, bias))
        assert layer.gradient == pytest.approx(rms(gradients[f"{index}.weight"], gradients[f"{index}.bias"]))
        assert (layer.u_mean, layer.u_std) == pytest.approx((stage.u.mean(), stage.u.std()))
        assert (layer.z_mean, layer.z_std) == pytest.approx((stage.z.mean(), stage.z.std()))
        assert layer.units == stage.u.shape[1]
        assert layer.update is None
    delta = (np.exp(stages[1].u) / np.exp(stages[1].u).sum(1, keepdims=True) - np.eye(3)[y]) / 40
    below = delta @ network[2].weight * (1 - np.tanh(stages[0].u) ** 2)
    assert [layer.delta for layer in health.layers] == pytest.approx([rms(below), rms(delta)])


@pytest.mark.parametrize("optimizer", [nn.SGD(lr=0.1), nn.Adam(lr=1e-2)])
def test_update_is_that_of_the_next_step(optimizer):
    network = network_of(nn.Tanh())
    for _ in range(3):
        network.train_batch(X, y, loss="cross_entropy", optimizer=optimizer)
    before, steps = network.state_dict(), optimizer.steps
    health = network.health(X, y, "cross_entropy", optimizer)
    assert optimizer.steps == steps
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    network.train_batch(X, y, loss="cross_entropy", optimizer=optimizer)
    after = network.state_dict()
    for layer, index in zip(health.layers, (0, 2), strict=True):
        names = (f"{index}.weight", f"{index}.bias")
        step = rms(*(after[name] - before[name] for name in names)) / rms(*(before[name] for name in names))
        assert layer.update == pytest.approx(step, rel=1e-9)


def test_dead_units_are_counted_and_named():
    network = network_of(nn.ReLU())
    network[0].bias = [-100] * 5 + [1] * 3
    health = network.health(X, y, "cross_entropy")
    assert health.layers[0].dead == 5 / 8
    assert health.warnings == ["layer 0: 62% of ReLU units are dead: lower the learning rate or use LeakyReLU"]
    assert health.warnings[0] in str(health)


def test_saturated_units_are_counted_and_named():
    network = network_of(nn.Sigmoid())
    network[0].bias = [30] * 2 + [-30] * 2 + [0] * 4
    health = network.health(X, y, "cross_entropy")
    assert (health.layers[0].saturated, health.layers[0].dead) == (0.5, 0)
    assert health.warnings[0].startswith("layer 0: 50% of Sigmoid units are saturated")


def test_vanishing_and_exploding_gradients_and_steps_are_named():
    layers = [part for _ in range(12) for part in (nn.Linear(6, 6), nn.Sigmoid())]
    deep = nn.Sequential(nn.Linear(5, 6), *layers, nn.Linear(6, 3), rng=0)
    assert any("layer 0" in text and "vanishes" in text for text in deep.health(X, y, "cross_entropy").warnings)
    steep = nn.Sequential(
        *[nn.Linear(5, 5, weight_init=nn.initializers.Constant(9)) for _ in range(4)], nn.Linear(5, 3)
    )
    assert any("layer 0" in text and "explodes" in text for text in steep.health(X, y, "cross_entropy").warnings)
    network = network_of(nn.Tanh())
    fast = network.health(X, y, "cross_entropy", nn.Adam(lr=1.0)).warnings
    slow = network.health(X, y, "cross_entropy", nn.SGD(lr=1e-8)).warnings
    assert all("lower the learning rate" in text for text in fast) and len(fast) == 2
    assert all("raise the learning rate" in text for text in slow) and len(slow) == 2


def test_every_kind_of_layer_has_health():
    network = nn.Sequential(
        nn.Tanh(), nn.Maxout(5, 8), nn.PReLU(8), nn.Dropout(0.5), nn.Linear(8, 8), nn.SwiGLU(), nn.Linear(4, 3), rng=0
    )
    health = network.health(X, y, "cross_entropy", nn.Adam())
    assert [layer.units for layer in health.layers] == [5, 8, 8, 3]
    assert len(str(health).splitlines()) == 2 + 4 + len(health.warnings)


def test_monitor_records_while_there_is_time():
    monitor = nn.HealthMonitor(samples=10, share=1)
    network = network_of(nn.ReLU())
    options = {"loss": "cross_entropy", "optimizer": nn.Adam(), "callbacks": [monitor]}
    network.fit(X, y, epochs=2, validation_split=0.2, class_weight="balanced", **options)
    report = monitor.reports[1]
    assert report.layers[0].update > 0
    monitor._longest = 1e9
    network_of(nn.ReLU())
    before = dict(monitor.reports)

    class Training:
        epoch = 3

        def health(self, samples):
            raise AssertionError("there is no time for it")

    monitor.on_epoch_end(Training())
    assert monitor.reports == before


def test_training_is_the_same_to_the_bit_with_a_monitor():
    weights = []
    for callbacks in ([], [nn.HealthMonitor(share=1)]):
        network = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.2), nn.ReLU(), nn.Linear(8, 3), rng=0)
        network.fit(X, y, loss="cross_entropy", optimizer=nn.Adam(), epochs=3, batch_size=8, callbacks=callbacks)
        weights.append(network.state_dict())
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name])


def test_losses_without_gradient_are_refused():
    with pytest.raises(ValueError, match="surrogate"):
        network_of(nn.ReLU()).health(X, y, "zero_one")


def test_what_is_dead_is_named_behind_dropout_and_not_where_all_is_learned():
    network = network_of(nn.ReLU(), nn.Dropout(0.5))
    network[0].bias = [-100] * 8
    assert "100% of ReLU units are dead" in network.health(X, y, "cross_entropy").warnings[0]
    solved = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1, bias_init=nn.initializers.Constant(50)), rng=0)
    assert solved.health(X, np.ones(40), "hinge").warnings == []
    fresh = nn.Sequential(nn.Linear(5, 64), nn.Exponential(), nn.Linear(64, 3), rng=0)
    assert fresh.health(X, y, "cross_entropy").layers[0].saturated == 0


def test_samples_without_weight_do_not_stop_a_monitored_fit():
    weight = np.r_[np.zeros(10), np.ones(30)]
    monitor = nn.HealthMonitor(samples=10, share=1)
    history = network_of(nn.Tanh()).fit(
        X, y, loss="cross_entropy", optimizer="sgd", sample_weight=weight, callbacks=[monitor], epochs=2
    )
    assert len(history["loss"]) == 2
    assert monitor.reports
