"""Row functions, losses and activations against NumPy in float64 on every ISA level."""

import numpy as np
import pytest

from pynncore import _core
from reference import activations, losses, rows
from twins import ACTIVATIONS, EDGE_SIZES, ROW_FUNCTIONS

TOLERANCE = {"float32": {"rtol": 3e-6, "atol": 1e-6}, "float64": {"rtol": 1e-13, "atol": 1e-15}}
RELATIVE = {"float32": 1e-5, "float64": 1e-14}  # of sums along a row
DTYPES = list(TOLERANCE)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_and_derivative_equal_numpy_for_every_length(isa, name, dtype):
    info = ACTIVATIONS[name]
    f, df = getattr(activations, info.function), getattr(activations, f"d_{info.function}")
    parameters = [parameter.default for parameter in info.parameters]
    u = np.random.default_rng(0).uniform(-9, 9, 4096).astype(dtype)
    for length in (*range(1, 70), 4096):
        for derivative, reference in ((False, f), (True, df)):
            part, out = u[-length:].copy(), np.empty(length, dtype)
            _core.apply(name, derivative, part, parameters, out, 1)
            with np.errstate(all="ignore"):
                expected = reference(part.astype(np.float64), *parameters)
            np.testing.assert_allclose(out, expected, **TOLERANCE[dtype], err_msg=f"length {length}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ROW_FUNCTIONS)
def test_row_function_and_backward_equal_numpy(isa, name, dtype):
    function = ROW_FUNCTIONS[name].function
    f, backward = getattr(rows, function), getattr(rows, f"d_{function}")
    rng = np.random.default_rng(0)
    for n in EDGE_SIZES:
        for count in (1, 2, 7, 33):
            u, g = rng.normal(0, 5, (count, n)).astype(dtype), rng.standard_normal((count, n)).astype(dtype)
            z, delta = np.empty_like(u), np.empty_like(u)
            _core.apply_rows(name, u, z, 1)
            np.testing.assert_allclose(z, f(u.astype(np.float64)), **TOLERANCE[dtype])
            _core.apply_rows_backward(name, z, g, delta, 1)
            expected = backward(z.astype(np.float64), g.astype(np.float64))
            np.testing.assert_allclose(delta, expected, rtol=RELATIVE[dtype], atol=RELATIVE[dtype] * n)


L = losses
LOSSES = {
    "SquaredError": (L.squared_error, L.d_squared_error),
    "MSELoss": (L.mean_squared_error, L.d_mean_squared_error),
    "L1Loss": (L.l1, L.d_l1),
    "HuberLoss": (L.huber, L.d_huber),
    "BCELoss": (L.binary_cross_entropy, L.d_binary_cross_entropy),
    "BCEWithLogitsLoss": (L.binary_cross_entropy_with_logits, L.d_binary_cross_entropy_with_logits),
    "CrossEntropyLogits": (L.cross_entropy, L.d_cross_entropy),
    "CrossEntropyLogitsSoft": (L.cross_entropy, L.d_cross_entropy),
    "CrossEntropyProbabilities": (L.cross_entropy_of_probabilities, L.d_cross_entropy_of_probabilities),
    "CrossEntropyProbabilitiesSoft": (L.cross_entropy_of_probabilities, L.d_cross_entropy_of_probabilities),
    "NLLLoss": (L.negative_log_likelihood, L.d_negative_log_likelihood),
}
OTHER_VALUES = {"delta": 0.25, "pos_weight": 2.5, "eps": 0.03125}


def loss_case(info, rng, count, n, dtype):
    """Predictions that are probabilities, a target as the core takes it, and the same target as (rows, n)."""
    y = rng.uniform(0.02, 0.98, (count, n)).astype(dtype)
    if info.labels:
        label = rng.integers(0, n, count).astype(np.int32)
        return y, label, losses.one_hot(label, n)
    target = (rng.uniform(0, 1, (count, n)) / n).astype(dtype)
    return y, target, target.astype(np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("info", _core.losses(), ids=lambda info: info.name)
def test_loss_and_gradient_equal_numpy(isa, info, dtype):
    f, df = LOSSES[info.name]
    rng = np.random.default_rng(0)
    for n in EDGE_SIZES:
        for count in (1, 7, 33):
            y, target, d = loss_case(info, rng, count, n, dtype)
            weight = rng.uniform(0.1, 2, count).astype(dtype) if n % 2 else None
            defaults = [parameter.default for parameter in info.parameters]
            others = [OTHER_VALUES[parameter.name] for parameter in info.parameters]
            factor = 1.0 if weight is None else weight.astype(np.float64)[:, None]
            for values, reduction in ((defaults, "mean"), (others, "sum")):
                scale = 1 if reduction == "sum" else 1 / (count * n if info.per_element else count)
                value, gradient = _core.Loss(info.name, values, reduction).evaluate(y, target, weight)
                tolerance = {"rtol": RELATIVE[dtype] * 10, "atol": RELATIVE[dtype] * n}
                np.testing.assert_allclose(value, f(y.astype(np.float64), d, *values) * np.ravel(factor), **tolerance)
                expected = df(y.astype(np.float64), d, *values) * scale * factor
                np.testing.assert_allclose(gradient, expected, **tolerance)


def test_logits_of_any_size_give_finite_losses(isa):
    """1000 is far beyond where e^u overflows."""
    u = np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0]])
    soft = np.full((2, 3), 1 / 3)
    for name, target in (("CrossEntropyLogitsSoft", soft), ("BCEWithLogitsLoss", soft)):
        f, df = LOSSES[name]
        value, gradient = _core.Loss(name, [0.0 if name[0] == "C" else 1.0], "sum").evaluate(u, target, None)
        np.testing.assert_allclose(value, f(u, target), rtol=1e-14)
        np.testing.assert_allclose(gradient, df(u, target), rtol=1e-14, atol=1e-16)
