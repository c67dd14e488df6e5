"""scikit-learn's MLPClassifier and MLPRegressor: float32, no regularisation, no stopping, our weights put in."""

from typing import Any

import numpy as np
import sklearn
from cells import BETAS, EPS, MOMENTUM, Problem
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier, MLPRegressor

from competitors import Predict, Rows, Training, Unsupported, timed

VERSION = sklearn.__version__


def estimator_of(problem: Problem, batch: int) -> Any:
    """The estimator after a first step, which creates everything, set back to the problem's weights and no state."""
    cell = problem.cell
    if cell.activation == "GELU":
        raise Unsupported("scikit-learn has no GELU")
    kind = MLPRegressor if problem.regression else MLPClassifier
    rate = problem.lr if cell.optimizer else 1e-3
    if problem.regression and cell.optimizer != "Adam":
        rate *= 2  # its squared error is half of ours, which Adam does not notice
    model = kind(
        hidden_layer_sizes=cell.widths[1:-1],
        activation=cell.activation.lower(),
        solver="adam" if cell.optimizer == "Adam" else "sgd",
        learning_rate_init=rate,
        momentum=MOMENTUM if cell.optimizer == "momentum" else 0.0,
        nesterovs_momentum=False,
        beta_1=BETAS[0],
        beta_2=BETAS[1],
        epsilon=EPS,
        alpha=0.0,
        batch_size=batch,
        tol=0.0,
        n_iter_no_change=10**9,
        random_state=0,
    )
    X, y = targets(problem, problem.X[:batch], problem.y[:batch])
    model.partial_fit(X, y, **({} if problem.regression else {"classes": np.arange(y.shape[1])}))
    if not problem.regression:
        model.out_activation_ = "softmax"
    for layer, (weight, bias) in enumerate(zip(problem.weights, problem.biases, strict=True)):
        model.coefs_[layer][...] = weight.T
        model.intercepts_[layer][...] = bias
    optimizer = model._optimizer
    for name in ("velocities", "ms", "vs"):
        for array in getattr(optimizer, name, []):
            array[...] = 0
    optimizer.t = 0
    return model


def targets(problem: Problem, X: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """One-hot labels, which are taken as several labels each; with Softmax put in, they are classes again, even two."""
    return (X, y.ravel()) if problem.regression else (X, np.eye(problem.cell.widths[-1], dtype=np.int64)[y])


def trainer(problem: Problem) -> Training:
    """Steps and epochs are partial_fit."""
    one, whole = estimator_of(problem, problem.cell.batch), estimator_of(problem, problem.cell.batch)
    X, y = targets(problem, problem.X, problem.y)

    adam = problem.cell.optimizer == "Adam"

    def step(rows: Rows) -> float:
        if adam:  # its epsilon is added before the second moment is corrected
            one._optimizer.epsilon = EPS * (1 - BETAS[1] ** (one._optimizer.t + 1)) ** 0.5
        one.partial_fit(X[rows], y[rows])
        return float(one.loss_) * (2 if problem.regression else 1)

    return step, timed(lambda: whole.partial_fit(X, y))


def predictor(problem: Problem) -> Predict:
    """The forward pass that predict uses."""
    model = estimator_of(problem, problem.cell.batch)
    model.out_activation_ = "identity"
    return lambda X: model._forward_pass_fast(X)
