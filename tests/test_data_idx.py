"""Reading idx files: all types, gzipped or not, folders with MNIST's names, and headers that lie."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pynncore as nn
from pynncore.data import read_idx, read_table
from pynncore.data.idx import TYPES


def packed(array):
    code = next(code for code, name in TYPES.items() if np.dtype(name) == array.dtype.newbyteorder(">"))
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("name", TYPES.values())
@pytest.mark.parametrize("end", ["", ".gz", ".GZ"])
def test_every_type_comes_back(tmp_path, name, end):
    array = (np.arange(24).reshape(2, 3, 4) * 5).astype(np.dtype(name).newbyteorder("="))
    path = tmp_path / f"some-idx3{end}"
    path.write_bytes(gzip.compress(packed(array)) if end else packed(array))
    read = read_idx(path)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


GOOD = packed(np.arange(6, dtype=np.uint8).reshape(2, 3))
REFUSED = {
    "nothing": (b"", "is not an idx file: it begins with the bytes of nothing"),
    "other bytes": (b"\x89PNG\r\n", "is not an idx file: it begins with the bytes 89 50 4e 47"),
    "unknown type": (b"\0\0\x0a\x01" + GOOD[4:], "is not an idx file"),
    "no dimension": (b"\0\0\x08\x00\x01", "is not an idx file"),
    "sizes cut": (GOOD[:9], "the header ends after 9 bytes; 12 were expected"),
    "elements cut": (GOOD[:-1], r"the header says shape \(2, 3\), 6 bytes; the file holds 5"),
    "too many elements": (GOOD + b"\0", r"the header says shape \(2, 3\), 6 bytes; the file holds more"),
    "more dimensions than NumPy takes": (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"a", "dimension"),
    "sizes that overflow": (b"\0\0\x08\x04" + b"\xff" * 16 + b"abc", "the file holds 3"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("end", ["", ".gz"])
def test_refused_with_the_reason(tmp_path, case, end):
    content, message = REFUSED[case]
    path = tmp_path / f"file{end}"
    path.write_bytes(gzip.compress(content) if end else content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_damaged_gzip_is_refused(tmp_path):
    path = tmp_path / "file.gz"
    for content in (gzip.compress(GOOD)[:-9], GOOD, b""):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"file\.gz"):
            read_idx(path)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(content)
    try:
        array = read_idx(path)
    except ValueError:
        return
    assert array.nbytes < len(content)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 30), ("t10k", 20)):
        images = rng.integers(256, size=(n, 4, 5), dtype=np.uint8)
        labels = (np.arange(n) % 3).astype(np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(packed(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(packed(labels))
    return tmp_path


def test_folder_has_a_training_and_a_test_set(folder):
    images = read_idx(folder / "train-images-idx3-ubyte.gz")
    data = nn.data.load(f"idx:{folder}")
    train, test = data.split()
    assert train.X.shape == (30, 20)
    assert test.X.shape == (20, 20)
    assert train.X.dtype == np.float32
    np.testing.assert_array_equal(train.X, (images.reshape(30, 20) / 255).astype(np.float32))
    np.testing.assert_array_equal(train.y, np.arange(30) % 3)
    assert data.class_names == ("0", "1", "2")


def test_images_alone(folder):
    table = read_table(f"idx:{folder / 't10k-images-idx3-ubyte.gz'}")
    assert len(table) == 20
    assert table.names == tuple(f"pixel_{k}" for k in range(1, 21))


def test_folder_without_test_set(folder):
    (folder / "t10k-images-idx3-ubyte.gz").unlink()
    assert nn.data.load(f"idx:{folder}").test is None


def test_folder_with_the_other_spelling(folder):
    (folder / "train-labels-idx1-ubyte").rename(folder / "train-labels.idx1-ubyte")
    assert len(nn.data.load(f"idx:{folder}")) == 30


def test_folder_without_labels_is_refused(folder):
    (folder / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match=r"has no train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz"):
        read_table(f"idx:{folder}")


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such folder"):
        read_table(f"idx:{tmp_path / 'none'}")


def test_test_images_of_another_size_are_refused(folder):
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(packed(np.zeros((20, 4, 6), np.uint8))))
    with pytest.raises(ValueError, match="the rows to test have 24 numbers, but those to train 20"):
        nn.data.load(f"idx:{folder}")


def test_images_and_labels_that_do_not_fit_are_refused(folder):
    (folder / "train-labels-idx1-ubyte").write_bytes(packed(np.zeros(29, np.uint8)))
    with pytest.raises(ValueError, match=r"holds uint8 of shape \(29,\); 30 labels were expected"):
        read_table(f"idx:{folder}")
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(packed(np.zeros(29, np.uint8))))
    with pytest.raises(ValueError, match=r"finite images of shape \(n, rows, columns\) were expected"):
        read_table(f"idx:{folder}")
