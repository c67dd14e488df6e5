"""Errors of the elementwise kernels in units in the last place (ULP) of float32, against the float64 reference."""

from collections.abc import Iterator

import numpy as np

from pynncore import _core
from reference import activations

Array = np.ndarray

CHUNK = 1 << 16  # elements whose float64 intermediates stay in the cache
TAIL = 8.0  # the derivatives' zero crossings lie nearer to 0 than this


def inputs(count: int = 1 << 22, seed: int = 0) -> np.ndarray:
    """`count` float32 values in increasing order: every exponent of both signs alike, half of them in 2^-7 .. 2^7."""
    rng = np.random.default_rng(seed)
    infinity, low, high = (int(np.float32(x).view(np.uint32)) for x in (np.inf, 2.0**-7, 2.0**7))
    specials = np.array([0, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF, infinity])  # 0, ends of the subnormals and normals
    quarter = count // 4 - len(specials) // 2
    parts = [
        begin + (np.arange(quarter) + rng.random(quarter)) * ((end - begin) / quarter)
        for begin, end in ((0, infinity), (low, high))
    ]
    bits = np.concatenate([specials, *parts]).astype(np.uint32)
    positive = bits.view(np.float32)
    return np.sort(np.concatenate([-positive, positive]))


def ulp(x: np.ndarray) -> np.ndarray:
    """The distance of float32 numbers at float64 values x."""
    return np.ldexp(1.0, np.maximum(np.frexp(x)[1] - 1, -126) - 23)


def reference(function: str, derivative: bool, u: np.ndarray, parameters: list[float]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return getattr(activations, f"d_{function}" if derivative else function)(u.astype(np.float64), *parameters)


def kernel(name: str, derivative: bool, u: np.ndarray, parameters: list[float]) -> np.ndarray:
    out = np.empty_like(u)
    _core.apply(name, derivative, u, parameters, out, 1)
    return out


def as_float32(parameters: list[float]) -> list[float]:
    """Parameters as the float32 kernels see them."""
    return [float(np.float32(parameter)) for parameter in parameters]


def defaults(info: _core.ActivationInfo) -> list[float]:
    return as_float32([parameter.default for parameter in info.parameters])


def chunks(u: np.ndarray) -> Iterator[np.ndarray]:
    for begin in range(0, len(u), CHUNK):
        yield u[begin : begin + CHUNK]


def margin(
    info: _core.ActivationInfo, derivative: bool, u: np.ndarray, parameters: list[float], eps: float
) -> np.ndarray:
    """The absolute error that `info` allows at u near zeros of the function, for a type of precision `eps`.

    Nothing is allowed in the tail of a function that vanishes at -infinity: small absolute errors prove nothing there.
    """
    allowed = (info.abs_df if derivative else info.abs_f) * eps / np.finfo(np.float32).eps
    vanishes = np.abs(reference(info.function, derivative, np.array([-100.0]), parameters))[0] < 1e-30
    return np.where(np.abs(u) > TAIL, 0.0, allowed) if vanishes else np.full(len(u), allowed)


def worst(
    info: _core.ActivationInfo, derivative: bool, u: np.ndarray, parameters: list[float], levels: list[str]
) -> dict[str, float]:
    """The greatest error in ULP per level where the function is normal and the error above its margin.

    Where the function is subnormal, an error up to the least normal number counts as none; where it overflows, both
    infinity and the greatest number are right.
    """
    most = dict.fromkeys(levels, 0.0)
    limits = np.finfo(np.float32)
    for part in chunks(u[np.isfinite(u)]):
        expected = reference(info.function, derivative, part, parameters)
        size, unit = np.abs(expected), ulp(expected)
        ignored = np.maximum(
            margin(info, derivative, part, parameters, limits.eps),
            np.where(size < limits.smallest_normal, limits.smallest_normal, 0),
        )
        for level in levels:
            _core.set_level(level)
            computed = kernel(info.name, derivative, part, parameters)
            with np.errstate(invalid="ignore"):
                error = np.abs(computed - expected)
            error[(size > limits.max) & (computed * np.sign(expected) >= limits.max)] = 0
            most[level] = max(most[level], float(np.where(error <= ignored, 0, error / unit).max()))
    return most
