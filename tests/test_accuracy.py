"""Elementwise functions: errors within the stated bounds, limits at infinity, NaN, and float64 against mpmath."""

import mpmath as mp
import numpy as np
import pytest
from mpmath import mpf

import accuracy
from pynncore import _core

INFOS = {info.name: info for info in _core.activations()}
DERIVATIVE = pytest.mark.parametrize("derivative", [False, True], ids=["f", "df"])
EVERY = pytest.mark.parametrize("info", INFOS.values(), ids=INFOS.keys())

# Other parameters than the defaults, as constructors would take them.
VARIANTS = {
    "Step": [0.25, 0.5],
    "Hardshrink": [1.3],
    "Softshrink": [1.3],
    "Threshold": [0.7, -2.0],
    "Hardsigmoid": [0.2, 0.5],
    "Hardtanh": [-0.3, 2.5],
    "LeakyReLU": [0.3],
    "PReLU": [-0.3],
    "ELU": [0.7],
    "CELU": [1.7],
    "Softplus": [2.3],
    "Swish": [-1.7],
    "GELU": [1],
    "Squareplus": [0.3],
}
WITHOUT_LIMIT = {("Sine", False), ("Sine", True), ("Snake", True)}


@pytest.fixture(autouse=True)
def same_level_afterwards():
    level = _core.level()
    yield
    _core.set_level(level)


@pytest.fixture(scope="module")
def inputs():
    return accuracy.inputs()


@DERIVATIVE
@EVERY
def test_error_is_within_the_stated_ulps_on_every_level(info, derivative, inputs):
    bound = info.ulp_df if derivative else info.ulp_f
    errors = accuracy.worst(info, derivative, inputs, accuracy.defaults(info), _core.levels())
    assert max(errors.values()) <= bound, errors


@DERIVATIVE
@pytest.mark.parametrize("name", VARIANTS)
def test_error_with_other_parameters_is_at_most_4_ulp(name, derivative, inputs):
    parameters = accuracy.as_float32(VARIANTS[name])
    errors = accuracy.worst(INFOS[name], derivative, inputs[::16], parameters, _core.levels())
    assert max(errors.values()) <= 4, errors


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("info", "derivative"),
    [(info, d) for info in INFOS.values() for d in (False, True) if (info.name, d) not in WITHOUT_LIMIT],
    ids=lambda case: getattr(case, "name", None),
)
def test_infinities_give_the_limits(isa, info, derivative, dtype):
    ends = np.array([-np.inf, np.inf], dtype)
    far = accuracy.reference(info.function, derivative, np.array([-1e100, 1e100]), accuracy.defaults(info))
    limits = np.where(np.abs(far) > 1e50, np.copysign(np.inf, far), far)
    computed = accuracy.kernel(info.name, derivative, ends, accuracy.defaults(info))
    np.testing.assert_allclose(computed, limits, rtol=1e-6, atol=1e-40)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@DERIVATIVE
@EVERY
def test_nan_stays_and_nothing_finite_becomes_nan(isa, info, derivative, dtype, inputs):
    u = inputs[:: 1 << 8].astype(dtype)
    u = u[np.isfinite(u)] * (1 if dtype is np.float32 else 2.0**800)  # with the largest exponents of either type
    u = np.concatenate([inputs[1 : -1 : 1 << 8].astype(dtype), u[np.isfinite(u)]])
    assert not np.isnan(accuracy.kernel(info.name, derivative, u, accuracy.defaults(info))).any()
    nan = np.full(19, np.nan, dtype)
    assert np.isnan(accuracy.kernel(info.name, derivative, nan, accuracy.defaults(info))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_values_are_exact(isa, dtype):
    far = np.array([-1000.0, 1000.0], dtype)
    for name, expected in {
        "Sigmoid": [0, 1],
        "Softplus": [0, 1000],
        "LogSigmoid": [-1000, 0],
        "Mish": [0, 1000],
        "GELU": [0, 1000],
        "SiLU": [0, 1000],
        "Tanh": [-1, 1],
        "ELU": [-1, 1000],
    }.items():
        assert accuracy.kernel(name, False, far, accuracy.defaults(INFOS[name])).tolist() == expected, name


@pytest.mark.parametrize("info", [info for info in INFOS.values() if info.df_from_output], ids=lambda info: info.name)
def test_derivative_from_the_output_equals_derivative_from_the_input(isa, info, inputs):
    u = np.ascontiguousarray(inputs[::16])
    for parameters in [accuracy.defaults(info), *([VARIANTS[info.name]] if info.name in VARIANTS else [])]:
        z = accuracy.kernel(info.name, False, u, parameters)
        from_z, from_u = (accuracy.kernel(info.name, True, x, parameters) for x in (z, u))
        np.testing.assert_array_equal(from_z, from_u)


def logistic(u):
    return 1 / (1 + mp.exp(-u))


def clip(u, low, high):
    return max(mpf(low), min(mpf(high), u))


EXACT = {
    "Identity": lambda u: u,
    "Step": lambda u, t, at: mpf(1) if u > t else at if u == t else mpf(0),
    "BentIdentity": lambda u: (mp.sqrt(u * u + 1) - 1) / 2 + u,
    "Hardshrink": lambda u, lam: u if abs(u) > lam else mpf(0),
    "Softshrink": lambda u, lam: u - clip(u, -lam, lam),
    "Threshold": lambda u, t, value: u if u > t else value,
    "Sigmoid": logistic,
    "Hardsigmoid": lambda u, slope, offset: clip(slope * u + offset, 0, 1),
    "LogSigmoid": lambda u: -mp.log1p(mp.exp(-u)),
    "Tanh": mp.tanh,
    "Tanhshrink": lambda u: u - mp.tanh(u),
    "Hardtanh": clip,
    "ArcTan": mp.atan,
    "ReLU": lambda u: max(u, mpf(0)),
    "ReLU6": lambda u: clip(u, 0, 6),
    "LeakyReLU": lambda u, a: u if u > 0 else a * u,
    "PReLU": lambda u, a: u if u > 0 else a * u,
    "ELU": lambda u, a: u if u > 0 else a * mp.expm1(u),
    "SELU": lambda u: mpf("1.0507009873554805") * (u if u > 0 else mpf("1.6732632423543772") * mp.expm1(u)),
    "CELU": lambda u, a: u if u > 0 else a * mp.expm1(u / a),
    "Softplus": lambda u, beta: mp.log1p(mp.exp(beta * u)) / beta,
    "Softsign": lambda u: u / (1 + abs(u)),
    "Swish": lambda u, beta: u * logistic(beta * u),
    "ACON": lambda u, p1, p2, beta: (p1 - p2) * u * logistic(beta * (p1 - p2) * u) + p2 * u,
    "SiLU": lambda u: u * logistic(u),
    "Hardswish": lambda u: u * clip(u + 3, 0, 6) / 6,
    "Mish": lambda u: u * mp.tanh(mp.log1p(mp.exp(u))),
    "TanhExp": lambda u: u * mp.tanh(mp.exp(u)),
    "GELU": lambda u, tanh: u * (logistic(mp.sqrt(8 / mp.pi) * (u + mpf("0.044715") * u**3)) if tanh else mp.ncdf(u)),
    "Exponential": mp.exp,
    "Sine": lambda u, omega: mp.sin(omega * u),
    "Gaussian": lambda u: mp.exp(-u * u),
    "SquaredReLU": lambda u: max(u, mpf(0)) ** 2,
    "LiSHT": lambda u: u * mp.tanh(u),
    "Squareplus": lambda u, b: (u + mp.sqrt(u * u + b)) / 2,
    "SparsePlus": lambda u: mpf(0) if u <= -1 else u if u >= 1 else (u + 1) ** 2 / 4,
    "SparseSigmoid": lambda u: clip((u + 1) / 2, 0, 1),
    "Snake": lambda u, alpha: u + mp.sin(alpha * u) ** 2 / alpha,
}


@DERIVATIVE
@pytest.mark.parametrize("info", [INFOS[name] for name in EXACT], ids=EXACT)
def test_float64_is_within_4_ulp_of_mpmath_on_every_level(info, derivative):
    rng = np.random.default_rng(2)
    u = np.concatenate([rng.uniform(-3, 3, 100), rng.uniform(-38, 38, 60), 2.0 ** rng.uniform(-40, 9, 40)])
    u[-20:] *= -1
    parameters = [parameter.default for parameter in info.parameters]
    exact = [value_of(EXACT[info.name], derivative, x, parameters) for x in u]
    margin = accuracy.margin(info, derivative, u, parameters, np.finfo(np.float64).eps)
    for level in _core.levels():
        _core.set_level(level)
        computed = accuracy.kernel(info.name, derivative, u, parameters)
        for x, value, expected, ignored in zip(u, computed, exact, margin, strict=True):
            if abs(expected) < np.finfo(np.float64).smallest_normal or abs(expected) > np.finfo(np.float64).max:
                continue
            error = abs(mpf(float(value)) - expected)
            assert error <= max(ignored, 4 * mpf(float(np.spacing(abs(float(expected)))))), (level, x)


def value_of(f, derivative, x, parameters):
    """f or f' at x: exact cancellation in the tails, and a difference quotient, both need many digits."""
    with mp.workdps(60 if abs(x) < 8 else 500):
        arguments = [mpf(parameter) for parameter in parameters]
        if not derivative:
            return f(mpf(float(x)), *arguments)
        h = mpf(10) ** (-mp.mp.dps // 3)
        return (f(mpf(float(x)) + h, *arguments) - f(mpf(float(x)) - h, *arguments)) / (2 * h)
