"""Layers for categories: what they take are codes, whole numbers from 0 on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .codes import Codes
from .initializers import Initialization, Initializer, initializer_of
from .module import Module
from .validation import whole_number

MOST_FEATURES = (1 << 31) - 1
EXACT = {"float32": 1 << 24, "float64": 1 << 53}  # whole numbers from 0 on that a float is


class _OfCodes(Module):
    """A number of outputs for each column of the input, which holds codes from 0 to count - 1."""

    def __init__(self, count: int, name: str, outputs: int) -> None:
        super().__init__()
        self._count = whole_number(count, name, 1, MOST_FEATURES)
        self._outputs = outputs

    def out_features_for(self, in_features: int) -> int:
        features = in_features * self._outputs
        if features > MOST_FEATURES:
            raise ValueError(
                f"{self.short()} makes {features} features of {in_features}, but at most {MOST_FEATURES} can be"
            )
        return features

    def in_features_for(self, out_features: int) -> int:
        return max(1, out_features // self._outputs)

    def trace(self, columns: Sequence[int] | None, found: list[Codes]) -> None:
        if columns is None:
            raise ValueError(
                f"{self.short()} takes codes, which are columns of the network's input, perhaps chosen by Select; "
                "but it gets what another layer computed"
            )
        found.append(Codes(self.short(), self._count, columns))

    def check_count(self, dtype: str) -> None:
        """Refuses codes that would not be exact."""
        if self._count > EXACT[dtype]:
            raise ValueError(f"{self.short()} has codes beyond {EXACT[dtype]}, which {dtype} cannot tell apart")


class Embedding(_OfCodes):
    """A learned vector for each category.

        z = [W[x_0], W[x_1], ...]

    Each column of the input holds codes, whole numbers from 0 to num_embeddings - 1, and becomes embedding_dim columns.
    Only the network's input, or what `Select` takes of it, can be codes; another value raises ValueError before
    anything changes. No gradient goes to the input.

    Every step changes the rows of W that occur. Optimizers with momentum, averages or weight decay change all of them.

    Parameters
    ----------
    num_embeddings : int
        Categories, at least 1; in float32 at most 2^24.
    embedding_dim : int
        Outputs for each column, at least 1.
    weight_init : str, Initializer, array-like (num_embeddings, embedding_dim) or None, default None
        How W begins; names are those of `nn.initializers`, with a fan_in of 1, because one row makes an output. None:
        standard normal numbers.

    Attributes
    ----------
    weight : ndarray (num_embeddings, embedding_dim)
        A copy of W. Assignment copies in; another shape raises ValueError.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> layer = nn.Embedding(3, 2, weight_init=[[0, 1], [2, 3], [4, 5]])
    >>> layer.forward(np.array([[2], [0]]))
    array([[4., 5.],
           [0., 1.]], dtype=float32)
    """

    parameter_names = ("weight",)

    def __init__(self, num_embeddings: int, embedding_dim: int, *, weight_init: Initialization = None) -> None:
        super().__init__(
            num_embeddings, "num_embeddings", whole_number(embedding_dim, "embedding_dim", 1, MOST_FEATURES)
        )
        self._weight_init = initializer_of(weight_init, "weight_init", self.shape_of("weight"))

    @property
    def num_embeddings(self) -> int:
        """The number of categories."""
        return self._count

    @property
    def embedding_dim(self) -> int:
        """Outputs for each column of the input."""
        return self._outputs

    def arguments(self) -> dict[str, Any]:
        return {"num_embeddings": self.num_embeddings, "embedding_dim": self.embedding_dim}

    def short(self) -> str:
        return f"Embedding({self.num_embeddings}, {self.embedding_dim})"

    def shape_of(self, name: str) -> tuple[int, ...]:
        return self.num_embeddings, self.embedding_dim

    def make_op(self, dtype: str) -> _core.Op:
        self.check_count(dtype)
        return _core.embedding(self.num_embeddings, self.embedding_dim, dtype)

    def initialise(self, op: _core.Op, rng: np.random.Generator, gain: float) -> None:
        initializer = self._weight_init or Initializer.default(1.0)
        op.set("weight", initializer(self.shape_of("weight"), rng, op.dtype, (1, self.embedding_dim)))

    @property
    def weight(self) -> NDArray[Any]:
        """A copy of W: assign a whole array to change it."""
        return self.op.get("weight")

    @weight.setter
    def weight(self, value: ArrayLike) -> None:
        self.assign("weight", value)


class OneHot(_OfCodes):
    """Each column of codes as num_classes columns: 1 at the code's place, 0 elsewhere.

    What can be codes, and what happens with other values, is as for `Embedding`. No gradient goes to the input.

    Parameters
    ----------
    num_classes : int
        Categories, at least 1; in float32 at most 2^24.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.OneHot(3).forward(np.array([[2], [0]]))
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes, "num_classes", whole_number(num_classes, "num_classes", 1, MOST_FEATURES))

    @property
    def num_classes(self) -> int:
        """The number of categories."""
        return self._count

    def arguments(self) -> dict[str, Any]:
        return {"num_classes": self.num_classes}

    def short(self) -> str:
        return f"OneHot({self.num_classes})"

    def make_op(self, dtype: str) -> _core.Op:
        self.check_count(dtype)
        return _core.one_hot(self.num_classes, dtype)
