"""pynncore, by its public interface."""

from collections.abc import Callable

from cells import BETAS, EPS, MOMENTUM, Problem

import pynncore as nn
from competitors import Predict, Rows, Training

VERSION = nn.__version__


def network_of(problem: Problem) -> nn.Sequential:
    """The network with the problem's weights."""
    layers: list[nn.Module] = []
    for weight, bias in zip(problem.weights, problem.biases, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight, linear.bias = weight, bias
        layers += [linear, getattr(nn, problem.cell.activation)()]
    return nn.Sequential(*layers[:-1])


def trainer(problem: Problem) -> Training:
    """Steps are train_batch, epochs are fit, which times them with all that happens in an epoch."""
    cell, network = problem.cell, network_of(problem)
    kinds: dict[str, Callable[[], nn.Optimizer]] = {
        "SGD": lambda: nn.SGD(problem.lr),
        "momentum": lambda: nn.SGD(problem.lr, momentum=MOMENTUM),
        "Adam": lambda: nn.Adam(problem.lr, betas=BETAS, eps=EPS),
    }
    optimizer = kinds[cell.optimizer]()
    loss = nn.MSELoss() if problem.regression else nn.CrossEntropyLoss()

    def step(rows: Rows) -> float:
        return network.train_batch(problem.X[rows], problem.y[rows], loss=loss, optimizer=optimizer)

    def epochs(n: int) -> list[float]:
        return network.fit(
            problem.X, problem.y, loss=loss, optimizer=optimizer, epochs=n, batch_size=cell.batch, verbose=False
        )["seconds"]  # fmt: skip

    return step, epochs


def predictor(problem: Problem) -> Predict:
    """Calls of the network."""
    return network_of(problem)
