"""Training beside PyTorch: the same initial weights and batches, 200 steps, every loss with every optimizer."""

import numpy as np
import pytest

import pynncore as nn
from problems import PROBLEMS

torch = pytest.importorskip("torch")

# A step this small gains nothing from PyTorch's threads, and loses much where other processes keep processors busy.
torch.set_num_threads(1)

STEPS, BATCH, SIZES = 200, 16, (7, 33, 17, 5)
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

# With one loss of numbers and one of classes.
OTHER_OPTIMIZERS = {
    "Adam-amsgrad": (nn.Adam, torch.optim.Adam, {"lr": 1e-3, "amsgrad": True}),
    "AdamW-amsgrad": (nn.AdamW, torch.optim.AdamW, {"lr": 1e-3, "amsgrad": True}),
    "NAdam": (nn.NAdam, torch.optim.NAdam, {"lr": 1e-3, "weight_decay": 0.01}),
    "RAdam": (nn.RAdam, torch.optim.RAdam, {"lr": 1e-3, "weight_decay": 0.01}),
    "Adamax": (nn.Adamax, torch.optim.Adamax, {"lr": 1e-3, "weight_decay": 0.01}),
    "Adagrad": (nn.Adagrad, torch.optim.Adagrad, {"lr": 0.01, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    "Adadelta": (nn.Adadelta, torch.optim.Adadelta, {"weight_decay": 0.01}),
    "RMSprop": (nn.RMSprop, torch.optim.RMSprop, {"lr": 1e-3, "weight_decay": 0.01}),
    "RMSprop-momentum": (nn.RMSprop, torch.optim.RMSprop, {"lr": 1e-3, "momentum": 0.8}),
    "RMSprop-centered": (nn.RMSprop, torch.optim.RMSprop, {"lr": 1e-3, "centered": True, "momentum": 0.8}),
    "Rprop": (nn.Rprop, torch.optim.Rprop, {"lr": 1e-3}),
}

F = torch.nn.functional


def focal(u, d):
    return -(d * (1 - F.softmax(u, dim=1)) ** 2 * F.log_softmax(u, dim=1)).sum() / len(u)


def categorical_hinge(u, d):
    one_hot = F.one_hot(d, u.shape[1])
    return torch.clamp(1 + ((1 - one_hot) * u).max(dim=1)[0] - (one_hot * u).sum(dim=1), min=0).mean()


TORCH_LOSSES = {
    "SquaredError": lambda u, d: 0.5 * ((u - d) ** 2).sum() / len(u),
    "MSELoss": F.mse_loss,
    "L1Loss": F.l1_loss,
    "HuberLoss": F.huber_loss,
    "SmoothL1Loss": F.smooth_l1_loss,
    "LogCoshLoss": lambda u, d: torch.log(torch.cosh(u - d)).mean(),
    "QuantileLoss": lambda u, d: torch.maximum(0.75 * (d - u), -0.25 * (d - u)).mean(),
    "PoissonNLLLoss": F.poisson_nll_loss,
    "HingeLoss": lambda u, t: torch.clamp(1 - t * u, min=0).mean(),
    "SquaredHinge": lambda u, t: (torch.clamp(1 - t * u, min=0) ** 2).mean(),
    "BinaryFocalLoss": lambda u, d: (
        0.5 * (d * torch.sigmoid(-u) ** 2 * F.softplus(-u) + (1 - d) * torch.sigmoid(u) ** 2 * F.softplus(u)).mean()
    ),
    "FocalLoss-labels": lambda u, d: focal(u, F.one_hot(d, u.shape[1])),
    "GeneralizedCrossEntropyLoss": lambda u, d: ((1 - F.softmax(u, dim=1) ** 0.5) / 0.5)[range(len(u)), d].mean(),
    "FocalLoss-soft": lambda u, d: focal(u, d),
    "KLDivLoss": lambda u, d: F.kl_div(F.log_softmax(u, dim=1), d, reduction="sum") / u.numel(),
    "CategoricalHingeLoss": categorical_hinge,
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


def check_steps(name, optimizer, dtype, tolerance):
    problem = PROBLEMS[name]
    ours_of, theirs_of, options = (OPTIMIZERS | OTHER_OPTIMIZERS)[optimizer]
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
    assert relative(network.state_dict(), torch_weights(twin)) <= tolerance


@pytest.mark.parametrize("dtype", list(TOLERANCE))
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_hundred_steps_equal_pytorch(name, optimizer, dtype):
    check_steps(name, optimizer, dtype, TOLERANCE[dtype])


@pytest.mark.parametrize("optimizer", OTHER_OPTIMIZERS)
@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss-labels"])
def test_a_hundred_steps_of_other_optimizers_equal_pytorch(name, optimizer):
    """PyTorch keeps NAdam's product of momenta as a float, even for doubles."""
    check_steps(name, optimizer, "float64", 1e-8 if optimizer == "NAdam" else TOLERANCE["float64"])


rng = np.random.default_rng(11)
LOGITS, LABELS, SOFT = rng.standard_normal((64, 5)), rng.integers(0, 5, 64), rng.dirichlet(np.ones(5), 64)
WEIGHT, HOLED = np.array([0.5, 2.0, 1.0, 0.0, 3.0]), np.where(rng.uniform(size=64) < 0.3, -100, LABELS)
COUNTS, SIGNS = 1.0 * LABELS[:, None] + np.arange(5), np.where(rng.uniform(size=64) < 0.5, 1.0, -1.0)
tensor = torch.from_numpy
OPTIONS = {
    "weight": (nn.CrossEntropyLoss(weight=WEIGHT), LABELS, F.cross_entropy, {"weight": tensor(WEIGHT)}),
    "weight-sum": (
        nn.CrossEntropyLoss(weight=WEIGHT, reduction="sum"),
        LABELS,
        F.cross_entropy,
        {"weight": tensor(WEIGHT), "reduction": "sum"},
    ),
    "weight-soft": (nn.CrossEntropyLoss(weight=WEIGHT), SOFT, F.cross_entropy, {"weight": tensor(WEIGHT)}),
    "smoothing": (nn.CrossEntropyLoss(label_smoothing=0.1), LABELS, F.cross_entropy, {"label_smoothing": 0.1}),
    "smoothing-soft": (nn.CrossEntropyLoss(label_smoothing=0.1), SOFT, F.cross_entropy, {"label_smoothing": 0.1}),
    "ignored": (nn.CrossEntropyLoss(ignore_index=-100), HOLED, F.cross_entropy, {}),
    "all-three": (
        nn.CrossEntropyLoss(weight=WEIGHT, ignore_index=-100, label_smoothing=0.2),
        HOLED,
        F.cross_entropy,
        {"weight": tensor(WEIGHT), "label_smoothing": 0.2},
    ),
    "ignored-class": (nn.CrossEntropyLoss(ignore_index=2), LABELS, F.cross_entropy, {"ignore_index": 2}),
    "nll": (
        nn.NLLLoss(weight=WEIGHT, ignore_index=1),
        LABELS,
        F.nll_loss,
        {"weight": tensor(WEIGHT), "ignore_index": 1},
    ),
    "pos_weight": (
        nn.BCEWithLogitsLoss(pos_weight=WEIGHT),
        SOFT,
        F.binary_cross_entropy_with_logits,
        {"pos_weight": tensor(WEIGHT)},
    ),
    "kl-log": (
        nn.KLDivLoss(log_target=True, reduction="batchmean"),
        np.log(SOFT),
        F.kl_div,
        {"log_target": True, "reduction": "batchmean"},
    ),
    "poisson-full": (
        nn.PoissonNLLLoss(full=True),
        COUNTS,
        F.poisson_nll_loss,
        {"full": True},
    ),
    "poisson-count": (
        nn.PoissonNLLLoss(log_input=False),
        COUNTS,
        lambda u, d, **options: F.poisson_nll_loss(u**2, d, **options),
        {"log_input": False},
    ),
    "smooth-l1": (nn.SmoothL1Loss(beta=0.3), SOFT, F.smooth_l1_loss, {"beta": 0.3}),
    "smooth-l1-0": (nn.SmoothL1Loss(beta=0), SOFT, F.smooth_l1_loss, {"beta": 0}),
    "cosine": (
        nn.CosineEmbeddingLoss(margin=0.2),
        np.concatenate([SOFT, SIGNS[:, None]], axis=1),
        lambda u, d, margin: F.cosine_embedding_loss(u, d[:, :-1], d[:, -1], margin),
        {"margin": 0.2},
    ),
    "multi-class-hinge": (nn.CategoricalHingeLoss(), LABELS, categorical_hinge, {}),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_losses_with_options_equal_pytorch(name):
    loss, target, theirs, options = OPTIONS[name]
    u = torch.tensor(LOGITS, requires_grad=True)
    expected = theirs(u, tensor(target), **options)
    expected.backward()
    y = LOGITS**2 if name == "poisson-count" else LOGITS
    assert loss(y, target) == pytest.approx(expected.item(), rel=1e-12)
    gradient = loss.gradient(y, target) * (2 * LOGITS if name == "poisson-count" else 1)
    np.testing.assert_allclose(gradient, u.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_gaussian_nll_equals_pytorch():
    m, s, d = rng.standard_normal((3, 20, 4))
    u, v = torch.tensor(m, requires_grad=True), torch.tensor(s, requires_grad=True)
    expected = F.gaussian_nll_loss(u, tensor(d), torch.exp(v), full=True, eps=1e-6)
    expected.backward()
    loss, y = nn.GaussianNLLLoss(full=True), np.concatenate([m, s], axis=1)
    assert loss(y, d) == pytest.approx(expected.item(), rel=1e-12)
    gradient = np.concatenate([u.grad.numpy(), v.grad.numpy()], axis=1)
    np.testing.assert_allclose(loss.gradient(y, d), gradient, rtol=1e-12, atol=1e-15)


def test_a_hundred_steps_with_weighted_smoothed_and_ignored_labels_equal_pytorch():
    """Each minibatch is divided by its own weight, as PyTorch does."""
    data = np.random.default_rng(1)
    X, d = data.standard_normal((160, SIZES[0])), data.integers(0, 5, 160)
    d[::7] = -100
    weight = data.uniform(0.5, 2, 5)
    network = three_layers(PROBLEMS["CrossEntropyLoss-labels"], "float64")
    twin = torch_twin(network, "float64")
    theirs = torch.optim.SGD(twin.parameters(), lr=0.05)
    for _ in range(10):
        for start in range(0, 160, BATCH):
            theirs.zero_grad()
            part = slice(start, start + BATCH)
            F.cross_entropy(
                twin(tensor(X[part])), tensor(d[part]), weight=tensor(weight), label_smoothing=0.1
            ).backward()
            theirs.step()
    loss = nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1, ignore_index=-100)
    network.fit(X, d, loss=loss, optimizer=nn.SGD(lr=0.05), epochs=10, batch_size=BATCH, shuffle=False)
    assert relative(network.state_dict(), torch_weights(twin)) <= 1e-11


M = torch.nn
MODULES = {
    **{name: (getattr(M, name)(), getattr(nn, name)()) for name in (
        "Identity", "Hardshrink", "Softshrink", "Sigmoid", "Hardsigmoid", "LogSigmoid", "Tanh", "Tanhshrink",
        "Hardtanh", "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "Softplus", "Softsign", "SiLU",
        "Hardswish", "Mish", "GELU", "GLU",
    )},
    **{name: (getattr(M, name)(dim=1), getattr(nn, name)()) for name in ("Softmax", "Softmin", "LogSoftmax")},
    "Threshold": (M.Threshold(0.3, -1.5), nn.Threshold(0.3, -1.5)),
    "Hardtanh-limits": (M.Hardtanh(-0.3, 2.5), nn.Hardtanh(-0.3, 2.5)),
    "LeakyReLU-0.3": (M.LeakyReLU(0.3), nn.LeakyReLU(0.3)),
    "ELU-0.7": (M.ELU(0.7), nn.ELU(0.7)),
    "CELU-1.7": (M.CELU(1.7), nn.CELU(1.7)),
    "Softplus-2": (M.Softplus(2.0), nn.Softplus(2.0)),
    "GELU-tanh": (M.GELU("tanh"), nn.GELU(approximate="tanh")),
    "RReLU": (M.RReLU().eval(), nn.RReLU()),
    "Dropout": (M.Dropout().eval(), nn.Dropout()),
    "AlphaDropout": (M.AlphaDropout().eval(), nn.AlphaDropout()),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_activation_and_gradient_equal_pytorch(name):
    """The constants in PyTorch's gradients of Hardsigmoid and CELU are floats, even for doubles."""
    theirs, ours = MODULES[name]
    data = np.random.default_rng(0)
    x, dz = data.uniform(-8, 8, (50, 20)), data.standard_normal((50, 10 if name == "GLU" else 20))
    layer = nn.Sequential(ours, dtype="float64")[0] if ours.owner() is None else ours
    u = torch.tensor(x, requires_grad=True)
    z = theirs.double()(u)
    z.backward(torch.tensor(dz))
    np.testing.assert_allclose(layer.forward(x), z.detach().numpy(), rtol=1e-12, atol=1e-14)
    relative = 2e-7 if name in ("Hardsigmoid", "CELU-1.7") else 1e-12
    np.testing.assert_allclose(layer.backward(dz), u.grad.numpy(), rtol=relative, atol=1e-14)
