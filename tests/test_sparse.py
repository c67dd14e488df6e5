"""Sparse inputs: the bits of the dense ones, in every method, whatever their format; and what is refused."""

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core

sparse = pytest.importorskip("scipy.sparse")

rng = np.random.default_rng(0)
OPTIMIZERS = {
    "SGD": lambda: nn.SGD(lr=0.1),
    "decay": lambda: nn.SGD(lr=0.1, weight_decay=0.01),
    "momentum": lambda: nn.SGD(lr=0.1, momentum=0.9),
    "Adam": lambda: nn.Adam(lr=0.01),
    "groups": lambda: nn.SGD(lr=0.1, groups={"*.bias": {"lr": 0.01}}, max_norm=0.5, l1=1e-3),
    "frozen": lambda: nn.SGD(lr=0.1, groups={"0.*": {"lr": 0.0}}, average=0.9),
    "clipped": lambda: nn.Adam(lr=0.01, clip_norm=0.1, clip_value=0.01, accumulate=2),
}


def problem(samples, features, density=0.05):
    """A CSR matrix with empty rows and columns, and labels."""
    dense = rng.standard_normal((samples, features)) * (rng.random((samples, features)) < density)
    return sparse.csr_array(dense), rng.integers(0, 3, samples)


def network(features, hidden, dtype="float32", **options):
    layers = nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 3)
    return nn.Sequential(*layers, rng=0, dtype=dtype, **options)


def trained(X, y, hidden=40, dtype="float32", **options):
    """Weights, history and predictions after two epochs."""
    model = network(X.shape[1], hidden, dtype)
    options = {"optimizer": "adam", "batch_size": 32} | options
    history = model.fit(X, y, loss="cross_entropy", epochs=2, metrics="accuracy", validation_split=0.2, **options)
    numbers = [history[name] for name in ("loss", "val_loss", "accuracy", "val_accuracy")]
    return model.state_dict() | {"history": np.array(numbers), "y": model.predict(X)}


def same(one, other):
    """Equal, where zeros of either sign are."""
    return all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [1, 3, 32, 200])
def test_training_gives_the_bits_of_the_dense_matrix(optimizer, batch_size):
    for dtype, features, hidden in (("float32", 70, 40), ("float64", 33, 5), ("float32", 300, 130)):
        X, y = problem(200, features)
        options = {"dtype": dtype, "hidden": hidden, "batch_size": batch_size}
        expected = trained(X.toarray(), y, optimizer=OPTIMIZERS[optimizer](), **options)
        for threads in (1, 2, 3):
            assert same(trained(X, y, optimizer=OPTIMIZERS[optimizer](), threads=threads, **options), expected)


def test_every_level_gives_the_bits_of_the_dense_matrix(isa):
    X, y = problem(100, 150)
    assert same(trained(X, y), trained(X.toarray(), y))


@pytest.mark.parametrize("bias", [True, False])
def test_gradients_steps_and_losses_are_those_of_the_dense_matrix(bias):
    X, y = problem(50, 90)
    models = [nn.Sequential(nn.Linear(90, 3, bias=bias), rng=0, dtype="float64") for _ in range(2)]
    optimizers = [nn.SGD(lr=0.5) for _ in models]
    for _ in range(3):
        losses = [
            model.train_batch(data, y, loss="cross_entropy", optimizer=optimizer, sample_weight=np.arange(50.0))
            for model, data, optimizer in zip(models, (X, X.toarray()), optimizers, strict=True)
        ]
        assert losses[0] == losses[1] and same(*(model.state_dict() for model in models))
    (value, gradients), (expected, dense) = (
        models[0].gradients(data, y, loss="cross_entropy") for data in (X, X.toarray())
    )
    assert value == expected and same(gradients, dense)
    assert models[0].evaluate(X, y, loss="cross_entropy") == models[0].evaluate(X.toarray(), y, loss="cross_entropy")
    assert nn.check_gradients(models[0], X, y, loss="cross_entropy").ok


def test_training_goes_on_from_a_checkpoint(tmp_path):
    X, y = problem(60, 50)
    whole, first, second = (network(50, 8) for _ in range(3))
    options = {"loss": "cross_entropy", "optimizer": "adam", "batch_size": 16}
    whole.fit(X, y, epochs=4, **options)
    first.fit(X, y, epochs=2, callbacks=nn.ModelCheckpoint(tmp_path / "model"), **options)
    second.fit(X, y, epochs=4, resume=tmp_path / "model", **options)
    assert same(second.state_dict(), whole.state_dict())
    with pytest.raises(ValueError, match="values"):
        second.fit(2 * X, y, epochs=5, resume=tmp_path / "model", **options)


@pytest.mark.parametrize("optimizer", [nn.LBFGS, nn.LevenbergMarquardt])
def test_full_batch_optimizers(optimizer):
    X, y = problem(40, 30)
    losses = []
    for data in (X, X.toarray()):
        model = nn.Sequential(nn.Linear(30, 3), nn.Tanh(), nn.Linear(3, 1), rng=0, dtype="float64", input_scale=0.5)
        options = {"loss": "mse", "optimizer": optimizer(), "epochs": 4, "batch_size": None}
        losses.append(model.fit(data, np.where(y > 0, 1.0, -1.0), **options)["loss"])
    assert losses[0] == losses[1] and losses[0][-1] < losses[0][0]


def test_many_networks_at_once():
    X, y = problem(40, 30)
    options = {"loss": "cross_entropy", "optimizer": "adam", "epochs": 2}
    one, other = ([network(30, 8) for _ in range(3)] for _ in range(2))
    nn.fit_many(one, X, y, **options)
    nn.fit_many(other, X.toarray(), y, **options)
    assert all(same(a.state_dict(), b.state_dict()) for a, b in zip(one, other, strict=True))


def test_looking_inside():
    X, y = problem(20, 30)
    model = network(30, 8)
    for stage, expected in zip(model.activations(X), model.activations(X.toarray()), strict=True):
        assert np.array_equal(stage.u, expected.u) and np.array_equal(stage.z, expected.z)
    assert str(model.health(X, y, "cross_entropy")) == str(model.health(X.toarray(), y, "cross_entropy"))


def test_many_rows_are_predicted_in_parts():
    X, _ = problem(3000, 20)
    model = network(20, 40)
    for batch_size in (None, 7, 1000):
        assert np.array_equal(model.predict(X, batch_size=batch_size), model.predict(X.toarray()))


@pytest.mark.parametrize("make", ["csc_array", "coo_array", "lil_array", "dok_array", "csr_matrix", "bsr_array"])
def test_every_format_is_taken(make):
    X, _ = problem(20, 30)
    expected, other = network(30, 8).predict(X), getattr(sparse, make)(X)
    assert np.array_equal(network(30, 8).predict(other), expected) and type(other) is getattr(sparse, make)


def test_unsorted_and_doubled_columns_are_summed_in_a_copy():
    X = sparse.csr_array((np.float32([1, 2, 3]), [2, 0, 2], [0, 3, 3]), shape=(2, 3))
    model = network(3, 4)
    assert np.array_equal(model.predict(X), model.predict(np.float32([[2, 0, 4], [0, 0, 0]])))
    assert X.indices.tolist() == [2, 0, 2] and X.nnz == 3


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, np.float64])
def test_values_of_other_types_and_scales(dtype):
    X = sparse.csr_array(rng.integers(0, 2, (10, 6)).astype(dtype))
    scale = [0.5, 2, 3, 1, 1, 0.25]
    model = network(6, 4, input_scale=scale)
    assert np.array_equal(model.predict(X), network(6, 4).predict(X.toarray() * np.float32(scale)))
    assert np.array_equal(model.predict(X), model.predict(X.toarray()))


WRONG = {
    "nan": (lambda X: X.__setitem__((3, 5), np.nan), ValueError, "nan at row 3, column 5"),
    "too large": (lambda X: X.__setitem__((3, 5), 1e300), ValueError, r"1e\+300 at row 3, column 5.*float32"),
}


@pytest.mark.parametrize("case", WRONG)
def test_values_that_are_not_finite_are_found(case):
    spoil, error, message = WRONG[case]
    X = sparse.lil_array(problem(10, 8)[0])
    spoil(X)
    with pytest.raises(error, match=message):
        network(8, 4).predict(X)


def test_what_else_is_refused():
    with pytest.raises(ValueError, match=r"7 features.*Linear\(8, 4\).*8"):
        network(8, 4).predict(sparse.csr_array((3, 7)))
    with pytest.raises(ValueError, match=r"empty.*\(0, 8\)"):
        network(8, 4).predict(sparse.csr_array((0, 8)))
    with pytest.raises(TypeError, match="complex128"):
        network(8, 4).predict(sparse.csr_array((3, 8), dtype=complex))


@pytest.mark.parametrize(
    ("indices", "indptr"),
    [([0, 3], [0, 2]), ([-1, 0], [0, 2]), ([1, 1], [0, 2]), ([0, 1], [0, 3]), ([0, 1], [0, 2, 1, 2]), ([0, 1], [1, 2])],
)
def test_the_core_refuses_rows_that_would_be_read_outside(indices, indptr):
    with pytest.raises(ValueError):
        _core.Sparse(np.ones(2, np.float32), np.int32(indices), np.int64(indptr), 3)


def test_the_core_keeps_columns_that_nobody_can_change():
    indices = np.int32([0, 2])
    rows = _core.Sparse(np.ones(2, np.float32), indices, np.int64([0, 1, 2]), 3)
    indices[:] = 1 << 30
    assert rows.toarray().tolist() == [[1, 0, 0], [0, 0, 1]]
    assert rows[1:].toarray().tolist() == [[0, 0, 1]] and rows[np.array([1, 0, 1])].shape == (3, 3)
    assert _core.Sparse.stack([rows[1:], rows]).toarray().tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]


def test_memory_is_that_of_the_elements():
    """A dense matrix of this shape would take 80 GB; the weights take 8 MB."""
    n, features = 200_000, 100_000
    columns = np.sort(rng.integers(0, features, (n, 5)), axis=1).astype(np.int32)
    X = sparse.csr_array((np.ones(5 * n, np.float32), columns.ravel(), np.arange(0, 5 * n + 1, 5)), shape=(n, features))
    model = nn.Sequential(nn.Linear(features, 20), rng=0)
    history = model.fit(X, columns[:, 0] % 20, loss="cross_entropy", optimizer=nn.SGD(lr=1.0), batch_size=500)
    assert np.isfinite(history["loss"]).all() and model.predict(X).shape == (n, 20)
