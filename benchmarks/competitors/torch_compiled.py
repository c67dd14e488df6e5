"""PyTorch with torch.compile over the whole step: gather, forward, loss, gradients, update, as one graph."""

import numpy as np
import torch
from cells import BETAS, EPS, MOMENTUM, Problem
from numpy.typing import NDArray

from competitors import Predict, Rows, Training, timed
from competitors.torch_eager import VERSION, network_of

__all__ = ["VERSION", "predictor", "trainer"]
torch.set_float32_matmul_precision("highest")


def trainer(problem: Problem) -> Training:
    """The step as a function of tensors that it updates in place."""
    torch._dynamo.reset()
    activation = {
        "ReLU": torch.relu,
        "Tanh": torch.tanh,
        "GELU": torch.nn.functional.gelu,
    }[problem.cell.activation]
    criterion = torch.nn.functional.mse_loss if problem.regression else torch.nn.functional.cross_entropy
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    parameters = tuple(
        torch.from_numpy(array.copy()) for layer in zip(problem.weights, problem.biases, strict=True) for array in layer
    )
    first = tuple(torch.zeros_like(p) for p in parameters)
    second = tuple(torch.zeros_like(p) for p in parameters)
    kind, lr, (beta1, beta2) = problem.cell.optimizer, problem.lr, BETAS

    def loss_of(parameters: tuple[torch.Tensor, ...], X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        for i in range(0, len(parameters), 2):
            X = torch.nn.functional.linear(X, parameters[i], parameters[i + 1])
            if i + 2 < len(parameters):
                X = activation(X)
        return criterion(X, y)

    def train(X: torch.Tensor, y: torch.Tensor, correction1: torch.Tensor, correction2: torch.Tensor) -> torch.Tensor:
        gradients, loss = torch.func.grad_and_value(loss_of)(parameters, X, y)
        for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
            if kind == "SGD":
                p.sub_(lr * g)
            elif kind == "momentum":
                m.mul_(MOMENTUM).add_(g)
                p.sub_(lr * m)
            else:
                m.lerp_(g, 1 - beta1)
                v.mul_(beta2).add_((1 - beta2) * g * g)
                p.sub_(lr / correction1 * m / ((v / correction2).sqrt() + EPS))
        return loss

    compiled = torch.compile(lambda rows, a, b: train(X[rows], y[rows], a, b), fullgraph=True, dynamic=False)
    count = 0

    def corrections() -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal count
        count += 1
        return torch.tensor(1 - beta1**count), torch.tensor(1 - beta2**count)

    def step(rows: Rows) -> float:
        return float(compiled(torch.from_numpy(rows), *corrections()))

    def epoch() -> None:
        total = torch.zeros(())
        for rows in torch.randperm(len(X)).split(problem.cell.batch):
            total += compiled(rows, *corrections())
        float(total)

    return step, timed(epoch)


def predictor(problem: Problem) -> Predict:
    """A compiled call in inference mode."""
    torch._dynamo.reset()
    network = torch.compile(network_of(problem).eval(), dynamic=False)

    def predict(X: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(X)).numpy()

    return predict
