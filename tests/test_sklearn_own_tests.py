"""scikit-learn's own tests of its perceptrons, with its two classes replaced by ours.

Left out are those that call what is private to scikit-learn's classes:

- test_gradient: `_loss_grad_lbfgs`, one evaluation of its solver; gradients are checked in test_sklearn_training.py.
- test_learning_rate_warmstart, test_adaptive_learning_rate: `_optimizer.learning_rate`, which here is
  `_optimizer.lr`; the same tests with that name are in test_sklearn_training.py.
"""

import importlib.util
from types import ModuleType

import pytest

neural_network = pytest.importorskip("sklearn.neural_network")

from pynncore.sklearn import MLPClassifier, MLPRegressor  # noqa: E402

PRIVATE = ("test_gradient", "test_learning_rate_warmstart", "test_adaptive_learning_rate")


def with_our_classes() -> ModuleType:
    """A copy of scikit-learn's module of tests that imports our classes."""
    spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neural_network, "MLPClassifier", MLPClassifier)
        patch.setattr(neural_network, "MLPRegressor", MLPRegressor)
        spec.loader.exec_module(module)
    return module


globals().update(
    {name: test for name, test in vars(with_our_classes()).items() if name.startswith("test_") and name not in PRIVATE}
)
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def global_random_seed() -> int:
    """What scikit-learn's own conftest provides."""
    return 42
