"""What `fit` on arrays was given, checked and brought into the form that the loop takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from .callbacks import callbacks_of
from .checkpoint import Checkpoint
from .classes import classes_in, encoded_weights
from .losses import loss_of
from .metrics import metrics_of
from .optimizers import optimizer_of
from .progress import check_verbose
from .samples import Data, split_data, validation_of
from .sharing import share_of
from .targets import target_of, weights_of
from .training import Settings, Training
from .validation import flag, path_of, same_length, whole_number

if TYPE_CHECKING:
    from .model import Sequential


def check_trainable(network: Sequential) -> None:
    """Refuses networks without weights, and those with a layer that no gradient passes."""
    if not network.parameter_count:
        raise ValueError("there is nothing to train: no layer of the network has weights")
    for index, layer in enumerate(network):
        layer.check_trainable(index)


def check_batch(network: Sequential, batch_size: int, samples: int) -> None:
    """Refuses batches of one sample if a layer needs several."""
    rows = min(batch_size, samples)
    for name, layer in network.leaves():
        if layer.mixes_rows and rows == 1:
            raise ValueError(f"layer {name}, {layer.short()}, needs batches of at least 2 samples, but they have 1")


def prepare(
    network: Sequential,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: object,
    optimizer: object,
    epochs: int,
    batch_size: int | None,
    shuffle: bool,
    validation_data: object,
    validation_split: float,
    metrics: object,
    callbacks: object,
    sample_weight: ArrayLike | None,
    class_weight: Mapping[int, float] | str | None,
    threads: int | None,
    verbose: object,
    resume: object = None,
) -> Training:
    """Check everything that `fit` was given, and change nothing."""
    check_trainable(network)
    checkpoint = None if resume is None else Checkpoint.read(path_of(resume, "resume"))
    chosen, rule = loss_of(loss), optimizer_of(optimizer)
    chosen.check_trainable()
    features = network.features(X, "X")
    outputs = network.out_features_for(features.shape[1])
    classes = classes_in(y, "y", chosen, outputs) if network.classes is None else network.classes
    target, labels = target_of(y, "y", chosen, outputs, classes)
    same_length(features, target, "y")
    data = Data(features, target, labels, None, classes=classes)
    seed = network.seed if checkpoint is None else int(checkpoint["seed"])
    data, validation = split_data(data, validation_split, seed)
    if validation_data is not None:
        if validation is not None:
            raise ValueError("validation_data and validation_split were both given; one of them was expected")
        validation = validation_of(network, validation_data, data, chosen)
    by_class = encoded_weights(class_weight, classes)
    weight = weights_of(sample_weight, by_class, target, labels, network.dtype, data.rows, chosen.ignored)
    data = Data(data.X, data.target, data.labels, weight, data.rows, classes)
    settings = Settings(
        whole_number(epochs, "epochs", 1),
        len(data) if batch_size is None else whole_number(batch_size, "batch_size", 1),
        flag(shuffle, "shuffle"),
        share_of(threads),
    )
    check_batch(network, settings.batch_size, len(data))
    rule.check(network, chosen, len(data), settings.batch_size)
    check_verbose(verbose)
    measures = metrics_of(metrics, chosen)
    training = Training(network, data, validation, chosen, rule, settings, measures, callbacks_of(callbacks), verbose)
    training.check_metrics()
    if checkpoint is not None:
        training.resume(checkpoint, path_of(resume, "resume"))
    return training
