"""Reading .npz, .npy and .parquet: exact values, and refusal of what is damaged, hostile or of another shape."""

import builtins
import io
import zipfile

import numpy as np
import pytest

from pynncore.data import read_table

X = np.arange(12.0).reshape(6, 2)
y = np.array([0, 1, 0, 1, 1, 0])


@pytest.fixture
def saved(tmp_path):
    def save(**arrays):
        path = tmp_path / "rows.npz"
        np.savez_compressed(path, **arrays)
        return path

    return save


def test_npz_with_X_and_y(saved):
    table = read_table(saved(X=X, y=y))
    assert table.names == ("column_1", "column_2", "y")
    np.testing.assert_array_equal(table.matrix(["column_1", "column_2"]), X)
    np.testing.assert_array_equal(table.column("y"), y)
    assert "y" not in read_table(saved(X=X))


def test_npz_with_one_array_a_column(saved):
    table = read_table(saved(age=X[:, 0], sex=np.array(list("fmfmfm")), y=y[:, None]))
    assert table.names == ("age", "sex", "y")
    assert table.number_names == ("age", "y")
    assert table.others["sex"].tolist() == list("fmfmfm")


def test_npz_with_its_own_test_set_of_images(saved):
    images = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
    table = read_table(saved(x_train=images, y_train=y, x_test=images[:2], y_test=y[:2]))
    assert table.number_names == tuple(f"pixel_{k}" for k in range(1, 7))
    assert table.limit == table.test.limit == 255
    np.testing.assert_array_equal(table.numbers, images.reshape(6, 6))
    np.testing.assert_array_equal(table.test.column("y"), y[:2])


REFUSED = {
    "wider test set": (
        {"x_train": X, "y_train": y, "x_test": np.ones((6, 3)), "y_test": y},
        "the rows to test have 3 numbers, but those to train 2",
    ),
    "narrower test set": (
        {"x_train": X, "y_train": y, "x_test": X[:, :1], "y_test": y},
        "the rows to test have 1 numbers, but those to train 2",
    ),
    "lengths differ": ({"X": X, "y": y[:4]}, r"array 'y' has shape \(4,\); \(6,\) was expected"),
    "X has three dimensions": ({"X": X[None], "y": y}, r"X is float64 of shape \(1, 6, 2\); a matrix of numbers"),
    "X is a row": ({"X": y, "y": y}, r"X is int64 of shape \(6,\)"),
    "complex numbers": ({"X": X + 1j, "y": y}, "X is complex128"),
    "times": ({"t": y.astype("datetime64[s]")}, r"array 't' is datetime64\[s\]"),
    "NaN": ({"X": np.where(X == 5, np.nan, X), "y": y}, r"row 3, column 'column_2': nan is not finite"),
    "infinity in y": ({"X": X, "y": np.where(y, np.inf, 0.5)}, "row 2, column 'y': inf is not finite"),
    "no rows": ({"X": X[:0], "y": y[:0]}, "has no rows"),
    "a number alone": ({"a": np.float64(1)}, r"array 'a' has shape \(\)"),
    "no arrays": ({}, "holds no array"),
    "pickled objects": ({"a": np.array([{}, []], dtype=object)}, "holds Python objects"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_npz_refused(saved, case):
    arrays, message = REFUSED[case]
    path = saved(**arrays)
    with pytest.raises(ValueError, match=message) as caught:
        read_table(path)
    assert str(path) in str(caught.value)


def test_npz_header_that_promises_more_than_the_file_holds(tmp_path):
    data = io.BytesIO()
    np.lib.format.write_array_header_1_0(data, {"descr": "<f8", "fortran_order": False, "shape": (1 << 50, 4)})
    path = tmp_path / "rows.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", data.getvalue() + b"\0" * 64)
    with pytest.raises(ValueError, match="does not fit into its"):
        read_table(path)


def test_npz_cut_anywhere_is_refused(saved, tmp_path):
    whole = saved(X=X, y=y).read_bytes()
    cut = tmp_path / "cut.npz"
    for length in range(0, len(whole) - 1, 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut\.npz"):
            read_table(cut)


def test_npy_is_mapped_and_numbered(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, X)
    table = read_table(path)
    assert isinstance(table.numbers, np.memmap)
    assert table.names == ("column_1", "column_2")
    np.testing.assert_array_equal(table.numbers, X)


def test_npy_with_named_fields(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.array([(1.5, 3, "a"), (2.5, 4, "b")], dtype=[("x", "f4"), ("n", "i8"), ("s", "U3")]))
    table = read_table(path)
    assert table.names == ("x", "n", "s")
    np.testing.assert_array_equal(table.column("n"), [3, 4])
    assert table.others["s"].tolist() == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"abc", b"PK\x03\x04"])
def test_npy_of_other_bytes_is_refused(tmp_path, content):
    path = tmp_path / "rows.npy"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"rows\.npy"):
        read_table(path)


def test_npy_with_pickled_objects_is_refused(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"rows\.npy"):
        read_table(path)


def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    columns = {
        "i": pa.array([1, 2, 3], pa.int16()),
        "f": pa.array([0.5, 1.5, 2.5]),
        "b": pa.array([True, False, True]),
        "s": pa.array(["x", "y", "x"]),
        "d": pa.array(["p", "q", "p"]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)
    table = read_table(path, drop=["b"])
    assert table.names == tuple(columns)
    np.testing.assert_array_equal(table.matrix(["i", "f"]), [[1, 0.5], [2, 1.5], [3, 2.5]])
    assert table.others["s"].tolist() == ["x", "y", "x"]
    assert table.others["d"].tolist() == ["p", "q", "p"]


def test_parquet_refused(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": [1.0, None]}), path)
    with pytest.raises(ValueError, match=r"rows\.parquet, row 2, column 'a': a value is missing"):
        read_table(path)
    pq.write_table(pa.table({"a": [[1.0], [2.0]]}), path)
    with pytest.raises(ValueError, match="column 'a' holds list"):
        read_table(path)
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(ValueError, match=r"rows\.parquet") as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    def without_pyarrow(name, *arguments, original=builtins.__import__):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return original(name, *arguments)

    path = tmp_path / "rows.parquet"
    path.write_bytes(b"")
    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(ImportError, match=r"pip install 'pynncore\[data\]'"):
        read_table(path)
