"""`Sequential`: a network of layers, and everything one does with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import storage
from .config import threads_for
from .errors import DivergedError
from .health import Health, health_of, updates_of
from .history import History
from .losses import loss_of
from .metrics import metrics_of
from .network import Network
from .objective import Objective
from .optimizers import Optimizer, optimizer_of
from .optimizers.base import Trainer
from .preparing import check_batch, check_trainable, prepare
from .streaming import prepare_stream
from .targets import target_of, weights_of
from .training import do_nothing
from .validation import path_of, same_length

if TYPE_CHECKING:
    from .callbacks import Callback
    from .losses import Loss
    from .metrics import Metric
    from .training import Training

    Metrics = Sequence[Metric | str | Callable[[Any, Any], float]] | Metric | str | Callable[[Any, Any], float]
    Callbacks = Sequence[Callback | Callable[[Training], object]] | Callback | Callable[[Training], object]

Array = NDArray[Any]
BATCHES = 1 << 31  # an "epoch" for the random numbers of train_batch that no fit gets to


class Sequential(Network):
    """Layers in a row: the output of each is the input of the next.

    Parameters
    ----------
    *layers : Module
        `Linear`, activations, others of the library, or of your own (see `Module`). A layer belongs to one place in one
        network.
    rng : int, numpy.random.Generator or None, default None
        Where initial weights, and the seed of all shuffling, come from. The same number gives the same bits. Layers
        whose weights were read or assigned before have weights already, and keep them.
    dtype : "float32" | "float64", default "float32"
        Of weights and of everything computed.
    input_scale : float, list of float (features,) or None, default None
        What X is multiplied by as it is read, in training and prediction alike: 1 / 255 for images of bytes.

    Attributes
    ----------
    dtype : str
    input_scale : float, tuple of float or None
    classes : ndarray (C,) or None
        Labels of the classes, where they are not the numbers 0 ... C-1. `fit` finds them in labels of text or bool;
        other whole numbers are labels after `network.classes = [1, 2, 5]`.
    multilabel : bool
        Whether each of several outputs is a class of its own, any number of which may be true: so after training with
        `BCEWithLogitsLoss`, `BCELoss` or `BinaryFocalLoss`.
    metadata : dict of str to str
        Notes of your own, saved with the network.
    seed : int
        Of all shuffling.
    epochs : int
        Epochs trained so far, over all calls of `fit`.
    batches : int
        Calls of `train_batch` so far.

    Raises
    ------
    TypeError
        A layer is neither one of the library's nor a `Module` with methods forward and backward.
    ValueError
        There are no layers, one is used twice, or the widths of two do not fit together.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2), rng=0)
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    >>> history = network.fit(X, y, loss=nn.CrossEntropyLoss(), optimizer=nn.Adam(lr=0.05), epochs=200)
    >>> network.predict(X).argmax(axis=1).tolist()
    [0, 1, 1, 0]
    """

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        *,
        loss: Loss | str,
        optimizer: Optimizer | str,
        epochs: int = 1,
        batch_size: int | None = 32,
        shuffle: bool = True,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        validation_split: float = 0.0,
        metrics: Metrics = (),
        callbacks: Callbacks = (),
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[int, float] | str | None = None,
        threads: int | None = None,
        verbose: bool | str = "auto",
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train: every epoch takes each sample once, in minibatches, and updates the weights after each of them.

        Parameters
        ----------
        X : array-like (n, features), or a stream
            As for `predict`. A stream is an iterable of chunks (X, y) or (X, y, sample_weight), or a function that
            returns one for every epoch; then y is left out. A thread reads up to two chunks ahead. Every chunk is
            shuffled by itself, and metrics are those of validation_data alone.
        y : array-like (n,) or (n, outputs), or None
            Labels (n,) or one-hot or soft labels (n, C) for CrossEntropyLoss, labels for NLLLoss, else numbers
            (n, outputs), for one output also (n,). Labels are integers 0 ... C-1, texts or bools, or one of `classes`.
        loss : Loss or str
            An object, or a name such as "cross_entropy" or "mse".
        optimizer : Optimizer or str
            An object, whose state goes on from the fit before, or a name for a new one, such as "adam".
        epochs : int, default 1
            At least 1.
        batch_size : int or None, default 32
            Samples of a step; 1: online learning; None: all of them. The last batch of an epoch may be smaller.
        shuffle : bool, default True
            Whether every epoch has a new order; it follows from `seed` and `epochs` of the network.
        validation_data : (X, y) or None, default None
            What to evaluate after every epoch.
        validation_split : float, default 0
            Instead: the share of the samples, in [0, 1), kept from training and evaluated after every epoch. They are
            drawn at random, the same ones in every fit of this network; of each class that labels name, the same share.
        metrics : list of Metric, str or function, default ()
            Objects, names such as "accuracy", or functions f(target, prediction) -> float. Those of training are of the
            outputs as they were before each step.
        callbacks : list of Callback or function, default ()
            Called between epochs, such as `EarlyStopping`; a function is called with the `Training` after each epoch.
        sample_weight : array-like (n,) or None, default None
            Factors of the samples' losses, at least 0.
        class_weight : dict of int to float, "balanced" or None, default None
            Factors by class; "balanced": n / (C samples of the class). Validation goes without weights.
        threads : int or None, default None
            Threads to use; None: `nn.config.threads()`, or a share of them beside trainings in other Python threads.
            The result is the same to the bit.
        verbose : bool or "auto", default "auto"
            Whether to show progress; "auto": on a terminal and in notebooks, if tqdm is installed.
        resume : str, os.PathLike or None, default None
            A file of `ModelCheckpoint`: training goes on from there to the same bits, until `epochs` in all are done.
            Network, data, loss, optimizer and metrics must be those of the training that was interrupted; weights, the
            seed, and the state of optimizer and callbacks come from the file. A stream must give again what it gave.

        Returns
        -------
        History
            Loss and metrics of every epoch.

        Raises
        ------
        TypeError, ValueError
            An argument is wrong, or `resume` is damaged or of another training; nothing has changed then.
        OSError
            `resume` cannot be read, or a callback cannot write its file.
        DivergedError
            The loss or a weight became NaN or infinite; the network has the weights of the last completed epoch, and
            the optimizer begins anew.
        RuntimeError
            The network is being trained already.
        KeyboardInterrupt
            Ctrl-C, within a tenth of a second; the network is as the last step left it.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
        >>> network = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1), rng=0)
        >>> history = network.fit(X, X**2, loss="mse", optimizer=nn.Adam(lr=0.01), epochs=200)
        >>> history["loss"][-1] < 1e-3
        True
        """
        with self.exclusively("fit"):
            check = partial(prepare_stream, self, X) if y is None else partial(prepare, self, X, y)
            return check(
                loss=loss,
                optimizer=optimizer,
                epochs=epochs,
                batch_size=batch_size,
                shuffle=shuffle,
                validation_data=validation_data,
                validation_split=validation_split,
                metrics=metrics,
                callbacks=callbacks,
                sample_weight=sample_weight,
                class_weight=class_weight,
                threads=threads,
                verbose=verbose,
                resume=resume,
            ).run()

    def train_batch(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: Loss | str,
        optimizer: Optimizer,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """One step on one batch, for training loops of one's own.

        Parameters
        ----------
        X, y, loss, sample_weight
            As for `fit`.
        optimizer : Optimizer
            An object, whose state goes on from step to step.

        Returns
        -------
        float
            The loss before the step.

        Raises
        ------
        DivergedError
            The loss is NaN or infinite; the step was not taken.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
        >>> optimizer = nn.SGD(lr=0.1)
        >>> [round(network.train_batch([[1.0]], [1.0], loss="mse", optimizer=optimizer), 4) for _ in range(3)]
        [1.0, 0.36, 0.1296]
        """
        if isinstance(optimizer, str):
            raise TypeError(f"optimizer is {optimizer!r}, but train_batch needs an object, which keeps its state")
        with self.exclusively("train_batch"):
            check_trainable(self)
            chosen, rule = loss_of(loss), optimizer_of(optimizer)
            chosen.check_trainable()
            rule.check_batches()
            features, target, labels, weight = self._pair(X, y, chosen, sample_weight)
            check_batch(self, len(features), len(features))
            objective, trainer = self._trainer_for(chosen, rule, labels, *features.shape)
            self.multilabel = objective.multilabel
            order = np.arange(len(features))
            stream = self.seed, BATCHES + self.batches
            total, steps = trainer.run(features, target, order, 0, 1, *stream, rule.rates(1), weight, None, do_nothing)
            self.batches += 1
            if not steps:
                raise DivergedError(
                    f"{objective.name}: the loss became NaN or infinite in step {rule.steps + 1}, which was not taken",
                    epoch=self.epochs + 1,
                    step=rule.steps + 1,
                )
            return objective.value(total, objective.weight(target))

    def _trainer_for(
        self, loss: Loss, optimizer: Optimizer, labels: bool, rows: int, features: int
    ) -> tuple[Objective, Trainer]:
        """The trainer of the latest batch if it fits this one: planning a step takes longer than a small step."""
        key = (loss if loss.in_python else repr(loss), labels, threads_for(None))
        if self._latest is not None:
            old_key, old_optimizer, old_rows, objective, trainer = self._latest
            if old_key == key and old_optimizer is optimizer and rows <= old_rows <= 2 * rows:
                return objective, trainer
        objective = Objective(self, loss, labels, features)
        trainer = optimizer.trainer(self, objective, rows, threads_for(None))
        self._latest = key, optimizer, rows, objective, trainer
        return objective, trainer

    def evaluate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: Loss | str,
        metrics: Metrics = (),
        sample_weight: ArrayLike | None = None,
    ) -> dict[str, float]:
        """The loss and metrics of X and y.

        Parameters
        ----------
        X : array-like (n, features)
            As for `predict`.
        y : array-like (n,) or (n, outputs)
            Targets, as for `fit`.
        loss : Loss or str
            An object, or a name such as "cross_entropy" or "mse".
        metrics : list of Metric, str or function, default ()
            Objects, names such as "accuracy", or functions f(target, prediction) -> float.
        sample_weight : array-like (n,) or None, default None
            Factors of the samples' losses; metrics do without.

        Returns
        -------
        dict of str to float
            "loss" and each metric by its name.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(4, 1), rng=0)
        >>> network.evaluate(np.zeros((3, 4)), [1, 1, 1], loss="mse", metrics=["mae"])
        {'loss': 1.0, 'mae': 1.0}
        """
        chosen = loss_of(loss)
        measures = metrics_of(metrics, chosen)
        features, target, labels, weight = self._pair(X, y, chosen, sample_weight)
        objective = Objective(self, chosen, labels, features.shape[1])
        objective.check_metrics(measures, target)
        return objective.evaluate(features, target, weight, measures)

    def gradients(
        self, X: ArrayLike, y: ArrayLike, *, loss: Loss | str, sample_weight: ArrayLike | None = None
    ) -> tuple[float, dict[str, Array]]:
        """The loss of X and y as one batch, and its gradient by every weight.

        Parameters
        ----------
        X, y, loss, sample_weight
            As for `evaluate`.

        Returns
        -------
        (float, dict of str to ndarray)
            The loss, and the gradients by name: "0.weight" (out, in), "0.bias" (out,), ...

        Raises
        ------
        DivergedError
            The loss is NaN or infinite.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
        >>> value, gradients = network.gradients([[2.0]], [3.0], loss=nn.SquaredError())
        >>> value, gradients["0.weight"].tolist(), gradients["0.bias"].tolist()
        (4.5, [[-6.0]], [-3.0])
        """
        check_trainable(self)
        chosen = loss_of(loss)
        chosen.check_trainable()
        features, target, labels, weight = self._pair(X, y, chosen, sample_weight)
        return Objective(self, chosen, labels, features.shape[1]).gradients(features, target, weight)

    def health(
        self,
        X: ArrayLike,
        y: ArrayLike,
        loss: Loss | str,
        optimizer: Optimizer | None = None,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Health:
        """How gradients flow: for each layer its gradients and updates, dead and saturated units, spread of u and z.

        Parameters
        ----------
        X, y, loss, sample_weight
            As for `evaluate`; some hundred samples say as much as all.
        optimizer : Optimizer or None, default None
            The one that trains this network: with it, the report says how far the next step goes. It does not change.

        Returns
        -------
        Health
            Print it for a table, with warnings in words.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(2, 4, bias_init=nn.initializers.Constant(-9)), nn.ReLU(), nn.Linear(4, 1))
        >>> print(network.health(np.ones((8, 2)), np.ones(8), "mse").warnings[0])
        layer 0: 100% of ReLU units are dead: lower the learning rate or use LeakyReLU
        """
        check_trainable(self)
        chosen = loss_of(loss)
        chosen.check_trainable()
        features, target, labels, weight = self._pair(X, y, chosen, sample_weight)
        updates = {}
        if optimizer is not None:
            rule = optimizer_of(optimizer)
            updates = updates_of(self, features, target, labels, chosen, rule, weight, threads_for(None))
        objective = Objective(self, chosen, labels, features.shape[1])
        return health_of(self, objective, features, target, weight, updates, threads_for(None))

    def _pair(
        self, X: ArrayLike, y: ArrayLike, loss: Loss, sample_weight: ArrayLike | None
    ) -> tuple[Array, Array, bool, Array | None]:
        features = self.features(X, "X")
        target, labels = target_of(y, "y", loss, self.out_features_for(features.shape[1]), self.classes)
        same_length(features, target, "y")
        return features, target, labels, weights_of(sample_weight, None, target, labels, self.dtype)


def load(path: Any) -> Sequential:
    """Read a network that `Sequential.save` or `ModelCheckpoint` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Raises
    ------
    ValueError
        The file is truncated, damaged, or no network of this library; the message says what is wrong.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile, pynncore as nn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> nn.Sequential(nn.Linear(3, 2), rng=0).save(path)
    >>> nn.load(path)[0]
    Linear(in_features=3, out_features=2, bias=True)
    """
    network: Sequential = storage.load(path_of(path), Sequential)
    return network
