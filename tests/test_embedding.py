"""Embedding, OneHot and Select: categorical columns; Flatten: samples of any shape."""

import copy
import hashlib
import pickle

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core
from pynncore.architecture import layers_of

LEVELS = [level for level in _core.levels() if level != "scalar"]
CATEGORIES = 37, 5  # of the last two columns


def mixed(rng=0, dtype="float64", dims=(70, 3)):
    """Numbers and three ways to take the categories beside them; the vectors of the first do not end with panels."""
    return nn.Sequential(
        nn.Concat(
            nn.Select((0, 4)),
            [nn.Select([4]), nn.Embedding(CATEGORIES[0], dims[0]), nn.Tanh()],
            [nn.Select([5, 5]), nn.Embedding(CATEGORIES[1], dims[1])],
            [nn.Select([5]), nn.OneHot(CATEGORIES[1])],
        ),
        nn.Linear(4 + dims[0] + 2 * dims[1] + CATEGORIES[1], 20),
        nn.ReLU(),
        nn.Linear(20, 3),
        rng=rng,
        dtype=dtype,
    )


def data(n=90, seed=0):
    rng = np.random.default_rng(seed)
    X = np.hstack([rng.standard_normal((n, 4)), *(rng.integers(0, count, (n, 1)) for count in CATEGORIES)])
    return X, rng.integers(0, 3, n)


def digest(network):
    return hashlib.sha256(b"".join(value.tobytes() for value in network.state_dict().values())).hexdigest()


@pytest.mark.parametrize("columns", [1, 3, 40])
@pytest.mark.parametrize("dim", [1, 3, 16, 33, 300])
def test_values_and_gradients_of_an_embedding(dim, columns):
    rng = np.random.default_rng(0)
    layer = nn.Embedding(11, dim)
    nn.Sequential(layer, rng=0, dtype="float64")
    W, x, dz = layer.weight, rng.integers(0, 11, (50, columns)), rng.standard_normal((50, columns * dim))
    np.testing.assert_array_equal(layer.forward(x), W[x].reshape(50, -1))
    np.testing.assert_array_equal(layer.backward(dz), np.zeros(x.shape))
    expected = np.zeros_like(W)
    np.add.at(expected, x, dz.reshape(50, columns, dim))
    np.testing.assert_allclose(layer.grads["weight"], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.float32, np.float64, bool])
def test_one_hot_of_every_kind_of_number(kind):
    x = np.array([[1, 0], [0, 0], [1, 1]], kind)
    layer = nn.OneHot(19)
    expected = np.eye(19)[x.astype(int)].reshape(3, -1)
    np.testing.assert_array_equal(layer.forward(x), expected)
    np.testing.assert_array_equal(layer.backward(np.ones((3, 38))), np.zeros((3, 2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "columns", [[0], [69, 0, 0, 1, 2, 40, 39], (0, 70), (31, 66), [*range(30, 50), *range(10, 45)], np.array([3, 1])]
)
def test_values_and_gradients_of_select(columns, dtype):
    rng = np.random.default_rng(0)
    index = list(range(*columns)) if isinstance(columns, tuple) else list(columns)
    layer, x = nn.Select(columns), rng.standard_normal((9, 70)).astype(dtype)
    nn.Sequential(layer, dtype=dtype)
    np.testing.assert_array_equal(layer.forward(x), x[:, index])
    dz = rng.standard_normal((9, len(index))).astype(dtype)
    expected = np.zeros_like(x)
    for j, column in enumerate(index):
        expected[:, column] += dz[:, j]
    np.testing.assert_array_equal(layer.backward(dz), expected)


def test_gradients_of_a_network():
    X, y = data(12)
    assert nn.check_gradients(mixed(), X, y, loss="cross_entropy").ok
    behind = nn.Sequential(nn.Linear(6, 9), nn.Concat(nn.Select([8, 0, 0]), [nn.Select((2, 5)), nn.Tanh()]), rng=0)
    assert nn.check_gradients(behind, X, np.zeros((12, 6)), loss="mse").ok


def test_vectors_begin_as_standard_normal_numbers():
    weight = nn.Sequential(nn.Embedding(1000, 100), rng=0)[0].weight
    assert abs(weight.mean()) < 0.01 and abs(weight.std() - 1) < 0.01
    assert not nn.Embedding(3, 2, weight_init="zeros").weight.any()


def twin_of(torch, network):
    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            first, second = network[0].branches[1][1], network[0].branches[2][1]
            self.first = torch.nn.Embedding(*first.weight.shape)
            self.second = torch.nn.Embedding(*second.weight.shape)
            self.a = torch.nn.Linear(network[1].in_features, 20)
            self.b = torch.nn.Linear(20, 3)
            self.double().load_state_dict(
                {theirs: torch.from_numpy(network.state_dict()[ours]) for theirs, ours in NAMES.items()}
            )

        def forward(self, X):
            first, second = X[:, 4].long(), X[:, 5].long()
            one_hot = torch.nn.functional.one_hot(second, CATEGORIES[1])
            parts = X[:, :4], torch.tanh(self.first(first)), self.second(second), self.second(second), one_hot
            return self.b(torch.relu(self.a(torch.cat(parts, 1))))

    return Twin()


NAMES = {
    "first.weight": "0.1.1.weight",
    "second.weight": "0.2.1.weight",
    "a.weight": "1.weight",
    "a.bias": "1.bias",
    "b.weight": "3.weight",
    "b.bias": "3.bias",
}
RULES = {
    "SGD": (lambda: nn.SGD(0.1), lambda torch, p: torch.optim.SGD(p, 0.1)),
    "momentum": (lambda: nn.SGD(0.1, 0.9), lambda torch, p: torch.optim.SGD(p, 0.1, 0.9)),
    "decay": (
        lambda: nn.SGD(0.1, weight_decay=0.01),
        lambda torch, p: torch.optim.SGD(p, 0.1, weight_decay=0.01),
    ),
    "Adam": (lambda: nn.Adam(0.01), lambda torch, p: torch.optim.Adam(p, 0.01)),
    "AdamW": (lambda: nn.AdamW(0.01), lambda torch, p: torch.optim.AdamW(p, 0.01)),
    "Adagrad": (lambda: nn.Adagrad(0.05), lambda torch, p: torch.optim.Adagrad(p, 0.05)),
    "clipped": (lambda: nn.SGD(0.1, clip_norm=0.1), lambda torch, p: torch.optim.SGD(p, 0.1)),
}


@pytest.mark.parametrize("rule", RULES)
def test_training_is_pytorchs(rule):
    torch = pytest.importorskip("torch")
    (X, y), network = data(), mixed()
    twin = twin_of(torch, network)
    ours, theirs = RULES[rule]
    optimizer = theirs(torch, twin.parameters())
    for _ in range(20):
        for first in range(0, len(X), 25):
            optimizer.zero_grad()
            xb, yb = torch.from_numpy(X[first : first + 25]), torch.from_numpy(y[first : first + 25])
            torch.nn.functional.cross_entropy(twin(xb), yb).backward()
            if rule == "clipped":
                torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.1)
            optimizer.step()
    network.fit(X, y, loss="cross_entropy", optimizer=ours(), epochs=20, batch_size=25, shuffle=False, threads=2)
    for theirs, ours in NAMES.items():
        expected = twin.state_dict()[theirs].numpy()
        np.testing.assert_allclose(network.state_dict()[ours], expected, rtol=1e-10, atol=1e-10, err_msg=ours)


def test_a_plain_step_changes_only_rows_that_occur():
    network = nn.Sequential(nn.Embedding(100, 4), nn.Linear(8, 1), rng=0)
    before = network[0].weight
    network.train_batch([[7, 99], [7, 0]], [1.0, 2.0], loss="mse", optimizer=nn.SGD(0.1))
    assert np.flatnonzero((network[0].weight != before).any(axis=1)).tolist() == [0, 7, 99]


@pytest.mark.parametrize("options", [{}, {"accumulate": 4}, {"l1": 0.01, "max_norm": 1.0, "average": 0.9}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits_for_any_number_of_threads_and_on_every_level(dtype, options):
    X, y = data(200)
    found, before = set(), nn.config.isa()
    for level, threads in [*((before, count) for count in (1, 2, 3, 7)), *((level, 2) for level in LEVELS)]:
        nn.config.set_isa(level)
        network = mixed(dtype=dtype)
        network.fit(X, y, loss="cross_entropy", optimizer=nn.Adam(**options), epochs=2, batch_size=48, threads=threads)
        nn.config.set_threads(threads)
        found.add((digest(network), network.predict(X).tobytes(), network.predict(X[:1]).tobytes()))
    nn.config.set_isa(before)
    nn.config.set_threads(None)
    assert len(found) == 1


def test_without_products_the_scalar_level_has_these_bits_too():
    rng, found, before = np.random.default_rng(0), set(), nn.config.isa()
    X, y = rng.integers(0, 37, (200, 2)), rng.standard_normal((200, 90))
    for level in _core.levels():
        nn.config.set_isa(level)
        network = nn.Sequential(nn.Embedding(37, 45), rng=0)
        network.fit(X, y, loss="mse", optimizer="adam", epochs=2)
        found.add(digest(network))
    nn.config.set_isa(before)
    assert len(found) == 1


def test_members_share_the_columns_of_wide_embeddings():
    rng = np.random.default_rng(0)
    X, y, found = rng.integers(0, 50, (4, 5)), rng.standard_normal((4, 300)), set()
    for threads in (1, 2, 3):
        network = nn.Sequential(nn.Embedding(50, 100), nn.Linear(500, 500), nn.Tanh(), nn.Linear(500, 300), rng=0)
        network.fit(X, y, loss="mse", optimizer="adam", epochs=3, batch_size=4, threads=threads)
        found.add(digest(network))
    assert len(found) == 1


def test_files_copies_and_text(tmp_path):
    X, y = data()
    network = mixed(dtype="float32")
    network.save(tmp_path / "new.safetensors")
    assert nn.load(tmp_path / "new.safetensors").in_features is None  # nothing has said so yet
    network.fit(X, y, loss="cross_entropy", optimizer="adam")
    network.save(tmp_path / "model.safetensors")
    copies = copy.deepcopy(network), pickle.loads(pickle.dumps(network)), nn.load(tmp_path / "model.safetensors")
    for twin in copies:
        assert repr(twin) == repr(network) and twin.in_features == 6
        assert twin.predict(X).tobytes() == network.predict(X).tobytes()
        with pytest.raises(ValueError, match=r"37\.0 at row 2, column 4"):
            twin.predict(X + np.where(np.arange(len(X)) == 2, 37 - X[:, 4], 0)[:, None] * (np.arange(6) == 4))
    assert set(network.state_dict()) == set(NAMES.values())
    layer = copy.copy(network[0].branches[1][1])
    np.testing.assert_array_equal(layer.weight, network.state_dict()["0.1.1.weight"])
    other = mixed(rng=1, dtype="float32")
    other.load_state_dict(network.state_dict())
    assert digest(other) == digest(network)


@pytest.mark.parametrize("layer", [nn.Select([3, 1, 1]), nn.Select((2, 700)), nn.OneHot(9), nn.Flatten()])
def test_a_layer_is_its_text(layer):
    assert repr(layers_of(repr(layer))[0]) == repr(copy.copy(layer)) == repr(layer)


@pytest.mark.parametrize(
    "text",
    [
        "Select(columns=[])",
        "Select(columns=[1, -1])",
        "Select(columns=[1,2])",
        "Select(columns=[1, [2]])",
        "Select(columns=(1, 2, 3))",
        "Select(columns=(3, 3))",
        "Select(columns=3)",
        pytest.param(f"Select(columns={tuple(range(9999))})", id="a long tuple"),
        pytest.param(f"Select(columns={[0] * 70000})", id="a long list"),
        "Select(columns=[1, 2)",
        "Select(columns=[1], columns=[1])",
        "Linear(in_features=[1], out_features=2, bias=True)",
        "Embedding(num_embeddings=(1, 2), embedding_dim=3)",
        "LeakyReLU(negative_slope=[1, 2])",
    ],
)
def test_damaged_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"is no layer|no value") as caught:
        layers_of(text)
    assert len(str(caught.value)) < 300


CALLS = {
    "predict": lambda network, X, y: network.predict(X),
    "evaluate": lambda network, X, y: network.evaluate(X, y, loss="cross_entropy"),
    "fit": lambda network, X, y: network.fit(X, y, loss="cross_entropy", optimizer="adam"),
    "validation": lambda network, X, y: network.fit(
        *data(), loss="cross_entropy", optimizer="adam", validation_data=(X, y)
    ),
    "train_batch": lambda network, X, y: network.train_batch(X, y, loss="cross_entropy", optimizer=nn.Adam()),
    "gradients": lambda network, X, y: network.gradients(X, y, loss="cross_entropy"),
    "check_gradients": lambda network, X, y: nn.check_gradients(network, X, y, loss="cross_entropy"),
    "activations": lambda network, X, y: network.activations(X),
    "health": lambda network, X, y: network.health(X, y, "cross_entropy"),
    "by hand": lambda network, X, y: network[0].forward(X),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("value", [-1, 0.5, 37, 1e9])
def test_what_is_no_code_is_refused_before_anything_changes(call, value):
    (X, y), network = data(), mixed()
    X[80, 4] = value
    before = digest(network)
    with pytest.raises(
        ValueError, match=rf"is {float(value)} at row 80, column 4, but Embedding\(37, 70\) takes codes"
    ):
        CALLS[call](network, X, y)
    assert digest(network) == before and network.epochs == 0
    CALLS[call](network, *data())


def test_codes_are_found_through_selections_of_selections():
    network = nn.Sequential(nn.Select([5, 1, 3]), nn.Select((1, 3)), nn.OneHot(4))
    X = np.zeros((3, 6))
    X[1, 5], X[2, 3] = -7, 9
    with pytest.raises(ValueError, match=r"9\.0 at row 2, column 3"):
        network.predict(X)
    X[2, 3] = 2
    assert network.predict(X).argmax(axis=1).tolist() == [0, 0, 0] and network.predict(X)[2, 6] == 1


def test_streams_of_codes_and_images():
    (X, y), options = data(), {"loss": "cross_entropy", "optimizer": "sgd", "batch_size": 30, "shuffle": False}
    streamed, whole = mixed(), mixed()
    streamed.fit([(X, y)], **options)
    whole.fit(X, y, **options)
    assert digest(streamed) == digest(whole)
    wrong = X.copy()
    wrong[3, 5] = 5
    with pytest.raises(ValueError, match=r"the X of chunk \d is 5\.0 at row 3, column 5"):
        streamed.fit([(X, y), (wrong, y)], **options)
    images, digests = np.random.default_rng(0).standard_normal((60, 2, 3)), set()
    for chunks in ([(images, y[:60])], [(images.reshape(60, 6), y[:60])]):
        network = nn.Sequential(nn.Flatten(), nn.Linear(6, 3), rng=0)
        network.fit(chunks, **options)
        digests.add(digest(network))
    assert len(digests) == 1


def test_codes_are_not_scaled():
    X, network = data()[0], mixed()
    network.input_scale = 0.5
    with pytest.raises(ValueError, match=r"input_scale is 0\.5 for column 4, but Embedding\(37, 70\) takes codes"):
        network.predict(X)
    network.input_scale = [0.5, 1, 1, 1, 1, 1]
    np.testing.assert_array_equal(network.predict(X), mixed().predict(X * [0.5, 1, 1, 1, 1, 1]))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Embedding(0, 3), ValueError, "num_embeddings is 0"),
        (lambda: nn.Embedding(3, 2.0), TypeError, r"embedding_dim is 2\.0"),
        (lambda: nn.Embedding(3, 2, weight_init=[[1.0]]), ValueError, r"\(3, 2\) was expected"),
        (lambda: nn.OneHot(True), TypeError, "num_classes is True"),
        (lambda: nn.Sequential(nn.OneHot((1 << 24) + 1)), ValueError, "which float32 cannot tell apart"),
        (lambda: nn.Sequential(nn.OneHot(1 << 24)).predict(np.zeros((1, 200))), ValueError, "but at most"),
        (lambda: nn.Sequential(nn.Embedding(4, 2), nn.Linear(5, 1)), ValueError, "expects 5 features, but gets 4"),
        (lambda: mixed().predict(np.zeros((2, 5))), ValueError, "takes column 5, counted from 0, but gets 5 features"),
        (lambda: nn.Select([0]).forward([[1.0]]) + nn.Select([1]).forward([[1.0]]), ValueError, "takes column 1"),
        (lambda: nn.Sequential(nn.Select([7]), nn.Select([1])), ValueError, "column 1, counted from 0, but gets 1"),
        (lambda: nn.Select([]), ValueError, "columns has 0 elements"),
        (lambda: nn.Select([0, -1]), ValueError, r"columns\[1\] is -1"),
        (lambda: nn.Select([0.0]), TypeError, r"columns\[0\] is 0\.0"),
        (lambda: nn.Select((0, 1, 2)), ValueError, r"columns is \(0, 1, 2\)"),
        (lambda: nn.Select((4, 4)), ValueError, "stop of columns is 4, but must be at least 5"),
        (lambda: nn.Select(3), TypeError, "columns is 3"),
        (lambda: nn.Select(np.array(3)), TypeError, "columns is 3, but a list"),
        (lambda: nn.Select([[1], [1, 2]]), TypeError, r"columns\[0\] is \[1\]"),
        (lambda: nn.Select(np.eye(2, dtype=int)), TypeError, r"columns\[0\] is \[1, 0\]"),
        (lambda: nn.Select("ab"), TypeError, "columns is 'ab'"),
        (lambda: nn.Sequential(nn.Linear(3, 2), nn.Flatten()), ValueError, "index 1 is Flatten"),
        (lambda: nn.Sequential(nn.Concat(nn.Flatten(), [])), ValueError, r"index 0\.0\.0 is Flatten"),
        (lambda: nn.Sequential(nn.Linear(4, 2)).predict(np.zeros((1, 2, 2))), ValueError, r"Flatten\(\)"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).predict(np.zeros((0, 2, 2))), ValueError, "empty"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).predict(np.zeros((1, 3, 2))), ValueError, "6 features"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).predict(np.zeros(4)), ValueError, "two dimensions"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_arrays_that_change_after_they_were_checked_reach_no_other_memory():
    x = np.array([[-1e30], [np.nan], [np.inf], [4.0], [3.5]], np.float32)
    for layer, row in ((nn.OneHot(4), np.eye(4)), (embedding := nn.Embedding(4, 3), embedding.weight)):
        core = _core.Network([layer.op], 1, "float32")
        np.testing.assert_array_equal(core.forward(x, 1), row[[0, 0, 0, 0, 3]])
        core.backward(x, np.ones((5, row.shape[1])), 1, False)


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Linear(3, 2), nn.OneHot(4)],
        [nn.Dropout(), nn.Embedding(4, 2)],
        [nn.OneHot(4), nn.Select([0]), nn.OneHot(2)],
        [nn.Concat([nn.Select([0]), nn.ReLU(), nn.OneHot(4)])],
        [nn.Concat([], []), nn.OneHot(4)],
    ],
    ids=repr,
)
def test_only_columns_of_the_input_are_codes(layers):
    with pytest.raises(ValueError, match="what another layer computed"):
        nn.Sequential(*layers)


def test_flatten_takes_samples_of_any_shape():
    rng = np.random.default_rng(0)
    images, y = rng.integers(0, 256, (40, 3, 4, 5)).astype(np.uint8), rng.integers(0, 2, 40)
    networks = [nn.Sequential(*first, nn.Linear(60, 2), rng=0, dtype="float64") for first in ([nn.Flatten()], [])]
    rows = images.reshape(40, -1)
    for samples in (images, np.asfortranarray(images), images.astype(np.float16), images[::-1][::-1], images.tolist()):
        np.testing.assert_array_equal(networks[0].predict(samples), networks[1].predict(rows))
    results = []
    for network, X in zip(networks, (images, rows), strict=True):
        options = {"loss": "cross_entropy", "optimizer": nn.SGD(1e-6)}
        history = network.fit(X, y, epochs=2, validation_data=(X, y), metrics=["accuracy"], **options)
        loss = network.train_batch(X, y, **options)
        value, gradients = network.gradients(X, y, loss="cross_entropy")
        health = network.health(X, y, "cross_entropy").layers[-1].gradient
        history = [history[name] for name in ("loss", "val_loss", "accuracy")]
        u = network.activations(X)[-1].u.tobytes()
        arrays = [array.tobytes() for array in gradients.values()]
        results.append((history, loss, value, arrays, health, u, network.evaluate(X, y, loss="cross_entropy")))
    assert results[0] == results[1]
    assert nn.check_gradients(networks[0], images[:5] / 255, y[:5], loss="cross_entropy").ok


def test_flatten_by_hand():
    layer, x = nn.Flatten(), np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(layer(x), x.reshape(2, 12))
    assert layer.backward(np.ones((2, 12))).shape == (2, 3, 4)


def test_codes_in_health_summary_and_activations(capsys):
    X, y = data()
    codes = X[:, 4:].astype(np.int16)
    first = nn.Sequential(nn.Embedding(37, 4), nn.Linear(8, 3), rng=0)
    for network, inputs, name in ((first, codes, "0: Embedding"), (mixed(), X, "0: Concat")):
        health = network.health(inputs, y, "cross_entropy", nn.Adam())
        assert health.layers[0].name == name and health.layers[0].dead == 0 and health.layers[0].gradient > 0
        assert not any("dead" in warning for warning in health.warnings)
        assert network.activations(inputs)[-1].z.tobytes() == network.predict(inputs).tobytes()
    mixed().summary()
    first.summary()
    text = " ".join(capsys.readouterr().out.split())
    assert all(row in text for row in ("Concat (n, ?) 2,605", "Linear (n, 20) 1,720", "Embedding (n, 8) 148"))
