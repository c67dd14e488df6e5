"""Reading of idx files, the format of MNIST and Fashion-MNIST, gzipped or not.

Layout: bytes 0 0 type ndim, then ndim big-endian uint32 sizes, then the elements in row order, big-endian.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from .table import Table, numbered

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
CHUNK = 1 << 22  # bytes


def read_idx(path: str | Path) -> NDArray[Any]:
    """The array in one idx file.

    Parameters
    ----------
    path : str or Path
        The file; a name that ends in .gz is decompressed.

    Returns
    -------
    ndarray
        In the file's shape and, but for the byte order, its type.

    Raises
    ------
    ValueError
        The header is not one of idx, or the file holds more or less than its header promises, or more dimensions than
        NumPy takes.
    """
    path = Path(path)
    try:
        with cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            dtype, shape = _header(path, file)
            expected = math.prod(shape) * dtype.itemsize
            data = _read_at_most(file, expected + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if len(data) != expected:
        held = f"{len(data)}" if len(data) < expected else "more"
        raise ValueError(f"{path}: the header says shape {shape}, {expected} bytes; the file holds {held}")
    try:
        array = np.frombuffer(data, dtype).reshape(shape)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(path: Path, file: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
        raise ValueError(f"{path} is not an idx file: it begins with the bytes {magic.hex(' ') or 'of nothing'}")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError(f"{path}: the header ends after {4 + len(sizes)} bytes; {4 + 4 * magic[3]} were expected")
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", sizes)


def _read_at_most(file: IO[bytes], count: int) -> bytearray:
    """Up to `count` bytes. The buffer grows with what arrives: `count` comes from the header and may be a lie."""
    data = bytearray()
    while len(data) < count and (chunk := file.read(min(CHUNK, count - len(data)))):
        data += chunk
    return data


def read_idx_images(source: str, images: Path, labels: Path | None, test: Table | None = None) -> Table:
    """Images (n, rows, columns) as columns pixel_1, pixel_2, ... and, where given, their labels as column `label`.

    Raises
    ------
    ValueError
        A file is not what it should be, or there are more images than labels or fewer.
    """
    pixels = read_idx(images)
    if pixels.ndim < 2 or 0 in pixels.shape or not np.isfinite(pixels).all():
        held = f"{pixels.dtype} of shape {pixels.shape}"
        raise ValueError(f"{images} holds {held}; finite images of shape (n, rows, columns) were expected")
    pixels = pixels.reshape(len(pixels), -1)
    names = numbered(pixels.shape[1], "pixel")
    limit = 255.0 if pixels.dtype == np.uint8 else None
    if labels is None:
        return Table(source, names, pixels, names, limit=limit)
    classes = read_idx(labels)
    if classes.shape != (len(pixels),) or classes.dtype.kind not in "iu":
        raise ValueError(f"{labels} holds {classes.dtype} of shape {classes.shape}; {len(pixels)} labels were expected")
    return Table(source, (*names, "label"), pixels, names, {"label": classes}, limit=limit, test=test)


def read_idx_folder(folder: Path) -> Table:
    """A folder with train-images-idx3-ubyte and train-labels-idx1-ubyte and, where present, the t10k pair as test set.

    `train-images.idx3-ubyte` and a final `.gz` are found as well.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    ValueError
        A file is missing, or one of them is not what it should be.
    """
    if not folder.exists():
        raise FileNotFoundError(2, "No such folder", str(folder))
    test_images = _find(folder, "t10k-images", "idx3-ubyte")
    test = None
    if test_images is not None:
        test = read_idx_images(f"idx:{test_images}", test_images, _required(folder, "t10k-labels", "idx1-ubyte"))
    images = _required(folder, "train-images", "idx3-ubyte")
    return read_idx_images(f"idx:{folder}", images, _required(folder, "train-labels", "idx1-ubyte"), test)


def _find(folder: Path, stem: str, kind: str) -> Path | None:
    names = [f"{stem}{separator}{kind}{end}" for separator in "-." for end in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).exists()), None)


def _required(folder: Path, stem: str, kind: str) -> Path:
    path = _find(folder, stem, kind)
    if path is None:
        raise ValueError(f"{folder} has no {stem}-{kind} or {stem}-{kind}.gz")
    return path
