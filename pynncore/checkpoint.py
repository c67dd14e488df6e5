"""Checkpoints: all that a running `fit` is, in a file that `fit(resume=...)` goes on from.

A checkpoint is a model file, so that `load` reads its network. What training needs beside it is one more text in the
metadata, a tree in JSON, and tensors for the tree's arrays, whose names begin with "training/". Every tensor and the
header have checksums.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import io, storage

if TYPE_CHECKING:
    from .network import Network

Array = NDArray[Any]
VERSION = "2"
MARK, TREE = storage.RESERVED + "checkpoint", storage.RESERVED + "training"
ARRAY = "tensor of the file"  # the key by which the tree in JSON refers to an array
PLAIN = {bool, int, float, str}


@dataclass(frozen=True)
class Checkpoint:
    """A training at one moment, as text and tensors for a file, and as a tree of values and arrays."""

    metadata: dict[str, str]
    tensors: dict[str, Array]
    training: Mapping[str, Any]

    @classmethod
    def of(cls, network: Network, weights: Mapping[str, Array], training: Mapping[str, Any]) -> Checkpoint:
        """Of a network with copies of its weights; what the tree says is taken down now, its arrays are kept."""
        tensors = dict(weights)
        text = json.dumps(_without_arrays(training, storage.TRAINING, tensors))
        return cls(storage.described(network) | {MARK: VERSION, TREE: text}, tensors, training)

    def write(self, path: str) -> None:
        """Write the file: it appears under its name at once and complete, or not at all."""
        shapes = {name: (array.dtype.str, array.shape) for name, array in self.tensors.items()}
        io.write(path, shapes, self.metadata, self.tensors.__getitem__, checksums=True)

    @classmethod
    def read(cls, path: str) -> Checkpoint:
        """Read a file.

        Raises
        ------
        ValueError
            It is truncated, damaged, of another version, or no checkpoint.
        """
        with open(path, "rb") as file:
            try:
                header = io.read_header(file)
                _check_kind(header)
                tensors = {name: io.read_tensor(file, header, name) for name in header.tensors}
                return cls(header.metadata, tensors, _tree(header.metadata[TREE], tensors))
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None

    def __getitem__(self, name: str) -> str:
        """What the metadata say of the network."""
        return self.metadata[storage.RESERVED + name]


class Spares:
    """Arrays of checkpoints that are no more, for those to come: pages of new memory cost more than what they hold."""

    def __init__(self) -> None:
        self._free: list[dict[str, Array]] = []

    def take(self) -> dict[str, Array]:
        """Those of one checkpoint by name, {} if there is none."""
        return self._free.pop() if self._free else {}

    def expect(self, checkpoint: Checkpoint, arrays: dict[str, Array]) -> None:
        """When the last reference to a checkpoint is gone, some of its arrays are free."""
        weakref.finalize(checkpoint, self._free.append, arrays).atexit = False


def _check_kind(header: io.Header) -> None:
    version = header.metadata.get(MARK, VERSION)
    if version != VERSION:
        raise ValueError(f"the checkpoint has version {version[:20]!r}, but this library reads {VERSION!r}")
    if not {MARK, TREE} <= header.metadata.keys() or not header.checksums:
        raise ValueError("this is no checkpoint; a file that Sequential.save wrote is read by nn.load")


def _without_arrays(value: Any, name: str, tensors: dict[str, Array]) -> Any:
    """The tree as JSON takes it; arrays go to `tensors`, under the name of their place."""
    if value is None or type(value) in PLAIN:
        return value
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.dtype.char in "fd":
        while name in tensors:
            name += "'"
        tensors[name] = value
        return {ARRAY: name}
    if isinstance(value, Mapping) and all(isinstance(key, str) and key != ARRAY for key in value):
        return {key: _without_arrays(part, _below(name, key), tensors) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(part, _below(name, str(i)), tensors) for i, part in enumerate(value)]
    raise TypeError(
        f"{name} is {value!r}, but a checkpoint holds numbers, text, None, lists, dicts with text as keys, and arrays "
        "of float32 or float64"
    )


def _below(name: str, key: str) -> str:
    return name + key if name.endswith("/") else f"{name}/{key}"


def _tree(text: str, tensors: Mapping[str, Array]) -> dict[str, Any]:
    try:
        return {**_with_arrays(json.loads(text), tensors)}
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"the metadata's {TREE} is damaged: {error!r}") from None


def _with_arrays(value: Any, tensors: Mapping[str, Array]) -> Any:
    if isinstance(value, dict):
        if ARRAY in value:
            return tensors[value[ARRAY]]
        return {key: _with_arrays(part, tensors) for key, part in value.items()}
    return [_with_arrays(part, tensors) for part in value] if isinstance(value, list) else value


def check_same(before: Mapping[str, Any], now: Mapping[str, Any], path: str) -> None:
    """Raises ValueError if a training is not the one of the checkpoint; the message says what differs."""
    differences = [
        _difference(name, before.get(name), value) for name, value in now.items() if before.get(name) != value
    ]
    if differences:
        raise ValueError(f"{path} is a checkpoint of another training: {'; '.join(differences)}")


def _difference(name: str, before: Any, now: Any) -> str:
    if name.startswith("values: "):
        return f"{name.removeprefix('values: ')} holds other values"
    return f"{name} was {_short(before)}, but is {_short(now)}"


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
    return text if len(text) <= 300 else f"{text[:300]} ..."
