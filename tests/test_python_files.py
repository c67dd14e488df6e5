"""Model files: round trips, other readers and writers, and damaged or hostile files."""

import json
import os
import tracemalloc

import numpy as np
import pytest

import pynncore as nn
from pynncore import io

rng = np.random.default_rng(0)
X = rng.standard_normal((20, 4))
y = rng.integers(0, 3, 20)


def network(dtype="float32"):
    layers = [nn.Linear(4, 5, bias=False), nn.LeakyReLU(0.123456789), nn.Linear(5, 6), nn.GELU(approximate="tanh")]
    layers += [nn.Step(surrogate="sigmoid"), nn.Linear(6, 3), nn.LogSoftmax()]
    return nn.Sequential(*layers, rng=0, dtype=dtype)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_comes_back_to_the_bit_and_trains_on_alike(path, dtype):
    model = network(dtype)
    model.metadata["classes"] = 'ä, "b"\n\\ \u2028 ☃'
    model.fit(X, y, loss="nll", optimizer="sgd", epochs=2)
    model.save(path)
    other = nn.load(path)
    assert repr(other) == repr(model) and other.dtype == dtype and other.in_features == 4
    assert (other.seed, other.epochs, other.metadata) == (model.seed, 2, model.metadata)
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    histories = [net.fit(X, y, loss="nll", optimizer="adam", epochs=3)["loss"] for net in (model, other)]
    assert histories[0] == histories[1]


def test_every_layer_can_be_saved(path):
    for name in nn.activations.__all__:
        model = nn.Sequential(nn.Linear(3, 2), getattr(nn, name)(), rng=0)
        model.save(str(path))
        assert repr(nn.load(path)) == repr(model)


def test_a_network_without_weights_can_be_saved(path):
    model = nn.Sequential(nn.Softmax())
    model.save(path)
    assert nn.load(path).in_features is None
    model.predict(X)
    model.save(path)
    assert nn.load(path).in_features == 4


def test_weights_that_are_not_finite_can_be_read(path):
    model = nn.Sequential(nn.Linear(1, 2, bias=False), rng=0)
    model[0].op.set("weight", np.array([[np.nan], [np.inf]], np.float32))
    model.save(path)
    assert nn.load(path)[0].weight.tobytes() == model[0].weight.tobytes()


def test_other_readers_understand_the_file(path):
    numpy = pytest.importorskip("safetensors.numpy")
    model = network()
    model.save(path)
    loaded = numpy.load_file(path)
    state = model.state_dict()
    assert loaded.keys() == state.keys() and all((loaded[name] == state[name]).all() for name in state)


def test_files_of_other_writers_are_read(path):
    numpy = pytest.importorskip("safetensors.numpy")
    model = network()
    model.save(path)
    with open(path, "rb") as file:
        metadata = io.read_header(file).metadata
    numpy.save_file(model.state_dict(), path, metadata)
    assert nn.load(path).predict(X).tobytes() == model.predict(X).tobytes()
    numpy.save_file(model.state_dict(), path)
    with pytest.raises(ValueError, match="no file of pynncore"):
        nn.load(path)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    network().save(path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="No space"):
                network().save(path)
        assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]
    with pytest.raises(OSError):
        network().save(path.parent / "no" / "such" / "folder")


def test_saving_follows_links_and_keeps_them(path):
    link = path.parent / "link"
    network().save(path)
    link.symlink_to(path)
    model = network("float64")
    model.save(link)
    assert link.is_symlink() and nn.load(path).dtype == "float64"


@pytest.mark.parametrize(
    ("metadata", "error", "message"),
    [
        ({"pynncore.x": ""}, ValueError, "'pynncore.x'"),
        ({"a": 1}, TypeError, "'a': 1"),
        ({1: "a"}, TypeError, "1: 'a'"),
    ],
)
def test_wrong_metadata_are_refused(path, metadata, error, message):
    model = network()
    model.metadata = metadata
    with pytest.raises(error, match=message):
        model.save(path)
    assert not path.exists()


def test_a_missing_file_is_an_os_error(path):
    with pytest.raises(FileNotFoundError):
        nn.load(path)


METADATA = {
    "pynncore.version": "1",
    "pynncore.dtype": "float32",
    "pynncore.layers": "Linear(in_features=2, out_features=1, bias=True)",
    "pynncore.in_features": "2",
    "pynncore.seed": "0",
    "pynncore.epochs": "0",
}
WEIGHT = {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}
BIAS = {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}
ENTRIES = {"__metadata__": METADATA, "0.weight": WEIGHT, "0.bias": BIAS}
DATA = np.array([1, 2, 3], "<f4").tobytes()


def content(header, data=DATA, length=None):
    text = header if isinstance(header, bytes) else (header if isinstance(header, str) else json.dumps(header)).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def changed(**metadata):
    return ENTRIES | {"__metadata__": METADATA | {f"pynncore.{name}": text for name, text in metadata.items()}}


def without(key):
    return {name: value for name, value in ENTRIES.items() if name != key}


TEXT = json.dumps(ENTRIES)
HOSTILE = {
    "empty": (b"", "0 bytes"),
    "seven bytes": (b"1234567", "7 bytes"),
    "no header": (bytes(8), "begin with '{'"),
    "header beyond the file": (content(ENTRIES, b"", 10**6), "a header of 1000000 bytes"),
    "huge header": (content(ENTRIES, b"", 2**63 + 1), "no safetensors file"),
    "header larger than allowed": (content("{" + " " * (io.MOST_HEADER + 1), b""), "no safetensors file"),
    "not UTF-8": (content(b'{"\xff"'), "UTF-8"),
    "a list": (content("[" + TEXT + "]"), "begin with '{'"),
    "no object": (content("{" * 1000), "a string was expected"),
    "unfinished": (content(TEXT[:-1]), "expected"),
    "something after it": (content(TEXT + "x"), "follows its end"),
    "unfinished string": (content('{"__metadata__'), "string is damaged"),
    "control character": (content('{"\n":1}'), "string is damaged"),
    "tensor twice": (content(TEXT[:-1] + ',"0.bias":' + json.dumps(BIAS) + "}"), "'0.bias' occurs twice"),
    "metadata twice": (content(TEXT[:-1] + ',"__metadata__":{}}'), "__metadata__ occurs twice"),
    "metadata's name twice": (content('{"__metadata__":{"a":"1","a":"2"}}', b""), "'a' occurs twice"),
    "key twice": (content(TEXT.replace('"dtype": "F32"', '"dtype": "F32", "dtype": "F32"')), "unexpected 'dtype'"),
    "unknown key": (content(TEXT.replace('"dtype"', '"type"')), "unexpected 'type'"),
    "number as metadata": (content('{"__metadata__":{"a":1}}', b""), "string was expected"),
    "nested metadata": (content('{"__metadata__":{"a":{}}}', b""), "string was expected"),
    "no dtype": (content(ENTRIES | {"0.bias": {"shape": [1], "data_offsets": [8, 12]}}), "not one each"),
    "one offset": (content(ENTRIES | {"0.bias": BIAS | {"data_offsets": [8]}}), "not one each"),
    "unknown dtype": (content(ENTRIES | {"0.bias": BIAS | {"dtype": "Q7"}}), "'Q7'"),
    "bfloat16": (content(ENTRIES | {"0.bias": BIAS | {"dtype": "BF16"}}), "'BF16'"),
    "negative size": (content(ENTRIES | {"0.bias": BIAS | {"shape": [-1]}}), "whole numbers"),
    "part of a size": (content(ENTRIES | {"0.bias": BIAS | {"shape": [1.0]}}), "whole numbers"),
    "deep shape": (content(ENTRIES | {"0.bias": BIAS | {"shape": [1] * 9}}), "at most eight"),
    "nested shape": (content(ENTRIES | {"0.bias": BIAS | {"shape": [[1]]}}), "whole numbers"),
    "overflowing shape": (content(ENTRIES | {"0.bias": BIAS | {"shape": [2**59, 2**59]}}), "data_offsets"),
    "size that wraps to the right one": (content(ENTRIES | {"0.bias": BIAS | {"shape": [2**32, 2**32]}}), "has"),
    "backward offsets": (content(ENTRIES | {"0.bias": BIAS | {"data_offsets": [12, 8]}}), "data_offsets"),
    "overlap": (content(ENTRIES | {"0.bias": BIAS | {"data_offsets": [4, 8]}}, DATA[:8]), "begins at byte 4"),
    "hole": (content(ENTRIES | {"0.bias": BIAS | {"data_offsets": [12, 16]}}, DATA + DATA[:4]), "begins at byte 12"),
    "truncated data": (content(ENTRIES, DATA[:-1]), "the file has"),
    "trailing bytes": (content(ENTRIES, DATA + b"\0"), "the file has"),
    "missing tensor": (content(without("0.bias"), DATA[:8]), "'0.bias' is missing"),
    "tensor too many": (content(ENTRIES | {"x": BIAS | {"data_offsets": [12, 16]}}, DATA + DATA[:4]), "'x' belongs"),
    "other shape": (content(ENTRIES | {"0.weight": WEIGHT | {"shape": [2, 1]}}), r"\[2, 1\], but .* \[1, 2\]"),
    "other dtype": (content(changed(dtype="float64")), "float32 .* needs float64"),
    "no metadata": (content(without("__metadata__")), "lacks pynncore.version"),
    "later version": (content(changed(version="2")), "version '2'"),
    "dtype": (content(changed(dtype="float16")), "'float16'"),
    "seed": (content(changed(seed="-1")), "seed is '-1'"),
    "large seed": (content(changed(seed="9" * 19)), "seed"),
    "epochs": (content(changed(epochs="many")), "epochs is 'many'"),
    "in_features": (content(changed(in_features="3")), "3 features, but its layers take 2"),
    "no layers": (content(changed(layers="")), "is no layer"),
    "unknown layer": (content(changed(layers="Conv(in_features=2)")), "is no layer"),
    "function": (content(changed(layers="__import__(name='os')")), "is no layer"),
    "huge layer": (content(changed(layers="Linear(in_features=2000000000, out_features=1, bias=True)")), "needs"),
    "absurd layer": (content(changed(layers="Linear(in_features=3000000000, out_features=1, bias=True)")), "at most"),
    "layer's arguments": (content(changed(layers="Linear(in_features=2, outputs=1)")), "is no layer"),
    "layer's argument twice": (content(changed(layers="Linear(in_features=2, in_features=2)")), "is no layer"),
    "layer's value": (content(changed(layers="LeakyReLU(negative_slope=nan)")), "'nan' is no value"),
    "layer's range": (content(changed(layers="LeakyReLU(negative_slope=-1)")), "negative_slope is -1"),
    "layer's expression": (content(changed(layers="LeakyReLU(negative_slope=1+1)")), "'1.1' is no value"),
    "layers that do not fit": (
        content(changed(layers=METADATA["pynncore.layers"] + "\nLinear(in_features=3, out_features=1, bias=False)")),
        "missing",
    ),
    "many layers": (content(changed(layers="\n".join(["ReLU()"] * 10_000))), "10000 layers"),
    "many tensors": (
        content({str(i): BIAS | {"shape": [0], "data_offsets": [0, 0]} for i in range(40_000)}, b""),
        "more than 16384 tensors",
    ),
    "long list": (content('{"a":{"shape":[' + "1," * 500_000 + "1]}}", b""), "at most eight"),
    "deep nesting": (content('{"a":' * 200_000, b""), "unexpected|expected"),
    "long text": (content('{"__metadata__":{"a":"' + "\\u0041" * 300_000 + '"}}', b""), "lacks"),
}


def test_the_file_that_hostile_ones_are_made_from_is_right(path):
    path.write_bytes(content(ENTRIES))
    np.testing.assert_array_equal(nn.load(path).state_dict()["0.weight"], [[1, 2]])
    path.write_bytes(content(json.dumps(ENTRIES, indent=3) + " \n"))
    np.testing.assert_array_equal(nn.load(path).state_dict()["0.bias"], [3])


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_raise_and_need_little_memory(path, case):
    data, message = HOSTILE[case]
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value) and len(str(caught.value)) < 500
    assert peak <= 2 * len(data) + (4 << 20), f"{peak} bytes for a file of {len(data)}"


def test_every_truncation_raises(path):
    data = content(ENTRIES)
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError):
            nn.load(path)


def test_damaged_files_raise_or_give_a_network(path):
    data = content(ENTRIES)
    for position in range(len(data) - len(DATA)):
        for value in (0, 34, 48, 57, 92, 123, 255, data[position] ^ 1, data[position] ^ 32):
            path.write_bytes(data[:position] + bytes([value]) + data[position + 1 :])
            try:
                assert nn.load(path)[0].in_features == 2
            except ValueError:
                continue


def test_loading_a_large_file_needs_no_second_copy(path):
    wide = nn.Sequential(nn.Linear(1000, 2000), nn.Linear(2000, 500), rng=0)
    wide.save(path)
    tracemalloc.start()
    nn.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * 1000 * 2000 * 4  # one tensor at a time, beside the core's own weights
