"""Labels of any values: encoded in training, decoded in predictions, kept with the network. And stratified splits."""

import copy
import pickle

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((90, 4)).astype(np.float32)
CODES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
NAMES = np.array(["high", "low", "middle"])  # in the order of np.unique
WHOLE = np.array([1, 5, 70])


def network(outputs=3):
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, outputs), rng=0)


def fit(model, y, X=X, **options):
    options = {"loss": "cross_entropy", "optimizer": nn.Adam(lr=0.02), "epochs": 20} | options
    return model.fit(X, y, **options)


def weights(model):
    return b"".join(value.tobytes() for value in model.state_dict().values())


TEXTS = {
    "array": NAMES[CODES],
    "list": NAMES[CODES].tolist(),
    "objects": NAMES[CODES].astype(object),
}


@pytest.mark.parametrize("kind", [*TEXTS, "series", "categories"])
def test_texts_are_classes(kind):
    y = TEXTS.get(kind)
    if y is None:
        pandas = pytest.importorskip("pandas")
        y = pandas.Series(NAMES[CODES], dtype="category" if kind == "categories" else None)
    model, plain = network(), network()
    options = {"validation_split": 0.2, "metrics": "accuracy", "class_weight": "balanced"}
    assert fit(model, y, **options)["val_accuracy"] == fit(plain, CODES, **options)["val_accuracy"]
    assert weights(model) == weights(plain) and model.classes.tolist() == NAMES.tolist() and plain.classes is None
    assert np.array_equal(model.predict_classes(X), NAMES[plain.predict_classes(X)])
    assert model.evaluate(X, y, loss="cross_entropy") == plain.evaluate(X, CODES, loss="cross_entropy")
    with pytest.raises(ValueError, match=r"'none' at row 1.*'high', 'low', 'middle'"):
        model.evaluate(X[:2], ["low", "none"], loss="cross_entropy")


def test_two_classes_of_one_output():
    for y, expected in (
        (CODES > 0, [False, True]),
        (np.where(CODES > 0, "yes", "no"), ["no", "yes"]),
    ):
        model, plain = network(1), network(1)
        fit(model, y, loss="bce_with_logits")
        fit(plain, (CODES > 0).astype(int), loss="bce_with_logits")
        assert weights(model) == weights(plain) and model.classes.tolist() == expected
        found = model.predict_classes(X)
        assert found.dtype.kind == np.asarray(y).dtype.kind and np.mean(found == y) > 0.95


def test_whole_numbers_are_classes_when_they_are_said_to_be():
    model, plain = network(), network()
    with pytest.raises(ValueError, match=r"y is 5 .*network\.classes"):
        fit(model, WHOLE[CODES])
    model.classes = WHOLE
    weight = {1: 2.0, 70: 0.5}
    fit(model, WHOLE[CODES], class_weight=weight, validation_data=(X, WHOLE[CODES]))
    fit(plain, CODES, class_weight={0: 2.0, 2: 0.5}, validation_data=(X, CODES))
    assert weights(model) == weights(plain) and set(model.predict_classes(X)) == set(WHOLE)
    with pytest.raises(ValueError, match="class_weight has the class 7"):
        fit(model, WHOLE[CODES], class_weight={7: 1.0})


def test_ignored_labels_stay_ignored():
    model, plain, loss = network(), network(), nn.CrossEntropyLoss(ignore_index=-100)
    model.classes = WHOLE
    fit(model, np.where(np.arange(90) % 9, WHOLE[CODES], -100), loss=loss)
    fit(plain, np.where(np.arange(90) % 9, CODES, -100), loss=loss)
    assert weights(model) == weights(plain)


@pytest.mark.parametrize("values", [NAMES, WHOLE, np.array([False, True]), np.array([2, 0, 1])])
def test_classes_are_kept(values, tmp_path):
    model = network(len(values))
    model.classes = values
    model.save(tmp_path / "model.safetensors")
    for kept in (nn.load(tmp_path / "model.safetensors"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(kept.classes, values) and kept.classes.dtype.kind == values.dtype.kind
        assert np.array_equal(kept.predict_classes(X), values[model.predict(X).argmax(axis=1)])


def test_one_hot_targets_are_left_alone():
    model = network()
    model.classes = NAMES
    fit(model, np.eye(3)[CODES])
    assert np.mean(model.predict_classes(X) == NAMES[CODES]) > 0.9


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (NAMES[CODES // 2], ValueError, r"2 different labels \('high', 'low'\).*3 classes.*network.classes"),
        (["a", 1] * 45, ValueError, "different labels"),
        (np.array(["a", 1] * 45, object), TypeError, "text"),
    ],
)
def test_wrong_labels_change_nothing(y, error, message):
    model = network()
    before = weights(model)
    with pytest.raises(error, match=message):
        fit(model, y)
    assert model.classes is None and weights(model) == before


@pytest.mark.parametrize(
    ("classes", "error"), [([1], ValueError), ([1, 1], ValueError), ([0.5, 1.5], TypeError), ([[1, 2]], ValueError)]
)
def test_wrong_classes(classes, error):
    with pytest.raises(error, match="classes is"):
        network().classes = classes


def test_classes_of_another_number_are_refused():
    model = network()
    model.classes = ["a", "b"]
    with pytest.raises(ValueError, match="classes are 2, but the network tells 3"):
        fit(model, NAMES[CODES])
    model.classes = ["a", "b", "c"]
    with pytest.raises(TypeError, match=r"int64.*'a', 'b', 'c'"):
        fit(model, CODES)


def test_a_split_takes_the_same_share_of_every_class():
    counts, seen = [400, 80, 15, 5], []

    class Count(nn.Metric):
        name = "count"

        def __call__(self, target, prediction):
            seen.append(np.bincount(target, minlength=4).tolist())
            return 0.0

    y = rng.permutation(np.repeat(range(4), counts))
    inputs = rng.standard_normal((500, 4))
    fit(network(4), y, inputs, epochs=1, validation_split=0.2, metrics=[Count()])
    training, validation = seen
    assert validation == [80, 16, 3, 1] and np.add(training, validation).tolist() == counts


EACH = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 0] + X[:, 1] > 0], axis=1).astype(np.float32)
OF_EACH = {
    "logits": (nn.BCEWithLogitsLoss(), []),
    "focal": (nn.BinaryFocalLoss(), []),
    "probabilities": (nn.BCELoss(), [nn.Sigmoid()]),
}


@pytest.mark.parametrize("loss", OF_EACH)
def test_classes_of_their_own(tmp_path, loss):
    """Several outputs, of which any number may be true."""
    chosen, last = OF_EACH[loss]
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), *last, rng=0)
    assert not model.multilabel and model.predict_classes(X).shape == (90,)
    fit(model, EACH, loss=chosen, epochs=60)
    u = model.predict(X)
    expected = u if last else 1 / (1 + np.exp(-u))
    model.save(tmp_path / "model")
    for kept in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model)), nn.load(tmp_path / "model")):
        assert kept.multilabel
        np.testing.assert_allclose(kept.predict_proba(X), expected, rtol=1e-5)
        found = kept.predict_classes(X)
        assert found.dtype == np.int64 and np.array_equal(found, expected > 0.5)
    assert np.mean(found == EACH) > 0.95
    fit(model, EACH, loss="mse", epochs=1)
    assert not model.multilabel


def test_one_output_is_no_multilabel_network():
    model = network(1)
    fit(model, CODES > 0, loss=nn.BCEWithLogitsLoss())
    assert not model.multilabel and model.predict_proba(X).shape == (90, 2)
    stepwise = network()
    stepwise.train_batch(X, EACH, loss=nn.BCEWithLogitsLoss(), optimizer=nn.SGD(lr=0.1))
    assert stepwise.multilabel
    with pytest.raises(TypeError, match="multilabel"):
        stepwise.multilabel = "yes"
