"""Checkpoints: training that is interrupted anywhere goes on to the same bits, and files are whole or refused."""

import copy
import errno
import os
import resource
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pynncore as nn
from killed import digest
from pynncore import io
from pynncore.checkpoint import MARK, TREE, Checkpoint
from pynncore.optimizers.full_batch import FullBatchOptimizer
from pynncore.writer import Writer

KILLS = int(os.environ.get("PYNNCORE_KILLS", "40"))
rng = np.random.default_rng(0)
X = rng.standard_normal((53, 4))
LABELS = rng.integers(0, 3, 53)
NUMBERS = X @ rng.standard_normal((4, 3))
STEPS = 6  # of an epoch of 53 samples in batches of 9


class InterruptedTraining(Exception):
    pass


class Interrupt(nn.Callback):
    """Raises at a step of an epoch; without a step, after the epoch."""

    def __init__(self, epoch, step=None):
        self.at, self.every_n_batches, self.between = (epoch, step or STEPS), 1, step is None

    def on_batch_end(self, training):
        self.within = True

    def on_epoch_end(self, training):
        self.within = False

    def on_checkpoint(self, training):
        if (training.epoch, training.step) == self.at and self.within != self.between:
            raise InterruptedTraining


class Halve(nn.Callback):
    def on_epoch_begin(self, training):
        training.optimizer.lr /= 2


class Average(nn.Callback):
    """Keeps a running mean of the weights: a callback with numbers, arrays and lists as its state."""

    def on_train_begin(self, training):
        self.mean, self.seen = np.zeros_like(training.network[0].weight), []

    def on_epoch_end(self, training):
        self.mean = 0.9 * self.mean + 0.1 * training.network[0].weight
        training.network[0].weight = self.mean
        self.seen.append({"epoch": training.epoch, "lr": np.float32(training.optimizer.lr)})

    def state_dict(self):
        return {"mean": self.mean, "seen": self.seen}

    def load_state_dict(self, state):
        self.mean, self.seen = state["mean"], state["seen"]


class Averaged(nn.Callback):
    """The network ends with the optimizer's averages."""

    def on_train_end(self, training):
        training.network.load_state_dict(training.optimizer.averaged(training.network))


def network(*units, dtype="float32", rng=1):
    return nn.Sequential(nn.Linear(4, 8), *(units or [nn.Tanh()]), nn.Linear(8, 3), rng=rng, dtype=dtype)


def fit(model, callbacks=(), y=LABELS, **options):
    """With new objects each time, as a new process has them."""
    options = {"loss": "cross_entropy", "optimizer": "adam", "epochs": 5, "batch_size": 9} | options
    options = {name: value() if callable(value) else value for name, value in options.items()}
    return model.fit(X, y, callbacks=[make() for make in callbacks], **options)


def interrupted(path, at, model, callbacks=(), **options):
    """Trains until a moment, with checkpoints at every step."""
    hooks = [lambda: nn.ModelCheckpoint(path, every_n_batches=1), *callbacks, lambda: Interrupt(*at)]
    with pytest.raises(InterruptedTraining):
        fit(model, hooks, **options)


def plateau():
    return nn.ReduceLROnPlateau(0.5, 0.5, patience=0, threshold=0.2, cooldown=1)


FULL_BATCH = [kind for kind in nn.optimizers.OPTIMIZERS if issubclass(kind, FullBatchOptimizer)]
IN_BATCHES = [kind for kind in nn.optimizers.OPTIMIZERS if kind not in FULL_BATCH]
CASES = {
    **{kind.__name__: {"optimizer": kind} for kind in IN_BATCHES},
    "AMSGrad": {"optimizer": lambda: nn.Adam(amsgrad=True)},
    "momentum": {"optimizer": lambda: nn.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01)},
    "rate per step": {"optimizer": lambda: nn.Adam(nn.OneCycleLR(0.05, 25))},
    "rate per epoch": {"optimizer": lambda: nn.SGD(nn.StepLR(0.1, 2), momentum=0.9)},
    "plateau": {"optimizer": lambda: nn.SGD(plateau())},
    "chain": {"optimizer": lambda: nn.SGD(nn.Chain([nn.LinearWarmup(0.01), plateau()], [2]))},
    "rate of a callback": {"optimizer": lambda: nn.SGD(0.1), "callbacks": [Halve]},
    "rate of a callback instead of a schedule": {"optimizer": lambda: nn.SGD(nn.StepLR(0.1, 2)), "callbacks": [Halve]},
    "state of a callback": {"callbacks": [Average]},
    "early stopping": {"callbacks": [lambda: nn.EarlyStopping(2, min_delta=0.05)], "epochs": 9},
    "the best weights": {"callbacks": [lambda: nn.EarlyStopping(3, "lr")]},
    "health": {"callbacks": [lambda: nn.HealthMonitor(share=1)]},
    "metrics": {"metrics": ["accuracy"], "validation_split": 0.1},
    "validation data": {"validation_data": (X[:7], LABELS[:7])},
    "sample weights": {"sample_weight": rng.uniform(0, 2, 53)},
    "class weights": {"loss": lambda: nn.CrossEntropyLoss(weight=[0.3, 1.7, 0.9]), "class_weight": "balanced"},
    "ignored labels": {"loss": lambda: nn.CrossEntropyLoss(ignore_index=1), "metrics": ["accuracy"]},
    "sum": {"loss": lambda: nn.CrossEntropyLoss(reduction="sum")},
    "numbers": {"loss": "mse", "y": NUMBERS, "metrics": ["mae", "r2"]},
    "random units": {"units": lambda: [nn.Dropout(0.3), nn.RReLU(), nn.GaussianNoise(0.1)]},
    "learned activation": {"units": lambda: [nn.PReLU(8)]},
    "batch norm": {"units": lambda: [nn.BatchNorm(8), nn.ReLU()]},
    "blocks of all kinds": {
        "units": lambda: [nn.Residual(nn.Linear(8, 8), nn.BatchNorm(8)), nn.Concat([], nn.Tanh()), nn.GLU()]
    },
    "averages and clipping": {"optimizer": lambda: nn.Adam(average=0.8, clip_norm=0.5, l1=1e-3)},
    "accumulation": {"optimizer": lambda: nn.Adam(accumulate=2), "batch_size": 5},
    "a frozen layer": {"optimizer": lambda: nn.AdamW(groups={"*.bias": {"weight_decay": 0.0}, "0.*": {"lr": 0.0}})},
    "maxout": {"units": lambda: [nn.Maxout(8, 8, 3)]},
    "batch statistics": {"units": lambda: [nn.BatchNorm(8), nn.ReLU()]},
    "blocks": {"units": lambda: [nn.Residual(nn.Linear(8, 8), nn.LayerNorm(8), nn.Tanh())]},
    "averages": {"optimizer": lambda: nn.Adam(average=0.9), "callbacks": [Averaged]},
    "several batches a step": {"optimizer": lambda: nn.Adam(accumulate=2, clip_norm=0.1), "batch_size": 5},
    "groups": {"optimizer": lambda: nn.AdamW(l1=0.01, groups={"*.bias": {"lr": 0.02}, "0.weight": {"lr": 0.0}})},
    "float64": {"dtype": "float64"},
    "in order": {"shuffle": False},
}


@pytest.mark.parametrize("case", CASES)
def test_a_training_that_goes_on_from_a_checkpoint_ends_in_the_same_bits(tmp_path, case):
    options = dict(CASES[case])
    units, dtype = options.pop("units", list), options.pop("dtype", "float32")
    callbacks = options.pop("callbacks", [])
    options["optimizer"] = options.get("optimizer", nn.Adam)
    whole = network(*units(), dtype=dtype)
    expected = digest(whole, fit(whole, callbacks, **options))
    path = tmp_path / "checkpoint"
    for at in [(1, 1), (1, STEPS), (1,), (2, 3), (3,)]:
        interrupted(path, at, network(*units(), dtype=dtype), callbacks, **options)
        other = network(*units(), dtype=dtype, rng=2)  # weights and seed come from the checkpoint
        assert digest(other, fit(other, callbacks, resume=path, **options)) == expected, at


@pytest.mark.parametrize("batch_size", [1, 50, None])
def test_any_batch_size_on_another_number_of_threads(tmp_path, batch_size):
    whole, other, path = network(), network(), tmp_path / "checkpoint"
    expected = digest(whole, fit(whole, epochs=4, batch_size=batch_size))
    fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=2, batch_size=batch_size)
    assert digest(other, fit(other, epochs=4, batch_size=batch_size, resume=path, threads=1)) == expected


def test_trainings_of_2n_epochs_and_of_n_and_n_are_the_same_with_the_same_objects(tmp_path):
    path, model, adam = tmp_path / "checkpoint", network(), nn.Adam()
    keep, whole = nn.ModelCheckpoint(path), network()
    for epochs in (2, 4):
        history = fit(model, [lambda: keep], epochs=epochs, optimizer=adam, resume=path if epochs == 4 else None)
    assert digest(model, history) == digest(whole, fit(whole, epochs=4))


def test_a_run_that_is_complete_is_not_trained_further(tmp_path):
    path, model = tmp_path / "checkpoint", network()
    history = fit(model, [lambda: nn.ModelCheckpoint(path)])
    other = network(rng=3)
    assert digest(other, fit(other, resume=path)) == digest(model, history)
    assert other.epochs == 5


def test_the_weights_of_the_last_epoch_come_back_when_a_resumed_epoch_diverges(tmp_path):
    class Explode(nn.Callback):
        every_n_batches = 4

        def on_batch_end(self, training):
            if training.epoch == 2:
                training.network[0].weight = np.full((8, 4), 1e38)

    path, model = tmp_path / "checkpoint", network(nn.Identity())
    interrupted(path, (2, 3), network(nn.Identity()))
    once = network(nn.Identity())
    fit(once, epochs=1)
    with pytest.raises(nn.DivergedError, match=r"epoch 2.* weights of epoch 1 again"):
        fit(model, [Explode], resume=path)
    assert all((model.state_dict()[name] == array).all() for name, array in once.state_dict().items())


@pytest.mark.parametrize("every_n_batches", [None, 2])
def test_time_that_was_over_begins_anew(tmp_path, every_n_batches):
    path, whole, model = tmp_path / "checkpoint", network(), network()
    makers = [lambda: nn.TerminateOnTime(0, every_n_batches), lambda: nn.ModelCheckpoint(path, every_n_batches=1)]
    assert fit(network(), makers).stopped == "0 seconds were over"
    for _ in range(20):
        history = fit(model, makers, resume=path)
    assert len(history) == 5 and digest(model, history) == digest(whole, fit(whole))


def test_the_bar_begins_where_training_does(tmp_path, capsys):
    pytest.importorskip("tqdm")
    path = tmp_path / "checkpoint"
    interrupted(path, (3, 2), network())
    fit(network(), resume=path, verbose=True)
    first, *_, last = capsys.readouterr().err.strip("\r\n").split("\r")
    assert first.startswith("epoch 3/5  40%") and last.startswith("epoch 5/5 100%")


def test_reports_of_health_come_back(tmp_path):
    path, before, after = tmp_path / "checkpoint", nn.HealthMonitor(share=1), nn.HealthMonitor(share=1)
    fit(network(), [lambda: before, lambda: nn.ModelCheckpoint(path)], epochs=2)
    fit(network(), [lambda: after], resume=path)
    assert before.reports and all(after.reports[epoch] == report for epoch, report in before.reports.items())


def test_the_callback_can_be_copied_before_and_after_training(tmp_path):
    keep = nn.ModelCheckpoint(tmp_path / "checkpoint", monitor="loss")
    fit(network(), [lambda: copy.deepcopy(keep)])
    fit(network(), [lambda: keep])
    assert copy.deepcopy(keep).best == keep.best


def test_checkpoints_change_no_bit_and_are_networks(tmp_path):
    path, alone, model = tmp_path / "checkpoint", network(), network()
    expected = digest(alone, fit(alone))
    assert digest(model, fit(model, [lambda: nn.ModelCheckpoint(path, every_n_batches=2)])) == expected
    loaded = nn.load(path)
    assert loaded.predict(X).tobytes() == model.predict(X).tobytes() and loaded.epochs == 5


def test_several_files_are_kept_by_epoch_and_by_numbers(tmp_path):
    history = fit(network(), [lambda: nn.ModelCheckpoint(tmp_path / "{epoch:02d}-{loss:.3f}", every_n_epochs=2)])
    assert sorted(os.listdir(tmp_path)) == [f"{epoch:02d}-{history['loss'][epoch - 1]:.3f}" for epoch in (2, 4)]


@pytest.mark.parametrize(("mode", "best"), [("auto", max), ("max", max), ("min", min)])
def test_with_a_monitor_only_the_best_epoch_is_kept(tmp_path, mode, best):
    path = tmp_path / "best"
    keep = nn.ModelCheckpoint(path, monitor="accuracy", mode=mode)
    history = fit(network(), [lambda: keep], metrics=["accuracy"], epochs=8)
    assert keep.best == best(history["accuracy"])
    assert nn.load(path).epochs == 1 + history["accuracy"].index(keep.best)


def test_the_best_value_survives(tmp_path):
    paths = tmp_path / "best", tmp_path / "latest"
    keep = [nn.ModelCheckpoint(paths[0], monitor="loss", mode="max"), nn.ModelCheckpoint(paths[1])]
    fit(network(), [lambda: keep[0], lambda: keep[1]], epochs=2)
    again = [nn.ModelCheckpoint(paths[0], monitor="loss", mode="max"), nn.ModelCheckpoint(paths[1])]
    history = fit(network(), [lambda: again[0], lambda: again[1]], epochs=4, resume=paths[1])
    assert again[0].best == keep[0].best == history["loss"][0] and nn.load(paths[0]).epochs == 1
    with pytest.raises(ValueError, match="monitored 'loss', but now monitors 'lr'"):
        fit(network(), [lambda: nn.ModelCheckpoint(paths[0], monitor="lr"), lambda: keep[1]], resume=paths[1])


def test_the_best_epoch_is_written_again_if_another_checkpoint_of_it_was_written_first(tmp_path):
    latest, best = tmp_path / "latest", tmp_path / "best"
    keep = [lambda: nn.ModelCheckpoint(latest), lambda: nn.ModelCheckpoint(best, monitor="loss", mode="max")]
    fit(network(), keep, epochs=1)
    before = nn.load(best).state_dict()
    best.unlink()  # as if the process had been killed between the two
    fit(network(rng=2), keep, epochs=3, resume=latest)
    after = nn.load(best)
    assert after.epochs == 1 and all((after.state_dict()[name] == array).all() for name, array in before.items())
    best.unlink()
    fit(network(rng=2), keep, epochs=4, resume=latest)
    assert not best.exists()  # the latest is not the best


OTHERS = {
    "batch size": ({"batch_size": 8}, "batch_size was 9, but is 8"),
    "order": ({"shuffle": False}, "shuffle was True, but is False"),
    "loss": ({"loss": lambda: nn.CrossEntropyLoss(label_smoothing=0.1)}, "the loss was .*0.0.* but is .*0.1"),
    "optimizer": ({"optimizer": "sgd"}, r"the optimizer was Adam\(.* but is SGD"),
    "settings": ({"optimizer": nn.Adam(2e-3)}, "the optimizer was .*0.001.* but is .*0.002"),
    "metrics": ({"metrics": ["accuracy"]}, "the history was loss, lr, seconds, but is loss, accuracy"),
    "targets": ({"y": np.roll(LABELS, 1)}, "y of training holds other values"),
    "weights": ({"sample_weight": np.ones(53)}, "the sample weights of training holds? other values"),
    "split": ({"validation_split": 0.1}, "training samples was 53, but is 48; .* validation samples was 0, but is 5"),
    "epochs": ({"epochs": 1}, "epochs is 1, but .* is a checkpoint of epoch 2"),
    "callbacks": ({"callbacks": ()}, "the state of EarlyStopping 1, but callbacks has none"),
    "monitor": ({"callbacks": [lambda: nn.EarlyStopping(monitor="lr")]}, "monitored 'loss', but now monitors 'lr'"),
    "best": ({"callbacks": [lambda: nn.EarlyStopping(restore_best=False)]}, "restore_best is False, but was True"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_training_is_refused_and_nothing_changes(tmp_path, case):
    options, message = OTHERS[case]
    path, model = tmp_path / "checkpoint", network(rng=5)
    interrupted(path, (2, 2), network(), [nn.EarlyStopping])
    before = model.state_dict(), model.seed, model.epochs
    with pytest.raises(ValueError, match=message):
        fit(model, **{"callbacks": [nn.EarlyStopping], "resume": path} | options)
    assert all((model.state_dict()[name] == array).all() for name, array in before[0].items())
    assert (model.seed, model.epochs) == before[1:]


def test_another_network_is_refused(tmp_path):
    path = tmp_path / "checkpoint"
    fit(network(), [lambda: nn.ModelCheckpoint(path)])
    with pytest.raises(ValueError, match=r"the network was .*Tanh\(\).*, but is .*ReLU\(\)"):
        fit(network(nn.ReLU()), resume=path)
    with pytest.raises(ValueError, match=r"float32, but is .*float64"):
        fit(network(dtype="float64"), resume=path)
    other = X.copy()
    other[0, 0] += 1e-6
    with pytest.raises(ValueError, match="another training: X of training holds other values"):
        network().fit(other, LABELS, loss="cross_entropy", optimizer="adam", epochs=5, batch_size=9, resume=path)


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def test_every_damaged_byte_and_every_truncation_is_noticed(tmp_path):
    path = tmp_path / "checkpoint"
    interrupted(path, (2, 3), network(), [nn.EarlyStopping], metrics=["accuracy"])
    data = path.read_bytes()
    assert Checkpoint.read(path).training["step"] == 3
    length = int.from_bytes(data[:8], "little")
    for position in [*range(0, 8), *range(8, 8 + length, 5), *range(8 + length, len(data), 17), len(data) - 1]:
        path.write_bytes(flipped(data, position))
        with pytest.raises(ValueError, match="checkpoint: "):
            Checkpoint.read(path)
    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        with pytest.raises(ValueError, match="checkpoint: "):
            Checkpoint.read(path)


def test_what_is_wrong_with_a_file_is_said(tmp_path):
    path = tmp_path / "checkpoint"
    fit(network(), [lambda: nn.ModelCheckpoint(path)])
    data, whole = path.read_bytes(), Checkpoint.read(path)
    with open(path, "rb") as file:
        header = io.read_header(file)
    for content, message in [
        (data[:-1], "it is truncated"),
        (flipped(data, header.start + header.tensors["2.bias"].begin), "tensor '2.bias' is damaged"),
        (data.replace(b"Tanh", b"Sinh"), "the header is damaged"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            fit(network(), resume=path)
        with pytest.raises(ValueError, match=message):
            nn.load(path)
    replace(whole, metadata=whole.metadata | {MARK: "7"}).write(path)
    with pytest.raises(ValueError, match="version '7', but this library reads '2'"):
        fit(network(), resume=path)
    for text in ("{", "[" * 100_000, '{"tensor of the file": "x"}'):
        replace(whole, metadata=whole.metadata | {TREE: text}).write(path)
        with pytest.raises(ValueError, match=r"checkpoint: the metadata's pynncore\.training is damaged"):
            fit(network(), resume=path)
    network().save(path)
    with pytest.raises(ValueError, match="this is no checkpoint"):
        fit(network(), resume=path)
    with pytest.raises(FileNotFoundError, match="missing"):
        fit(network(), resume=tmp_path / "missing")
    with pytest.raises(TypeError, match="resume is True"):
        fit(network(), resume=True)


def test_a_full_disk_raises_and_leaves_the_checkpoint_before(tmp_path):
    path, model, (soft, hard) = tmp_path / "checkpoint", network(), resource.getrlimit(resource.RLIMIT_FSIZE)
    fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=2)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # no file may grow beyond a kilobyte
        with pytest.raises(OSError, match="File too large"):
            fit(model, [lambda: nn.ModelCheckpoint(path)], resume=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == ["checkpoint"] and nn.load(path).epochs == 2
    whole, other = network(), network()
    assert digest(other, fit(other, resume=path)) == digest(whole, fit(whole))
    fit(model)  # the network can be trained on


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_failing_write_raises_and_leaves_the_checkpoint_before(tmp_path, monkeypatch, name):
    path = tmp_path / "checkpoint"
    fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=1)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match="No space left"):
        fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=1)
    assert os.listdir(tmp_path) == ["checkpoint"] and path.read_bytes() == before


def test_a_read_only_folder_raises_and_leaves_the_checkpoint_before():
    with tempfile.TemporaryDirectory() as folder:  # not below tmp_path, which others may not enter
        path = Path(folder) / "checkpoint"
        fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=1)
        before, user = path.read_bytes(), os.geteuid()
        os.chmod(folder, 0o555)
        try:
            if user == 0:
                os.seteuid(65534)  # root may write anywhere
            with pytest.raises(PermissionError, match="checkpoint"):
                fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=1)
        finally:
            os.seteuid(user)
            os.chmod(folder, 0o755)
        assert os.listdir(folder) == ["checkpoint"] and path.read_bytes() == before


def test_what_killed_processes_left_is_removed_when_it_is_old(tmp_path):
    for name in (".pynncore-old.tmp", ".pynncore-new.tmp", "other.tmp"):
        (tmp_path / name).touch()
    os.utime(tmp_path / ".pynncore-old.tmp", (0, 0))
    os.utime(tmp_path / "other.tmp", (0, 0))
    fit(network(), [lambda: nn.ModelCheckpoint(tmp_path / "checkpoint")])
    assert sorted(os.listdir(tmp_path)) == [".pynncore-new.tmp", "checkpoint", "other.tmp"]


def test_kill_9_at_random_moments(tmp_path):
    script = Path(__file__).with_name("killed.py")
    command = [sys.executable, str(script), str(tmp_path), str(KILLS), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected, *others = done.stdout.split()
    assert len(expected) == 64 and others and set(others) == {expected}


def test_training_goes_on_while_a_file_is_written(tmp_path, monkeypatch):
    trained, sync = threading.Event(), os.fsync

    class Trained(nn.Callback):
        def on_epoch_end(self, training):
            if training.epoch == 5:
                trained.set()

    def slow(descriptor):
        assert trained.wait(60)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    path, whole = tmp_path / "checkpoint", network()
    model = network()
    history = fit(model, [lambda: nn.ModelCheckpoint(path), Trained])
    assert digest(model, history) == digest(whole, fit(whole))
    assert nn.load(path).epochs == 5  # fit has waited for the last one


def test_the_writer_keeps_the_newest_job_of_a_name_and_raises_what_jobs_raise():
    writer, go, begun, done = Writer(), threading.Event(), threading.Event(), []

    def first(path):
        begun.set()
        assert go.wait(60)
        done.append((path, "first"))

    def fail(path):
        raise OSError(path)

    writer.put("a", first)
    assert begun.wait(60)
    for number in range(3):
        writer.put("a", lambda path, number=number: done.append((path, number)))
    go.set()
    writer.put("b", lambda path: done.append((path, "other")))
    writer.wait()
    assert done == [("a", "first"), ("a", 2), ("b", "other")]
    writer.put("full", fail)
    with pytest.raises(OSError, match="full"):
        writer.wait()
    writer.wait()  # raised once


def test_one_thread_writes_all_and_ends(monkeypatch):
    writer, seen, written = Writer(), [], threading.Event()

    def write(path):
        seen.append(threading.current_thread())
        written.set()

    def put(path):
        written.clear()
        writer.put(path, write)
        assert written.wait(60)

    put("a")
    put("b")
    writer.wait()
    seen[0].join(60)
    assert seen[0] is seen[1] and not seen[0].is_alive()
    monkeypatch.setattr("pynncore.writer.IDLE", 0.01)
    put("c")
    seen[2].join(60)  # it ends although nobody waits
    assert not seen[2].is_alive()
    put("d")
    writer.wait()
    assert len(seen) == 4


class Unwritable(nn.Callback):
    def state_dict(self):
        return {"numbers": np.arange(3)}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda folder: nn.ModelCheckpoint(7), TypeError, "path is 7"),
        (lambda folder: nn.ModelCheckpoint("a", 0), ValueError, "every_n_epochs is 0"),
        (lambda folder: nn.ModelCheckpoint("a", 1, 0), ValueError, "every_n_batches is 0"),
        (lambda folder: nn.ModelCheckpoint("a", None), ValueError, "one of them was expected"),
        (lambda folder: nn.ModelCheckpoint("a", monitor=1), TypeError, "monitor is 1"),
        (lambda folder: nn.ModelCheckpoint("a", 1, 5, "loss"), ValueError, "known after epochs"),
        (lambda folder: nn.ModelCheckpoint("a", mode="best"), ValueError, "mode is 'best'"),
        (lambda folder: nn.ModelCheckpoint(folder / "a", monitor="val_loss"), ValueError, "val_... needs validation"),
        (lambda folder: nn.ModelCheckpoint(folder / "{val_loss}"), ValueError, "one of epoch, step, loss, lr, seconds"),
        (lambda folder: nn.ModelCheckpoint(folder / "{lr}", 1, 2), ValueError, "one of epoch, step, loss was"),
        (lambda folder: nn.ModelCheckpoint(folder / "{epoch"), ValueError, "expected '}'"),
        (lambda folder: nn.ModelCheckpoint(folder / "{epoch:q}"), ValueError, "format code 'q'"),
        (lambda folder: nn.ModelCheckpoint(folder / "{}"), ValueError, "IndexError"),
        (lambda folder: nn.ModelCheckpoint(folder / "no" / "a"), FileNotFoundError, "no such folder"),
    ],
)
def test_wrong_arguments_are_refused_before_training(tmp_path, make, error, message):
    model = network()
    before = model[0].weight
    with pytest.raises(error, match=message):
        fit(model, [lambda: make(tmp_path)])
    assert (model[0].weight == before).all() and not os.listdir(tmp_path)


def test_a_state_that_no_file_can_hold_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"training/callbacks/Unwritable 1/numbers is array\(\[0, 1, 2\]\)"):
        fit(network(), [Unwritable, lambda: nn.ModelCheckpoint(tmp_path / "checkpoint")])


@pytest.mark.parametrize("kind", FULL_BATCH)
def test_full_batch_optimizers_go_on_too(tmp_path, kind):
    options = {"optimizer": kind, "loss": "mse", "y": NUMBERS, "batch_size": None}
    whole, other, path = network(), network(rng=2), tmp_path / "checkpoint"
    expected = digest(whole, fit(whole, epochs=8, **options))
    fit(network(), [lambda: nn.ModelCheckpoint(path)], epochs=3, **options)
    assert digest(other, fit(other, epochs=8, resume=path, **options)) == expected


@pytest.mark.parametrize("kind", IN_BATCHES)
def test_an_optimizer_gives_its_state_and_takes_it(kind):
    def train(model, optimizer, count):
        return [model.train_batch(X, LABELS, loss="cross_entropy", optimizer=optimizer) for _ in range(count)]

    model, optimizer = network(), kind()
    train(model, optimizer, 3)
    weights, state = model.state_dict(), optimizer.state_dict(model)
    expected = train(model, optimizer, 3)
    other, fresh = network(rng=9), kind()
    other.load_state_dict(weights)
    fresh.load_state_dict(state, other)
    assert fresh.steps == 3 and train(other, fresh, 3) == expected
    if state["arrays"]:
        with pytest.raises(KeyError, match="lacks"):
            fresh.load_state_dict(state | {"arrays": {"0.weight": 1}}, other)
    with pytest.raises(ValueError, match="steps is -1"):
        fresh.load_state_dict(state | {"steps": -1}, other)
    with pytest.raises(ValueError, match=f"the state is of StepLR, but the optimizer has {fresh.lr}"):
        fresh.load_state_dict(state | {"schedule": {"is": "StepLR", "state": {}}}, other)
    assert fresh.steps == 6
