"""The command line: what it writes and prints, and that every mistake is one line and exit status 2."""

import csv

import numpy as np
import pytest

import pynncore as nn
from pynncore.cli import main


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_table(path, rows=200, target="kind"):
    """Two numbers and a text column; the class and the quantity depend on all three."""
    rng = np.random.default_rng(0)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["width", "height", "colour", target])
        for _ in range(rows):
            width, height = rng.normal(size=2) * (3, 50) + (1, 100)
            colour = rng.choice(["red", "green"])
            score = (width - 1) / 3 + (height - 100) / 50 + (colour == "red")
            writer.writerow(
                [width, height, colour, ("small", "large")[int(score > 0.5)] if target == "kind" else 40 + 9 * score]
            )


def test_train_digits_prints_accuracy_and_writes_model_and_curve(tmp_path, capsys):
    assert main(["train", "digits"]) == 0
    text = capsys.readouterr().out
    accuracy = float(text.partition("test accuracy ")[2].split()[0])
    assert accuracy >= 0.97
    network = nn.load("digits.safetensors")
    assert (network.in_features, network.out_features) == (64, 10)
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        assert "matplotlib is not installed" in text
    else:
        assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_training_twice_writes_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        assert main(["train", "iris", "--epochs", "5", "--output", f"{name}.safetensors"]) == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_predict_takes_raw_rows_without_the_target(tmp_path, capsys):
    write_table("rows.csv")
    assert main(["train", "rows.csv", "--target", "kind", "--hidden", "16", "--output", "m.safetensors"]) == 0
    assert "test accuracy" in capsys.readouterr().out
    with open("rows.csv", newline="") as file:
        rows = list(csv.reader(file))
    with open("new.csv", "w", newline="") as file:
        csv.writer(file).writerows(row[2::-1] for row in rows)  # columns in another order
    assert main(["predict", "m.safetensors", "new.csv", "--output", "p.csv"]) == 0
    with open("p.csv", newline="") as file:
        header, *predicted = csv.reader(file)
    assert header == ["kind"] and len(predicted) == 200
    assert np.mean([p[0] == row[3] for p, row in zip(predicted, rows[1:], strict=True)]) > 0.9

    assert main(["predict", "m.safetensors", "new.csv", "--proba"]) == 0
    header, *probabilities = csv.reader(capsys.readouterr().out.splitlines())
    assert header == ["kind", "large", "small"]
    np.testing.assert_allclose(np.array([row[1:] for row in probabilities], dtype=float).sum(axis=1), 1, atol=1e-6)


def test_quantities_are_predicted_in_their_own_unit(capsys):
    write_table("rows.csv", target="price")
    assert main(["train", "rows.csv", "--target", "price", "--output", "m.safetensors"]) == 0
    text = capsys.readouterr().out
    assert float(text.partition("R2 ")[2].split(",")[0]) > 0.9
    assert main(["predict", "m.safetensors", "rows.csv"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header == "price" and abs(np.mean([float(line) for line in lines]) - 44) < 3


def test_info_prints_what_config_shows(capsys):
    assert main(["info"]) == 0
    assert nn.config.isa() in capsys.readouterr().out


def test_bench_prints_a_fraction_of_peak_for_each_cell(capsys, monkeypatch):
    monkeypatch.setattr("pynncore.cli.bench.NETS", ((20, 16, 2),))
    monkeypatch.setattr("pynncore.cli.bench.BATCHES", (32,))
    monkeypatch.setattr("pynncore.cli.bench.WORK", 1e6)
    assert main(["bench"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("%")


BAD_CELL = "a,b,label\n1,2,x\n3,oops,y\n5,6,x\n" + "7,8,y\n" * 40
MISTAKES = {
    "unknown data": (["train", "nothing"], "'nothing' is neither a bundled data set"),
    "unknown command": (["fly"], "invalid choice: 'fly'"),
    "no command": ([], "COMMAND"),
    "unknown option": (["train", "iris", "--depth", "3"], "unrecognized arguments: --depth 3"),
    "missing file": (["train", "absent.csv", "--target", "y"], "absent.csv"),
    "unknown target": (["train", "table.csv", "--target", "colour"], "no column 'colour'"),
    "unknown activation": (
        ["train", "iris", "--activation", "rleu"],
        "activation 'rleu' is unknown; there are Identity",
    ),
    "unknown optimizer": (
        ["train", "iris", "--optimizer", "magic"],
        "optimizer 'magic' is unknown; there are SGD, Adam, AdamW",
    ),
    "no units": (["train", "iris", "--hidden", "8,0"], "'8,0' is not a list of widths"),
    "no epochs": (["train", "iris", "--epochs", "0"], "--epochs: '0' is not a whole number"),
    "no batch": (["train", "iris", "--batch-size", "0"], "--batch-size: '0' is not a whole number"),
    "test share": (["train", "iris", "--test-split", "1.5"], "1.5"),
    "no folder for the model": (
        ["train", "iris", "--output", "absent/m.safetensors"],
        "--output absent/m.safetensors: there is no folder",
    ),
    "model is not one": (["predict", "table.csv", "table.csv"], "table.csv"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_line_and_status_2(mistake, capsys, tmp_path):
    (tmp_path / "table.csv").write_text(BAD_CELL.replace("oops", "4"))
    arguments, expected = MISTAKES[mistake]
    try:
        status = main(arguments)
    except SystemExit as stop:  # argparse
        status = stop.code
    error = capsys.readouterr().err
    assert status == 2 and error.count("\n") == 1 and expected in error, error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv"]


def test_a_bad_cell_is_named_by_file_line_and_column(capsys, tmp_path):
    (tmp_path / "table.csv").write_text(BAD_CELL)
    assert main(["train", "table.csv", "--output", "m.safetensors"]) in (0, 2)
    assert main(["train", "good.csv"]) == 2
    (tmp_path / "good.csv").write_text(BAD_CELL.replace("oops", "4"))
    assert main(["train", "good.csv", "--epochs", "2"]) == 0
    capsys.readouterr()
    assert main(["predict", "good.safetensors", "table.csv"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "table.csv, line 3, column 2" in error and "oops" in error


def test_interruption_is_status_130(monkeypatch):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("pynncore.cli.config.show", lambda: interrupted(None))
    assert main(["info"]) == 130


def test_failing_to_write_predictions_leaves_the_old_file(tmp_path, monkeypatch, capsys):
    assert main(["train", "iris", "--epochs", "1", "--output", "m.safetensors"]) == 0
    path = tmp_path / "predictions.csv"
    path.write_text("old")

    def full(*_):
        raise OSError("no space left on disk")

    monkeypatch.setattr("os.replace", full)
    assert main(["predict", "m.safetensors", "iris", "--output", "predictions.csv"]) == 2
    assert "no space left" in capsys.readouterr().err
    assert path.read_text() == "old" and not [p for p in tmp_path.iterdir() if p.name not in KEPT]


KEPT = ("m.safetensors", "m.png", "predictions.csv")
