"""Bad input to every entry point raises TypeError or ValueError that quotes it, before anything changes."""

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((20, 4))
LABELS = rng.integers(0, 3, 20)
BAD_X = X.copy()
BAD_X[7, 2] = np.nan


def network(*, outputs=3, last=()):
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, outputs), *last, rng=0)


def fit(X=X, y=LABELS, *, of=None, **options):
    options = {"loss": "cross_entropy", "optimizer": "sgd"} | options
    return (of or network()).fit(X, y, **options)


WITH_X = {
    "one-dimensional": (np.ones(4), ValueError, r"\(4,\).*reshape\(1, -1\)"),
    "images": (np.ones((5, 2, 2)), ValueError, r"\(5, 2, 2\).*reshape\(len"),
    "no rows": (np.ones((0, 4)), ValueError, r"empty.*\(0, 4\)"),
    "no columns": (np.ones((5, 0)), ValueError, r"empty.*\(5, 0\)"),
    "width": (np.ones((5, 3)), ValueError, r"3 features, but the first layer, Linear\(4, 5\), expects 4"),
    "nan": (BAD_X, ValueError, r"nan at row 7, column 2"),
    "infinite": (np.where(np.isnan(BAD_X), -np.inf, X), ValueError, r"-inf at row 7, column 2"),
    "complex": (np.ones((5, 4), complex), TypeError, "complex128"),
    "text": (np.array([["a"] * 4]), TypeError, "<U1"),
    "dates": (np.zeros((3, 4), "datetime64[s]"), TypeError, "datetime64"),
    "objects": (np.array([[1, 2, 3, None]], object), TypeError, r"None at row 0, column 3"),
    "ragged": ([[1, 2, 3, 4], [1]], ValueError, "rectangular"),
    "masked": (np.ma.masked_array(X, X > 1), ValueError, "masked"),
    "nothing": (None, TypeError, "object"),
}


@pytest.mark.parametrize("case", WITH_X)
@pytest.mark.parametrize("entry", ["fit", "predict", "call", "predict_proba", "activations", "evaluate", "gradients"])
def test_wrong_x(entry, case):
    wrong, error, message = WITH_X[case]
    model = network()
    calls = {
        "fit": lambda: fit(wrong, of=model),
        "predict": lambda: model.predict(wrong),
        "call": lambda: model(wrong),
        "predict_proba": lambda: model.predict_proba(wrong),
        "activations": lambda: model.activations(wrong),
        "evaluate": lambda: model.evaluate(wrong, LABELS, loss="cross_entropy"),
        "gradients": lambda: model.gradients(wrong, LABELS, loss="cross_entropy"),
    }
    before = model.state_dict()
    with pytest.raises(error, match=message):
        calls[entry]()
    assert all((before[name] == value).all() for name, value in model.state_dict().items())


SOFT = np.full((20, 3), 1 / 3)
WITH_Y = {
    "label too large": (
        np.where(LABELS == 2, 3, LABELS),
        "cross_entropy",
        3,
        ValueError,
        r"y is 3 at row \d+.*0 \.\.\. 2",
    ),
    "negative label": (LABELS - 1, "cross_entropy", 3, ValueError, r"-1 at row"),
    "float labels": (LABELS.astype(float), "cross_entropy", 3, TypeError, r"float64.*astype\(int\)"),
    "text numbers": (LABELS.astype(str), "mse", 1, TypeError, "text.*np.unique"),
    "column of labels": (LABELS[:, None], "cross_entropy", 3, ValueError, r"\(20, 1\).*ravel"),
    "two classes, one output": (LABELS, "cross_entropy", 1, ValueError, "BCEWithLogitsLoss"),
    "samples": (LABELS[:-1], "cross_entropy", 3, ValueError, "X has 20 samples, but y has 19"),
    "soft labels' sum": (SOFT * 2, "cross_entropy", 3, ValueError, "row 0 of y sums to 2"),
    "soft labels' range": (SOFT - 1, "cross_entropy", 3, ValueError, "at row 0, column 0"),
    "soft labels' width": (SOFT[:, :2], "cross_entropy", 3, ValueError, r"\(20, 2\).*\(n, 3\)"),
    "nan": (np.where(SOFT > 0, np.nan, 0), "mse", 3, ValueError, "nan at row 0, column 0"),
    "labels for numbers": (LABELS, "mse", 3, ValueError, r"\(20,\).*\(n, 3\)"),
    "nan of one output": (np.where(LABELS == 1, np.nan, 0), "mse", 1, ValueError, r"nan at row \d+"),
    "width of one output": (SOFT, "mse", 1, ValueError, r"\(20, 3\).*\(n, 1\) or \(n,\)"),
    "matrix for NLLLoss": (SOFT, "nll", 3, ValueError, r"integer labels \(n,\)"),
    "no probability": (LABELS, "bce", 1, ValueError, r"\[0, 1\]"),
    "empty": (np.zeros((0, 3)), "mse", 3, ValueError, "empty"),
    "three dimensions": (np.zeros((20, 3, 1)), "mse", 3, ValueError, r"\(20, 3, 1\)"),
}


@pytest.mark.parametrize("case", WITH_Y)
@pytest.mark.parametrize("entry", ["fit", "train_batch", "evaluate", "gradients", "check_gradients"])
def test_wrong_y(entry, case):
    y, loss, outputs, error, message = WITH_Y[case]
    model = network(outputs=outputs)
    calls = {
        "fit": lambda: fit(y=y, of=model, loss=loss),
        "train_batch": lambda: model.train_batch(X, y, loss=loss, optimizer=nn.SGD()),
        "evaluate": lambda: model.evaluate(X, y, loss=loss),
        "gradients": lambda: model.gradients(X, y, loss=loss),
        "check_gradients": lambda: nn.check_gradients(model, X, y, loss=loss),
    }
    before = model.state_dict()
    with pytest.raises(error, match=message):
        calls[entry]()
    assert all((before[name] == value).all() for name, value in model.state_dict().items())


class Custom(nn.Module):
    def forward(self, x):
        return x


class CustomLoss(nn.Loss):
    pass


WITH_FIT = {
    "epochs": ({"epochs": 0}, ValueError, "epochs is 0"),
    "part of an epoch": ({"epochs": 1.5}, TypeError, "epochs is 1.5"),
    "true epochs": ({"epochs": True}, TypeError, "epochs is True"),
    "batch_size": ({"batch_size": 0}, ValueError, "batch_size is 0"),
    "negative batch_size": ({"batch_size": -3}, ValueError, "batch_size is -3"),
    "shuffle": ({"shuffle": "yes"}, TypeError, "shuffle is 'yes'"),
    "loss": ({"loss": "no_such"}, ValueError, "'no_such'.*CrossEntropyLoss.*mse"),
    "loss class": ({"loss": nn.MSELoss}, TypeError, r"did you mean MSELoss\(\)"),
    "custom loss": ({"loss": CustomLoss()}, TypeError, "CustomLoss"),
    "optimizer": ({"optimizer": "sdg"}, ValueError, "'sdg'.*SGD, Adam, AdamW"),
    "optimizer class": ({"optimizer": nn.SGD}, TypeError, r"did you mean SGD\(\)"),
    "metric": ({"metrics": ["acuracy"]}, ValueError, "'acuracy'.*accuracy.*r2"),
    "metric class": ({"metrics": [nn.metrics.R2]}, TypeError, r"did you mean R2\(\)"),
    "metric twice": ({"metrics": ["mse", "mse"]}, ValueError, "names must differ"),
    "metrics": ({"metrics": 3}, TypeError, "metrics is 3"),
    "callback": ({"callbacks": 3}, TypeError, "callbacks is 3"),
    "callbacks": ({"callbacks": ["stop"]}, TypeError, "'stop' is no callback"),
    "threads": ({"threads": 0}, ValueError, "threads is 0"),
    "verbose": ({"verbose": "loud"}, ValueError, "'loud'"),
    "split": ({"validation_split": 1.0}, ValueError, r"1.0.*\[0, 1\)"),
    "split of all": ({"validation_split": 0.99}, ValueError, "leaves none of 20"),
    "two validations": ({"validation_split": 0.5, "validation_data": (X, LABELS)}, ValueError, "both given"),
    "no pair": ({"validation_data": X}, TypeError, r"\(X, y\)"),
    "validation's features": ({"validation_data": (X[:, 1:], LABELS)}, ValueError, "X of validation_data has 3"),
    "validation's samples": ({"validation_data": (X, LABELS[1:])}, ValueError, "20 samples, but its y has 19"),
    "validation's kind": ({"validation_data": (X, SOFT)}, ValueError, "one of y and the y of validation_data"),
    "weight shape": ({"sample_weight": np.ones((20, 1))}, ValueError, r"sample_weight has shape \(20, 1\)"),
    "weights": ({"sample_weight": np.ones(19)}, ValueError, "20 samples, but sample_weight has 19"),
    "negative weight": ({"sample_weight": np.arange(20) - 1}, ValueError, "sample_weight is -1 at row 0"),
    "no weight": ({"sample_weight": np.zeros(20)}, ValueError, "0 for every sample"),
    "class weights": ({"class_weight": "even"}, ValueError, "'even'"),
    "class_weight": ({"class_weight": 3}, TypeError, "class_weight is 3"),
    "class": ({"class_weight": {"a": 1}}, TypeError, "'a'"),
    "negative class weight": ({"class_weight": {0: -1}}, ValueError, r"class_weight\[0\] is -1"),
    "soft classes": ({"y": SOFT, "class_weight": "balanced"}, ValueError, "a class for every sample"),
    "monitor": ({"callbacks": [nn.EarlyStopping(monitor="val_loss")]}, ValueError, "'val_loss'.*needs validation data"),
}


@pytest.mark.parametrize("case", WITH_FIT)
def test_wrong_arguments_of_fit(case):
    options, error, message = WITH_FIT[case]
    model = network()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fit(of=model, **options)
    assert all((before[name] == value).all() for name, value in model.state_dict().items())
    fit(of=model)


def shared():
    layer = nn.Linear(3, 3)
    kept.append(nn.Sequential(layer, rng=0))
    return [layer]


kept = []
twice = nn.Linear(3, 3)
WITH_LAYERS = {
    "none": (list, ValueError, "at least one layer"),
    "chain": (lambda: [nn.Linear(3, 128), nn.ReLU(), nn.Linear(64, 32)], ValueError,
              r"Linear\(64, 32\) at index 2 expects 64 features, but gets 128 from index 0"),
    "twice": (lambda: [twice, twice], ValueError, r"index 1, Linear\(.*\), occurs twice"),
    "two networks": (shared, ValueError, "belongs to another network"),
    "custom": (lambda: [Custom()], TypeError, "Custom.*Linear"),
    "class": (lambda: [nn.Linear(3, 3), nn.ReLU], TypeError, r"did you mean ReLU\(\)"),
    "network": (lambda: [nn.Sequential(nn.ReLU())], TypeError, "layer 0 is Sequential"),
    "number": (lambda: [3], TypeError, "layer 0 is 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", WITH_LAYERS)
def test_wrong_layers(case):
    make, error, message = WITH_LAYERS[case]
    with pytest.raises(error, match=message):
        nn.Sequential(*make(), rng=0)


CONSTRUCTORS = {
    "no inputs": (lambda: nn.Linear(0, 3), ValueError, "in_features is 0"),
    "half an output": (lambda: nn.Linear(3, 2.5), TypeError, "out_features is 2.5"),
    "bias": (lambda: nn.Linear(3, 2, bias="no"), TypeError, "bias is 'no'"),
    "initializer": (lambda: nn.Linear(3, 2, weight_init="he"), ValueError, "'he'.*he_normal"),
    "array": (lambda: nn.Linear(3, 2, weight_init=np.ones((3, 2))), ValueError, r"\(3, 2\), but \(2, 3\)"),
    "orthogonal bias": (lambda: nn.Linear(3, 2, bias_init="orthogonal"), ValueError, "matrix"),
    "bias_init without bias": (lambda: nn.Linear(3, 2, bias=False, bias_init="zeros"), ValueError, "no bias"),
    "gain": (lambda: nn.initializers.HeNormal(-1), ValueError, "gain is -1"),
    "dtype": (lambda: nn.Sequential(nn.ReLU(), dtype="float16"), ValueError, "float16"),
    "slope": (lambda: nn.LeakyReLU(-0.1), ValueError, "negative_slope is -0.1"),
    "text slope": (lambda: nn.LeakyReLU("steep"), TypeError, "'steep'"),
    "unknown argument": (lambda: nn.LeakyReLU(slope=0.1), TypeError, "'slope'; it takes negative_slope=0.01"),
    "argument twice": (lambda: nn.LeakyReLU(0.1, negative_slope=0.1), TypeError, "two values"),
    "too many": (lambda: nn.ReLU(1), TypeError, "no arguments"),
    "choice": (lambda: nn.GELU(approximate="erf"), ValueError, "'erf'.*'none', 'tanh'"),
    "surrogate": (lambda: nn.Step(surrogate="smooth"), ValueError, "'smooth'.*sigmoid"),
    "lr": (lambda: nn.SGD(lr=-1), ValueError, "lr is -1"),
    "nan lr": (lambda: nn.Adam(lr=float("nan")), ValueError, "lr is nan"),
    "betas": (lambda: nn.Adam(betas=0.9), TypeError, "betas is 0.9"),
    "beta": (lambda: nn.Adam(betas=(0.9, 1.0)), ValueError, r"betas\[1\] is 1.0.*\[0, 1\)"),
    "nesterov": (lambda: nn.SGD(nesterov=True), ValueError, "needs a momentum"),
    "rate_in_velocity": (lambda: nn.SGD(rate_in_velocity=True), ValueError, "rate_in_velocity needs a momentum"),
    "rate_in_velocity, dampening": (
        lambda: nn.SGD(momentum=0.9, dampening=0.5, rate_in_velocity=True),
        ValueError,
        "rate_in_velocity needs a momentum and no dampening, but momentum is 0.9 and dampening 0.5",
    ),
    "reduction": (lambda: nn.MSELoss(reduction="none"), ValueError, "'none'"),
    "delta": (lambda: nn.HuberLoss(0), ValueError, "delta is 0"),
    "eps": (lambda: nn.CrossEntropyLoss(eps=2), ValueError, "eps is 2"),
    "patience": (lambda: nn.EarlyStopping(patience=0), ValueError, "patience is 0"),
    "mode": (lambda: nn.EarlyStopping(mode="down"), ValueError, "'down'"),
    "k": (lambda: nn.metrics.TopKAccuracy(0), ValueError, "k is 0"),
    "set_threads": (lambda: nn.config.set_threads(0), ValueError, "n is 0"),
    "set_isa": (lambda: nn.config.set_isa("avx1024"), ValueError, "'avx1024'"),
    "set_isa's type": (lambda: nn.config.set_isa(2), TypeError, "2"),
    "monitor": (lambda: nn.EarlyStopping(monitor=3), TypeError, "monitor is 3"),
    "checked network": (lambda: nn.check_gradients(3, X, LABELS, loss="mse"), TypeError, "network is 3"),
    "abstract initializer": (
        lambda: nn.Linear(1, 1, weight_init=nn.initializers.Initializer()).weight,
        TypeError,
        "Initializer is not an initializer",
    ),
    "path": (lambda: nn.load(3), TypeError, "path is 3"),
}


@pytest.mark.parametrize("case", CONSTRUCTORS)
def test_wrong_arguments_of_constructors_and_settings(case):
    call, error, message = CONSTRUCTORS[case]
    with pytest.raises(error, match=message):
        call()


def test_custom_optimizers_are_refused():
    class Custom(nn.SGD):
        pass

    with pytest.raises(TypeError, match=r"Custom.*SGD, Adam, AdamW"):
        fit(optimizer=Custom())


def test_train_batch_needs_an_optimizer_object():
    with pytest.raises(TypeError, match="'adam'"):
        network().train_batch(X, LABELS, loss="cross_entropy", optimizer="adam")


def test_a_step_without_surrogate_cannot_be_trained_through():
    blocked = nn.Sequential(nn.Linear(4, 3), nn.Step(), nn.Linear(3, 3), rng=0)
    with pytest.raises(ValueError, match=r"Step\(.*\) at index 1.*surrogate='sigmoid'"):
        fit(of=blocked)
    assert set(np.unique(nn.Sequential(nn.Step())(X))) == {0, 1}
    fit(of=nn.Sequential(nn.Linear(4, 3), nn.Step(surrogate="sigmoid"), nn.Linear(3, 3), rng=0))


def test_a_network_without_weights_cannot_be_trained():
    with pytest.raises(ValueError, match="nothing to train"):
        nn.Sequential(nn.ReLU()).fit(X, X, loss="mse", optimizer="sgd")


def test_an_optimizer_belongs_to_its_first_network():
    optimizer = nn.Adam()
    fit(optimizer=optimizer)
    with pytest.raises(ValueError, match="another network"):
        fit(optimizer=optimizer)


def test_assigned_weights_are_checked():
    layer = network()[0]
    before = layer.weight
    for name, value in (("weight", np.ones((4, 5))), ("weight", np.full((5, 4), np.inf)), ("bias", np.ones(4))):
        with pytest.raises(ValueError, match=name):
            setattr(layer, name, value)
    assert (layer.weight == before).all()
    with pytest.raises(ValueError, match="no bias"):
        nn.Linear(2, 2, bias=False).bias = [1, 2]


def test_numbers_too_large_for_the_networks_dtype_are_refused():
    layer = network()[0]
    with pytest.raises(ValueError, match=r"weight has 1e\+300, which is too large for float32"):
        layer.weight = np.where(np.eye(5, 4), 1e300, 0)
    with pytest.raises(ValueError, match=r"sample_weight has 1e\+300"):
        fit(sample_weight=np.where(LABELS == 1, 1e300, 1))
    with pytest.raises(ValueError, match=r"1e\+300"):
        nn.Sequential(nn.Linear(1, 1, weight_init=[[1e300]]))


def test_a_state_is_taken_whole_or_not_at_all():
    model = network()
    state = model.state_dict()
    wrong = {
        "lacks 0.bias": {name: value for name, value in state.items() if name != "0.bias"},
        "unknown 9.weight": state | {"9.weight": np.ones(2)},
        r"2.bias has shape \(4,\)": {name: np.ones_like(v) for name, v in state.items()} | {"2.bias": np.ones(4)},
    }
    for message, given in wrong.items():
        with pytest.raises(ValueError, match=message):
            model.load_state_dict(given)
    with pytest.raises(TypeError, match="list"):
        model.load_state_dict([1])
    assert all((state[name] == value).all() for name, value in model.state_dict().items())


def test_columns_of_data_frames_are_named():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "c": [True, False], "d": [1, 2]})
    with pytest.raises(TypeError, match=r"'x' at row 0, column 1 \('b'\)"):
        network().predict(frame)
    frame["b"] = [0.5, np.nan]
    with pytest.raises(ValueError, match=r"nan at row 1, column 1 \('b'\)"):
        network().predict(frame)


def test_sparse_matrices_are_refused_with_advice():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"begins with ReLU.*X\.toarray\(\)"):
        nn.Sequential(nn.ReLU(), nn.Linear(4, 3)).predict(sparse.csr_matrix(X))
    with pytest.raises(TypeError, match=r"csr_matrix.*y\.toarray\(\)"):
        network().evaluate(X, sparse.csr_matrix(np.eye(3)[LABELS]), loss="cross_entropy")
