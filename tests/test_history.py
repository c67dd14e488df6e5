"""What a History and a Sequential show of themselves: plots, tables, HTML."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import pynncore as nn
from pynncore import html

rng = np.random.default_rng(0)
X, y = rng.standard_normal((60, 3)), rng.integers(0, 3, 60)


def network_of():
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3), rng=0)


def history_of(**options):
    options = {"loss": "cross_entropy", "optimizer": "adam", "epochs": 5, "validation_split": 0.2} | options
    return network_of().fit(X, y, metrics=["accuracy"], **options)


def made_of(**numbers):
    history = nn.History()
    history.history = numbers
    return history


def test_plot_draws_the_numbers_and_writes_a_file(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    from matplotlib import _pylab_helpers

    before = dict(matplotlib.rcParams)
    history = history_of()
    figure = history.plot(tmp_path / "curve.png", title="five epochs")
    loss, accuracy = figure.axes
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        training, validation = (line.get_ydata() for line in axes.get_lines())
        assert (list(training), list(validation)) == (history[name], history[f"val_{name}"])
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert figure._repr_png_().startswith(b"\x89PNG")  # what notebooks ask for
    assert dict(matplotlib.rcParams) == before and not _pylab_helpers.Gcf.figs


def test_to_frame():
    pandas = pytest.importorskip("pandas")
    history = history_of()
    frame = history.to_frame()
    expected = pandas.DataFrame({"epoch": [1, 2, 3, 4, 5], **history.history}).set_index("epoch")
    pandas.testing.assert_frame_equal(frame, expected)
    assert nn.History().to_frame().empty


@pytest.mark.parametrize(
    ("module", "call", "extra"),
    [("pandas", nn.History.to_frame, "data"), ("matplotlib.figure", nn.History.plot, "plot")],
)
def test_what_is_not_installed_is_named_with_its_extra(monkeypatch, module, call, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'pynncore\[{extra}\]'"):
        call(made_of(loss=[1.0]))


def cells_of(text):
    """The caption and the text of all cells; raises if the HTML is not well-formed."""
    root = ElementTree.fromstring(text)
    return root.find("caption").text, [[cell.text or "" for cell in row] for row in root.findall("tr")]


def test_html_of_a_history():
    history = made_of(loss=[3.0, 1.0, 2.0], accuracy=[0.2, np.nan, 0.1], lr=[0.1] * 3, seconds=[1.0, 0.5, 0.5])
    history.stopped = "<enough>"
    caption, rows = cells_of(history._repr_html_())
    assert caption == "3 epochs in 2 s; stopped: <enough>"
    assert rows[1][:5] == ["loss", "3", "2", "1", "2"]
    assert rows[2][:5] == ["accuracy", "0.2", "0.1", "0.2", "1"]
    assert rows[3][:5] == ["lr", "0.1", "0.1", "", ""] and len(rows) == 4


def test_html_escapes_names():
    assert "<script>" not in made_of(**{"<script>": [1.0]})._repr_html_()
    assert cells_of(made_of(**{"a&b": [1.0]})._repr_html_())[1][1][0] == "a&b"


def test_html_of_a_history_without_epochs():
    assert cells_of(nn.History()._repr_html_()) == ("0 epochs in 0 s", [["", "first", "last", "best", "in epoch", ""]])


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ([0.0, 2.0, 1.0], [(1, 23), (60, 1), (119, 12)]),
        ([5.0], [(1, 12)]),
        ([1.0, 1.0], [(1, 12), (119, 12)]),
        ([0.0, np.nan, np.inf, 1.0], [(1, 23), (119, 1)]),
        ([np.nan], []),
    ],
)
def test_curves_run_from_corner_to_corner(values, points):
    line = ElementTree.fromstring(html.curve(values)).find("polyline")
    assert [tuple(map(float, point.split(","))) for point in line.get("points").split()] == points


def test_long_curves_are_thinned_out():
    assert len(html.curve(range(100_000))) < 3000


def test_html_of_a_network_is_its_summary(capsys):
    network = network_of()
    caption, rows = cells_of(network._repr_html_())
    network.summary()
    lines = [line for line in capsys.readouterr().out.splitlines() if "---" not in line]
    assert caption == "Sequential, float32" and len(rows) == len(lines) == 5
    assert rows[1][1] == repr(network[0])
    for row, line in zip(rows, lines, strict=True):
        assert line.split() == " ".join([row[0], row[1].partition("(")[0], *row[2:]]).split()
