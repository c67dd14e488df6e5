"""From a name to a table: which reader reads what, and what is bundled."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .arrays import read_npy, read_npz
from .delimited import read_delimited
from .frames import is_frame, read_frame
from .idx import read_idx_folder, read_idx_images
from .parquet import read_parquet
from .table import Kind, Table, as_names

# Name: target column. The files and their sources: files/README.md.
BUNDLED = {"digits": "digit", "iris": "species", "diabetes": "progression"}
FILES = Path(__file__).parent / "files"

# Column names that are taken for the target if none is named.
TARGETS = ("target", "label", "class", "y")

READERS: Mapping[str, Callable[[Path], Table]] = {".npz": read_npz, ".npy": read_npy, ".parquet": read_parquet}
DELIMITED = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def read_table(
    source: Any,
    *,
    text: Collection[str] = (),
    drop: Collection[str] = (),
    header: bool | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Table:
    """Read rows of named columns, as they are.

    Parameters
    ----------
    source : str, Path or data frame
        "digits", "iris" or "diabetes" (bundled); a .csv, .tsv (both also .gz), .npz, .npy or .parquet file;
        "idx:FOLDER" with MNIST's four files; "idx:FILE" with images alone; a DataFrame of pandas or Polars.
    text : str or collection of str, default ()
        Columns of numbers that are to be categories.
    drop : str or collection of str, default ()
        Columns to leave out.
    header : bool or None, default None
        For .csv and .tsv: whether the first row names the columns; None: find out.
    kinds : mapping of str to "number" or "text", or None, default None
        For .csv and .tsv: read exactly these columns and as these kinds.

    Returns
    -------
    Table
        Numbers, texts, and for idx folders the test set.

    Raises
    ------
    ValueError
        The content is wrong; the message says where.
    OSError
        The file cannot be read.
    ImportError
        .parquet without PyArrow.
    """
    text, drop = as_names(text), as_names(drop)
    if is_frame(source):
        return read_frame(source).select(text=text, drop=drop)
    name = str(source)
    if name in BUNDLED:
        table = read_delimited(FILES / f"{name}.csv.gz", text=text, drop=drop, kinds=kinds)
        return replace(table, source=name)
    if name.startswith("idx:"):
        path = Path(name.removeprefix("idx:"))
        table = read_idx_images(name, path, None) if path.is_file() else read_idx_folder(path)
        return table.select(text=text, drop=drop)
    path = Path(source)
    if path.name.lower().endswith(DELIMITED):
        return read_delimited(path, text=text, drop=drop, header=header, kinds=kinds)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{name!r} is neither a bundled data set ({', '.join(BUNDLED)}) nor idx:FOLDER nor a file that ends in "
            f"{', '.join((*DELIMITED, *READERS))}"
        )
    return reader(path).select(text=text, drop=drop)


def target_of(source: Any, table: Table, target: str | None) -> str:
    """The target column: the one asked for, a bundled set's own, or the only one called target, label, class or y.

    Raises
    ------
    ValueError
        There is no such column, or none can be told.
    """
    target = target or (BUNDLED.get(str(source)) if isinstance(source, str | Path) else None)
    if target is not None:
        table.column(target)
        return target
    found = [name for name in table.names if name.lower() in TARGETS and name in table]
    if len(found) != 1:
        shown = ", ".join(map(repr, table.names[-8:]))
        raise ValueError(f"{table.source}: which column is the target? The last ones are {shown}")
    return found[0]
