"""Initial weights.

fan_in is a layer's number of inputs, fan_out its number of outputs. "Normal" draws from a normal distribution with
standard deviation std, "Uniform" evenly from [-sqrt(3) std, sqrt(3) std], which has the same standard deviation.

    Glorot (Xavier)    std = gain sqrt(2 / (fan_in + fan_out))    Glorot and Bengio 2010
    He (Kaiming)       std = gain / sqrt(fan_in), gain sqrt(2)    He et al. 2015
    LeCun              std = gain / sqrt(fan_in), gain 1          LeCun et al. 1998
"""

from __future__ import annotations

from typing import Any, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .validation import by_name, converted, real_number, values

Initialization: TypeAlias = Union[str, "Initializer", ArrayLike, None]

BLOCK = 1 << 17  # float64 numbers drawn at a time: a layer's weights never exist in float64 as a whole


class Initializer:
    """A rule for initial weights; call it with a shape, a generator, a dtype and the fans (fan_in, fan_out)."""

    def __call__(
        self, shape: tuple[int, ...], rng: np.random.Generator, dtype: str, fans: tuple[int, int]
    ) -> NDArray[Any]:
        array = np.empty(shape, dtype)
        flat = array.reshape(-1)
        for start in range(0, flat.size, BLOCK):
            numbers = self.draw(min(BLOCK, flat.size - start), rng, fans)
            if not np.abs(numbers).max(initial=0) <= np.finfo(dtype).max:
                raise ValueError(
                    f"{self!r} draws {numbers[np.argmax(np.abs(numbers))]:g}, which is too large for {dtype}"
                )
            flat[start : start + BLOCK] = numbers
        return array

    def draw(self, count: int, rng: np.random.Generator, fans: tuple[int, int]) -> NDArray[np.float64]:
        """The next numbers, in the order of the array."""
        raise TypeError(f"{type(self).__name__} is not an initializer; choose one of {', '.join(BY_NAME)}")

    @staticmethod
    def default(gain: float) -> Initializer:
        """What layers use if they are not told: normal, keeping the size of what flows through the activation."""
        return LeCunNormal(gain)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Zeros(Initializer):
    """Zeros.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Linear(2, 1, weight_init="zeros").weight
    array([[0., 0.]], dtype=float32)
    """

    def draw(self, count: int, rng: np.random.Generator, fans: tuple[int, int]) -> NDArray[np.float64]:
        return np.zeros(count)


class Constant(Initializer):
    """One number everywhere.

    Parameters
    ----------
    value : float
        Any finite number.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.Linear(2, 1, bias_init=nn.initializers.Constant(0.5)).bias
    array([0.5], dtype=float32)
    """

    def __init__(self, value: float) -> None:
        self.value = real_number(value, "value")

    def draw(self, count: int, rng: np.random.Generator, fans: tuple[int, int]) -> NDArray[np.float64]:
        return np.full(count, self.value)


class _Scaled(Initializer):
    """Random numbers of a standard deviation that the fans decide."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = real_number(gain, "gain", 0)

    def std(self, fan_in: int, fan_out: int) -> float:
        return self.gain / float(np.sqrt(fan_in))


class _Glorot(_Scaled):
    def std(self, fan_in: int, fan_out: int) -> float:
        return self.gain * float(np.sqrt(2 / (fan_in + fan_out)))


class _He(_Scaled):
    def __init__(self, gain: float = 2**0.5) -> None:
        super().__init__(gain)


class _Normal(_Scaled):
    def draw(self, count: int, rng: np.random.Generator, fans: tuple[int, int]) -> NDArray[np.float64]:
        numbers: NDArray[np.float64] = rng.standard_normal(count) * self.std(*fans)
        return numbers


class _Uniform(_Scaled):
    def draw(self, count: int, rng: np.random.Generator, fans: tuple[int, int]) -> NDArray[np.float64]:
        numbers: NDArray[np.float64] = (2 * rng.random(count) - 1) * (3**0.5 * self.std(*fans))
        return numbers


class GlorotNormal(_Normal, _Glorot):
    """Normal with std = gain sqrt(2 / (fan_in + fan_out)); also called Xavier. gain : float, default 1."""


class GlorotUniform(_Uniform, _Glorot):
    """Uniform with std = gain sqrt(2 / (fan_in + fan_out)); also called Xavier. gain : float, default 1."""


class HeNormal(_Normal, _He):
    """Normal with std = gain / sqrt(fan_in); also called Kaiming. gain : float, default sqrt(2), for ReLU."""


class HeUniform(_Uniform, _He):
    """Uniform with std = gain / sqrt(fan_in); also called Kaiming. gain : float, default sqrt(2), for ReLU."""


class LeCunNormal(_Normal):
    """Normal with std = gain / sqrt(fan_in). gain : float, default 1."""


class LeCunUniform(_Uniform):
    """Uniform with std = gain / sqrt(fan_in). gain : float, default 1."""


class Orthogonal(Initializer):
    """Rows, or if there are more rows than columns the columns, are orthogonal and have length gain (Saxe et al. 2014).

    Parameters
    ----------
    gain : float, default 1
        Length, at least 0.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> W = nn.Linear(5, 3, weight_init="orthogonal").weight
    >>> bool(np.allclose(W @ W.T, np.eye(3), atol=1e-6))
    True
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = real_number(gain, "gain", 0)

    def __call__(
        self, shape: tuple[int, ...], rng: np.random.Generator, dtype: str, fans: tuple[int, int]
    ) -> NDArray[Any]:
        out, n = shape
        q, r = np.linalg.qr(rng.standard_normal((max(out, n), min(out, n))))
        q *= np.where(np.diag(r) < 0, -self.gain, self.gain)  # makes the distribution uniform over orthogonal matrices
        return np.ascontiguousarray(q if out >= n else q.T, dtype)


class Given(Initializer):
    """A user's array."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __call__(
        self, shape: tuple[int, ...], rng: np.random.Generator, dtype: str, fans: tuple[int, int]
    ) -> NDArray[Any]:
        return converted(self.array, dtype, "the initial value")


BY_NAME: dict[str, type[Initializer]] = {
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "xavier_normal": GlorotNormal,
    "xavier_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "kaiming_normal": HeNormal,
    "kaiming_uniform": HeUniform,
    "lecun_normal": LeCunNormal,
    "lecun_uniform": LeCunUniform,
    "orthogonal": Orthogonal,
    "zeros": Zeros,
}


def initializer_of(chosen: Initialization, name: str, shape: tuple[int, ...]) -> Initializer | None:
    """The initializer that a user's choice means; None stays None."""
    if chosen is None or isinstance(chosen, Initializer):
        if isinstance(chosen, Orthogonal) and len(shape) != 2:
            raise ValueError(f"{name} is {chosen!r}, which needs a matrix, but the shape is {shape}")
        return chosen
    if isinstance(chosen, str):
        return initializer_of(by_name(f"{name}, the initializer", chosen, BY_NAME), name, shape)
    array = values(chosen, name)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but {shape} was expected")
    return Given(array.copy())
