"""Data of any layout, dtype and container give the bits that the same numbers give as a plain array."""

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
WHOLE = rng.integers(0, 2, (30, 6))
X = rng.standard_normal((30, 6)).astype(np.float16).astype(np.float32)  # exact in all float dtypes
y = rng.integers(0, 3, 30)


def digest(X, y=y, **options):
    network = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3), rng=0)
    network.fit(X, y, loss="cross_entropy", optimizer="adam", epochs=2, batch_size=8, **options)
    return network.predict(X).tobytes()


def unaligned(array):
    memory = np.zeros(array.nbytes + 1, np.uint8)
    view = memory[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


LAYOUTS = {
    "Fortran order": np.asfortranarray(X),
    "every second row": np.repeat(X, 2, axis=0)[::2],
    "every third column": np.repeat(X, 3, axis=1)[:, ::3],
    "backwards": X[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": np.frombuffer(X.tobytes(), np.float32).reshape(X.shape),
    "unaligned": unaligned(X),
    "float16": X.astype(np.float16),
    "float64": X.astype(np.float64),
    "longdouble": X.astype(np.longdouble),
    "big-endian": X.astype(">f4"),
    "big-endian float64": X.astype(">f8"),
    "lists": X.tolist(),
    "objects": X.astype(object),
    "matrix": np.asarray(X).view(np.recarray).view(np.ndarray),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_layouts_and_float_dtypes(case):
    assert digest(LAYOUTS[case]) == digest(X)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4", ">u8", "f2", "f8"])
def test_integer_dtypes(dtype):
    assert digest(WHOLE.astype(dtype)) == digest(WHOLE.astype(np.float32))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4", ">i8"])
def test_label_dtypes(dtype):
    assert digest(X, y.astype(dtype)) == digest(X)
    assert digest(X, np.repeat(y, 2).astype(dtype)[::2]) == digest(X)


def test_boolean_labels():
    assert digest(X, y > 1) == digest(X, (y > 1).astype(int))


def test_memory_mapped_files(tmp_path):
    np.save(tmp_path / "X.npy", X)
    assert digest(np.load(tmp_path / "X.npy", mmap_mode="r")) == digest(X)


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    assert digest(frame, pandas.Series(y)) == digest(X)
    mixed = frame.assign(a=WHOLE[:, 0].astype(bool), b=WHOLE[:, 1])
    expected = X.copy()
    expected[:, :2] = WHOLE[:, :2]
    assert digest(mixed) == digest(expected)


def test_polars():
    polars = pytest.importorskip("polars")
    assert digest(polars.DataFrame(X), polars.Series(y)) == digest(X)


def test_torch_tensors():
    torch = pytest.importorskip("torch")
    assert digest(torch.from_numpy(X.copy()), torch.from_numpy(y)) == digest(X)


@pytest.mark.parametrize("shape", [(30,), (30, 1)])
def test_targets_of_one_output(shape):
    network = nn.Sequential(nn.Linear(6, 1), rng=0)
    d = X[:, 0]
    assert network.evaluate(X, d.reshape(shape), loss="mse") == network.evaluate(X, d[:, None], loss="mse")


def test_one_hot_labels_of_any_dtype_are_the_labels():
    network = nn.Sequential(nn.Linear(6, 3), rng=0, dtype="float64")
    value, gradients = network.gradients(X, y, loss="cross_entropy")
    for dtype in (bool, np.uint8, np.float32, np.float64):
        one_hot, of_one_hot = network.gradients(X, np.eye(3, dtype=dtype)[y], loss="cross_entropy")
        assert one_hot == pytest.approx(value, rel=1e-14)
        np.testing.assert_allclose(of_one_hot["0.weight"], gradients["0.weight"], rtol=1e-12)


def test_data_are_not_copied():
    """The peak of Python's memory while a network reads 40 MB is a fraction of that."""
    import tracemalloc

    wide = np.zeros((5000, 1000))
    labels = np.zeros(5000, np.int32)
    network = nn.Sequential(nn.Linear(1000, 2), rng=0)
    tracemalloc.start()
    network.fit(wide, labels, loss="cross_entropy", optimizer="sgd")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < wide.nbytes / 20


def test_what_the_caller_passed_is_not_changed():
    before, labels = X.copy(), y.copy()
    digest(X, validation_split=0.2, sample_weight=np.ones(30), class_weight="balanced")
    assert (before == X).all() and (labels == y).all()
