"""PyTorch, eager: fused optimizers, minibatches indexed from tensors in memory, no DataLoader."""

import numpy as np
import torch
from cells import BETAS, EPS, MOMENTUM, Problem
from numpy.typing import NDArray

from competitors import Predict, Rows, Training, timed

VERSION = torch.__version__
torch.set_flush_denormal(True)


def network_of(problem: Problem) -> torch.nn.Sequential:
    """The network with the problem's weights."""
    layers: list[torch.nn.Module] = []
    for weight, bias in zip(problem.weights, problem.biases, strict=True):
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        layers += [linear, getattr(torch.nn, problem.cell.activation)()]
    return torch.nn.Sequential(*layers[:-1])


def trainer(problem: Problem) -> Training:
    """Steps with zero_grad(set_to_none), backward and a fused optimizer."""
    network = network_of(problem)
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    optimizer: torch.optim.Optimizer
    if problem.cell.optimizer == "Adam":
        optimizer = torch.optim.Adam(network.parameters(), lr=problem.lr, betas=BETAS, eps=EPS, fused=True)
    else:
        momentum = MOMENTUM if problem.cell.optimizer == "momentum" else 0.0
        optimizer = torch.optim.SGD(network.parameters(), lr=problem.lr, momentum=momentum, fused=True)
    criterion = torch.nn.functional.mse_loss if problem.regression else torch.nn.functional.cross_entropy

    def train(X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(network(X), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def step(rows: Rows) -> float:
        return float(train(X[torch.from_numpy(rows)], y[torch.from_numpy(rows)]))

    def epoch() -> None:
        total = torch.zeros(())
        for rows in torch.randperm(len(X)).split(problem.cell.batch):
            total += train(X[rows], y[rows])
        float(total)

    return step, timed(epoch)


def predictor(problem: Problem) -> Predict:
    """Calls in inference mode."""
    network = network_of(problem).eval()

    def predict(X: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(X)).numpy()

    return predict
