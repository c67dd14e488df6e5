"""Training beside PyTorch: the same initial weights and batches, 100 steps, every loss with every optimizer."""

import numpy as np
import pytest

import pynncore as nn
from problems import PROBLEMS

torch = pytest.importorskip("torch")

# A step this small gains nothing from PyTorch's threads, and loses much where other processes keep processors busy.
torch.set_num_threads(1)

STEPS, BATCH, SIZES = 100, 16, (7, 33, 17, 5)
TOLERANCE = {"float64": 1e-11, "float32": 1e-4}

OPTIMIZERS = {
    "SGD": (nn.SGD, torch.optim.SGD, {"lr": 0.05}),
    "SGD-decay": (nn.SGD, torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.01}),
    "SGD-momentum": (nn.SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.9}),
    "SGD-dampening": (nn.SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01}),
    "SGD-nesterov": (nn.SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "Adam": (nn.Adam, torch.optim.Adam, {"lr": 1e-3}),
    "Adam-decay": (nn.Adam, torch.optim.Adam, {"lr": 2e-3, "betas": (0.8, 0.99), "weight_decay": 0.01}),
    "AdamW": (nn.AdamW, torch.optim.AdamW, {"lr": 1e-3}),
}

F = torch.nn.functional
TORCH_LOSSES = {
    "SquaredError": lambda u, d: 0.5 * ((u - d) ** 2).sum() / len(u),
    "MSELoss": F.mse_loss,
    "L1Loss": F.l1_loss,
    "HuberLoss": F.huber_loss,
    "BCEWithLogitsLoss": F.binary_cross_entropy_with_logits,
    "BCELoss": lambda u, d: F.binary_cross_entropy(torch.sigmoid(u), d),
    "CrossEntropyLoss-labels": F.cross_entropy,
    "CrossEntropyLoss-one-hot": F.cross_entropy,
    "CrossEntropyLoss-soft": F.cross_entropy,
    "CrossEntropyLoss-probabilities": F.cross_entropy,
    "NLLLoss": lambda u, d: F.nll_loss(F.log_softmax(u, dim=1), d),
}


def three_layers(problem, dtype):
    a, b, c, d = SIZES
    layers = [nn.Linear(a, b), nn.Tanh(), nn.Linear(b, c), nn.GELU(), nn.Linear(c, d), *problem.last()]
    return nn.Sequential(*layers, rng=3, dtype=dtype)


def torch_twin(network, dtype):
    a, b, c, d = SIZES
    T = torch.nn
    twin = T.Sequential(T.Linear(a, b), T.Tanh(), T.Linear(b, c), T.GELU(), T.Linear(c, d)).to(getattr(torch, dtype))
    twin.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in network.state_dict().items()})
    return twin


def batches(problem, dtype):
    rng = np.random.default_rng(5)
    for _ in range(STEPS):
        target = problem.targets(rng, BATCH, SIZES[-1])
        yield rng.standard_normal((BATCH, SIZES[0])).astype(dtype), target if target.ndim == 1 else target.astype(dtype)


def torch_weights(twin):
    return {name: value.detach().numpy() for name, value in twin.state_dict().items()}


def relative(weights, expected):
    """The largest difference of an array, relative to the array's largest element."""
    return max(np.abs(weights[name] - value).max() / np.abs(value).max() for name, value in expected.items())


@pytest.mark.parametrize("dtype", list(TOLERANCE))
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_hundred_steps_equal_pytorch(name, optimizer, dtype):
    problem = PROBLEMS[name]
    ours_of, theirs_of, options = OPTIMIZERS[optimizer]
    network = three_layers(problem, dtype)
    twin = torch_twin(network, dtype)
    loss, ours, theirs = problem.loss(), ours_of(**options), theirs_of(twin.parameters(), **options)
    for x, d in batches(problem, dtype):
        theirs.zero_grad()
        expected = TORCH_LOSSES[name](twin(torch.from_numpy(x)), torch.from_numpy(d))
        expected.backward()
        theirs.step()
        value = network.train_batch(x, d, loss=loss, optimizer=ours)
        assert value == pytest.approx(expected.item(), rel=1e-5)
    assert relative(network.state_dict(), torch_weights(twin)) <= TOLERANCE[dtype]
