"""The learning curves of a variant, decoded one by one from the files of its hundreds of repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.column_types import CURVE_INDEX, GRID
from experiments.store.npz import StoredArrays

if TYPE_CHECKING:
    import numpy as np


class StoredCurves(Mapping[str, "np.ndarray"]):
    """A mapping of history keys to arrays of shape (run, epoch), float32, NaN after the end of a run.

    A figure needs two curves of a dozen, so each is decoded when it is first used.

    Args:
        files: The files of the variant, in the order of their repeats. A repeat in two of them is that of the later.

    Raises:
        DamagedError: A file is truncated or changed. The same where a curve is used.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = [StoredArrays(path) for path in files]
        self._read: dict[str, np.ndarray] = {}
        names = (name for file in self._files for name in file.names)
        self._names = dict.fromkeys(name for name in names if name not in CURVE_INDEX and not name.startswith(GRID))

    def __getitem__(self, key: str) -> np.ndarray:
        """Return a curve of all runs, in the order of ``repeat``."""
        if key not in self._names:
            raise KeyError(key)
        if key not in self._read:
            self._read[key] = self._joined(key)
        return self._read[key]

    def __contains__(self, key: object) -> bool:
        return key in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def bytes(self) -> int:
        """Size in memory of the files and of the curves decoded so far."""
        return sum(file.bytes for file in self._files) + sum(curve.nbytes for curve in self._read.values())

    @cached_property
    def repeat(self) -> np.ndarray:
        """The repeat of each run, ascending, shape (run,)."""
        import numpy as np

        return np.unique(np.concatenate([file.read("repeat") for file in self._files]))

    @cached_property
    def epochs(self) -> int:
        """Length of the longest run."""
        return max(int(file.read("epochs").max(initial=0)) for file in self._files)

    @property
    def grid(self) -> dict[str, Any]:
        """Axis to value, of a point of a grid."""
        first = self._files[0]
        return {name.removeprefix(GRID): first.read(name)[0].item() for name in first.names if name.startswith(GRID)}

    def _joined(self, key: str) -> np.ndarray:
        import numpy as np

        if len(self._files) == 1:
            return self._files[0].read(key)
        joined = np.full((len(self.repeat), self.epochs), np.nan, np.float32)
        for file in self._files:
            rows = np.searchsorted(self.repeat, file.read("repeat"))
            joined[rows] = np.nan
            if key in file.names:
                curve = file.read(key)
                joined[rows, : curve.shape[1]] = curve
        return joined
