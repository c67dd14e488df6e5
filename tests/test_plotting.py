"""The learning curve: a PNG file, complete or absent, and nothing global touched."""

import pytest

from pynncore.plotting import learning_curve

matplotlib = pytest.importorskip("matplotlib")

HISTORY = {"loss": [1.0, 0.5], "accuracy": [0.5, 0.75], "val_loss": [1.1, 0.6], "lr": [0.1, 0.1], "seconds": [1.0, 1.0]}


def test_a_png_is_written(tmp_path):
    path = tmp_path / "curve.png"
    learning_curve(HISTORY, path, title="two epochs")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [entry.name for entry in tmp_path.iterdir()] == ["curve.png"]


@pytest.mark.parametrize("loss", [[1.0], [0.5, 0.0], [0.5, -2.0]])
def test_one_epoch_and_losses_without_logarithm_can_be_drawn(tmp_path, loss):
    learning_curve({"loss": loss}, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").exists()


def test_the_state_of_matplotlib_is_left_alone(tmp_path):
    from matplotlib import _pylab_helpers

    before = dict(matplotlib.rcParams), matplotlib.get_backend(auto_select=False)
    learning_curve(HISTORY, tmp_path / "curve.png")
    assert (dict(matplotlib.rcParams), matplotlib.get_backend(auto_select=False)) == before
    assert not _pylab_helpers.Gcf.figs


def test_a_history_without_epochs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="the history has no epochs, but at least one was expected"):
        learning_curve({}, tmp_path / "curve.png")
    assert not list(tmp_path.iterdir())
