"""scikit-learn's multi-layer perceptrons, trained by pynncore: the same estimators, many times faster, and more.

from pynncore.sklearn import MLPClassifier, MLPRegressor

Parameters, attributes, methods, stopping rules and warnings are scikit-learn's, and so are its conventions where they
differ from PyTorch's: alpha is divided by the samples of a batch and spares the biases, and the same random_state gives
the same initial weights and batches. What they have beyond scikit-learn follows after its own parameters.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError:
    raise ImportError("pynncore.sklearn needs scikit-learn: pip install 'pynncore[sklearn]'") from None

from .classifier import MLPClassifier
from .regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
