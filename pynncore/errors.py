"""What can go wrong during training, beyond Python's own ValueError and TypeError."""


class DivergedError(ArithmeticError):
    """The loss or a weight became NaN or infinite; the network has the weights of the last completed epoch.

    Attributes
    ----------
    epoch : int
        The epoch in which it happened, counted from 1.
    step : int
        The step of that epoch, counted from 1.
    """

    def __init__(self, message: str, *, epoch: int, step: int) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.step = step

    def __reduce__(self) -> tuple[object, ...]:
        return _diverged, (str(self), self.epoch, self.step)


def _diverged(message: str, epoch: int, step: int) -> DivergedError:
    return DivergedError(message, epoch=epoch, step=step)
