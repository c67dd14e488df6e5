"""The bundled sets, `load`, `split`, and which column is the target."""

import re
from pathlib import Path

import numpy as np
import pytest

import pynncore as nn
from pynncore.data import Preprocessing, read_table, target_of
from pynncore.data.reading import FILES


def test_bundled_sets_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    for name, theirs in (
        ("digits", datasets.load_digits()),
        ("iris", datasets.load_iris()),
        ("diabetes", datasets.load_diabetes(scaled=False)),
    ):
        ours = nn.data.load(name)
        np.testing.assert_array_equal(ours.X, theirs.data, err_msg=name)
        np.testing.assert_array_equal(ours.y, theirs.target, err_msg=name)
    assert ours.class_names == ()


def test_bundled_sets_are_small_and_have_a_source():
    assert sum(path.stat().st_size for path in FILES.glob("*.gz")) < 100_000
    sources = (FILES / "README.md").read_text()
    assert all(path.name in sources for path in FILES.glob("*.gz"))


def test_split_uses_every_sample_once():
    data = nn.data.load("digits")
    train, test = data.split(test=0.25, rng=3)
    assert (len(train), len(test)) == (1347, 450)
    both = np.concatenate([train.X, test.X])
    np.testing.assert_array_equal(np.sort(both.sum(axis=1)), np.sort(data.X.sum(axis=1)))
    assert train.class_names == data.class_names


def test_split_is_the_same_for_the_same_number():
    data = nn.data.load("iris")
    for first, second in zip(data.split(rng=0), data.split(rng=0), strict=True):
        np.testing.assert_array_equal(first.X, second.X)
    assert not np.array_equal(data.split(rng=0)[0].X, data.split(rng=1)[0].X)


@pytest.mark.parametrize("test", [0, 1, -0.5, 2])
def test_split_refuses_shares_that_are_none(test):
    with pytest.raises(ValueError, match=f"test is {test}, but a number between 0 and 1 was expected"):
        nn.data.load("iris").split(test=test)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"test": "0.2"}, TypeError, "test is '0.2', but a number was expected"),
        ({"test": True}, TypeError, "test is True, but a number was expected"),
        ({"test": float("nan")}, ValueError, "test is nan, but a finite number was expected"),
        ({"rng": -1}, ValueError, "rng is -1, but a whole number of at least 0, a numpy.random.Generator or None was"),
        ({"rng": 1.5}, TypeError, "rng is 1.5, but a whole number of at least 0"),
        ({"rng": "7"}, TypeError, "rng is '7', but a whole number of at least 0"),
    ],
)
def test_split_quotes_what_is_no_share_and_no_seed(options, error, message):
    with pytest.raises(error, match=message):
        nn.data.load("iris").split(**options)


def test_split_refuses_to_leave_nothing_for_training():
    with pytest.raises(ValueError, match="leaves none for training"):
        nn.data.load("iris").take(np.arange(2)).split(test=0.9)


def test_take_accepts_a_mask():
    data = nn.data.load("iris")
    some = data.take(data.y > 0)
    assert len(some) == 100
    assert set(some.y.tolist()) == {1, 2}


def test_dtype_of_X():
    assert nn.data.load("iris").X.dtype == np.float64
    assert nn.data.load("iris", dtype="float32").X.dtype == np.float32
    assert nn.data.load("digits", dtype=np.dtype(np.float64)).X.dtype == np.float64


@pytest.mark.parametrize("dtype", [int, "uint8", bool, complex, object, "flaot"])
def test_features_of_another_dtype_are_refused(dtype):
    message = re.escape(f"dtype is {dtype!r}, but must be 'float32' or 'float64'")
    with pytest.raises(ValueError, match=message):
        nn.data.load("iris", dtype=dtype)
    table = read_table("iris")
    with pytest.raises(ValueError, match=message):
        Preprocessing.fit(table, "species").features(table, dtype)


def test_another_column_of_a_bundled_set_as_target():
    data = nn.data.load("iris", target="sepal_length_cm")
    assert data.y.dtype == np.float64
    assert data.feature_names[-3:] == ("species=setosa", "species=versicolor", "species=virginica")


@pytest.mark.parametrize(("header", "target"), [("a,b,Label", "Label"), ("y,a,b", "y"), ("a,Class,b", "Class")])
def test_target_is_found_by_its_name(tmp_path, header, target):
    path = tmp_path / "rows.csv"
    path.write_text(header + "\n1,2,3\n")
    assert target_of(path, read_table(path), None) == target


@pytest.mark.parametrize("header", ["a,b,c", "a,label,y"])
def test_target_that_cannot_be_told_is_asked_for(tmp_path, header):
    path = tmp_path / "rows.csv"
    path.write_text(header + "\n1,2,3\n")
    with pytest.raises(ValueError, match="which column is the target"):
        nn.data.load(path)


def test_source_that_is_nothing_known():
    with pytest.raises(ValueError, match=r"'mnist' is neither a bundled data set \(digits, iris, diabetes\) nor"):
        nn.data.load("mnist")
    with pytest.raises(FileNotFoundError):
        nn.data.load("nowhere.csv")


def test_path_objects_are_sources(tmp_path):
    path = Path(tmp_path) / "rows.csv"
    path.write_text("a,y\n1,0.5\n2,1.5\n")
    np.testing.assert_array_equal(nn.data.load(path).y, [0.5, 1.5])
