"""The .npz files of a study: learning curves and decision boundaries, one file for all repeats of a variant."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from experiments.column_types import CURVE_INDEX, GRID
from experiments.store.files import DamagedError

if TYPE_CHECKING:
    import numpy as np

_Decoded = TypeVar("_Decoded")
Arrays = dict[str, "np.ndarray"]
Repeats = dict[int, tuple[str, Arrays]]
"""Repeat to the hash of its run and its arrays."""


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of a compressed .npz file; equal arrays give equal bytes.

    Args:
        arrays: Name to array.
    """
    import numpy as np

    content = io.BytesIO()
    np.savez_compressed(content, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    return content.getvalue()


class StoredArrays:
    """The arrays of an .npz file of runs, each decoded when it is asked for; all are of the moment of opening.

    Args:
        path: The file.

    Attributes:
        names: Names of the arrays, in the order of the file.
        bytes: Size of the file, which stays in memory.

    Raises:
        DamagedError: The file is truncated or changed, or contains no runs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = path.read_bytes()
        self.bytes = len(self._content)
        self.names: list[str] = self._decode(_names_in)

    def read(self, name: str) -> np.ndarray:
        """Decode an array.

        Raises:
            DamagedError: Its part of the file is changed.
        """
        return self._decode(lambda archive: _array_in(archive, name))

    def _decode(self, decode: Callable[[zipfile.ZipFile], _Decoded]) -> _Decoded:
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                return decode(archive)
        except MemoryError:  # the checksums are right: the machine has too little memory
            raise
        except Exception as error:  # zipfile, zlib and NumPy raise some ten types, depending on the place of the damage
            raise DamagedError(
                self._path, error, "python -m experiments run STUDY --force trains its runs again"
            ) from error


def read_npz(path: Path) -> Arrays:
    """Read all arrays of an .npz file of runs; a missing file has none.

    Args:
        path: The file.

    Returns:
        Name to array.

    Raises:
        DamagedError: The file is truncated or changed, or contains no runs.
    """
    if not path.is_file():
        return {}
    stored = StoredArrays(path)
    return {name: stored.read(name) for name in stored.names}


def _names_in(archive: zipfile.ZipFile) -> list[str]:
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    if not {"repeat", "hash"} <= set(names):
        raise ValueError("it does not say whose runs it has")
    return names


def _array_in(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    from numpy.lib.format import read_array

    # Reading a member to its end checks its checksum.
    return read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)


def join_curves(repeats: Repeats, grid: Mapping[str, Any]) -> Arrays:
    """Stack the curves of single runs.

    Args:
        repeats: Repeat to hash and curves of shape (epochs_run,).
        grid: Axis values of the variant, stored beside the curves as ``grid.<axis>``.

    Returns:
        Curves of shape (run, epoch), float32, NaN after the end of a run. Beside them, of shape (run,), ``repeat``,
        ``hash``, ``epochs`` (length of the run) and the grid values.
    """
    import numpy as np

    order = sorted(repeats)
    curves = [repeats[repeat][1] for repeat in order]
    lengths = np.array([max(map(len, run.values()), default=0) for run in curves], np.int32)
    epochs = lengths.max(initial=0)
    joined: Arrays = {"epochs": lengths}
    for name in sorted({name for run in curves for name in run}):
        joined[name] = np.full((len(order), epochs), np.nan, np.float32)
        for i, run in enumerate(curves):
            if name in run:
                joined[name][i, : len(run[name])] = run[name]
    for axis, value in grid.items():
        joined[GRID + axis] = np.array([value if isinstance(value, (int, float)) else str(value)] * len(order))
    return joined | _beside(order, repeats)


def split_curves(arrays: Arrays) -> Repeats:
    """Split stacked curves into single runs; the inverse of ``join_curves``.

    Args:
        arrays: Result of ``join_curves``, or {}.
    """
    if not arrays:
        return {}
    names = [name for name in arrays if name not in CURVE_INDEX and not name.startswith(GRID)]
    return {
        int(repeat): (str(arrays["hash"][i]), {name: arrays[name][i, : arrays["epochs"][i]] for name in names})
        for i, repeat in enumerate(arrays["repeat"])
    }


def join_boundaries(repeats: Repeats) -> Arrays:
    """Stack the decision boundaries of single runs.

    Args:
        repeats: Repeat to hash and arrays with ``probability`` of shape (y, x) and the mesh and points beside it.

    Returns:
        ``probability`` (run, y, x), ``mean_probability`` (y, x), ``repeat`` and ``hash``; and the mesh and the points
        of the first run.
    """
    import numpy as np

    order = sorted(repeats)
    stacked = np.stack([repeats[repeat][1]["probability"] for repeat in order])
    mean = stacked.astype(np.float32).mean(axis=0).astype(np.float16)
    first = repeats[order[0]][1]
    return first | {"probability": stacked, "mean_probability": mean} | _beside(order, repeats)


def split_boundaries(arrays: Arrays) -> Repeats:
    """Split stacked boundaries into single runs; the inverse of ``join_boundaries``.

    Args:
        arrays: Result of ``join_boundaries``, or {}.
    """
    if not arrays:
        return {}
    shared = {name: a for name, a in arrays.items() if name not in (*CURVE_INDEX, "probability", "mean_probability")}
    return {
        int(repeat): (str(arrays["hash"][i]), shared | {"probability": arrays["probability"][i]})
        for i, repeat in enumerate(arrays["repeat"])
    }


def _beside(order: Sequence[int], repeats: Repeats) -> Arrays:
    import numpy as np

    return {"repeat": np.array(order, np.int32), "hash": np.array([repeats[repeat][0] for repeat in order])}
