"""Finished runs that are not in the tables yet: a few runs to a file, each file written atomically.

Rewriting runs.csv after every run would take longer than many runs. A kill loses the runs that are not staged yet.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.store.files import DamagedError, write_atomically
from experiments.store.result import Row, RunResult, row_of

if TYPE_CHECKING:
    import numpy as np

_RECORDS, _ARRAYS = "records.json", "arrays.bin"
_counter = itertools.count()


@dataclass(frozen=True)
class StagedRun:
    """A finished run as it is stored.

    Attributes:
        row: The row of runs.csv.
        traceback: Traceback of a failed run, else "".
        history: Curves, each of shape (epochs_run,).
        arrays: Further arrays.
    """

    row: Row
    traceback: str
    history: dict[str, np.ndarray]
    arrays: dict[str, np.ndarray]


def stage(folder: Path, results: Sequence[RunResult]) -> None:
    """Write finished runs to a file; no later kill loses them.

    Args:
        folder: The study's staging folder.
        results: Runs that finished since the last call; after a kill all of them are there, or none.
    """
    # Names sort by time, so that the later of two records of one run wins.
    name = f"{time.time_ns():020d}-{os.getpid()}-{next(_counter)}.zip"
    write_atomically(folder / name, _encode(results))


def staged_files(folder: Path) -> list[Path]:
    """List the files to be merged, oldest first."""
    return sorted(folder.glob("*.zip")) if folder.is_dir() else []


def read_staged(path: Path) -> list[StagedRun]:
    """Read the runs of one staged file.

    Args:
        path: The file.

    Raises:
        DamagedError: The file is truncated or changed, or is no staged file.
    """
    content = path.read_bytes()
    try:
        return _decode(content)
    except MemoryError:
        raise
    except Exception as error:  # zipfile and json raise some ten types, depending on the place of the damage
        raise DamagedError(path, error, "its runs count as not done") from error


def _encode(results: Sequence[RunResult]) -> bytes:
    records, blob = [], io.BytesIO()
    for result in results:
        record = {"row": row_of(result), "traceback": result.error}
        for kind in ("history", "arrays"):
            record[kind] = {name: _append(blob, array) for name, array in getattr(result, kind).items()}
        records.append(record)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(_RECORDS, json.dumps(records))
        file.writestr(_ARRAYS, blob.getvalue())
    return archive.getvalue()


def _append(blob: io.BytesIO, array: Any) -> list[Any]:
    import numpy as np

    array = np.ascontiguousarray(array).reshape(np.shape(array))
    offset = blob.tell()
    blob.write(array.tobytes())
    return [array.dtype.str, list(array.shape), offset]


def _decode(content: bytes) -> list[StagedRun]:
    import numpy as np

    with zipfile.ZipFile(io.BytesIO(content)) as file:
        records, blob = json.loads(file.read(_RECORDS)), file.read(_ARRAYS)

    def array(dtype: str, shape: list[int], offset: int) -> np.ndarray:
        count = int(np.prod(shape))
        return np.frombuffer(blob, dtype=dtype, count=count, offset=offset).reshape(shape)

    def arrays(record: dict[str, Any], kind: str) -> dict[str, np.ndarray]:
        return {name: array(*spec) for name, spec in record[kind].items()}

    return [StagedRun(r["row"], r["traceback"], arrays(r, "history"), arrays(r, "arrays")) for r in records]
