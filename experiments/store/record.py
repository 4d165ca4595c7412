"""What one finished run hands to the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from experiments.language.study import Run

Scalar = float | int | str

_LONGEST_ERROR = 500


@dataclass(frozen=True)
class RunResult:
    """Everything that is kept of one run.

    Attributes:
        run: The run itself.
        scalars: Column of runs.csv to value; columns that do not apply are absent.
        history: Keras' history keys and probe keys to arrays of shape (epochs_run,), float32.
        arrays: Further arrays, such as a decision boundary's ``x``, ``y`` and ``probability``; may be empty.
        error: The traceback of a run that raised, else "".
    """

    run: Run
    scalars: dict[str, Scalar]
    history: dict[str, np.ndarray]
    arrays: dict[str, np.ndarray]
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether the run raised. A diverged training is a result, not a failure."""
        return bool(self.error)

    @property
    def short_error(self) -> str:
        """The line of the traceback that names the exception, or the last line of another text; cut if long."""
        _, marker, last_traceback = self.error.rpartition("Traceback (most recent call last):\n")
        lines = last_traceback.strip("\n").splitlines() or [""]
        line = next((line for line in lines if line[:1].strip()), lines[-1]) if marker else lines[-1]
        return line if len(line) <= _LONGEST_ERROR else f"{line[: _LONGEST_ERROR - 1]}…"
