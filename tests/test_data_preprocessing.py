"""Preprocessing: as scikit-learn where it has the thing, exact through JSON, and naming the place of what is wrong."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pynncore.data import Classes, Preprocessing, Quantity, read_table


@pytest.fixture
def table(tmp_path):
    def read(text, **options):
        path = tmp_path / "rows.csv"
        path.write_text(text)
        return read_table(path, **options)

    return read


PEOPLE = "age,colour,weight,city,y\n30,red,70.5,Rome,1.5\n40,blue,80.25,Oslo,2.5\n50,red,60.0,Oslo,4.5\n"


def test_numbers_are_standardised_and_texts_one_hot(table):
    people = table(PEOPLE)
    preprocessing = Preprocessing.fit(people, "y")
    X = preprocessing.features(people)
    names = ("age", "weight", "colour=blue", "colour=red", "city=Oslo", "city=Rome")
    assert preprocessing.feature_names == names
    numbers = np.array([[30, 70.5], [40, 80.25], [50, 60.0]])
    np.testing.assert_allclose(X[:, :2], (numbers - numbers.mean(0)) / numbers.std(0), rtol=1e-15)
    np.testing.assert_array_equal(X[:, 2:], [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0]])


def test_same_as_scikit_learn():
    sklearn = pytest.importorskip("sklearn.preprocessing")
    digits = read_table("digits")
    rows = np.arange(0, 1797, 3)
    names = digits.number_names[:-1]
    ours = Preprocessing.fit(digits, "digit", rows=rows).features(digits)
    theirs = sklearn.StandardScaler().fit(digits.matrix(names)[rows])
    constant = theirs.var_ == 0
    assert constant.any()
    np.testing.assert_array_equal(ours[:, constant], 0)
    np.testing.assert_allclose(
        ours[:, ~constant], theirs.transform(digits.matrix(names))[:, ~constant], rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("value", ["0.1", "1e300", "-7", "123456789.123"])
def test_constant_column_becomes_zero(table, value):
    rows = table("a,b,y\n" + "".join(f"{value},{k},{k % 2}\n" for k in range(30)))
    X = Preprocessing.fit(rows, "y").features(rows, np.float32)
    np.testing.assert_array_equal(X[:, 0], 0)
    assert X[:, 1].any()


def test_mean_and_deviation_are_those_of_the_training_rows(table):
    rows = table("a,y\n1,0\n2,1\n3,0\n100,1\n")
    preprocessing = Preprocessing.fit(rows, "y", rows=np.array([0, 1, 2]))
    assert preprocessing.numbers.shift == (2.0,)
    assert preprocessing.numbers.scale == (pytest.approx(np.sqrt(2 / 3), rel=1e-15),)


def test_deviation_is_accurate_for_a_large_mean(table):
    rows = table("a,y\n" + "".join(f"{1e9 + k},{k % 2}\n" for k in range(10_000)))
    assert Preprocessing.fit(rows, "y").numbers.scale[0] == pytest.approx(np.std(np.arange(10_000)), rel=1e-12)


TASKS = {
    "text": (["a", "b"] * 20, Classes),
    "two whole numbers": (["0", "1"] * 3, Classes),
    "two whole numbers with a point": (["1.0", "2.0"] * 3, Classes),
    "ten digits, often": (list("0123456789") * 10, Classes),
    "ten digits, seldom": (list("0123456789") * 9, Quantity),
    "many whole numbers": ([str(k % 21) for k in range(2100)], Quantity),
    "few floats": (["0.5", "1.5"] * 50, Quantity),
    "all different": ([str(k) for k in range(50)], Quantity),
}


@pytest.mark.parametrize("case", TASKS)
def test_classes_or_a_quantity(table, case):
    values, kind = TASKS[case]
    rows = table("a,y\n" + "".join(f"{k},{value}\n" for k, value in enumerate(values)))
    assert type(Preprocessing.fit(rows, "y").target) is kind


def test_task_overrides(table):
    rows = table("a,y\n" + "".join(f"{k},{k % 2 / 2}\n" for k in range(10)))
    target = Preprocessing.fit(rows, "y", task="classification").target
    assert target.values == ("0", "0.5")
    np.testing.assert_array_equal(target.targets(rows), np.arange(10) % 2)
    target = Preprocessing.fit(rows, "y", task="regression").target
    np.testing.assert_allclose(target.targets(rows), np.tile([-1, 1], 5))
    np.testing.assert_allclose(target.restore(target.targets(rows)[:, None]), np.tile([0, 0.5], 5))


def test_booleans_are_classes(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, X=np.eye(4), y=np.array([True, False, True, True]))
    assert Preprocessing.fit(read_table(path), "y").class_names == ("False", "True")


def test_class_numbers_keep_the_numeric_order(table):
    rows = table("a,y\n" + "".join(f"{k},{(k % 3) * 5 + 5}\n" for k in range(60)))
    assert Preprocessing.fit(rows, "y").class_names == ("5", "10", "15")


def test_classes_are_given_back_by_name(table):
    rows = table("a,y\n1,no\n2,yes\n3,no\n")
    target = Preprocessing.fit(rows, "y").target
    assert target.restore(target.targets(rows)) == ["no", "yes", "no"]


def test_images_are_divided_by_their_range(tmp_path):
    path = tmp_path / "rows.npz"
    images = np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8)
    np.savez(path, X=images, y=np.array([0, 1, 0, 1]))
    table = read_table(path)
    X = Preprocessing.fit(table, "y").features(table, np.float32)
    np.testing.assert_array_equal(X, (images.reshape(4, 64) / 255).astype(np.float32))


def test_columns_are_found_by_name_in_any_order(table):
    people = table(PEOPLE)
    preprocessing = Preprocessing.fit(people, "y")
    expected = preprocessing.features(people)
    text = "extra,city,colour,age,weight\n?,Rome,red,30,70.5\n,Oslo,blue,40,80.25\n,Oslo,red,50,60.0\n"
    other = table(text, kinds=preprocessing.kinds)
    np.testing.assert_array_equal(preprocessing.features(other), expected)


REFUSED = {
    "column missing": ("age,colour,city\n30,red,Rome\n", "has no column 'weight', which the model was trained with"),
    "unknown category": (
        "age,weight,colour,city\n30,70,red,Rome\n31,71,green,Rome\n",
        "line 3, column 3 ('colour'): 'green' was not trained with; known are 'blue', 'red'",
    ),
    "too large": (
        "age,weight,colour,city\n30,70,red,Rome\n1e300,71,red,Rome\n",
        "line 3, column 1 ('age'): 1e+300 cannot be scaled into float32",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_do_not_fit_are_refused(table, case):
    text, message = REFUSED[case]
    preprocessing = Preprocessing.fit(table(PEOPLE), "y")
    with pytest.raises(ValueError) as caught:
        preprocessing.features(table(text, kinds=preprocessing.kinds), np.float32)
    assert message in str(caught.value)


UNUSABLE = {
    "always the same class": ("a,y\n1,x\n2,x\n", None, "the target 'y' is always 'x'"),
    "always the same number": ("a,y\n1,0.5\n2,0.5\n", None, "the target 'y' is always 0.5"),
    "no feature": ("y\n1\n2\n", None, "has no column beside the target 'y'"),
    "class missing": ("a,y\n1,x\n2,\n3,z\n", None, "line 3, column 2 ('y'): the class is missing"),
    "text as a quantity": ("a,y\n1,x\n2,z\n", "regression", "line 2, column 2 ('y'): 'x' is not a number"),
    "too many classes": ("a,y\n" + "".join(f"1,n{k}\n" for k in range(1001)), None, "'y' has 1001 different values"),
    "too many categories": ("a,y\n" + "".join(f"n{k},{k % 2}\n" for k in range(1001)), None, "'a' has 1001 different"),
    "no such target": ("a,b\n1,2\n", None, "has no column 'y'; it has 'a', 'b'"),
    "no such task": ("a,y\n1,2\n", "ranking", "task is 'ranking'"),
    "numbers whose squares overflow": ("a,y\n1e308,1\n-1e308,2\n", None, "column 'a' are too large to be standardised"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_columns_are_refused(table, case):
    text, task, message = UNUSABLE[case]
    with pytest.raises(ValueError) as caught:
        Preprocessing.fit(table(text), "y", task=task)
    assert message in str(caught.value)


names = st.text(min_size=1, max_size=5)
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(names, finite, finite.map(abs)), max_size=5), st.sets(names, min_size=2), names)
def test_json_gives_the_same_preprocessing(numbers, values, name):
    from pynncore.data import Categories, Numbers

    columns = tuple(zip(*numbers, strict=True)) or ((), (), ())
    for target in (Classes(name, tuple(values)), Quantity(name, 0.1, 1e-300)):
        preprocessing = Preprocessing(Numbers(*columns), (Categories(name, tuple(values)),), target)
        assert Preprocessing.from_json(preprocessing.to_json()) == preprocessing


def tampered():
    iris = read_table("iris")
    good = Preprocessing.fit(iris, "species").to_json()
    tree = json.loads(good)
    yield "cut", good[:-5]
    yield "empty", ""
    yield "another thing", "[]"
    yield "a number", "3"
    yield "deep", "[" * 100_000
    for part in tree:
        yield f"no {part}", json.dumps({key: value for key, value in tree.items() if key != part})
        yield f"null {part}", json.dumps(tree | {part: None})
    yield "fewer scales", json.dumps(tree | {"numbers": tree["numbers"] | {"scale": [1.0]}})
    yield "negative scale", json.dumps(tree | {"numbers": tree["numbers"] | {"scale": [-1.0] * 4}})
    yield "NaN", json.dumps(tree | {"numbers": tree["numbers"] | {"shift": [float("nan")] * 4}})
    yield "names that are numbers", json.dumps(tree | {"numbers": tree["numbers"] | {"names": [1, 2, 3, 4]}})
    yield "one class", json.dumps(tree | {"target": {"name": "y", "values": ["x"]}})
    yield "class twice", json.dumps(tree | {"target": {"name": "y", "values": ["x", "x"]}})
    yield "no deviation", json.dumps(tree | {"target": {"name": "y", "mean": 0.0, "std": 0.0}})
    yield "mean that is text", json.dumps(tree | {"target": {"name": "y", "mean": "0", "std": 1.0}})


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in tampered()])
def test_damaged_json_is_refused(text):
    with pytest.raises(ValueError, match="the stored preprocessing"):
        Preprocessing.from_json(text)
