"""Networks in files: what stands in a file's metadata, and the checks that tie it to the tensors."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from . import io
from .architecture import layers_of

if TYPE_CHECKING:
    from .network import Network

RESERVED = "pynncore."  # begins the names of the library's own metadata
TRAINING = "training/"  # begins the names of the tensors that a checkpoint has beside the weights
VERSION = "1"
COUNT = re.compile(r"[0-9]{1,19}")


def save(network: Network, path: str) -> None:
    """Write a network to a file; see `Sequential.save`."""
    for name, layer in network.leaves():
        if layer.in_python:
            raise TypeError(
                f"layer {name}, {layer!r}, is written in Python, and files hold no code; save state_dict() in its place"
            )
    arrays = {f"{layer_name}.{name}": (layer, name) for layer_name, layer, name in network.arrays()}
    shapes = {full: (network.dtype, layer.shape_of(name)) for full, (layer, name) in arrays.items()}

    def get(full: str) -> np.ndarray[Any, Any]:
        layer, name = arrays[full]
        return layer.op.get(name)

    io.write(path, shapes, described(network), get)


def described(network: Network) -> dict[str, str]:
    """A file's metadata: what the network is, its weights apart, and the user's notes."""
    metadata = network.metadata
    if not isinstance(metadata, dict):
        raise TypeError(f"metadata is {metadata!r}, but a dict from str to str was expected")
    for name, text in metadata.items():
        if type(name) is not str or type(text) is not str:
            raise TypeError(f"metadata has {name!r}: {text!r}, but a dict from str to str was expected")
    for name in metadata:
        if name.startswith(RESERVED):
            raise ValueError(
                f"metadata has the name {name!r}, but names that begin with {RESERVED!r} are the library's"
            )
    own = {
        "version": VERSION,
        "dtype": network.dtype,
        "layers": network.layer_text,
        "in_features": str(network.in_features or 0),
        "seed": str(network.seed),
        "epochs": str(network.epochs),
    }
    if network.input_scale is not None:
        own["input_scale"] = json.dumps(network.input_scale)
    if network.classes is not None:
        own["classes"] = json.dumps(network.classes.tolist())
    if network.multilabel:
        own["multilabel"] = json.dumps(True)
    return {RESERVED + name: value for name, value in own.items()} | metadata


def load(path: str, kind: type[Network]) -> Any:
    """Read a network of a class, from a model file or a checkpoint.

    Nothing is allocated before all that the file says was found consistent.
    """
    with open(path, "rb") as file:
        try:
            header = io.read_header(file)
            network = _network(header, kind)
            for layer_name, layer, name in network.arrays():
                layer.op.set(name, io.read_tensor(file, header, f"{layer_name}.{name}"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    return network


def _network(header: io.Header, kind: type[Network]) -> Network:
    """The network that a header describes, with weights 0."""
    own = {name.removeprefix(RESERVED): text for name, text in header.metadata.items() if name.startswith(RESERVED)}
    for name in ("version", "dtype", "layers", "in_features", "seed", "epochs"):
        if name not in own:
            raise ValueError(f"the metadata lacks {RESERVED}{name}: this is no file of pynncore")
    if own["version"] != VERSION:
        raise ValueError(f"the file has version {own['version'][:20]!r}, but this library reads {VERSION!r}")
    if own["dtype"] not in ("float32", "float64"):
        raise ValueError(f"the file has dtype {own['dtype'][:20]!r}, but 'float32' or 'float64' was expected")
    counts = {name: _count(own[name], name) for name in ("in_features", "seed", "epochs")}
    _check_tensors(header, own["layers"], own["dtype"])
    metadata = {name: text for name, text in header.metadata.items() if not name.startswith(RESERVED)}
    network: Network = kind.restored(
        own["layers"], own["dtype"], seed=counts["seed"], epochs=counts["epochs"], metadata=metadata
    )
    for name in ("input_scale", "classes", "multilabel"):
        if name in own:
            _set_from_json(network, name, own[name])
    if network.in_features is None:
        network.in_features = counts["in_features"] or None
    if (network.in_features or 0) != counts["in_features"]:
        raise ValueError(f"the file has {counts['in_features']} features, but its layers take {network.in_features}")
    return network


def _set_from_json(network: Network, name: str, text: str) -> None:
    try:
        setattr(network, name, json.loads(text))
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"the metadata's {RESERVED}{name} is {text[:40]!r}: {str(error)[:200]}") from None


def _count(text: str, name: str) -> int:
    if not COUNT.fullmatch(text) or int(text) >= 1 << 63:
        raise ValueError(f"the metadata's {RESERVED}{name} is {text[:40]!r}, but a whole number was expected")
    return int(text)


def _check_tensors(header: io.Header, layer_text: str, dtype: str) -> None:
    """Refuses a file whose tensors are not exactly the weights of its layers."""
    expected = {
        f"{name}.{part}": leaf.shape_of(part)
        for index, layer in enumerate(layers_of(layer_text))
        for name, leaf in layer.leaves(str(index))
        for part in (*leaf.parameter_names, *leaf.statistic_names)
    }
    for name, shape in expected.items():
        tensor = header.tensors.get(name)
        if tensor is None:
            raise ValueError(f"tensor {name!r} is missing")
        if tensor.shape != shape or tensor.dtype.newbyteorder("=").name != dtype:
            found = f"{tensor.dtype.newbyteorder('=').name} of shape {list(tensor.shape)}"
            raise ValueError(f"tensor {name!r} is {found}, but its layer needs {dtype} of shape {list(shape)}")
    unknown = header.tensors.keys() - expected.keys()
    if RESERVED + "checkpoint" in header.metadata:
        unknown = {name for name in unknown if not name.startswith(TRAINING)}
    if unknown:
        raise ValueError(f"tensor {sorted(unknown)[0][:80]!r} belongs to no layer")
