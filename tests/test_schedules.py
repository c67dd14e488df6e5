"""Learning rates that change: beside PyTorch's schedulers, in training per epoch and per step, and what is refused."""

import copy

import numpy as np
import pytest

import pynncore as nn

X, y = np.random.default_rng(0).standard_normal((60, 4)), np.random.default_rng(1).integers(0, 3, 60)
SCHEDULES = {
    "ConstantLR": (nn.Constant(0.3), {"factor": 1.0}),
    "StepLR": (nn.StepLR(0.3, 3, 0.5), {"step_size": 3, "gamma": 0.5}),
    "MultiStepLR": (nn.MultiStepLR(0.3, [2, 7], 0.5), {"milestones": [2, 7], "gamma": 0.5}),
    "ExponentialLR": (nn.ExponentialLR(0.3, 0.9), {"gamma": 0.9}),
    "PolynomialLR": (nn.PolynomialLR(0.3, 8, 2.0), {"total_iters": 8, "power": 2.0}),
    "LinearLR": (nn.LinearWarmup(0.3, 0.25, 0.75, 6), {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 6}),
    "CosineAnnealingLR": (nn.CosineAnnealingLR(0.3, 10, 0.01), {"T_max": 10, "eta_min": 0.01}),
    "CosineAnnealingWarmRestarts": (
        nn.CosineAnnealingWarmRestarts(0.3, 3, 2, 0.01),
        {"T_0": 3, "T_mult": 2, "eta_min": 0.01},
    ),
    "OneCycleLR": (nn.OneCycleLR(0.3, 12, 0.4), {"max_lr": 0.3, "total_steps": 12, "pct_start": 0.4}),
}


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), rng=0, dtype="float64")


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    schedule, options = SCHEDULES[name]
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    for t in range(11):
        assert schedule.at(t) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-9, abs=1e-15), t
        theirs.step()
        scheduler.step()


def test_plateau_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    options = {"factor": 0.5, "patience": 2, "threshold": 0.01, "cooldown": 1, "min_lr": 0.05}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    schedule = nn.ReduceLROnPlateau(0.3, **options)
    losses = np.abs(np.random.default_rng(0).standard_normal(60)) + np.r_[np.linspace(3, 1, 20), np.ones(40)]
    for loss in losses:
        scheduler.step(loss)
        schedule.end_epoch({"loss": float(loss)})
        assert schedule.at(0) == theirs.param_groups[0]["lr"]
    assert schedule.at(0) == 0.05


@pytest.mark.parametrize("per", ["epoch", "step"])
def test_fit_follows_the_schedule_from_one_call_to_the_next(per):
    """Beside a loop of train_batch that sets the rate by hand."""
    schedule = nn.ExponentialLR(0.5, 0.8, per=per)
    ours, twin, by_hand = network(), network(), nn.SGD(lr=0.0, momentum=0.5)
    optimizer = nn.SGD(lr=schedule, momentum=0.5)
    rates = []
    for _ in range(2):
        history = ours.fit(X, y, loss="cross_entropy", optimizer=optimizer, epochs=2, batch_size=25, shuffle=False)
        rates += history["lr"]
    step = 0
    for epoch in range(4):
        for start in range(0, 60, 25):
            by_hand.lr = 0.5 * 0.8 ** (epoch if per == "epoch" else step)
            part = slice(start, start + 25)
            twin.train_batch(X[part], y[part], loss="cross_entropy", optimizer=by_hand)
            step += 1
    for name, value in twin.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name], value)
    assert rates == pytest.approx([0.5 * 0.8 ** (e if per == "epoch" else 3 * e) for e in range(4)])
    assert (optimizer.steps, optimizer.epochs) == (12, 4)


def test_train_batch_follows_the_schedule():
    ours, twin, by_hand = network(), network(), nn.Adam(lr=0.0)
    optimizer = nn.Adam(lr=nn.StepLR(0.1, 2, 0.5, per="step"))
    for step in range(5):
        assert optimizer.lr == 0.1 * 0.5 ** (step // 2)
        by_hand.lr = optimizer.lr
        ours.train_batch(X, y, loss="cross_entropy", optimizer=optimizer)
        twin.train_batch(X, y, loss="cross_entropy", optimizer=by_hand)
    for name, value in twin.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name], value)


def test_plateau_in_training_watches_the_history():
    schedule = nn.ReduceLROnPlateau(1e-9, factor=0.5, patience=1, monitor="loss")
    history = network().fit(X, y, loss="cross_entropy", optimizer=nn.SGD(lr=schedule), epochs=5, batch_size=None)
    assert history["lr"] == [1e-9, 1e-9, 1e-9, 5e-10, 5e-10]
    wrong = nn.ReduceLROnPlateau(0.1, monitor="acuracy", mode="max")
    with pytest.raises(ValueError, match="monitor is 'acuracy', but the history has loss"):
        network().fit(X, y, loss="cross_entropy", optimizer=nn.SGD(lr=wrong))


def test_a_number_takes_the_place_of_a_schedule_and_copies_keep_it():
    optimizer = nn.AdamW(lr=nn.StepLR(0.1, 2))
    twin = copy.copy(optimizer)
    assert repr(twin) == repr(optimizer)
    assert "StepLR(lr=0.1, per='epoch', step_size=2, gamma=0.1)" in repr(twin)
    optimizer.lr = 0.25
    assert (optimizer.schedule, optimizer.lr, twin.lr) == (None, 0.25, 0.1)
    optimizer.lr = nn.ExponentialLR(1.0, 0.5)
    assert optimizer.lr == 1.0


class Wrong(nn.Schedule):
    def at(self, t):
        return -1.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.StepLR(-1, 2), ValueError, "lr is -1"),
        (lambda: nn.StepLR(1, 0), ValueError, "step_size is 0"),
        (lambda: nn.StepLR(1, 1, per="day"), ValueError, "per is 'day'"),
        (lambda: nn.Chain([nn.StepLR(1, 1)], [3]), ValueError, "0 increasing times"),
        (lambda: nn.Chain([0.1], []), TypeError, "a list of schedules"),
        (lambda: nn.Chain([nn.StepLR(1, 1), nn.StepLR(1, 1, per="step")], [1]), ValueError, "of one kind"),
        (lambda: nn.Schedule(0.1).at(0), TypeError, "without at"),
        (lambda: nn.SGD(lr=Wrong(0.1)), ValueError, "the learning rate of Wrong.* is -1"),
        (lambda: nn.SGD(lr="fast"), TypeError, "lr is 'fast'"),
    ],
)
def test_wrong_schedules_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
