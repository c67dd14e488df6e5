"""Training on streams: the bits of arrays, whole minibatches, errors that surface, and threads that end."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import pynncore as nn
from pynncore.streaming import Position, ReadAhead, Reader

rng = np.random.default_rng(0)
X = rng.standard_normal((103, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def network(*extra):
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), *extra, nn.Linear(8, 3), rng=0)


def fit(model, *data, **options):
    options = {"loss": "cross_entropy", "optimizer": "adam", "batch_size": 8} | options
    return model.fit(*data, **options)


def weights(model):
    return b"".join(value.tobytes() for value in model.state_dict().values())


def cut(*ends, X=X, y=Y):
    """Chunks of the data that end at some rows."""
    return [(X[a:b], y[a:b]) for a, b in zip((0, *ends), (*ends, len(X)), strict=True)]


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "pynncore reader"]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    end = time.monotonic() + 5
    while readers() and time.monotonic() < end:
        time.sleep(0.01)
    assert not readers()


@pytest.mark.parametrize("chunk", ["list", "callable", "triples"])
def test_a_stream_of_one_chunk_gives_the_bits_of_fit(chunk):
    """With Dropout, whose numbers depend on the step, and a schedule, which depends on it too."""
    weight = rng.random(103) if chunk == "triples" else None
    data = (X, Y) if weight is None else (X, Y, weight)
    streams = {"list": [data], "callable": lambda: iter([data]), "triples": [data]}
    one, other = network(nn.Dropout(0.3)), network(nn.Dropout(0.3))
    options = {"epochs": 3, "validation_data": (X[:9], Y[:9]), "class_weight": {1: 2.0}}
    histories = [
        fit(one, streams[chunk], optimizer=nn.Adam(lr=nn.StepLR(0.1, 5, per="step")), **options),
        fit(other, X, Y, optimizer=nn.Adam(lr=nn.StepLR(0.1, 5, per="step")), sample_weight=weight, **options),
    ]
    assert weights(one) == weights(other)
    assert all(histories[0][name] == histories[1][name] for name in ("loss", "val_loss", "lr"))


@pytest.mark.parametrize("ends", [(50,), (3, 5, 6, 40, 41), (8, 16), (1, 102), tuple(range(1, 103))])
def test_unshuffled_chunks_of_any_size_give_the_bits_of_the_whole(ends):
    one, other = network(nn.Dropout(0.3)), network(nn.Dropout(0.3))
    options = {"epochs": 2, "shuffle": False}
    histories = fit(one, cut(*ends), **options), fit(other, X, Y, **options)
    assert weights(one) == weights(other)
    assert np.allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-12)


def test_all_samples_are_taken_once_an_epoch_in_whole_minibatches():
    reader = Reader(network(), nn.CrossEntropyLoss(), None, 8, True, Position(seed=0, trained=0))
    numbered = np.arange(103.0)[:, None] * np.ones(4)
    chunks = cut(50, 53, 60, X=numbered)
    orders = []
    pieces = list(reader.pieces(lambda: chunks, 2))
    for _ in range(2):
        epoch = pieces[: pieces.index(None)]
        pieces = pieces[len(epoch) + 1 :]
        sizes = [len(piece) for piece in epoch]
        assert all(size % 8 == 0 for size in sizes[:-1]) and sum(sizes) == 103
        orders.append(np.concatenate([piece.of_rows(piece.X)[:, 0] for piece in epoch]))
    assert not pieces and not np.array_equal(*orders)
    for order in orders:
        assert sorted(order) == list(range(103)) and set(order[:48]) < set(range(50))


def test_steps_of_several_minibatches():
    one, other = network(), network()
    options = {"epochs": 2, "shuffle": False}
    fit(one, cut(3, 50), optimizer=nn.SGD(lr=0.1, accumulate=3), **options)
    fit(other, X, Y, optimizer=nn.SGD(lr=0.1, accumulate=3), **options)
    assert weights(one) == weights(other)


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_callback_ends_training_at_once(epoch):
    class Enough(nn.Callback):
        every_n_batches = 7

        def on_batch_end(self, training):
            if training.epoch == epoch:
                training.stop("enough", now=True)

    model, optimizer = network(), nn.SGD(lr=0.1)
    history = fit(model, cut(50), optimizer=optimizer, epochs=3, callbacks=Enough())
    assert len(history.history.get("loss", [])) == epoch - 1 and optimizer.steps == 13 * (epoch - 1) + 7


def test_checkpoints_of_a_stream_have_its_weights(tmp_path):
    model = network()
    fit(model, cut(50), epochs=2, callbacks=nn.ModelCheckpoint(tmp_path / "model"))
    assert weights(nn.load(tmp_path / "model")) == weights(model)


class EndsAfter(nn.Callback):
    """As if the process were killed after so many steps, when every checkpoint has been written."""

    every_n_batches = 1

    def __init__(self, steps):
        self.left = steps

    def on_batch_end(self, training):
        self.left -= 1

    def on_checkpoint(self, training):
        if self.left == 0:
            training.writer.wait()
            raise EOFError


@pytest.mark.parametrize("steps", range(1, 27))
@pytest.mark.parametrize("accumulate", [1, 3])
def test_a_stream_goes_on_from_a_checkpoint_to_the_same_bits(tmp_path, accumulate, steps):
    chunks = [(*chunk, np.linspace(0.5, 2, len(chunk[0]))) for chunk in cut(3, 50, 90)]
    path = tmp_path / "checkpoint"

    def train(*more, resume=None):
        model = network(nn.Dropout(0.3))
        optimizer = nn.Adam(lr=nn.StepLR(0.1, 5, per="step"), accumulate=accumulate)
        saving = nn.ModelCheckpoint(path, every_n_batches=2)
        data = {"validation_data": (X, Y), "metrics": "accuracy", "epochs": 3}
        history = fit(model, chunks, optimizer=optimizer, callbacks=[saving, *more], resume=resume, **data)
        return weights(model), {name: values for name, values in history.history.items() if name != "seconds"}

    expected = train()
    path.unlink()
    try:
        train(EndsAfter(steps))
    except EOFError:
        pass
    assert train(resume=path if path.exists() else None) == expected


def test_a_stream_goes_on_for_more_epochs(tmp_path):
    one, other, path = network(), network(), tmp_path / "checkpoint"
    fit(one, cut(50), epochs=4)
    fit(other, cut(50), epochs=3, callbacks=nn.ModelCheckpoint(path))
    resumed = network()
    history = fit(resumed, iter(cut(50)), epochs=4, callbacks=nn.ModelCheckpoint(path), resume=path)
    assert weights(one) == weights(resumed) and len(history) == 4
    fit(resumed, cut(50), epochs=4, callbacks=nn.ModelCheckpoint(path), resume=path)
    assert weights(one) == weights(resumed)


def test_streams_that_cannot_go_on(tmp_path):
    path = tmp_path / "checkpoint"
    with pytest.raises(EOFError):
        fit(network(), cut(50), epochs=3, callbacks=[nn.ModelCheckpoint(path, every_n_batches=1), EndsAfter(7)])
    options = {"epochs": 3, "callbacks": nn.ModelCheckpoint(path), "resume": path}
    with pytest.raises(ValueError, match="the stream gave 30 samples in epoch 1, but training goes on after 56 of it"):
        fit(network(), [(X[:30], Y[:30])], **options)
    with pytest.raises(ValueError, match="the kind of chunks"):
        fit(network(), [(x, y, np.ones(len(x))) for x, y in cut(50)], **options)
    with pytest.raises(ValueError, match="the optimizer"):
        fit(network(), cut(50), optimizer="sgd", **options)
    with pytest.raises(ValueError, match="which can be gone through once, but 3 epochs"):
        fit(network(), iter(cut(50)), **options)


def test_sparse_chunks():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_array(X * (X > 0))
    one, other = network(), network()
    fit(one, [(matrix[a:b], Y[a:b]) for a, b in ((0, 30), (30, 31), (31, 103))], epochs=2, shuffle=False)
    fit(other, matrix, Y, epochs=2, shuffle=False)
    assert weights(one) == weights(other)
    with pytest.raises(ValueError, match="one of chunk 1 and the first one is sparse"):
        fit(network(), [(matrix, Y), (X, Y)])


def test_labels_of_text_need_the_classes_first():
    names = np.array(["a", "b", "c"])
    with pytest.raises(TypeError, match=r"the y of chunk 0 holds text.*network\.classes"):
        fit(network(), cut(50, y=names[Y]))
    one, other = network(), network()
    one.classes = names
    fit(one, cut(50, y=names[Y]))
    fit(other, cut(50))
    assert weights(one) == weights(other) and set(one.predict_classes(X)) <= set(names)


def test_metrics_are_those_of_the_validation_data():
    history = fit(network(), cut(50), epochs=2, validation_data=(X, Y), metrics=["accuracy"])
    assert list(history.history) == ["loss", "val_loss", "val_accuracy", "lr", "seconds"]


def test_callbacks_see_every_kth_step():
    seen = []

    class Steps(nn.Callback):
        every_n_batches = 5

        def on_batch_end(self, training):
            seen.append((training.epoch, training.step, training.steps))

    fit(network(), cut(50, 60), epochs=2, callbacks=[Steps()])
    assert seen == [(1, 5, 5), (1, 10, 10), (2, 5, 13), (2, 10, 13)]


def test_an_exception_surfaces_with_its_traceback_after_the_steps_before_it():
    def broken():
        yield X[:40], Y[:40]
        raise OSError("the disk is gone")

    one, other, optimizer = network(), network(), nn.Adam()
    with pytest.raises(OSError, match="the disk is gone") as caught:
        fit(one, broken, epochs=2, optimizer=optimizer, shuffle=False)
    assert "broken" in [entry.name for entry in caught.traceback]
    fit(other, X[:40], Y[:40], shuffle=False)
    assert weights(one) == weights(other) and optimizer.steps == 5


def test_a_generator_is_closed_when_training_stops():
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield X, Y
        finally:
            closed.set()

    class Enough(nn.Callback):
        every_n_batches = 3

        def on_batch_end(self, training):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fit(network(), endless(), callbacks=Enough())
    assert closed.wait(5)


def test_ctrl_c_while_the_stream_is_slow():
    read_on = threading.Event()

    def slow():
        yield X, Y
        read_on.wait(30)

    class Interrupt(nn.Callback):
        every_n_batches = 12

        def on_batch_end(self, training):
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    model, optimizer = network(), nn.Adam()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fit(model, slow, optimizer=optimizer, callbacks=Interrupt())
    assert time.monotonic() - start < 10 and optimizer.steps == 12
    read_on.set()
    fit(model, cut(50), optimizer=optimizer)


def test_what_is_read_ahead_is_bounded():
    made = []

    def numbers():
        for number in range(100):
            made.append(number)
            yield number

    ahead = ReadAhead(numbers())
    assert ahead.take() == 0
    time.sleep(0.2)
    assert made == [0, 1, 2]
    assert [ahead.take() for _ in range(99)] == list(range(1, 100))
    with pytest.raises(StopIteration):
        ahead.take()


WRONG = {
    "array without y": (lambda: X, {}, TypeError, "y is None and X is ndarray"),
    "number": (lambda: 5, {}, TypeError, "y is None and X is int"),
    "generator for two epochs": (lambda: iter(cut(50)), {"epochs": 2}, ValueError, "once, but 2 epochs"),
    "no chunks": (lambda: [], {}, ValueError, "no samples in epoch 1"),
    "chunk without y": (lambda: [X], {}, TypeError, r"chunk 0 is ndarray, but \(X, y\)"),
    "wrong width": (lambda: [(X[:, :3], Y)], {}, ValueError, r"the X of chunk 0 has 3 features"),
    "nan": (lambda: [(X, Y), (X * np.nan, Y)], {}, ValueError, "the X of chunk 1 is nan at row 0, column 0"),
    "lengths": (lambda: [(X, Y[:5])], {}, ValueError, "the X of chunk 0 has 103 samples, but its y has 5"),
    "targets of two kinds": (lambda: [(X, Y), (X, np.eye(3)[Y])], {}, ValueError, "chunk 1 has 4 features, a matrix"),
    "full batch": (lambda: cut(50), {"batch_size": None}, ValueError, "batch_size is None"),
    "split": (lambda: cut(50), {"validation_split": 0.5}, ValueError, r"validation_split is 0\.5"),
    "weights": (lambda: cut(50), {"sample_weight": np.ones(103)}, ValueError, "X, y, sample_weight"),
    "balanced": (lambda: cut(50), {"class_weight": "balanced"}, ValueError, "class_weight is 'balanced'"),
    "metrics": (lambda: cut(50), {"metrics": "accuracy"}, ValueError, "metrics are given for a stream"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case):
    make, options, error, message = WRONG[case]
    model = network()
    before = weights(model)
    with pytest.raises(error, match=message):
        fit(model, make(), **options)
    assert weights(model) == before or case in ("nan", "targets of two kinds")


def test_parquet_larger_than_a_chunk(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {f"x{i}": X[:, i] for i in range(4)} | {"y": Y, "text": np.array(["u", "v"])[Y // 2]}
    parquet.write_table(arrow.table(columns), tmp_path / "a.parquet", row_group_size=40)
    names = [f"x{i}" for i in range(4)]
    stream = nn.data.ParquetStream([tmp_path / "a.parquet"] * 2, "y", columns=names, rows=30)
    assert [len(chunk[0]) for chunk in stream] == [30, 30, 30, 13] * 2
    one, other = network(), network()
    fit(one, stream, epochs=2, shuffle=False)
    fit(other, np.concatenate([X, X]), np.concatenate([Y, Y]), epochs=2, shuffle=False)
    assert weights(one) == weights(other)

    table = nn.data.read_table(tmp_path / "a.parquet")
    preprocessing = nn.data.Preprocessing.fit(table, "y", task="classification")
    stream = nn.data.ParquetStream(tmp_path / "a.parquet", "y", preprocessing=preprocessing, rows=50)
    assert np.array_equal(np.concatenate([x for x, _ in stream]), preprocessing.features(table, "float32"))


def test_parquet_that_cannot_be_streamed(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"x": [1.0] * 40 + [None], "t": ["a"] * 41, "y": [0] * 41}), path)
    for options, message in (
        ({"target": "y", "columns": ["x"], "rows": 30}, "row 41, column 'x': a value is missing"),
        ({"target": "y", "columns": ["t"]}, "'a' is not a number"),
        ({"target": "no"}, "'no'"),
        ({"target": "y", "columns": ["z"]}, "no column 'z'"),
        ({"target": "y", "columns": "x"}, "columns is 'x'"),
    ):
        with pytest.raises(ValueError, match=message):
            list(nn.data.ParquetStream(path, **options))
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(ValueError, match=r"a\.parquet"):
        list(nn.data.ParquetStream(path, "y"))
