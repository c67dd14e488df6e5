"""Write the data sets that are bundled in pynncore/data/files from the copies inside scikit-learn.

    python tools/make_datasets.py

The same bytes come out every time: no time stamp is stored. Sources and licences: pynncore/data/files/README.md.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from sklearn.datasets import load_diabetes, load_digits, load_iris

FILES = Path(__file__).resolve().parent.parent / "pynncore" / "data" / "files"


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One gzipped csv file with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path = FILES / f"{name}.csv.gz"
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))
    print(f"{path.name}: {path.stat().st_size} bytes")


def digits() -> None:
    data = load_digits()
    header = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    rows = ([*map(int, x), int(y)] for x, y in zip(data.data, data.target, strict=True))
    write("digits", [*header, "digit"], rows)


def iris() -> None:
    data = load_iris()
    header = [name.removesuffix(" (cm)").replace(" ", "_") + "_cm" for name in data.feature_names]
    rows = ([*map(float, x), str(data.target_names[y])] for x, y in zip(data.data, data.target, strict=True))
    write("iris", [*header, "species"], rows)


def diabetes() -> None:
    data = load_diabetes(scaled=False)
    header = ["age", "sex", "bmi", "blood_pressure", "s1", "s2", "s3", "s4", "s5", "s6", "progression"]
    rows = ([f"{value:g}" for value in [*x, y]] for x, y in zip(data.data, data.target, strict=True))
    write("diabetes", header, rows)


if __name__ == "__main__":
    FILES.mkdir(parents=True, exist_ok=True)
    digits()
    iris()
    diabetes()
