"""A finished run, and its row of runs.csv."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.column_types import GRID
from experiments.columns import IDENTITY
from experiments.store.spreadsheets import cell_of

if TYPE_CHECKING:
    import numpy as np

    from experiments.language.study import Run

Row = dict[str, str]
"""Column name to text; empty columns are absent."""

Scalar = float | int | str

_LONGEST_ERROR = 500
_OF_RUN = tuple(column.name for column in IDENTITY if column.name not in ("tier", "device", f"{GRID}<axis>"))
"""Columns that are attributes of the run; the tier and the device are known after training only."""


@dataclass(frozen=True)
class RunResult:
    """Everything that is stored of one run.

    Attributes:
        run: The run.
        scalars: Measured columns of runs.csv; columns that do not apply are absent.
        history: History keys of Keras and of ``record`` to arrays of shape (epochs_run,), float32.
        arrays: Further arrays, such as ``x``, ``y`` and ``probability`` of a decision boundary; may be empty.
        error: Traceback of a run that raised, else "".
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


def row_of(result: RunResult) -> Row:
    """Return the row of a finished run.

    Args:
        result: The row of a failed run has ``stopped_because: failed`` and the last line of the traceback.

    Returns:
        Column name to text; empty columns are absent.
    """
    run = result.run
    values: dict[str, Any] = {name: getattr(run, name) for name in _OF_RUN}
    values |= {GRID + axis: value for axis, value in run.grid.items()}
    values |= result.scalars
    if result.failed:
        values |= {"stopped_because": "failed", "error": result.short_error}
    return {
        column: cell_of(value) if isinstance(value, str) else format_value(value) for column, value in values.items()
    }


def format_value(value: Any) -> str:
    """Return the text of a value; reading it gives the same value again.

    Args:
        value: A number of Python or NumPy, text, None, or a component of a grid.
    """
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, sort_keys=True)
    return "" if value is None else str(value)
