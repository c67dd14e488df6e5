"""What a network is: layers that fit together, their weights and outputs, and files. `Sequential` trains it."""

from __future__ import annotations

import copy
import math
import operator
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core, functional, storage, summary
from .architecture import check_chain, layers_of
from .blocks import materialise, text_of
from .codes import codes_of
from .config import threads_for
from .inputs import Inputs
from .mapped import Mapped
from .module import Module
from .stages import Stage, stages_of
from .validation import dtype_name, generator_of, path_of, whole_number

Array = NDArray[Any]

KEPT = ("in_features", "seed", "epochs", "batches", "metadata", "input_scale", "classes", "multilabel")
CALL = 1e9  # multiply-adds of one call of the core, ...
CALL_ROWS = 1024, 1 << 20  # ... and rows


class Network(Inputs):
    """Layers in a row, without training."""

    def __init__(
        self,
        *layers: Module,
        rng: int | np.random.Generator | None = None,
        dtype: str = "float32",
        input_scale: ArrayLike | None = None,
    ) -> None:
        self._connect(layers, dtype_name(dtype))
        self.input_scale = input_scale
        generator = generator_of(rng)
        parts = (*layers, *(leaf for _, leaf in self.leaves()))
        without_weights = [layer for layer in parts if layer.dtype is None]
        try:
            materialise(layers, self.dtype, generator)
        except BaseException:
            for layer in without_weights:
                layer.forget()
            raise
        self.seed = int(generator.integers(1 << 63))
        self._own()

    def _connect(self, layers: tuple[Module, ...], dtype: str) -> None:
        """Everything but weights and seed."""
        self.in_features = check_chain(layers)
        self.dtype, self.metadata, self.epochs, self.batches, self.seed = dtype, dict[str, str](), 0, 0, 0
        self._layers, self._codes = layers, codes_of(layers)
        self._input_scale: float | tuple[float, ...] | None = None
        self._classes: Array | None = None
        self._multilabel = False
        self._cores: dict[int, _core.Network] = {}  # by the number of layers
        self._latest: tuple[Any, ...] | None = None  # trainer of the latest train_batch, and what it was made for
        self._training = threading.Lock()
        self._trained_by: int | None = None

    def _own(self) -> None:
        for layer in self._layers:
            layer.set_owner(self)

    @property
    def seed(self) -> int:
        return self._seed

    @seed.setter
    def seed(self, value: int) -> None:
        self._seed = whole_number(value, "seed", 0)

    @property
    def epochs(self) -> int:
        return self._epochs

    @epochs.setter
    def epochs(self, value: int) -> None:
        self._epochs = whole_number(value, "epochs", 0)

    def forget_cores(self) -> None:
        self._cores, self._latest = {}, None

    def __len__(self) -> int:
        return len(self._layers)

    def leaves(self) -> Iterator[tuple[str, Module]]:
        """The layers by name, and instead of a block those that it is made of: "2", "3.0", "3.1", ..."""
        for index, layer in enumerate(self._layers):
            yield from layer.leaves(str(index))

    def __iter__(self) -> Iterator[Module]:
        return iter(self._layers)

    def __getitem__(self, index: int) -> Any:
        """A layer, counted from 0, or with a negative index from the end."""
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"there is no layer {index}: the network has {len(self)} layers")
        return self._layers[index]

    def __repr__(self) -> str:
        return summary.tree(self)

    def _repr_html_(self) -> str:
        return summary.html_table(self)

    def summary(self) -> None:
        """Print a table: layer, output shape, parameters, memory, floating-point operations a sample.

        Examples
        --------
        >>> import pynncore as nn
        >>> nn.Sequential(nn.Linear(4, 2), nn.Softmax(), rng=0).summary()
           layer    output  parameters  memory  FLOPs a sample
        ------------------------------------------------------
        0  Linear   (n, 2)          10    40 B              16
        1  Softmax  (n, 2)           0     0 B               2
        ------------------------------------------------------
           total                    10    40 B              18
        """
        print(summary.table(self))

    @property
    def parameter_count(self) -> int:
        """The number of weights, biases, and learned parameters of activations."""
        return sum(math.prod(layer.shape_of(name)) for _, layer, name in self.parameters())

    @property
    def out_features(self) -> int | None:
        """Columns of the output; None as long as nothing says so, in a network without layers that do."""
        return None if self.in_features is None else self.out_features_for(self.in_features)

    def out_features_for(self, in_features: int) -> int:
        """Columns of the output for an input of some columns."""
        for layer in self:
            in_features = layer.out_features_for(in_features)
        return in_features

    def core(self, in_features: int, count: int) -> _core.Network:
        """The first `count` layers as the core's network."""
        if count not in self._cores:
            ops, scale = [layer.op for layer in self._layers[:count]], self._scale_for(in_features)
            self._cores[count] = _core.Network(ops, in_features, self.dtype, () if scale is None else scale.tolist())
            self.in_features = in_features
        return self._cores[count]

    def __call__(self, X: ArrayLike) -> Array:
        """The output for X; the same as `predict`."""
        return self.predict(X)

    def predict(self, X: ArrayLike, batch_size: int | None = None) -> Array:
        """The network's output.

        Parameters
        ----------
        X : array-like (n, features)
            One sample a row. Arrays of floats, integers and bools of any layout, also memory-mapped ones, are read
            where they are. Where the first layer is `Linear` also a matrix of scipy.sparse, which is not made dense;
            where it is `Flatten` also (n, a, b, ...).
        batch_size : int or None, default None
            Rows computed together, which changes no bit of the result; None: as many as the caches like.

        Returns
        -------
        ndarray (n, outputs)
            In the network's dtype.

        Raises
        ------
        TypeError, ValueError
            X has another number of features, is empty, or holds something else than finite numbers.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> nn.Sequential(nn.Linear(4, 2), rng=0).predict(np.zeros((3, 4)))
        array([[0., 0.],
               [0., 0.],
               [0., 0.]], dtype=float32)
        """
        x = self.features(X, "X")
        core, count = self.core(x.shape[1], len(self)), threads_for(None)
        if batch_size is None and len(x) <= CALL_ROWS[0]:  # without asking how large the network is
            return core.forward(x, count)
        rows = self._rows_at_once() if batch_size is None else whole_number(batch_size, "batch_size", 1)
        mapped = Mapped(x)
        rows = mapped.rows_at_once(rows)
        if len(x) <= rows:
            return core.forward(x, count)
        out = np.empty((len(x), core.out_features), self.dtype)
        for start in range(0, len(x), rows):  # Ctrl-C is seen between two calls
            out[start : start + rows] = core.forward(x[start : start + rows], count)
            mapped.read(rows)
        return out

    def _rows_at_once(self) -> int:
        """Rows of one call of the core."""
        return int(np.clip(CALL / max(1, self.parameter_count), *CALL_ROWS))

    def predict_proba(self, X: ArrayLike) -> Array:
        """Class probabilities; rows sum to 1, whether or not the network ends in Softmax, unless it is `multilabel`.

        Parameters
        ----------
        X : array-like (n, features)
            As for `predict`.

        Returns
        -------
        ndarray (n, C)
            For one output, a logit or the probability that a final Sigmoid gives, C is 2: of class 0 and class 1. A
            `multilabel` network, or one that ends in Sigmoid with several outputs, says each class on its own.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> nn.Sequential(nn.Linear(4, 2), rng=0).predict_proba(np.zeros((1, 4)))
        array([[0.5, 0.5]], dtype=float32)
        """
        return self._probabilities(self.predict(X))

    def _probabilities(self, y: Array) -> Array:
        last = type(self[-1]).__name__
        if last == "LogSoftmax":
            return functional.exponential(y)  # type: ignore[no-any-return]
        if y.shape[1] == 1 and last == "LogSigmoid":
            y, last = functional.exponential(y), "Sigmoid"
        if y.shape[1] == 1 and last not in ("Softmax", "Softmin", "Sparsemax"):
            p = y if last == "Sigmoid" else functional.sigmoid(y)
            return np.concatenate([1 - p, p], axis=1)
        if last in ("Softmax", "Softmin", "Sparsemax", "Sigmoid"):
            return y
        probabilities: Array = functional.sigmoid(y) if self._multilabel else functional.softmax(y)
        return probabilities

    def predict_classes(self, X: ArrayLike) -> Array:
        """The most probable class of every sample.

        Parameters
        ----------
        X : array-like (n, features)
            As for `predict`.

        Returns
        -------
        ndarray (n,)
            Labels as they were trained with: one of `classes` each, or the number 0 ... C-1 if there are none. Of a
            `multilabel` network an array (n, C) of 0 and 1: each class whose probability is larger than 0.5.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(1, 2), rng=0)
        >>> X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), ["low", "low", "high", "high"]
        >>> history = network.fit(X, y, loss="cross_entropy", optimizer=nn.SGD(lr=1.0), epochs=20)
        >>> network.predict_classes([[-3.0], [3.0]]).tolist()
        ['low', 'high']
        """
        y = self.predict(X)
        if self._multilabel and y.shape[1] > 1:
            each: Array = (self._probabilities(y) > 0.5).astype(np.int64)
            return each
        codes: Array = (y if y.shape[1] > 1 else self._probabilities(y)).argmax(axis=1)
        if self._classes is None:
            return codes
        if int(codes.max()) >= len(self._classes):
            raise ValueError(f"the network has {y.shape[1]} outputs, but its classes are {self._classes.tolist()}")
        labels: Array = self._classes[codes]
        return labels

    def activations(self, X: ArrayLike) -> list[Stage]:
        """Every stage's pre-activation u and output z, for looking inside.

        A stage is a `Linear` or `Maxout` with the activations that follow it; u is the output of that layer, z that of
        the last activation, and the same as u if there is none. Activations before the first such layer are a stage of
        their own, whose u is X.

        Parameters
        ----------
        X : array-like (n, features)
            As for `predict`.

        Returns
        -------
        list of Stage
            Named tuples (name, u, z).

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2), rng=0)
        >>> [(stage.name, stage.u.shape, stage.z.shape) for stage in network.activations(np.ones((5, 4)))]
        [('0: Linear, ReLU', (5, 3), (5, 3)), ('2: Linear', (5, 2), (5, 2))]
        """
        x = self.features(X, "X")
        return stages_of(self._layers, x if isinstance(x, _core.Sparse) else self.first_input(x), threads_for(None))

    def state_dict(self) -> dict[str, Array]:
        """Copies of all weights by name, as PyTorch names them: "0.weight" (out, in), "0.bias" (out,), ...

        Examples
        --------
        >>> import pynncore as nn
        >>> list(nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1), rng=0).state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        return {f"{layer_name}.{name}": layer.op.get(name) for layer_name, layer, name in self.arrays()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Copy weights in, all of them or, if something is wrong, none.

        Parameters
        ----------
        state : dict of str to array-like
            One array for every name of `state_dict`, of the same shape.

        Raises
        ------
        TypeError, ValueError
            A name is missing or unknown, or an array has the wrong shape or values that are not finite.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"the state is {type(state).__name__}, but a dict from names to arrays was expected")
        own = {f"{layer_name}.{name}": (layer, name) for layer_name, layer, name in self.arrays()}
        missing, unknown = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unknown:
            lists = [f"lacks {', '.join(sorted(missing))}"] * bool(missing)
            lists += [f"has unknown {', '.join(sorted(map(str, unknown)))}"] * bool(unknown)
            raise ValueError(f"the state {' and '.join(lists)}; the network has {', '.join(own) or 'no weights'}")
        arrays = {name: layer.checked_parameter(part, state[name], name) for name, (layer, part) in own.items()}
        self.check_idle("load_state_dict")
        for name, (layer, part) in own.items():
            layer.op.set(part, arrays[name])

    def save(self, path: Any) -> None:
        """Write layers, weights, `metadata`, seed and number of epochs to a file.

        The file has the safetensors layout and holds no code. It is written beside its final name, synced and renamed:
        whatever happens, the name stands for the old file or for the complete new one.

        Parameters
        ----------
        path : str or os.PathLike
            The file, by custom with the ending .safetensors.

        Raises
        ------
        OSError
            The file cannot be written.
        TypeError, ValueError
            `metadata` is not a dict of str to str, or has names that begin with "pynncore.".

        Examples
        --------
        >>> import pathlib, tempfile, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(3, 2), rng=0)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> network.save(path)
        >>> nn.load(path)
        Sequential(
          (0): Linear(in_features=3, out_features=2, bias=True)
        )  # 8 parameters, float32
        """
        storage.save(self, path_of(path))

    def parameters(self) -> Iterator[tuple[str, Module, str]]:
        """The layer's name, the layer, and the parameter's name, for every array of weights."""
        for name, layer in self.leaves():
            for parameter in layer.parameter_names:
                yield name, layer, parameter

    def arrays(self) -> Iterator[tuple[str, Module, str]]:
        """The same, with the statistics that training keeps."""
        for name, layer in self.leaves():
            for part in (*layer.parameter_names, *layer.statistic_names):
                yield name, layer, part

    @property
    def layer_text(self) -> str:
        """The layers, one a line, or a block on several."""
        return "\n".join(text_of(self._layers))

    @classmethod
    def restored(cls, layer_text: str, dtype: str, **attributes: Any) -> Any:
        """A network of layers given as text, with weights 0."""
        return cls.of_layers(tuple(layers_of(layer_text)), dtype, **attributes)

    @classmethod
    def of_layers(cls, layers: tuple[Module, ...], dtype: str, **attributes: Any) -> Any:
        """A network of layers with their weights, or 0 where they have none."""
        network = cls.__new__(cls)
        network._connect(layers, dtype_name(dtype))
        for layer in layers:
            layer.materialise(dtype, None)
        network._own()
        for name, value in attributes.items():
            setattr(network, name, value)
        return network

    def __reduce__(self) -> tuple[object, ...]:
        attributes = {name: getattr(self, name) for name in KEPT}
        return _copied, (type(self), copy.deepcopy(self._layers), self.dtype, attributes)

    @contextmanager
    def exclusively(self, what: str) -> Iterator[None]:
        """Holds the network for training; a second training at the same time raises RuntimeError."""
        if not self._training.acquire(blocking=False):
            raise RuntimeError(f"{what}: this network is already being trained, by another call of fit or train_batch")
        try:
            self._trained_by = threading.get_ident()
            yield
        finally:
            self._trained_by = None
            self._training.release()

    def hand_over(self) -> None:
        """Has the calling thread train, in the place of the one that holds the network."""
        self._trained_by = threading.get_ident()

    def check_idle(self, what: str) -> None:
        """Refuses changes by other threads during training; callbacks run between steps and may change weights."""
        if self._training.locked() and self._trained_by != threading.get_ident():
            raise RuntimeError(f"{what}: this network is being trained in another thread")


def _copied(kind: type[Network], layers: tuple[Module, ...], dtype: str, attributes: dict[str, Any]) -> Network:
    """A network from what copy and pickle keep of it."""
    network: Network = kind.of_layers(layers, dtype, **attributes)
    return network
