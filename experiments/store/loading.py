"""Results in Python: the table of runs as a DataFrame, the curves as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from experiments.column_types import GRID
from experiments.columns import TEXT_COLUMNS
from experiments.errors import ExperimentsError
from experiments.store.folder import StudyFolder
from experiments.store.provenance import refuse_newer_format
from experiments.store.stored_curves import StoredCurves

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


_Key = TypeVar("_Key")


@dataclass(frozen=True, repr=False)
class StoredHistory(Mapping[str, "np.ndarray"]):
    """The learning curves of all repeats of a variant under one protocol; a mapping of history keys to arrays.

    Attributes:
        study: Name of the study.
        variant: Name of the variant.
        protocol: "published" or "fresh".
        curves: History key to an array of shape (run, epoch), float32, NaN after the end of a run.
    """

    study: str
    variant: str
    protocol: str
    curves: StoredCurves

    def __getitem__(self, key: str) -> np.ndarray:
        return self.curves[key]

    def __contains__(self, key: object) -> bool:
        return key in self.curves

    def __iter__(self) -> Iterator[str]:
        return iter(self.curves)

    def __len__(self) -> int:
        return len(self.curves)

    @property
    def repeat(self) -> np.ndarray:
        """The repeat of each row of the curves, shape (run,)."""
        return self.curves.repeat

    @property
    def grid(self) -> Mapping[str, Any]:
        """Axis to value, for a point of a grid."""
        return self.curves.grid

    @property
    def epochs(self) -> int:
        """Length of the longest run."""
        return self.curves.epochs

    def __repr__(self) -> str:
        size = f"{len(self.repeat)} runs x {self.epochs} epochs"
        return f"<History of {self.study}: {self.variant}, {self.protocol}: {size}: {', '.join(self.curves)}>"


_KEPT_BYTES = 32 << 20


class StoredHistories(Mapping[_Key, StoredHistory]):
    """The learning curves of a study, read when they are needed; those of a large study do not stay in memory.

    Args:
        study: Name of the study.
        out: The results folder.
        places: Key to variant and protocol; those without stored curves are no part of the mapping.
    """

    def __init__(self, study: str, out: Path, places: Mapping[_Key, tuple[str, str]]) -> None:
        folder = StudyFolder.of(study, out)
        files = folder.histories()
        self._study = study
        firsts = {key: folder.history(*place) for key, place in places.items()}
        self._places = {key: (*places[key], files[first]) for key, first in firsts.items() if first in files}
        self._kept: dict[_Key, StoredHistory] = {}

    def __getitem__(self, key: _Key) -> StoredHistory:
        """Return the curves of a key.

        Raises:
            KeyError: There are none.
            ExperimentsError: Their file is damaged.
        """
        if key not in self._kept:
            variant, protocol, files = self._places[key]
            self._kept[key] = StoredHistory(self._study, variant, protocol, StoredCurves(files))
            while len(self._kept) > 1 and sum(history.curves.bytes for history in self._kept.values()) > _KEPT_BYTES:
                del self._kept[next(iter(self._kept))]
        return self._kept[key]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places


def load_results(study: str, out: str | Path = "results") -> pd.DataFrame:
    """Load the runs of a study.

    Args:
        study: Its name, such as "dropout".
        out: The results folder.

    Returns:
        One row for each run, with the columns of runs.csv; numbers as they were computed, missing ones NaN.

    Raises:
        ExperimentsError: There are no results of that name, or a newer version has written them.

    Example:
        >>> runs = experiments.load_results("dropout")
        >>> runs.groupby(["variant", "protocol"]).test_accuracy.mean()
    """
    import pandas as pd

    folder = StudyFolder.of(study, out)
    path = folder.runs
    if not path.is_file():
        raise ExperimentsError(_nothing(study, Path(out)))
    refuse_newer_format(folder)
    header = pd.read_csv(path, nrows=0).columns
    # A variant or the label of a grid value may be called "none" or "nan", which pandas reads as a missing value.
    missing = {column: [""] if column.startswith(GRID) else ["", "nan"] for column in header}
    texts = [column for column in TEXT_COLUMNS if column in header]
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values={column: values for column, values in missing.items() if column not in texts},
        low_memory=False,
    )


def load_history(study: str, variant: str, protocol: str = "published", out: str | Path = "results") -> StoredHistory:
    """Load the learning curves of a variant.

    Args:
        study: Name of the study.
        variant: Name of the variant; grid points have curves only in a study without named variants.
        protocol: "published" or "fresh".
        out: The results folder.

    Returns:
        Curves by history key, each of shape (run, epoch).

    Raises:
        ExperimentsError: There are none.

    Example:
        >>> experiments.load_history("dropout", "baseline")["val_accuracy"].mean(axis=0)
    """
    folder = StudyFolder.of(study, out)
    path, stored = folder.history(variant, protocol), folder.histories()
    if path not in stored:
        names = sorted(first.name.removesuffix(".npz") for first in stored)
        raise ExperimentsError(f"no curves at {path}" + (f"; there are {', '.join(names)}" if names else ""))
    return StoredHistory(study, variant, protocol, StoredCurves(stored[path]))


def _nothing(study: str, out: Path) -> str:
    names = sorted(path.parent.name for path in out.glob("*/runs.csv"))
    near = get_close_matches(study, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; run it first: python -m experiments run {study}"
    return f"no results of {study!r} in {out}/{hint}"
