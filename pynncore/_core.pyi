"""The native core: kernels, engine, and the catalogue of definitions. Checks types and shapes only."""

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

__version__: str

class Parameter:
    name: str
    default: float
    low: float
    high: float
    choices: list[str]
    meaning: str

class ActivationInfo:
    name: str
    function: str
    formula: str
    derivative: str
    parameters: list[Parameter]
    gain: float
    ulp_f: float
    ulp_df: float
    abs_f: float
    abs_df: float
    df_from_output: bool
    onnx: str
    source: str

class RowFunctionInfo:
    name: str
    function: str
    formula: str
    derivative: str
    onnx: str
    source: str

class LossInfo:
    name: str
    function: str
    formula: str
    gradient: str
    parameters: list[Parameter]
    labels: bool  # True: takes one class index a row; False: a target of the prediction's shape
    per_element: bool  # True: "mean" divides by batch x outputs; False: by the batch
    source: str

class OptimizerInfo:
    name: str
    formula: str
    parameters: list[Parameter]
    slots: list[str]
    source: str

def activations() -> list[ActivationInfo]: ...
def row_functions() -> list[RowFunctionInfo]: ...
def losses() -> list[LossInfo]: ...
def optimizers() -> list[OptimizerInfo]: ...

# Machine
def levels() -> list[str]: ...  # levels this machine can run, best first; the last is always "scalar"
def level() -> str: ...
def set_level(name: str) -> None: ...  # ValueError for unknown or unsupported
def has_openmp() -> bool: ...
def default_threads() -> (
    int
): ...  # min(OpenMP's, affinity, cgroup quota); 1 in a forked child of a process that ran threads
def forked() -> bool: ...  # True in a child forked after threads ran
def compiler() -> str: ...
def measure_peak(dtype: str, threads: int) -> float: ...  # FLOP/s of multiply-adds in registers

# Functions on arrays. u, z, g, out: C-contiguous float32 or float64 of one dtype.
def apply(
    name: str, derivative: bool, u: NDArray[Any], parameters: Sequence[float], out: NDArray[Any], threads: int
) -> None: ...
def apply_rows(name: str, u: NDArray[Any], out: NDArray[Any], threads: int) -> None: ...  # u, out (rows, n)
def apply_rows_backward(name: str, z: NDArray[Any], g: NDArray[Any], out: NDArray[Any], threads: int) -> None: ...

class Loss:
    """A loss with its parameters; `scale` is "mean" or "sum"."""
    def __init__(self, name: str, parameters: Sequence[float], reduction: str) -> None: ...
    # y (rows, n); target (rows, n) of y's dtype, or (rows,) int32 labels. Returns the unscaled weighted values (rows,)
    # float64 and the gradient (rows, n), scaled as the reduction says.
    def evaluate(
        self, y: NDArray[Any], target: NDArray[Any], weight: NDArray[Any] | None
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class Optimizer:
    """An optimizer's configuration, step count and state arrays (made at the first step, for that network alone)."""
    def __init__(self, name: str, parameters: Sequence[float]) -> None: ...
    steps: int
    def get(self, parameter: str) -> float: ...
    def set(self, parameter: str, value: float) -> None: ...
    def state(
        self, network: Network
    ) -> dict[str, NDArray[Any]]: ...  # "0.weight.exp_avg": (out, in) ..., empty before the first step
    def set_state(self, network: Network, state: dict[str, NDArray[Any]]) -> None: ...

class Op:
    """One unit of a network."""
    @property
    def kind(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    def parameters(self) -> list[str]: ...  # ["weight", "bias"] for linear, [] for the others
    def get(self, name: str) -> NDArray[Any]: ...  # a copy: weight (out, in), bias (out,)
    def set(self, name: str, value: NDArray[Any]) -> None: ...  # same shape and dtype, C-contiguous

def linear(in_features: int, out_features: int, bias: bool, dtype: str) -> Op: ...
def activation(name: str, parameters: Sequence[float], dtype: str, surrogate: str | None = None) -> Op: ...
def row_function(name: str, dtype: str) -> Op: ...

class Network:
    """Ops in sequence. `in_features`: columns of x (ops other than linear keep the width)."""
    def __init__(self, ops: Sequence[Op], in_features: int, dtype: str) -> None: ...
    @property
    def in_features(self) -> int: ...
    @property
    def out_features(self) -> int: ...
    # Any strides, any native integer, bool or float dtype. Same bits for any number of rows a call and any threads.
    def forward(self, x: NDArray[Any], threads: int) -> NDArray[Any]: ...  # (n, out_features)
    # Given dLoss/dz: (dLoss/dx or None, one dict of parameter gradients an op).
    def backward(
        self, x: NDArray[Any], dz: NDArray[Any], threads: int, input_gradient: bool
    ) -> tuple[NDArray[Any] | None, list[dict[str, NDArray[Any]]]]: ...

class Trainer:
    """A network, a loss and an optimizer, planned once for a batch size and a number of threads (0: the default)."""
    def __init__(self, network: Network, loss: Loss, optimizer: Optimizer, batch_size: int, threads: int) -> None: ...
    # Steps first..last of an epoch: step s trains on rows order[s * batch_size : (s + 1) * batch_size] of x and target
    # (the last step may be shorter). weight: (n,) of the network's dtype or None. outputs: (n, out_features) of the
    # network's dtype or None; row i receives the network's output for row i as it was before its step. interrupted() is
    # called with the GIL about every 50 ms; what it raises propagates after the running step is complete.
    # Returns (sum over samples of weighted loss values, steps done). Stops early at the first step whose loss is not
    # finite, without applying it. Then steps done < last - first.
    def run(
        self,
        x: NDArray[Any],
        target: NDArray[Any],
        order: NDArray[Any],
        first: int,
        last: int,
        weight: NDArray[Any] | None = None,
        outputs: NDArray[Any] | None = None,
        interrupted: Callable[[], None] | None = None,
    ) -> tuple[float, int]: ...

# Sum of weighted loss values and parameter gradients over all rows of x as one batch, reduced as the loss says.
def gradients(
    network: Network, loss: Loss, x: NDArray[Any], target: NDArray[Any], weight: NDArray[Any] | None, threads: int
) -> tuple[float, list[dict[str, NDArray[Any]]]]: ...

# A permutation of 0..n-1 from the counter-based generator keyed by (seed, epoch).
def shuffle(n: int, seed: int, epoch: int) -> NDArray[Any]: ...
