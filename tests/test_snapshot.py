"""Copies of weights: as they lie in memory, row-major, and in checkpoints, whose memory is used again."""

import gc
import json
import zlib

import numpy as np
import pytest

import own_parts
import pynncore as nn
from pynncore import _core
from pynncore.callbacks.stopping import PRESENT
from pynncore.checkpoint import Checkpoint
from pynncore.snapshot import Snapshot, weights_are_finite
from twins import EDGE_SIZES

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((40, 5)), rng.standard_normal((40, 3))
NETWORKS = {
    "linear": lambda: [nn.Linear(5, 33), nn.Tanh(), nn.Linear(33, 3, bias=False)],
    "learned activations": lambda: [nn.Linear(5, 40), nn.PReLU(), nn.Linear(40, 6), nn.ACON(6), nn.Linear(6, 3)],
    "batch norm": lambda: [nn.Linear(5, 35), nn.BatchNorm(35), nn.ReLU(), nn.Linear(35, 3)],
    "bare batch norm": lambda: [nn.BatchNorm(5, affine=False), nn.Linear(5, 3)],
    "blocks": lambda: [
        nn.Residual(nn.Linear(5, 5), nn.LayerNorm(5)),
        nn.Concat([], nn.Maxout(5, 4, 3)),
        nn.Linear(9, 3),
    ],
    "codes": lambda: [nn.Concat([nn.Select([0]), nn.Embedding(7, 3)], nn.Select([1, 2])), nn.Linear(5, 3)],
    "layers in Python": lambda: [own_parts.Linear(5, 8), own_parts.Tanh(), nn.Linear(8, 3)],
}


def network(case, dtype="float32", seed=0):
    return nn.Sequential(*NETWORKS[case](), dtype=dtype, rng=seed)


def train(model):
    inputs = X.copy()
    inputs[:, 0] = np.arange(len(X)) % 7
    model.fit(inputs, Y, loss="mse", optimizer=nn.Adam(0.1), epochs=2, batch_size=8)


def bits(model):
    return {name: array.tobytes() for name, array in model.state_dict().items()}


def panels(W, b, dtype):
    """[ceil(out / width)][in + 1][width], with b as the last row, zeros beyond the last output."""
    width = 32 if dtype == "float32" else 16
    columns = W.T if b is None else np.vstack([W.T, b])
    padded = np.zeros((len(columns), -(-len(W) // width) * width), dtype)
    padded[:, : len(W)] = columns
    return padded.reshape(len(columns), -1, width).transpose(1, 0, 2)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_are_turned_into_panels_and_back(isa, dtype, bias):
    for inputs in (*EDGE_SIZES, 97):
        for outputs in (*EDGE_SIZES, 129):
            linear = _core.linear(inputs, outputs, bias, dtype)
            W, b = (rng.standard_normal(shape).astype(dtype) for shape in ((outputs, inputs), outputs))
            W[-1, -1] = -np.nan
            linear.set("weight", W)
            if bias:
                linear.set("bias", b)
            copy = linear.save()
            expected = panels(W, b if bias else None, dtype)
            live = panels(np.ones_like(W), np.ones_like(b) if bias else None, dtype) == 1
            assert (copy.reshape(expected.shape)[live].tobytes()) == expected[live].tobytes(), (inputs, outputs)
            out = np.empty_like(W)
            assert linear.get("weight", out=out) is out and out.tobytes() == W.tobytes(), (inputs, outputs)
            assert not bias or linear.get("bias").tobytes() == b.tobytes(), (inputs, outputs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", NETWORKS)
def test_a_snapshot_gives_the_bits_back(case, dtype):
    model = network(case, dtype)
    snapshot = Snapshot(model)
    before = bits(model)
    snapshot.restore()  # empty
    assert bits(model) == before and not any(snapshot.arrays) and not snapshot.is_current
    snapshot.take()
    train(model)
    trained = bits(model)
    assert trained != before and not snapshot.is_current
    snapshot.take()
    arrays = snapshot.arrays
    kept = b"".join(array.tobytes() for part in arrays for array in part.values())
    assert kept == b"".join(trained.values()) and snapshot.is_current and snapshot.arrays is arrays
    train(model)
    assert bits(model) != trained and not snapshot.is_current
    snapshot.restore()
    assert bits(model) == trained and snapshot.is_current
    train(model)
    snapshot.take()
    assert b"".join(array.tobytes() for part in arrays for array in part.values()) == kept  # replaced, not changed
    other = network(case, dtype, seed=1)
    taken_over = Snapshot(other)
    taken_over.arrays = arrays
    taken_over.restore()
    assert bits(other) == trained


@pytest.mark.parametrize("case", NETWORKS)
def test_one_bit_of_one_weight_tells_networks_apart_and_one_nan_is_seen(case):
    model = network(case)
    snapshot = Snapshot(model)
    snapshot.take()
    for at, layer, name in model.arrays():
        array = layer.op.get(name)
        for position in (0, -1):
            for value in (np.nextafter(array.flat[position], np.float32(9)), np.nan, np.inf, -np.inf):
                changed = array.copy()
                changed.flat[position] = value
                layer.op.set(name, changed)
                assert not snapshot.is_current, (at, name)
                assert weights_are_finite(model) == np.isfinite(value), (at, name, value)
        layer.op.set(name, array)
        assert snapshot.is_current and weights_are_finite(model), (at, name)


@pytest.mark.parametrize("outputs", EDGE_SIZES)
def test_what_lies_beyond_the_last_output_is_not_looked_at(isa, outputs):
    linear = _core.linear(3, outputs, True, "float32")
    copy = linear.save()
    dead = panels(np.ones((outputs, 3)), np.ones(outputs), "float32").ravel() == 0
    copy[dead] = np.nan
    linear.restore(copy)
    assert linear.is_finite() and not linear.get("weight").any()
    copy[np.flatnonzero(~dead)[-1]] = np.nan
    linear.restore(copy)
    assert not linear.is_finite() and np.isnan(linear.get("bias")[-1])


def test_copies_of_another_op_are_refused():
    linear, other = _core.linear(3, 2, True, "float32"), _core.linear(4, 2, True, "float32")
    for copy in (other.save(), linear.save().astype("float64"), linear.save()[::-1]):
        for call in (linear.restore, linear.save, linear.equals, lambda copy: linear.get("bias", copy)):
            with pytest.raises(ValueError, match=r"copy is float.*, expected float32\(128,\) in C order"):
                call(copy)
    with pytest.raises(ValueError, match=r"weight is float32\(2, 4\), expected float32\(2,3,\)"):
        linear.get("weight", out=np.empty((2, 4), np.float32))


class Copies(nn.Callback):
    """Makes checkpoints, and looks where their arrays lie."""

    def __init__(self, kept):
        self.kept, self.places, self.latest = kept, [], []

    def on_checkpoint(self, training):
        made = training.checkpoint()
        expected = training.network.state_dict() | {
            f"training/optimizer/arrays/{name}": array
            for name, array in training.optimizer.state_dict(training.network)["arrays"].items()
        }
        assert all(made.tensors[name].tobytes() == array.tobytes() for name, array in expected.items())
        self.places.append({made.tensors[name].ctypes.data for name in expected})
        self.latest = [*self.latest, (made, {name: array.tobytes() for name, array in made.tensors.items()})]
        self.latest = self.latest[len(self.latest) - self.kept :]
        for checkpoint, content in self.latest:
            assert all(checkpoint.tensors[name].tobytes() == data for name, data in content.items())


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_checkpoints_use_the_memory_of_those_that_are_gone_and_of_no_others(kept):
    gc.collect()
    look, model = Copies(kept), network("linear")
    model.fit(X, Y, loss="mse", optimizer="adam", epochs=8, batch_size=8, callbacks=[look, nn.EarlyStopping()])
    for epoch in range(8):
        for other in range(epoch + 1, 8):
            same = look.places[epoch] == look.places[other]
            assert same == ((other - epoch) % (kept + 1) == 0), (epoch, other)


def test_a_state_in_the_memory_of_an_earlier_one():
    model, adam = network("linear"), nn.Adam()
    options = {"loss": "mse", "optimizer": adam}
    model.train_batch(X, Y, **options)
    first = adam.state_dict(model)["arrays"]
    model.train_batch(X, Y, **options)
    expected = adam.state_dict(model)["arrays"]
    again = adam.state_dict(model, first)["arrays"]
    assert all(again[name] is first[name] and (again[name] == expected[name]).all() for name in expected)


class Change(nn.Callback):
    def on_epoch_end(self, training):
        training.network[0].weight = training.network[0].weight * 1.01


@pytest.mark.parametrize("changes", [False, True])
def test_the_best_weights_are_written_once_unless_others_are_there(tmp_path, changes):
    path, model = tmp_path / "checkpoint", network("linear")
    callbacks = [nn.EarlyStopping(monitor="lr"), *([Change()] if changes else []), nn.ModelCheckpoint(path)]
    optimizer = nn.SGD(nn.ExponentialLR(0.1, 0.9))  # every epoch is the best
    model.fit(X, Y, loss="mse", optimizer=optimizer, epochs=3, batch_size=8, callbacks=callbacks)
    weights = Checkpoint.read(path).training["callbacks"]["EarlyStopping 1"]["weights"]
    assert [list(part) for part in weights] == [["weight", "bias"], ["weight"]] if changes else weights == PRESENT


def test_the_best_weights_are_known_to_a_checkpoint_that_is_written_at_once(tmp_path):
    """Of two files, the second is written again when training goes on, before EarlyStopping's own hook."""
    latest, best = tmp_path / "latest", tmp_path / "best"

    def fit(model, epochs, resume=None):
        callbacks = [
            nn.ModelCheckpoint(best, monitor="lr", mode="min"),
            nn.ModelCheckpoint(latest),
            nn.EarlyStopping(monitor="lr", patience=9),
        ]
        rate = nn.StepLR(0.1, 3, 2.0)  # the best epoch is the first
        options = {"loss": "mse", "optimizer": nn.SGD(rate), "batch_size": 8, "callbacks": callbacks}
        model.fit(X, Y, epochs=epochs, resume=resume, **options)
        return bits(model)

    expected = fit(network("linear"), 5)
    fit(network("linear"), 1)
    best.unlink()
    assert fit(network("linear", seed=1), 1, latest) == fit(network("linear", seed=1), 1, best)
    assert fit(network("linear", seed=2), 5, best) == expected


def test_the_checksums_are_crc_32(tmp_path):
    path, model = tmp_path / "checkpoint", network("linear")
    callbacks = [nn.ModelCheckpoint(path)]
    model.metadata["note"] = '"pynncore.crc32":"12345678"'  # taken for no checksum
    model.fit(X, Y, loss="mse", optimizer="sgd", epochs=1, batch_size=8, callbacks=callbacks)
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    metadata = header.pop("__metadata__")
    for name, tensor in header.items():
        content = data[begin:][slice(*tensor["data_offsets"])]
        assert int(metadata["pynncore.crc32/" + name], 16) == zlib.crc32(content)
    own = f'"pynncore.crc32":"{metadata["pynncore.crc32"]}"'.encode()
    assert int(metadata["pynncore.crc32"], 16) == zlib.crc32(data[8:begin].replace(own, own[:-9] + b'00000000"'))
    assert nn.load(path).metadata == model.metadata
    spaced = data[8:begin].replace(b'"pynncore.crc32":', b'"pynncore.crc32": ')
    path.write_bytes(len(spaced).to_bytes(8, "little") + spaced + data[begin:])
    with pytest.raises(ValueError, match="the header is damaged"):
        Checkpoint.read(path)
