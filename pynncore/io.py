"""Model files: the safetensors layout, read strictly and written atomically.

    8 bytes     N, the header's length, little-endian
    N bytes     {"__metadata__": {name: text}, name: {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}
    the rest    the tensors, row-major and little-endian, without gaps or overlap

The network's layers stand in the metadata as the text that printing shows, one a line, so that a reader needs no pickle
and can allocate nothing before every number of the file has been checked. A file that is truncated, damaged or hostile
raises ValueError, and reading it never needs more memory than twice its size and a few megabytes.

A file may carry checksums in its metadata: the CRC-32 of each tensor, and of the header with zeros in its place. They
are checked if they are there. They find damage, not malice; SHA-256 took three times as long, half of a checkpoint.
"""

import contextlib
import json
import math
import os
import re
import stat
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
CODES = {dtype: code for code, dtype in DTYPES.items()}
# A header of the format may be longer, but no network needs it; with the number of tensors it limits a reader's memory.
MOST_HEADER, MOST_TENSORS = 1 << 24, 1 << 14
TEMPORARY = ".pynncore-"  # begins the names of files that are being written
ABANDONED = 3600.0  # seconds after which nobody writes one any more
CHECKSUM, HEADER_CHECKSUM = "pynncore.crc32/", "pynncore.crc32"  # the first is followed by a tensor's name

UNKNOWN = "00000000"  # stands for the header's checksum where that is computed
HEADER_SUM = re.compile(rb'"pynncore\.crc32":"([0-9a-f]{8})"')  # with quotes that no string can hold unescaped

SPACE = re.compile(r"[ \t\r\n]*")
NUMBERS = re.compile(r"\[[ \t\r\n]*((?:\d{1,18}[ \t\r\n]*(?:,[ \t\r\n]*\d{1,18}[ \t\r\n]*){0,7})?)\]")


class Tensor(NamedTuple):
    """Where a tensor lies: bytes begin ... end after the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


class Header(NamedTuple):
    metadata: dict[str, str]
    tensors: dict[str, Tensor]
    start: int  # of the data in the file
    checksums: dict[str, str]  # of the tensors; {}: the file has none


class _Parser:
    """Reads just the JSON that a header may be, so that no other is ever built in memory."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._strings = json.JSONDecoder()

    def header(self) -> tuple[dict[str, str], dict[str, Tensor]]:
        metadata: dict[str, str] | None = None
        tensors: dict[str, Tensor] = {}
        for name in self._names():
            if name == "__metadata__":
                if metadata is not None:
                    raise self._error("__metadata__ occurs twice")
                metadata = self._metadata()
            elif name in tensors:
                raise self._error(f"tensor {name!r} occurs twice")
            elif len(tensors) == MOST_TENSORS:
                raise self._error(f"there are more than {MOST_TENSORS} tensors")
            else:
                tensors[name] = self._tensor(name)
        if self._at != len(self._text):
            raise self._error("something follows its end")
        return metadata or {}, tensors

    def _metadata(self) -> dict[str, str]:
        metadata: dict[str, str] = {}
        for name in self._names():
            if name in metadata:
                raise self._error(f"metadata {name!r} occurs twice")
            metadata[name] = self._string()
        return metadata

    def _tensor(self, name: str) -> Tensor:
        parts: dict[str, Any] = {}
        for key in self._names():
            if key in parts or key not in ("dtype", "shape", "data_offsets"):
                raise self._error(f"tensor {name!r} has an unexpected {key!r}")
            parts[key] = self._string() if key == "dtype" else self._numbers()
        if len(parts) != 3 or len(parts["data_offsets"]) != 2:
            raise self._error(f"tensor {name!r} has not one each of dtype, shape and data_offsets [begin, end]")
        if parts["dtype"] not in DTYPES:
            raise ValueError(f"tensor {name!r} has dtype {parts['dtype']!r}, but F32 or F64 was expected")
        tensor = Tensor(DTYPES[parts["dtype"]], parts["shape"], *parts["data_offsets"])
        size = math.prod(tensor.shape) * tensor.dtype.itemsize
        if tensor.end - tensor.begin != size:
            raise ValueError(
                f"tensor {name!r} of shape {list(tensor.shape)} has {size} bytes, "
                f"but its data_offsets are [{tensor.begin}, {tensor.end}]"
            )
        return tensor

    def _names(self) -> Iterator[str]:
        """The keys of an object; after each one, its value is next."""
        self._expect("{")
        if self._accept("}"):
            return
        while True:
            name = self._string()
            self._expect(":")
            yield name
            if not self._accept(","):
                break
        self._expect("}")

    def _string(self) -> str:
        if not self._text.startswith('"', self._at):
            raise self._error("a string was expected")
        try:
            value, self._at = self._strings.raw_decode(self._text, self._at)
        except json.JSONDecodeError:
            raise self._error("a string is damaged") from None
        return str(value)

    def _numbers(self) -> tuple[int, ...]:
        found = NUMBERS.match(self._text, self._at)
        if found is None:
            raise self._error("a list of at most eight whole numbers was expected")
        self._at = found.end()
        return tuple(int(part) for part in found[1].split(",")) if found[1] else ()

    def _skip(self) -> None:
        space = SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _accept(self, character: str) -> bool:
        self._skip()
        found = self._text.startswith(character, self._at)
        self._at += found
        self._skip()
        return found

    def _expect(self, character: str) -> None:
        if not self._accept(character):
            raise self._error(f"{character!r} was expected")

    def _error(self, what: str) -> ValueError:
        return ValueError(f"the header is not that of a model file: at character {self._at}, {what}")


def read_header(file: IO[bytes]) -> Header:
    """The header of an open file, every number checked against the file's size.

    Raises
    ------
    ValueError
        The file is not of this layout; the message says what is wrong.
    """
    size = os.fstat(file.fileno()).st_size
    first = file.read(8)
    if len(first) < 8:
        raise ValueError(f"the file has {len(first)} bytes, which is no model file")
    length = int.from_bytes(first, "little")
    if length > min(size - 8, MOST_HEADER):
        raise ValueError(
            f"this is no safetensors file, or only the beginning of one: its first eight bytes announce a header of "
            f"{length} bytes, but the file has {size}, and headers have at most {MOST_HEADER}"
        )
    raw = file.read(length)
    if len(raw) != length:
        raise ValueError(f"the file ends inside its header, after {len(raw)} of {length} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"the header is not UTF-8: {error.reason} at byte {error.start}") from None
    checksum = _header_checksum(raw)
    del raw
    if not text.startswith("{"):
        raise ValueError("the header does not begin with '{': this is no model file")
    metadata, tensors = _Parser(text).header()
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != end:
            raise ValueError(f"tensor {name!r} begins at byte {tensor.begin}, but {end} was expected")
        end = tensor.end
    if 8 + length + end != size:
        truncated = ": it is truncated" if size < 8 + length + end else ""
        raise ValueError(f"the file has {size} bytes, but header and tensors need {8 + length + end}{truncated}")
    return Header(metadata, tensors, 8 + length, _checksums(metadata, tensors, checksum))


def _checksums(metadata: dict[str, str], tensors: Mapping[str, Tensor], of_header: str | None) -> dict[str, str]:
    """Takes the checksums out of the metadata, and checks the header's."""
    if HEADER_CHECKSUM not in metadata:
        return {}
    if metadata.pop(HEADER_CHECKSUM) != of_header:
        raise ValueError("the header is damaged: its checksum is wrong")
    return {name: metadata.pop(CHECKSUM + name, "") for name in tensors}


def _header_checksum(header: bytes) -> str | None:
    """What the header's checksum must be; None: it has no place for one."""
    found = HEADER_SUM.search(header)
    if found is None:
        return None
    before, after = memoryview(header)[: found.start(1)], memoryview(header)[found.end(1) :]
    return f"{zlib.crc32(after, zlib.crc32(UNKNOWN.encode(), zlib.crc32(before))):08x}"


def _bytes(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _checksum(array: NDArray[Any]) -> str:
    return f"{zlib.crc32(_bytes(array)):08x}"


def read_tensor(file: IO[bytes], header: Header, name: str) -> NDArray[Any]:
    """One tensor, in native byte order."""
    tensor = header.tensors[name]
    array = np.empty(tensor.shape, tensor.dtype)
    file.seek(header.start + tensor.begin)
    if file.readinto(_bytes(array)) != array.nbytes:  # type: ignore[attr-defined]
        raise ValueError(f"the file ends inside tensor {name!r}")
    if header.checksums and header.checksums[name] != _checksum(array):
        raise ValueError(f"tensor {name!r} is damaged: its checksum is wrong")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def write(
    path: str,
    tensors: Mapping[str, tuple[str, tuple[int, ...]]],
    metadata: Mapping[str, str],
    get: Any,
    *,
    checksums: bool = False,
) -> None:
    """Write a file. `tensors` gives dtype ("float32") and shape by name, get(name) the array, when its turn comes.

    With checksums, all are got at once: they stand before the tensors.

    The file appears under its name at once and complete, or not at all: a temporary file beside it is written, synced
    and renamed.
    """
    if len(tensors) > MOST_TENSORS:
        raise ValueError(f"there are {len(tensors)} tensors, but at most {MOST_TENSORS} can be read back")
    layout, end = dict[str, Tensor](), 0
    for name, (dtype, shape) in tensors.items():
        kind = np.dtype(dtype).newbyteorder("<")
        begin, end = end, end + math.prod(shape) * kind.itemsize
        layout[name] = Tensor(kind, shape, begin, end)

    def as_written(name: str) -> NDArray[Any]:
        array = np.ascontiguousarray(get(name), layout[name].dtype)
        if array.shape != layout[name].shape:
            raise ValueError(f"tensor {name!r} has shape {array.shape}, but {layout[name].shape} was announced")
        return array

    arrays = {name: as_written(name) for name in layout} if checksums else {}
    if checksums:
        sums = {CHECKSUM + name: _checksum(array) for name, array in arrays.items()}
        metadata = {HEADER_CHECKSUM: UNKNOWN, **metadata, **sums}
    header = _header_bytes(metadata, layout)
    if checksums:
        header = HEADER_SUM.sub(f'"{HEADER_CHECKSUM}":"{_header_checksum(header)}"'.encode(), header, count=1)
    with replacing(path) as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for name in layout:
            file.write(_bytes(arrays[name] if checksums else as_written(name)))


def _header_bytes(metadata: Mapping[str, str], layout: Mapping[str, Tensor]) -> bytes:
    entries: dict[str, Any] = {"__metadata__": dict(metadata)}
    for name, (kind, shape, begin, end) in layout.items():
        entries[name] = {"dtype": CODES[kind], "shape": shape, "data_offsets": [begin, end]}
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    if len(header) > MOST_HEADER:
        raise ValueError(
            f"the metadata makes a header of {len(header)} bytes, but at most {MOST_HEADER} can be read back"
        )
    return header


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path`, with its mode, if nothing is raised; a device or pipe is written to."""
    target = os.path.realpath(path) if os.path.islink(path) else os.path.join(os.curdir, path)
    before = os.stat(target) if os.path.exists(target) else None
    if before is not None and not stat.S_ISREG(before.st_mode):
        with open(target, "wb") as file:  # raises for a folder
            yield file
        return
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f"{TEMPORARY}{os.urandom(8).hex()}.tmp")
    try:
        with _opened(temporary, path) as file:
            if before is not None and os.name == "posix":
                os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def remove_abandoned(folder: str) -> None:
    """Removes what killed processes have left half-written, as far as the system lets."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(TEMPORARY) and time.time() - entry.stat().st_mtime > ABANDONED:
                os.unlink(entry.path)


def _opened(temporary: str, path: str) -> IO[bytes]:
    """The new file; an error names the file that the user asked for."""
    try:
        return open(temporary, "xb")
    except OSError as error:
        error.filename = path
        raise


def _sync_folder(folder: str) -> None:
    """Makes the new name durable, where the system can open folders."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
