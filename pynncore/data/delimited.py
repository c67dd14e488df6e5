"""Reading of .csv and .tsv files, gzipped or not, strictly: a cell that does not fit is an error that says where it is.

Rows are read in blocks, and a block's numbers go straight into float64 columns, so that text costs memory for one block
only. A million cells take 0.4 seconds.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from .table import Kind, Table, check_unique, listing, numbered

# The kind of a column is settled by this many rows; a later cell of another kind is an error, not a change of mind.
SAMPLE = 1000
BLOCK = 8192  # rows

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})

Record = tuple[int, list[str]]  # the line at which it begins, its cells


def read_delimited(
    path: Path,
    *,
    text: Collection[str] = (),
    drop: Collection[str] = (),
    header: bool | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Table:
    """Read a .csv or .tsv file.

    The separator is the tabulator for .tsv; for .csv the comma, or the semicolon where the first line has no comma.
    The first row is a header if none of its cells is a number, or if those that are only count the columns (0, 1, 2,
    ..., as pandas writes them). A column holds numbers if half of the cells in its first 1000 rows are numbers, missing
    ones left aside; else it holds text. Spaces around a cell do not belong to it; blank lines are skipped.

    Parameters
    ----------
    path : Path
        The file, in UTF-8.
    text : collection of str, default ()
        Columns to read as text even if their cells look like numbers.
    drop : collection of str, default ()
        Columns to leave out.
    header : bool or None, default None
        Whether the first row names the columns; None: find out.
    kinds : mapping of str to "number" or "text", or None, default None
        If given, exactly these columns are read, as these kinds; the others may hold anything.

    Raises
    ------
    ValueError
        A cell, a row, a name or the encoding is wrong; the message names file, line and column.
    """
    with closing(_records(path)) as records:
        first = next(records, None)
        if first is None:
            raise ValueError(f"{path} is empty")
        if header is None:
            header = _is_header(first[1])
        names = tuple(first[1]) if header else numbered(len(first[1]))
        if kinds is None:
            _check_named(path, first[0], names, drop)
        names = tuple(name or f"column_{position}" for position, name in enumerate(names, 1))
        check_unique(f"{path}, line {first[0]}", names)
        for name in (*text, *drop):
            if name not in names:
                raise ValueError(f"{path} has no column {name!r}; it has {listing(names)}")
        rows = records if header else chain([first], records)
        head = list(islice(rows, SAMPLE))
        if not head:
            raise ValueError(f"{path} has a header but no rows")
        if kinds is None:
            kinds = _kinds(head, names, text, drop)
        return _collect(path, names, {name: kind for name, kind in kinds.items() if name in names}, chain(head, rows))


def _format(path: Path) -> tuple[bool, bool]:
    """Whether the name says gzipped, and whether it says tabulators; in any case, and by its last suffixes only."""
    name = path.name.lower()
    return name.endswith(".gz"), name.removesuffix(".gz").endswith(".tsv")


def _open(path: Path) -> IO[bytes]:
    gzipped, _ = _format(path)
    return cast(IO[bytes], gzip.open(path)) if gzipped else path.open("rb")


def _records(path: Path) -> Generator[Record]:
    """Rows that are not blank, all of the first one's width."""
    with _open(path) as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        start, width, first = 1, 0, 0
        try:
            reader = csv.reader(file, delimiter=_separator(path, file), strict=True)
            for cells in reader:
                line, start = start, reader.line_num + 1
                if len(cells) <= 1 and not "".join(cells).strip():
                    continue
                if not width:
                    width, first = len(cells), line
                    cells = [cell.strip() for cell in cells]
                elif len(cells) != width:
                    raise ValueError(f"{path}, line {line}: {len(cells)} cells, but line {first} has {width}")
                yield line, cells
        except csv.Error as error:
            raise ValueError(f"{path}, line {start}: {error}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{path}, line {_undecodable(path)}: not UTF-8 text") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path} is damaged: {error}") from None


def _separator(path: Path, file: TextIOWrapper) -> str:
    _, tabulators = _format(path)
    if tabulators:
        return "\t"
    line = file.readline(1 << 20)
    file.seek(0)
    return ";" if ";" in line and "," not in line else ","


def _undecodable(path: Path) -> int:
    """The first line that is not UTF-8."""
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _is_header(cells: Sequence[str]) -> bool:
    numbers = [(position, cell) for position, cell in enumerate(cells) if NUMBER.fullmatch(cell)]
    from_zero = all(cell == str(position) for position, cell in numbers)
    # "0,1" may well be data; three columns that count are taken for names.
    return not numbers or (from_zero and len(numbers) >= 3)


def _check_named(path: Path, line: int, names: Sequence[str], drop: Collection[str]) -> None:
    """A column without a name usually counts the rows, and in sorted data that gives the target away: it must go."""
    for position, name in enumerate(names, 1):
        stand_in = f"column_{position}"
        if not name and stand_in not in drop:
            place = f"{path}, line {line}, column {position}"
            raise ValueError(f"{place}: the name is empty; name it, or drop {stand_in!r} if it only counts the rows")


def _kinds(
    head: Sequence[Record], names: Sequence[str], text: Collection[str], drop: Collection[str]
) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for name, column in zip(names, zip(*(cells for _, cells in head), strict=True), strict=True):
        if name in drop:
            continue
        present = [cell for cell in map(str.strip, column) if cell.lower() not in MISSING]
        numbers = sum(NUMBER.fullmatch(cell) is not None for cell in present)
        kinds[name] = "text" if name in text or 2 * numbers < len(present) else "number"
    return kinds


def _collect(path: Path, names: tuple[str, ...], kinds: Mapping[str, Kind], rows: Iterator[Record]) -> Table:
    numeric = tuple(name for name in names if kinds.get(name) == "number")
    texts: dict[str, list[str]] = {name: [] for name in names if kinds.get(name) == "text"}
    blocks: list[NDArray[np.float64]] = []
    lines: list[int] = []
    while block := list(islice(rows, BLOCK)):
        starts = [line for line, _ in block]
        columns = dict(zip(names, zip(*(cells for _, cells in block), strict=True), strict=True))
        numbers = np.empty((len(block), len(numeric)))
        for j, name in enumerate(numeric):
            numbers[:, j] = _numbers(columns[name], path, starts, names.index(name) + 1, name)
        for name, collected in texts.items():
            collected.extend(map(str.strip, columns[name]))
        blocks.append(numbers)
        lines += starts
    others = {name: np.array(cells, dtype=object) for name, cells in texts.items()}
    return Table(str(path), names, np.concatenate(blocks), numeric, others, np.array(lines))


def _numbers(cells: Sequence[str], path: Path, lines: Sequence[int], position: int, name: str) -> NDArray[Any]:
    """The cells of one column as float64.

    Python's float() is the fast judge. It is more liberal than a data file should be: "1_0", "inf", digits of other
    scripts. So cells are looked at one by one where such things could be.
    """
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:
        pass
    else:
        together = "".join(cells)
        if np.isfinite(values).all() and together.isascii() and "_" not in together:
            return values
    for line, cell in zip(lines, map(str.strip, cells), strict=True):
        if trouble := _trouble(cell):
            raise ValueError(f"{path}, line {line}, column {position} ({name!r}): {trouble}")
    return np.array([float(cell) for cell in cells])


def _trouble(cell: str) -> str | None:
    """What is wrong with a cell that should be a number."""
    shown = cell if len(cell) <= 40 else cell[:37] + "..."
    if cell.lower() in MISSING:
        return f"a number is missing ({cell!r})" if cell else "a number is missing"
    if NUMBER.fullmatch(cell):
        return None if np.isfinite(float(cell)) else f"{shown!r} is too large for float64"
    if cell.lower().lstrip("+-") in ("inf", "infinity"):
        return f"{shown!r} is not finite"
    return f"{shown!r} is not a number"
