"""Row functions, losses and activations against NumPy in float64 on every ISA level."""

import numpy as np
import pytest

from pynncore import _core
from reference import activations, losses, rows
from twins import ACTIVATIONS, EDGE_SIZES, ROW_FUNCTIONS, loss_on

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
    for n in (n for n in EDGE_SIZES if ROW_FUNCTIONS[name].outputs(n)):
        for count in (1, 2, 7, 33):
            outputs = ROW_FUNCTIONS[name].outputs(n)
            u, g = rng.normal(0, 5, (count, n)).astype(dtype), rng.standard_normal((count, outputs)).astype(dtype)
            z, delta = np.empty_like(g), np.empty_like(u)
            _core.apply_rows(name, u, z, 1)
            np.testing.assert_allclose(z, f(u.astype(np.float64)), **TOLERANCE[dtype])
            _core.apply_rows_backward(name, u, g, delta, 1)
            expected = backward(u.astype(np.float64), g.astype(np.float64))
            np.testing.assert_allclose(delta, expected, rtol=RELATIVE[dtype], atol=RELATIVE[dtype] * n * 3)


L = losses
LOSSES = {
    "SquaredError": (L.squared_error, L.d_squared_error),
    "MSELoss": (L.mean_squared_error, L.d_mean_squared_error),
    "L1Loss": (L.l1, L.d_l1),
    "HuberLoss": (L.huber, L.d_huber),
    "SmoothL1Loss": (L.smooth_l1, L.d_smooth_l1),
    "LogCoshLoss": (L.log_cosh, L.d_log_cosh),
    "QuantileLoss": (L.quantile, L.d_quantile),
    "PoissonNLLLoss": (L.poisson_nll, L.d_poisson_nll),
    "GaussianNLLLoss": (L.gaussian_nll, L.d_gaussian_nll),
    "MeanSquaredLogarithmicError": (L.mean_squared_logarithmic, L.d_mean_squared_logarithmic),
    "MeanAbsolutePercentageError": (L.mean_absolute_percentage, L.d_mean_absolute_percentage),
    "BCELoss": (L.binary_cross_entropy, L.d_binary_cross_entropy),
    "BCEWithLogitsLoss": (L.binary_cross_entropy_with_logits, L.d_binary_cross_entropy_with_logits),
    "BinaryFocalLoss": (L.binary_focal, L.d_binary_focal),
    "CrossEntropyLogits": (L.cross_entropy, L.d_cross_entropy),
    "CrossEntropyLogitsSoft": (L.cross_entropy, L.d_cross_entropy),
    "CrossEntropyProbabilities": (L.cross_entropy_of_probabilities, L.d_cross_entropy_of_probabilities),
    "CrossEntropyProbabilitiesSoft": (L.cross_entropy_of_probabilities, L.d_cross_entropy_of_probabilities),
    "NLLLoss": (L.negative_log_likelihood, L.d_negative_log_likelihood),
    "NLLLossSoft": (L.negative_log_likelihood, L.d_negative_log_likelihood),
    "FocalLoss": (L.focal, L.d_focal),
    "FocalLossSoft": (L.focal, L.d_focal),
    "GeneralizedCrossEntropyLoss": (L.generalized_cross_entropy, L.d_generalized_cross_entropy),
    "GeneralizedCrossEntropyLossSoft": (L.generalized_cross_entropy, L.d_generalized_cross_entropy),
    "TverskyLoss": (L.tversky, L.d_tversky),
    "KLDivLoss": (L.kl_div, L.d_kl_div),
    "HingeLoss": (L.hinge, L.d_hinge),
    "SquaredHinge": (L.squared_hinge, L.d_squared_hinge),
    "PerceptronLoss": (L.perceptron, L.d_perceptron),
    "ZeroOneLoss": (L.zero_one, L.d_zero_one),
    "CategoricalHingeLoss": (L.categorical_hinge, L.d_categorical_hinge),
    "CosineEmbeddingLoss": (L.cosine_embedding, L.d_cosine_embedding),
}
OTHER_VALUES = {
    "delta": 0.25,
    "beta": 0.25,
    "eps": 0.03125,
    "q": 0.7,
    "alpha": 0.3,
    "gamma": 0.5,
    "margin": 0.5,
    "log_input": 0,
    "log_target": 1,
    "full": 1,
}
SIGNED = ("HingeLoss", "SquaredHinge", "PerceptronLoss", "CosineEmbeddingLoss")


def loss_case(info, rng, count, n, dtype):
    """Predictions that are probabilities, a target as the core takes it, and the same target in float64 rows."""
    y = rng.uniform(0.02, 0.98, (count, n)).astype(dtype)
    if info.labels:
        label = rng.integers(0, n, count).astype(np.int32)
        return y, label, losses.one_hot(label, n)
    columns = _core.Loss(info.name, [parameter.default for parameter in info.parameters], "sum").target_columns(n)
    if info.name in SIGNED:
        target = rng.choice([-1, 1], (count, columns)).astype(dtype)
    elif info.name == "PoissonNLLLoss":
        target = rng.integers(0, 5, (count, columns)).astype(dtype)
    else:
        target = (rng.uniform(0, 1, (count, columns)) / n).astype(dtype)
    return y, target, target.astype(np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("info", _core.losses(), ids=lambda info: info.name)
def test_loss_and_gradient_equal_numpy(isa, info, dtype):
    f, df = LOSSES[info.name]
    rng = np.random.default_rng(0)
    for n in EDGE_SIZES if info.name != "GaussianNLLLoss" else [n for n in EDGE_SIZES if n % 2 == 0]:
        for count in (1, 7, 33):
            y, target, d = loss_case(info, rng, count, n, dtype)
            weight = rng.uniform(0.1, 2, count).astype(dtype) if n % 3 else None
            defaults = [parameter.default for parameter in info.parameters]
            others = [OTHER_VALUES[parameter.name] for parameter in info.parameters]
            factor = 1.0 if weight is None else weight.astype(np.float64)[:, None]
            for values, reduction in ((defaults, "mean"), (others, "sum")):
                columns, by_column = [], {}
                if info.column and reduction == "sum":
                    columns = rng.uniform(0.1, 0.9, n).tolist()
                    by_column = {info.column.name: np.array(columns)}
                loss = _core.Loss(info.name, values, reduction, columns)
                divisor = count * loss.target_columns(n) if info.per_element else count
                scale = 1 if reduction == "sum" else 1 / divisor
                value, gradient = loss_on(loss, y, target, weight)
                tolerance = {"rtol": RELATIVE[dtype] * 10, "atol": RELATIVE[dtype] * n}
                expected = f(y.astype(np.float64), d, *values, **by_column)
                np.testing.assert_allclose(value, expected * np.ravel(factor), **tolerance)
                expected = df(y.astype(np.float64), d, *values, **by_column) * scale * factor
                np.testing.assert_allclose(gradient, expected, **tolerance)


def test_logits_of_any_size_give_finite_losses(isa):
    """1000 is far beyond where e^u overflows."""
    u = np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0]])
    soft = np.full((2, 3), 1 / 3)
    for name, parameters in (("CrossEntropyLogitsSoft", [0.0]), ("BCEWithLogitsLoss", [])):
        f, df = LOSSES[name]
        value, gradient = loss_on(_core.Loss(name, parameters, "sum"), u, soft)
        np.testing.assert_allclose(value, f(u, soft), rtol=1e-14)
        np.testing.assert_allclose(gradient, df(u, soft), rtol=1e-14, atol=1e-16)
    for name in ("FocalLossSoft", "BinaryFocalLoss"):
        value, gradient = loss_on(_core.Loss(name, [2.0], "sum"), u, soft)
        assert np.isfinite(value).all()
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", ["LogCoshLoss", "CosineEmbeddingLoss", "GaussianNLLLoss"])
def test_extreme_predictions_give_finite_losses(isa, name):
    y = np.array([[1e30, -1e30], [0.0, 0.0], [1e-30, 0.0], [50.0, 50.0]], np.float32)
    info = {info.name: info for info in _core.losses()}[name]
    loss = _core.Loss(name, [parameter.default for parameter in info.parameters], "mean")
    if name == "GaussianNLLLoss":
        y = y[1:]
    target = np.ones((len(y), loss.target_columns(2)), np.float32)
    value, gradient = loss_on(loss, y, target)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("labels", [True, False])
def test_classes_are_weighted_smoothed_and_ignored(isa, labels, dtype):
    """d' = weight (keep d + smooth / C), as NumPy makes it; ignored labels have no loss and no gradient."""
    rng = np.random.default_rng(0)
    for n in (1, 2, 10, 31, 32, 33, 100):
        y = rng.standard_normal((37, n)).astype(dtype)
        label = rng.integers(0, n, 37).astype(np.int32)
        rows = losses.one_hot(label, n) if labels else rng.dirichlet(np.ones(n), 37)
        weight = rng.uniform(0.5, 2, n)
        ignored = (label == n - 1) & labels
        rule = _core.Classes(labels, 0.75, 0.25, weight.tolist(), n - 1 if labels else None)
        loss = _core.Loss("CrossEntropyLogitsSoft", [0.0], "mean", [], rule)
        d = weight * (0.75 * rows + 0.25 / n) * ~ignored[:, None]
        divisor = weight[label][~ignored].sum() if labels else 37
        target = label if labels else rows.astype(dtype)
        value, gradient = loss_on(loss, y, target)
        tolerance = {"rtol": RELATIVE[dtype] * 10, "atol": RELATIVE[dtype] * n}
        np.testing.assert_allclose(value, losses.cross_entropy(y.astype(np.float64), d), **tolerance)
        assert loss.divisor(37, n, label if labels else None) == pytest.approx(divisor)
        expected = losses.d_cross_entropy(y.astype(np.float64), d) * (1 / divisor if divisor else 0)
        np.testing.assert_allclose(gradient, expected, **tolerance)


@pytest.mark.parametrize("info", _core.losses(), ids=lambda info: info.name)
def test_loss_is_the_same_bits_for_any_number_of_threads(info):
    rng = np.random.default_rng(0)
    y, target, _ = loss_case(info, rng, 5000, 34, "float32")
    loss = _core.Loss(info.name, [parameter.default for parameter in info.parameters], "mean")
    one, several = loss_on(loss, y, target), loss_on(loss, y, target, None, 3)
    np.testing.assert_array_equal(one[0], several[0])
    np.testing.assert_array_equal(one[1], several[1])
