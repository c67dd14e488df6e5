"""What `fit` returns."""

from collections.abc import Mapping


class History:
    """One number an epoch of everything that `fit` measured.

    Attributes
    ----------
    history : dict of str to list of float
        "loss", the metrics by name, with validation data "val_loss" and "val_" + each metric, then "lr" and "seconds".
    stopped : str or None
        Why training ended before the last epoch, if it did.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), loss="mse", optimizer="SGD", epochs=2)
    >>> list(history.history), len(history)
    (['loss', 'lr', 'seconds'], 2)
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.stopped: str | None = None

    def append(self, logs: Mapping[str, float]) -> None:
        """Add an epoch."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __len__(self) -> int:
        return max(map(len, self.history.values()), default=0)

    def __getitem__(self, name: str) -> list[float]:
        return self.history[name]

    def __repr__(self) -> str:
        if not self.history:
            return "History(no epochs)"
        last = ", ".join(f"{name}={values[-1]:.4g}" for name, values in self.history.items())
        return f"History({len(self)} epochs; last: {last})"
