# Written by tools/make_stubs.py from the core's definitions.
from collections.abc import Callable
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from . import _core

FUNCTIONS: dict[str, Callable[..., Any]]

def floats(u: ArrayLike, name: str) -> NDArray[Any]: ...
def loss_on_arrays(losses: list[_core.Loss], d: ArrayLike, y: ArrayLike, gradient: NDArray[Any] | None) -> float: ...
def identity(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_identity(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def step(
    u: ArrayLike,
    threshold: float = 0.0,
    at_threshold: float = 1.0,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def d_step(
    u: ArrayLike,
    threshold: float = 0.0,
    at_threshold: float = 1.0,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def bent_identity(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_bent_identity(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def hardshrink(u: ArrayLike, lambd: float = 0.5, *, out: NDArray[Any] | None = None) -> Any: ...
def d_hardshrink(u: ArrayLike, lambd: float = 0.5, *, out: NDArray[Any] | None = None) -> Any: ...
def softshrink(u: ArrayLike, lambd: float = 0.5, *, out: NDArray[Any] | None = None) -> Any: ...
def d_softshrink(u: ArrayLike, lambd: float = 0.5, *, out: NDArray[Any] | None = None) -> Any: ...
def threshold(u: ArrayLike, threshold: float = 0.0, value: float = 0.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_threshold(
    u: ArrayLike,
    threshold: float = 0.0,
    value: float = 0.0,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def sigmoid(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_sigmoid(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def hardsigmoid(
    u: ArrayLike,
    slope: float = 0.16666666666666666,
    offset: float = 0.5,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def d_hardsigmoid(
    u: ArrayLike,
    slope: float = 0.16666666666666666,
    offset: float = 0.5,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def logsigmoid(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_logsigmoid(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def tanh(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_tanh(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def tanhshrink(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_tanhshrink(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def hardtanh(u: ArrayLike, min_val: float = -1.0, max_val: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_hardtanh(
    u: ArrayLike,
    min_val: float = -1.0,
    max_val: float = 1.0,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def arctan(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_arctan(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def relu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_relu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def relu6(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_relu6(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def leaky_relu(u: ArrayLike, negative_slope: float = 0.01, *, out: NDArray[Any] | None = None) -> Any: ...
def d_leaky_relu(u: ArrayLike, negative_slope: float = 0.01, *, out: NDArray[Any] | None = None) -> Any: ...
def prelu(u: ArrayLike, weight: float = 0.25, *, out: NDArray[Any] | None = None) -> Any: ...
def d_prelu(u: ArrayLike, weight: float = 0.25, *, out: NDArray[Any] | None = None) -> Any: ...
def elu(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_elu(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def selu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_selu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def celu(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_celu(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def softplus(u: ArrayLike, beta: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_softplus(u: ArrayLike, beta: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def softsign(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_softsign(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def isru(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_isru(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def swish(u: ArrayLike, beta: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_swish(u: ArrayLike, beta: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def acon(
    u: ArrayLike,
    p1: float = 1.0,
    p2: float = 0.0,
    beta: float = 1.0,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def d_acon(
    u: ArrayLike,
    p1: float = 1.0,
    p2: float = 0.0,
    beta: float = 1.0,
    *,
    out: NDArray[Any] | None = None,
) -> Any: ...
def silu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_silu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def hardswish(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_hardswish(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def mish(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_mish(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def tanh_exp(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_tanh_exp(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def gelu(u: ArrayLike, approximate: Literal["none", "tanh"] = "none", *, out: NDArray[Any] | None = None) -> Any: ...
def d_gelu(u: ArrayLike, approximate: Literal["none", "tanh"] = "none", *, out: NDArray[Any] | None = None) -> Any: ...
def exponential(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_exponential(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def sine(u: ArrayLike, omega: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_sine(u: ArrayLike, omega: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def gaussian(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_gaussian(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def squared_relu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_squared_relu(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def lisht(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_lisht(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def squareplus(u: ArrayLike, b: float = 4.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_squareplus(u: ArrayLike, b: float = 4.0, *, out: NDArray[Any] | None = None) -> Any: ...
def sparse_plus(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_sparse_plus(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def sparse_sigmoid(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def d_sparse_sigmoid(u: ArrayLike, *, out: NDArray[Any] | None = None) -> Any: ...
def snake(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def d_snake(u: ArrayLike, alpha: float = 1.0, *, out: NDArray[Any] | None = None) -> Any: ...
def softmax(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_softmax(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def log_softmax(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_log_softmax(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def softmin(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_softmin(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def sparsemax(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_sparsemax(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def glu(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_glu(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def reglu(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_reglu(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def geglu(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_geglu(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def swiglu(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_swiglu(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def bilinear(u: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def d_bilinear(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
def squared_error(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_squared_error(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def mean_squared_error(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_mean_squared_error(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def l1_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_l1_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def huber_loss(
    d: ArrayLike,
    y: ArrayLike,
    delta: float = 1.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_huber_loss(
    d: ArrayLike,
    y: ArrayLike,
    delta: float = 1.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def smooth_l1_loss(
    d: ArrayLike,
    y: ArrayLike,
    beta: float = 1.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_smooth_l1_loss(
    d: ArrayLike,
    y: ArrayLike,
    beta: float = 1.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def log_cosh_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_log_cosh_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def quantile_loss(
    d: ArrayLike,
    y: ArrayLike,
    q: float | ArrayLike = 0.5,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_quantile_loss(
    d: ArrayLike,
    y: ArrayLike,
    q: float | ArrayLike = 0.5,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def poisson_nll_loss(
    d: ArrayLike,
    y: ArrayLike,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-08,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_poisson_nll_loss(
    d: ArrayLike,
    y: ArrayLike,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-08,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def gaussian_nll_loss(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 1e-06,
    full: bool = False,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_gaussian_nll_loss(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 1e-06,
    full: bool = False,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def mean_squared_logarithmic_error(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_mean_squared_logarithmic_error(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def mean_absolute_percentage_error(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 1e-07,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_mean_absolute_percentage_error(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 1e-07,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def binary_cross_entropy(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_binary_cross_entropy(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def binary_cross_entropy_with_logits(
    d: ArrayLike,
    y: ArrayLike,
    pos_weight: float | ArrayLike = 1.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_binary_cross_entropy_with_logits(
    d: ArrayLike,
    y: ArrayLike,
    pos_weight: float | ArrayLike = 1.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def binary_focal_loss_with_logits(
    d: ArrayLike,
    y: ArrayLike,
    gamma: float = 2.0,
    alpha: float | ArrayLike = 0.5,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_binary_focal_loss_with_logits(
    d: ArrayLike,
    y: ArrayLike,
    gamma: float = 2.0,
    alpha: float | ArrayLike = 0.5,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def cross_entropy(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 0.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_cross_entropy(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 0.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def cross_entropy_error(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 1e-07,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_cross_entropy_error(
    d: ArrayLike,
    y: ArrayLike,
    eps: float = 1e-07,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def nll_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_nll_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def focal_loss(
    d: ArrayLike,
    y: ArrayLike,
    gamma: float = 2.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_focal_loss(
    d: ArrayLike,
    y: ArrayLike,
    gamma: float = 2.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def generalized_cross_entropy(
    d: ArrayLike,
    y: ArrayLike,
    q: float = 0.5,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_generalized_cross_entropy(
    d: ArrayLike,
    y: ArrayLike,
    q: float = 0.5,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def tversky_loss(
    d: ArrayLike,
    y: ArrayLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    eps: float = 1e-07,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_tversky_loss(
    d: ArrayLike,
    y: ArrayLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    eps: float = 1e-07,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def kl_div(
    d: ArrayLike,
    y: ArrayLike,
    log_target: bool = False,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_kl_div(
    d: ArrayLike,
    y: ArrayLike,
    log_target: bool = False,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def hinge_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_hinge_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def squared_hinge_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_squared_hinge_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def perceptron_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_perceptron_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def zero_one_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_zero_one_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def categorical_hinge_loss(d: ArrayLike, y: ArrayLike, *, reduction: Literal["mean", "sum"] = "mean") -> float: ...
def d_categorical_hinge_loss(
    d: ArrayLike,
    y: ArrayLike,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...
def cosine_embedding_loss(
    d: ArrayLike,
    y: ArrayLike,
    margin: float = 0.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
) -> float: ...
def d_cosine_embedding_loss(
    d: ArrayLike,
    y: ArrayLike,
    margin: float = 0.0,
    *,
    reduction: Literal["mean", "sum"] = "mean",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]: ...

__all__ = [  # noqa: RUF022 (in the catalogue's order)
    "identity",
    "d_identity",
    "step",
    "d_step",
    "bent_identity",
    "d_bent_identity",
    "hardshrink",
    "d_hardshrink",
    "softshrink",
    "d_softshrink",
    "threshold",
    "d_threshold",
    "sigmoid",
    "d_sigmoid",
    "hardsigmoid",
    "d_hardsigmoid",
    "logsigmoid",
    "d_logsigmoid",
    "tanh",
    "d_tanh",
    "tanhshrink",
    "d_tanhshrink",
    "hardtanh",
    "d_hardtanh",
    "arctan",
    "d_arctan",
    "relu",
    "d_relu",
    "relu6",
    "d_relu6",
    "leaky_relu",
    "d_leaky_relu",
    "prelu",
    "d_prelu",
    "elu",
    "d_elu",
    "selu",
    "d_selu",
    "celu",
    "d_celu",
    "softplus",
    "d_softplus",
    "softsign",
    "d_softsign",
    "isru",
    "d_isru",
    "swish",
    "d_swish",
    "acon",
    "d_acon",
    "silu",
    "d_silu",
    "hardswish",
    "d_hardswish",
    "mish",
    "d_mish",
    "tanh_exp",
    "d_tanh_exp",
    "gelu",
    "d_gelu",
    "exponential",
    "d_exponential",
    "sine",
    "d_sine",
    "gaussian",
    "d_gaussian",
    "squared_relu",
    "d_squared_relu",
    "lisht",
    "d_lisht",
    "squareplus",
    "d_squareplus",
    "sparse_plus",
    "d_sparse_plus",
    "sparse_sigmoid",
    "d_sparse_sigmoid",
    "snake",
    "d_snake",
    "softmax",
    "d_softmax",
    "log_softmax",
    "d_log_softmax",
    "softmin",
    "d_softmin",
    "sparsemax",
    "d_sparsemax",
    "glu",
    "d_glu",
    "reglu",
    "d_reglu",
    "geglu",
    "d_geglu",
    "swiglu",
    "d_swiglu",
    "bilinear",
    "d_bilinear",
    "squared_error",
    "d_squared_error",
    "mean_squared_error",
    "d_mean_squared_error",
    "l1_loss",
    "d_l1_loss",
    "huber_loss",
    "d_huber_loss",
    "smooth_l1_loss",
    "d_smooth_l1_loss",
    "log_cosh_loss",
    "d_log_cosh_loss",
    "quantile_loss",
    "d_quantile_loss",
    "poisson_nll_loss",
    "d_poisson_nll_loss",
    "gaussian_nll_loss",
    "d_gaussian_nll_loss",
    "mean_squared_logarithmic_error",
    "d_mean_squared_logarithmic_error",
    "mean_absolute_percentage_error",
    "d_mean_absolute_percentage_error",
    "binary_cross_entropy",
    "d_binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "d_binary_cross_entropy_with_logits",
    "binary_focal_loss_with_logits",
    "d_binary_focal_loss_with_logits",
    "cross_entropy",
    "d_cross_entropy",
    "cross_entropy_error",
    "d_cross_entropy_error",
    "nll_loss",
    "d_nll_loss",
    "focal_loss",
    "d_focal_loss",
    "generalized_cross_entropy",
    "d_generalized_cross_entropy",
    "tversky_loss",
    "d_tversky_loss",
    "kl_div",
    "d_kl_div",
    "hinge_loss",
    "d_hinge_loss",
    "squared_hinge_loss",
    "d_squared_hinge_loss",
    "perceptron_loss",
    "d_perceptron_loss",
    "zero_one_loss",
    "d_zero_one_loss",
    "categorical_hinge_loss",
    "d_categorical_hinge_loss",
    "cosine_embedding_loss",
    "d_cosine_embedding_loss",
]
