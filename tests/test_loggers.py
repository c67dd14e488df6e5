"""CSVLogger, JSONLogger, TensorBoard: what they write, when it is there, and what happens when it cannot be."""

import csv
import json
import math
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((50, 3))
y = X @ [1.0, -2.0, 0.5]


def fit(callbacks, **options):
    network = nn.Sequential(nn.Linear(3, 1), rng=0)
    options = {"loss": "mse", "optimizer": nn.SGD(lr=0.05), "epochs": 3, "validation_split": 0.2} | options
    return network.fit(X, y, callbacks=callbacks, **options)


def csv_columns(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def json_columns(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {name: [row[name] for row in rows] for name in rows[0]}


LOGGERS = [(nn.CSVLogger, csv_columns), (nn.JSONLogger, json_columns)]
both = pytest.mark.parametrize(("logger", "read"), LOGGERS)


@both
def test_every_number_is_written_with_all_its_digits(tmp_path, logger, read):
    path = tmp_path / "log"
    path.write_text("something old\n" * 9)
    history = fit(logger(path), metrics=["r2"])
    assert read(path) == {"epoch": [1, 2, 3], **history.history}


@both
def test_lines_are_there_while_training_runs(tmp_path, logger, read):
    path, seen = tmp_path / "log", []
    fit([logger(path), lambda training: seen.append(read(path)["epoch"])])
    assert seen == [[1], [1, 2], [1, 2, 3]]


@both
def test_append(tmp_path, logger, read):
    path = tmp_path / "log"
    fit(logger(path, append=True))
    with path.open("a") as file:
        file.write("4,0.1")  # what a killed run may leave
    fit(logger(path, append=True), epochs=2)
    assert read(path)["epoch"] == [1, 2, 3, 1, 2]
    fit(logger(path), epochs=1)
    assert read(path)["epoch"] == [1]


def test_append_to_other_names_is_refused_before_training(tmp_path):
    path = tmp_path / "log.csv"
    fit(nn.CSVLogger(path))
    before, optimizer = path.read_bytes(), nn.SGD(lr=0.05)
    with pytest.raises(ValueError, match=r"begins with 'epoch,loss,val_loss,lr,seconds', but to append, 'epoch,loss,r"):
        fit(nn.CSVLogger(path, append=True), metrics=["r2"], optimizer=optimizer)
    assert path.read_bytes() == before and optimizer.steps == 0


@both
def test_state_goes_on_where_it_was_taken(tmp_path, logger, read):
    """Lines written after the state was taken are dropped, as training repeats them."""
    path, states = tmp_path / "log", []
    first, second = logger(path), logger(path)
    fit([first, lambda training: states.append((first.state_dict(), path.read_bytes()))])

    class Resume(nn.Callback):
        def on_train_begin(self, training):
            second.load_state_dict(states[1][0])

    fit([second, Resume()], epochs=2)
    assert read(path)["epoch"] == [1, 2, 1, 2] and path.read_bytes().startswith(states[1][1])


@both
def test_what_stops_training_before_it_begins_leaves_the_old_file(tmp_path, logger, read):
    path = tmp_path / "log"
    fit(logger(path))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="monitors 'no_such'"):
        fit([logger(path), nn.EarlyStopping(monitor="no_such")])
    assert path.read_bytes() == before


@both
def test_a_missing_folder_is_found_before_training(tmp_path, logger, read):
    optimizer = nn.SGD(lr=0.05)
    with pytest.raises(FileNotFoundError, match="no_folder"):
        fit(logger(tmp_path / "no_folder" / "log"), optimizer=optimizer)
    assert optimizer.steps == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@both
def test_a_full_disk_ends_training_with_the_error(logger, read):
    optimizer = nn.SGD(lr=0.05)
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        fit(logger("/dev/full"), optimizer=optimizer, batch_size=None)
    assert optimizer.steps == 1


@both
def test_a_disk_that_fills_up_keeps_the_complete_lines(tmp_path, logger, read):
    path, limits = tmp_path / "log", resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (250, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            fit(logger(path), epochs=9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes().endswith(b"\n")
    assert read(path)["epoch"] == list(range(1, len(read(path)["epoch"]) + 1)) != []


@both
def test_a_killed_run_keeps_its_lines(tmp_path, logger, read):
    path = tmp_path / "log"
    script = f"""
import os, signal, numpy as np, pynncore as nn
def kill(training):
    if training.epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)
network = nn.Sequential(nn.Linear(1, 1), rng=0)
callbacks = [nn.{logger.__name__}({str(path)!r}), kill]
network.fit(np.ones((4, 1)), np.ones(4), loss="mse", optimizer="sgd", epochs=9, callbacks=callbacks)
"""
    assert subprocess.run([sys.executable, "-P", "-c", script], check=False).returncode == -signal.SIGKILL
    assert read(path)["epoch"] == [1, 2, 3]


def test_json_has_null_for_what_is_no_number(tmp_path):
    def not_a_number(target, prediction):
        return math.nan

    path = tmp_path / "log"
    fit(nn.JSONLogger(path), metrics=not_a_number)
    assert json_columns(path)["not_a_number"] == [None] * 3


def test_names_with_commas_are_quoted(tmp_path):
    class Comma(nn.Metric):
        name = 'a,"b"'

        def __call__(self, target, prediction):
            return 0.5

    path = tmp_path / "log"
    fit(nn.CSVLogger(path), metrics=Comma())
    assert csv_columns(path)['a,"b"'] == [0.5] * 3


def events_of(folder):
    """(tag, step, value) of every number in the event files of a folder, read by their format."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(Path(folder).iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 8], "little")
            event = Event.FromString(data[at + 12 : at + 12 + size])
            found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
            at += 12 + size + 4
    return found


def test_tensorboard_has_training_and_validation(tmp_path):
    pytest.importorskip("tensorboardX")
    history = fit(nn.TensorBoard(tmp_path), metrics=["r2"])
    for run, prefix, names in (("train", "", ["loss", "r2", "lr", "seconds"]), ("validation", "val_", ["loss", "r2"])):
        events = events_of(tmp_path / run)
        expected = [(name, epoch + 1, history[prefix + name][epoch]) for epoch in range(3) for name in names]
        assert [event[:2] for event in events] == [event[:2] for event in expected]
        np.testing.assert_allclose([event[2] for event in events], [event[2] for event in expected], rtol=1e-6)


def test_tensorboard_goes_on_with_the_epochs_and_steps_of_before(tmp_path):
    pytest.importorskip("tensorboardX")
    network, board = nn.Sequential(nn.Linear(3, 1), rng=0), nn.TensorBoard(tmp_path, every_n_batches=2)
    for _ in range(2):
        network.fit(X, y, loss="mse", optimizer=nn.SGD(lr=0.05), epochs=2, batch_size=10, callbacks=[board])
    events = events_of(tmp_path / "train")
    assert [step for tag, step, _ in events if tag == "loss"] == [1, 2, 3, 4]
    assert [step for tag, step, _ in events if tag == "batch_loss"] == [2, 4, 7, 9] * 2
    assert not (tmp_path / "validation").exists() and len(list((tmp_path / "train").iterdir())) == 2


def test_tensorboard_on_a_full_disk_raises(tmp_path):
    pytest.importorskip("tensorboardX")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            fit(nn.TensorBoard(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_tensorboard_without_tensorboardx_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"pip install 'pynncore\[tensorboard\]'"):
        nn.TensorBoard(os.devnull)
