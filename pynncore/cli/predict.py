"""`pynncore predict`: a model that `pynncore train` wrote, applied to raw rows."""

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import Any

from ..data import Preprocessing, Quantity, read_table
from ..io import replacing
from ..model import Sequential, load
from . import options as types


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "predict",
        help="apply a trained network to rows of a file",
        description="Write a .csv with one prediction a row: class names, or numbers in the target's own unit. Columns "
        "are found by name; others, such as the target, may be there or not. Of data with its own test set, that is "
        "predicted.",
        allow_abbrev=False,
    )
    parser.add_argument("model", type=Path, help="file written by `pynncore train`")
    parser.add_argument("data", help=f'{types.DATA}, or "idx:FILE" with images')
    parser.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")
    parser.add_argument("--proba", action="store_true", help="add the probability of every class")
    types.add_reading(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Predict as the options say."""
    if options.output is not None:
        types.check_output(options.output, options.model, options.data)
    network, preprocessing = _load(options.model)
    if options.proba and not preprocessing.class_names:
        raise ValueError(f"--proba: the model predicts the number {preprocessing.target.name!r}, which has no classes")
    table = read_table(options.data, header=types.header(options), kinds=preprocessing.kinds)
    text = _predictions(
        network, preprocessing, preprocessing.features(table.test or table, network.dtype), options.proba
    )
    if options.output is None:
        sys.stdout.write(text)
        return
    with replacing(str(options.output)) as file:
        file.write(text.encode())


def _load(path: Path) -> tuple[Sequential, Preprocessing]:
    network = load(path)
    if "preprocessing" not in network.metadata:
        raise ValueError(f"{path} has no preprocessing: it was not written by `pynncore train`")
    try:
        preprocessing = Preprocessing.from_json(network.metadata["preprocessing"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    widths = len(preprocessing.feature_names), len(preprocessing.class_names) or 1
    if widths != (network.in_features, network.out_features):
        raise ValueError(
            f"{path}: the network has {network.in_features} inputs and {network.out_features} outputs, "
            f"but its preprocessing {widths[0]} and {widths[1]}"
        )
    return network, preprocessing


def _predictions(network: Sequential, preprocessing: Preprocessing, X: Any, proba: bool) -> str:
    """The .csv to write: the target's name, then a prediction a row."""
    target, text = preprocessing.target, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    digits = ".9g" if network.dtype == "float32" else ".17g"  # enough to give every number back exactly
    writer.writerow([target.name, *(target.values if proba and not isinstance(target, Quantity) else ())])
    if isinstance(target, Quantity):
        writer.writerows([format(value, digits)] for value in target.restore(network.predict(X)))
    elif proba:
        p = network.predict_proba(X)
        chosen = target.restore(p.argmax(axis=1))
        writer.writerows([name, *(format(v, digits) for v in row)] for name, row in zip(chosen, p, strict=True))
    else:
        writer.writerows([name] for name in target.restore(network.predict(X).argmax(axis=1)))
    return text.getvalue()
