"""Numbers of every kind read where they are, and input_scale."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
IMAGES, LABELS = rng.integers(0, 256, (60, 49)).astype(np.uint8), rng.integers(0, 3, 60)


def network(features=49, dtype="float32", **options):
    return nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, 3), rng=0, dtype=dtype, **options)


def trained(X, **options):
    model = network(X.shape[1], **options)
    model.fit(X, LABELS, loss="cross_entropy", optimizer="adam", epochs=2, batch_size=8, validation_split=0.2)
    return b"".join(value.tobytes() for value in [*model.state_dict().values(), model.predict(X)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_float16_is_read_exactly(dtype):
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    model = nn.Sequential(nn.Linear(1, 1, bias=False), dtype=dtype)
    model[0].weight = [[1]]
    for X in (halves[:, None], np.repeat(halves, 3)[::3, None]):
        assert np.array_equal(model.predict(X)[:, 0], halves.astype(dtype))


def test_float16_trains_as_its_float32_copy():
    X = rng.standard_normal((60, 49)).astype(np.float16)
    assert trained(X) == trained(X.astype(np.float32))
    assert trained(np.asfortranarray(X)) == trained(X)


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
def test_nothing_is_copied_as_a_whole(dtype):
    X = np.zeros((1 << 20, 8), dtype)
    model, y = nn.Sequential(nn.Linear(8, 1), rng=0), np.zeros(len(X), dtype)
    tracemalloc.start()
    model.fit(X, y, loss="mse", optimizer="sgd", batch_size=1 << 16, validation_data=(X[:100], y[:100]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.size * 4 / 2  # the order of the rows takes 8 bytes a row


def test_float16_sums_beyond_its_range_are_no_infinities():
    network(8).predict(np.full((100, 8), 60000, np.float16))
    X = np.zeros((100, 8), np.float16)
    X[3, 5] = np.inf
    with pytest.raises(ValueError, match="inf at row 3, column 5"):
        network(8).predict(X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1 / 255, np.linspace(0.001, 2, 49)])
def test_input_scale_multiplies_every_input(scale, dtype):
    scaled = (IMAGES.astype(dtype) * np.asarray(scale, dtype)).astype(dtype)
    expected = trained(scaled, dtype=dtype)
    for X in (
        IMAGES,
        IMAGES.astype(np.int32),
        IMAGES.astype(np.float16),
        IMAGES.astype(dtype),
        IMAGES[:, ::-1][:, ::-1],
    ):
        assert trained(X, input_scale=scale, dtype=dtype) == expected


def test_input_scale_holds_in_every_method():
    one, other = network(input_scale=1 / 255), network()
    scaled = IMAGES.astype(np.float32) * np.float32(1 / 255)
    options = {"loss": "cross_entropy"}
    assert one.evaluate(IMAGES, LABELS, **options) == other.evaluate(scaled, LABELS, **options)
    assert one.gradients(IMAGES, LABELS, **options)[0] == other.gradients(scaled, LABELS, **options)[0]
    assert nn.check_gradients(one, IMAGES, LABELS, **options).ok
    assert all(
        np.array_equal(a.z, b.z) for a, b in zip(one.activations(IMAGES), other.activations(scaled), strict=True)
    )
    assert str(one.health(IMAGES, LABELS, "cross_entropy")) == str(other.health(scaled, LABELS, "cross_entropy"))
    losses = [
        model.train_batch(X, LABELS, loss="cross_entropy", optimizer=nn.SGD(lr=0.1))
        for model, X in ((one, IMAGES), (other, scaled), (one, IMAGES), (other, scaled))
    ]
    assert losses[0] == losses[1] and losses[2] == losses[3] < losses[0]


@pytest.mark.parametrize("scale", [1 / 255, [0.5, 0.25, 1.0]])
def test_input_scale_is_kept(scale, tmp_path):
    model = network(3, input_scale=scale)
    model.save(tmp_path / "model.safetensors")
    for kept in (nn.load(tmp_path / "model.safetensors"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert kept.input_scale == model.input_scale
        assert np.array_equal(kept.predict(np.eye(3)), model.predict(np.eye(3)))


def test_input_scale_can_be_changed():
    model = network(3)
    before = model.predict(np.eye(3))
    model.input_scale = 2
    assert np.array_equal(model.predict(np.eye(3)), network(3).predict(2 * np.eye(3)))
    model.input_scale = None
    assert np.array_equal(model.predict(np.eye(3)), before)


@pytest.mark.parametrize(
    ("scale", "error", "message"),
    [
        ("big", TypeError, "input_scale is 'big'"),
        (np.nan, ValueError, "input_scale is nan"),
        (1e300, ValueError, "1e.300, which is too large for float32"),
        ([1, 2], ValueError, "2 numbers.*3 features"),
        ([[1, 2, 3]], ValueError, "list of numbers"),
    ],
)
def test_wrong_scales(scale, error, message):
    with pytest.raises(error, match=message):
        network(3, input_scale=scale)
    if isinstance(scale, list) and len(scale) == 2:
        with pytest.raises(ValueError, match="2 numbers, but X has 3 features"):
            nn.Sequential(nn.Softmax(), input_scale=scale).predict(np.eye(3))
