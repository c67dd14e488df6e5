"""What every optimizer can do beside its rule: clipping, penalties, averages, accumulation, groups of parameters."""

import copy
import pickle

import numpy as np
import pytest

import pynncore as nn

RNG = np.random.default_rng(0)
X, LABELS = RNG.standard_normal((60, 5)) * 3, RNG.integers(0, 3, 60)
BATCH = 15
RULES = {
    "SGD": (lambda **o: nn.SGD(0.1, **o), lambda torch, p: torch.optim.SGD(p, 0.1)),
    "momentum": (lambda **o: nn.SGD(0.1, 0.9, **o), lambda torch, p: torch.optim.SGD(p, 0.1, 0.9)),
    "Adam": (lambda **o: nn.Adam(0.02, **o), lambda torch, p: torch.optim.Adam(p, 0.02)),
}


def network_of(dtype="float64", hidden=40):
    return nn.Sequential(nn.Linear(5, hidden), nn.PReLU(hidden), nn.Linear(hidden, 3), rng=0, dtype=dtype)


def twin_of(torch, network):
    hidden = network[0].out_features
    layers = torch.nn.Linear(5, hidden), torch.nn.PReLU(hidden), torch.nn.Linear(hidden, 3)
    twin = torch.nn.Sequential(*layers).double()
    twin.load_state_dict({name: torch.from_numpy(value) for name, value in network.state_dict().items()})
    return twin


def train(network, optimizer, epochs=8, **options):
    options = {"loss": "cross_entropy", "batch_size": BATCH, "shuffle": False} | options
    return network.fit(X, LABELS, optimizer=optimizer, epochs=epochs, **options)


def train_twin(torch, twin, rule, before_step, epochs=8, penalty=lambda: 0.0):
    for _ in range(epochs):
        for first in range(0, len(X), BATCH):
            rule.zero_grad()
            xb, yb = torch.from_numpy(X[first : first + BATCH]), torch.from_numpy(LABELS[first : first + BATCH])
            (torch.nn.functional.cross_entropy(twin(xb), yb) + penalty()).backward()
            before_step()
            rule.step()


def assert_same(network, twin, tolerance=1e-10):
    for name, value in network.state_dict().items():
        expected = twin.state_dict()[name].numpy()
        np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("options", [{"clip_norm": 0.3}, {"clip_value": 0.02}, {"clip_norm": 0.2, "clip_value": 0.05}])
def test_clipping_is_pytorchs(rule, options, threads):
    torch = pytest.importorskip("torch")
    network = network_of()
    twin = twin_of(torch, network)
    ours, theirs = RULES[rule]

    def clip():
        if "clip_value" in options:
            torch.nn.utils.clip_grad_value_(twin.parameters(), options["clip_value"])
        if "clip_norm" in options:
            norms.append(float(torch.nn.utils.clip_grad_norm_(twin.parameters(), options["clip_norm"])))

    norms = []
    train(network, ours(**options), threads=threads)
    train_twin(torch, twin, theirs(torch, twin.parameters()), clip)
    assert_same(network, twin)
    assert not norms or max(norms) > options["clip_norm"], "nothing was clipped"


def test_l1_is_a_penalty_of_weights():
    torch = pytest.importorskip("torch")
    network = network_of()
    twin = twin_of(torch, network)

    def penalty():
        return 0.01 * (twin[0].weight.abs().sum() + twin[2].weight.abs().sum())

    train(network, nn.SGD(0.1, l1=0.01))
    train_twin(torch, twin, torch.optim.SGD(twin.parameters(), 0.1), lambda: None, penalty=penalty)
    assert_same(network, twin)


DECAYING = {
    "SGD": lambda torch: torch.optim.SGD,
    "Adam": lambda torch: torch.optim.Adam,
    "AdamW": lambda torch: torch.optim.AdamW,
    "RAdam": lambda torch: torch.optim.RAdam,
    "Adamax": lambda torch: torch.optim.Adamax,
    "RMSprop": lambda torch: torch.optim.RMSprop,
    "Adagrad": lambda torch: torch.optim.Adagrad,
    "Adadelta": lambda torch: torch.optim.Adadelta,
}


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("name", DECAYING)
def test_groups_are_pytorchs(name, accumulate):
    """No decay on biases and slopes, another rate for the last layer, a frozen bias; also where gradients are kept."""
    torch = pytest.importorskip("torch")
    network = network_of()
    twin = twin_of(torch, network)
    groups = {
        "*": {"weight_decay": 0.0},
        "[02].weight": {"weight_decay": 0.1},
        "2.*": {"lr": 0.03},
        "0.bias": {"lr": 0},
    }
    rule = getattr(nn, name)(lr=0.01, weight_decay=0.5, groups=groups, accumulate=accumulate)
    size = 16
    train(network, rule, batch_size=size // accumulate, epochs=5)
    twin[0].bias.requires_grad_(False)
    parts = [
        {"params": [twin[0].weight], "weight_decay": 0.1},
        {"params": [twin[1].weight]},
        {"params": [twin[2].weight], "weight_decay": 0.1, "lr": 0.03},
        {"params": [twin[2].bias], "lr": 0.03},
    ]
    reference = DECAYING[name](torch)(parts, lr=0.01, weight_decay=0.0)
    for _ in range(5):
        for first in range(0, len(X), size):
            reference.zero_grad()
            xb, yb = torch.from_numpy(X[first : first + size]), torch.from_numpy(LABELS[first : first + size])
            torch.nn.functional.cross_entropy(twin(xb), yb).backward()
            reference.step()
    assert_same(network, twin)


def test_a_schedule_moves_the_rates_of_groups_in_proportion():
    torch = pytest.importorskip("torch")
    network = network_of()
    twin = twin_of(torch, network)
    train(network, nn.SGD(nn.ExponentialLR(0.1, 0.5), groups={"2.*": {"lr": 0.02}}), epochs=6)
    parts = [{"params": [*twin[0].parameters(), *twin[1].parameters()]}, {"params": twin[2].parameters(), "lr": 0.02}]
    rule = torch.optim.SGD(parts, lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(rule, 0.5)
    for _ in range(6):
        train_twin(torch, twin, rule, lambda: None, epochs=1)
        schedule.step()
    assert_same(network, twin)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.5}, {"l1": 1e-3, "average": 0.9}])
def test_accumulation_gives_the_bits_of_the_larger_batch(options, threads):
    """Also with random units, an epoch that ends within a step, weights of classes and samples, and metrics."""
    found = []
    for batch, accumulate in [(24, 1), (8, 3), (12, 2), (3, 8)]:
        layers = [nn.Linear(5, 70), nn.ReLU(), nn.Dropout(0.3), nn.Linear(70, 3)]
        network = nn.Sequential(*layers, rng=0)
        rule = nn.Adam(0.01, accumulate=accumulate, **options)
        loss = nn.CrossEntropyLoss(weight=[1.0, 2.0, 0.5], label_smoothing=0.1)
        weight = np.linspace(0.5, 2, len(X))
        fitted = {"epochs": 3, "batch_size": batch, "sample_weight": weight, "threads": threads}
        history = network.fit(X, LABELS, loss=loss, optimizer=rule, metrics=["accuracy"], **fitted)
        assert rule.steps == 3 * 3
        averages = rule.averaged(network) if "average" in options else {}
        arrays = [*network.state_dict().values(), *averages.values()]
        found.append(([a.tobytes() for a in arrays], history["loss"], history["accuracy"]))
    assert all(other == found[0] for other in found)


def test_max_norm():
    network, most = network_of(), 0.4
    train(network, nn.SGD(0.5, max_norm=most))
    for layer in (network[0], network[2]):
        norms = np.linalg.norm(layer.weight, axis=1)
        assert norms.max() <= most * (1 + 1e-12)
        assert np.isclose(norms, most).any()
    reference = network_of()
    before = reference.state_dict()
    reference.train_batch(X, LABELS, loss="cross_entropy", optimizer=nn.SGD(0.5))
    step = reference.state_dict()
    reference.load_state_dict(before)
    reference.train_batch(X, LABELS, loss="cross_entropy", optimizer=nn.SGD(0.5, max_norm=most))
    for name in ("0.weight", "2.weight"):
        norms = np.linalg.norm(step[name], axis=1, keepdims=True)
        np.testing.assert_allclose(reference.state_dict()[name], step[name] * np.minimum(1, most / norms), rtol=1e-12)


def test_averages():
    network, rule = network_of(), nn.Adam(0.02, average=0.8)
    expected = network.state_dict()
    for first in range(0, len(X), BATCH):
        part = slice(first, first + BATCH)
        network.train_batch(X[part], LABELS[part], loss="cross_entropy", optimizer=rule)
        expected = {name: 0.8 * expected[name] + 0.2 * value for name, value in network.state_dict().items()}
    averages = rule.averaged(network)
    for name, value in expected.items():
        np.testing.assert_allclose(averages[name], value, rtol=1e-12, atol=1e-15)
    network.load_state_dict(averages)
    with pytest.raises(ValueError, match="has not trained this network"):
        rule.averaged(network_of())
    with pytest.raises(ValueError, match="keeps no averages"):
        nn.SGD().averaged(network)


def test_same_bits_for_any_number_of_threads_and_on_every_level():
    found, before = set(), nn.config.isa()
    levels = [level for level in nn._core.levels() if level != "scalar"]
    options = {
        "clip_norm": 0.4,
        "l1": 1e-4,
        "max_norm": 2.0,
        "average": 0.9,
        "groups": {"*.bias": {"weight_decay": 0.0}},
    }
    for level, threads in [(before, 1), (before, 2), (before, 7), *((level, 2) for level in levels)]:
        nn.config.set_isa(level)
        network = network_of("float32", 200)
        rule = nn.AdamW(0.01, weight_decay=0.1, **options)
        train(network, rule, threads=threads)
        found.add(b"".join(a.tobytes() for a in [*network.state_dict().values(), *rule.averaged(network).values()]))
    nn.config.set_isa(before)
    assert len(found) == 1


def test_settings_are_shown_and_copied():
    rule = nn.Lion(
        clip_norm=1, groups={"*.bias": {"weight_decay": 0.0}}, average=0.5, accumulate=2, l1=0, max_norm=None
    )
    assert repr(rule).endswith("clip_norm=1.0, average=0.5, accumulate=2, groups={'*.bias': {'weight_decay': 0.0}})")
    assert repr(copy.copy(rule)) == repr(pickle.loads(pickle.dumps(rule))) == repr(rule)
    assert repr(nn.Adam(clip_norm=None)) == repr(nn.Adam())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.SGD(clip_norm=-1), ValueError, "clip_norm is -1"),
        (lambda: nn.SGD(clip_value=0), ValueError, "clip_value is 0, but a number above 0 or None"),
        (lambda: nn.Adam(average=1), ValueError, "average is 1"),
        (lambda: nn.Adam(accumulate=0), ValueError, "accumulate is 0"),
        (lambda: nn.Adam(clipnorm=1), TypeError, "no argument 'clipnorm'"),
        (lambda: nn.Adam(groups=["*.bias"]), TypeError, "groups is"),
        (
            lambda: nn.Adam(groups={"*.bias": {"momentum": 1}}),
            ValueError,
            "has 'momentum', but a group of Adam takes lr",
        ),
        (lambda: nn.SGD(groups={"*.bias": {"momentum": 0.9}}), ValueError, "needs another state"),
        (lambda: nn.SGD(groups={"*.bias": {"lr": nn.StepLR(0.1, 1)}}), TypeError, "a number was expected"),
        (lambda: nn.SGD(groups={"*.bias": {"lr": -1}}), ValueError, "lr is -1"),
        (lambda: train(network_of(), nn.SGD(groups={"9.*": {"lr": 0}})), ValueError, r"'9\.\*', which fits none of 0"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_groups_stay_those_of_the_first_network():
    rule = nn.SGD(0.1, groups={"0.*": {"lr": 0.0}})
    first, second = network_of(), nn.Sequential(nn.Linear(5, 3), rng=0)
    first.train_batch(X, LABELS, loss="cross_entropy", optimizer=rule)
    before = first[0].weight
    with pytest.raises(ValueError, match="already holds the state of another network"):
        second.train_batch(X, LABELS, loss="cross_entropy", optimizer=rule)
    first.train_batch(X, LABELS, loss="cross_entropy", optimizer=rule)
    np.testing.assert_array_equal(first[0].weight, before)


UNITS = {
    "shared slope": nn.PReLU,
    "shared ACON": nn.ACON,
    "slopes": lambda: nn.PReLU(7),
    "infinite in padding": lambda: nn.BatchNorm(7, eps=0.0),
}


@pytest.mark.parametrize("kind", UNITS)
def test_a_clipped_step_is_as_long_as_the_norm_says(kind):
    """Also with parameters that all lanes of a panel share, and where padding holds anything."""
    network = nn.Sequential(nn.Linear(5, 7), UNITS[kind](), nn.Linear(7, 3), nn.PReLU(), rng=0)
    before = network.state_dict()
    network.train_batch(X, LABELS, loss="cross_entropy", optimizer=nn.SGD(1.0, clip_norm=0.01))
    moved = [value - before[name] for name, value in network.state_dict().items() if "running" not in name]
    np.testing.assert_allclose(np.sqrt(sum((m.astype(float) ** 2).sum() for m in moved)), 0.01, rtol=1e-3)


@pytest.mark.parametrize("schedule", [nn.LinearWarmup(0.1), nn.LinearWarmup(0.1, 0.0)], ids=["third", "0"])
def test_rates_of_groups_are_in_proportion_to_the_schedules_lr(schedule):
    """A warmup begins below its lr, or at 0."""
    torch = pytest.importorskip("torch")
    network = network_of()
    twin = twin_of(torch, network)
    train(network, nn.SGD(schedule, groups={"2.*": {"lr": 0.02}}), epochs=6)
    parts = [{"params": [*twin[0].parameters(), *twin[1].parameters()]}, {"params": twin[2].parameters(), "lr": 0.02}]
    rule = torch.optim.SGD(parts, lr=0.1)
    for epoch in range(6):
        for group, lr in zip(rule.param_groups, (0.1, 0.02), strict=True):
            group["lr"] = lr * schedule.at(epoch) / 0.1
        train_twin(torch, twin, rule, lambda: None, epochs=1)
    assert_same(network, twin)


def test_averages_keep_to_max_norm():
    network, rule = network_of(), nn.SGD(0.5, max_norm=0.3, average=1e-4)
    train(network, rule)
    assert np.linalg.norm(rule.averaged(network)["0.weight"], axis=1).max() <= 0.3 * (1 + 1e-4)


@pytest.mark.parametrize("name", ["NAdam", "Rprop", "Lion", "RAdam"])
def test_groups_that_change_nothing_change_nothing(name):
    """Every group has its own products of factors (NAdam)."""
    plain, grouped = network_of(), network_of()
    lr = {"lr": 0.01}
    train(plain, getattr(nn, name)(**lr))
    train(grouped, getattr(nn, name)(**lr, groups={"0.*": lr, "*.bias": {}}))
    for name, value in plain.state_dict().items():
        np.testing.assert_array_equal(grouped.state_dict()[name], value)


def test_teams_take_steps_with_options():
    """Networks wide enough that several threads share a step."""
    rng = np.random.default_rng(0)
    data, labels = rng.standard_normal((256, 300)).astype(np.float32), rng.integers(0, 3, 256)
    options = {"l1": 1e-4, "max_norm": 1.0, "average": 0.9, "groups": {"*.bias": {"weight_decay": 0.0}}}
    for extra in ({}, {"clip_norm": 0.4}, {"clip_norm": 0.4, "accumulate": 2}):
        found = set()
        for threads in (1, 2, 3, 5):
            layers = [nn.Linear(300, 400), nn.BatchNorm(400), nn.ReLU(), nn.Linear(400, 300), nn.PReLU()]
            network = nn.Sequential(*layers, nn.Linear(300, 3), rng=0)
            rule = nn.AdamW(0.01, weight_decay=0.1, **options, **extra)
            fitted = {"epochs": 2, "batch_size": 128 // rule.accumulate, "threads": threads}
            network.fit(data, labels, loss="cross_entropy", optimizer=rule, **fitted)
            found.add(b"".join(a.tobytes() for a in [*network.state_dict().values(), *rule.averaged(network).values()]))
        assert len(found) == 1, extra


def test_accumulating_more_than_there_is_takes_an_epoch_as_a_step():
    many, whole = network_of(), network_of()
    train(many, nn.SGD(0.1, accumulate=10**6), epochs=2)
    train(whole, nn.SGD(0.1), epochs=2, batch_size=None)
    np.testing.assert_allclose(many[0].weight, whole[0].weight, rtol=1e-12)
    with pytest.raises(ValueError, match="accumulate is 2305843009213693952"):
        nn.SGD(accumulate=2**61)
