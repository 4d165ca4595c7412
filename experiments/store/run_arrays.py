"""Write the curves and decision boundaries of merged runs: the files whose runs changed, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from experiments.protocols import PROTOCOLS
from experiments.store.files import write_if_changed
from experiments.store.folder import REPEATS_OF_A_FILE, StudyFolder
from experiments.store.npz import (
    Arrays,
    Repeats,
    StoredArrays,
    join_boundaries,
    join_curves,
    npz_bytes,
    read_npz,
    split_boundaries,
    split_curves,
)
from experiments.store.staging import StagedRun
from experiments.store.table import Entry, Key, Place

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

_Group = TypeVar("_Group")
_OfRun = TypeVar("_OfRun")


def variants_with_curves(study: Study) -> tuple[Variant, ...]:
    """Return the variants whose curves are stored: the named ones, or the grid points if there are none."""
    return tuple(variant for variant in study.all_variants if not variant.grid) or study.variants


def write_arrays(
    study: Study,
    folder: StudyFolder,
    entries: Mapping[Key, Entry],
    staged: Mapping[Key, StagedRun],
    changed: Iterable[Key],
) -> None:
    """Write the files of curves and boundaries whose runs changed; delete those of dropped runs and variants.

    Args:
        study: The study.
        folder: Its folder.
        entries: All of its runs.
        staged: Those of them that are not in the files yet.
        changed: The runs that are new or dropped.
    """
    variants = {variant.name: variant for variant in variants_with_curves(study)}
    touched = [key for key in changed if key.variant in variants and key.protocol in PROTOCOLS]
    _divide_long_files(folder, variants, entries, {key.place for key in touched})
    hundreds = {_hundred(key) for key in touched}
    old, new = _grouped(entries, _hundred, hundreds), _grouped(staged, _hundred, hundreds)
    for hundred in sorted(hundreds):
        name, protocol, number = hundred
        path = folder.history(name, protocol, number * REPEATS_OF_A_FILE)
        _write_curves(path, variants[name], old.get(hundred, {}), new.get(hundred, {}))
    with_boundary = {key.place for key in touched if key.protocol == "published"}
    place_of = attrgetter("place")
    published, added = _grouped(entries, place_of, with_boundary), _grouped(staged, place_of, with_boundary)
    for place in sorted(with_boundary):
        _write_boundaries(folder.boundary(place[0]), published.get(place, {}), added.get(place, {}))
    curves = folder.histories()
    firsts = {folder.history(name, protocol) for name in variants for protocol in PROTOCOLS}
    keep_only(folder, "history", (path for first in firsts & curves.keys() for path in curves[first]))
    keep_only(folder, "boundaries", map(folder.boundary, variants))


def keep_only(folder: StudyFolder, name: str, current: Iterable[Path]) -> None:
    """Delete the files of dropped runs, temporary files, and the sub-folder if it is empty.

    Args:
        folder: Of the study.
        name: "history", "boundaries" or "errors".
        current: The files that stay.
    """
    current = set(current)
    for path in folder.runs_files(name):
        if path not in current:
            path.unlink()
    place = folder.path / name
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()


def _hundred(key: Key) -> tuple[str, str, int]:
    return key.variant, key.protocol, key.repeat // REPEATS_OF_A_FILE


def _grouped(
    runs: Mapping[Key, _OfRun], group_of: Callable[[Key], _Group], groups: set[_Group]
) -> dict[_Group, dict[int, _OfRun]]:
    """Group the runs of some groups, each by its repeat."""
    grouped: dict[_Group, dict[int, _OfRun]] = {}
    for key, run in runs.items():
        group = group_of(key)
        if group in groups:
            grouped.setdefault(group, {})[key.repeat] = run
    return grouped


def _divide_long_files(
    folder: StudyFolder, variants: Mapping[str, Variant], entries: Iterable[Key], places: set[Place]
) -> None:
    """Divide files that an older version wrote for more repeats than a file has now; the first file last."""
    long = {key.place for key in entries if key.repeat >= REPEATS_OF_A_FILE}
    for name, protocol in sorted(places & long):
        first = folder.history(name, protocol)
        if not first.is_file() or StoredArrays(first).read("repeat").max(initial=0) < REPEATS_OF_A_FILE:
            continue
        files: dict[Path, Repeats] = {}
        for repeat, run in split_curves(read_npz(first)).items():
            files.setdefault(folder.history(name, protocol, repeat), {})[repeat] = run
        own = files.pop(first, {})
        for path, runs in files.items():
            write_if_changed(path, npz_bytes(join_curves(runs | split_curves(read_npz(path)), variants[name].grid)))
        if own:
            write_if_changed(first, npz_bytes(join_curves(own, variants[name].grid)))
        else:
            first.unlink()


def _write_curves(path: Path, variant: Variant, entries: dict[int, Entry], new: dict[int, StagedRun]) -> None:
    added: Repeats = {repeat: (run.row["hash"], run.history) for repeat, run in new.items() if run.history}
    _write_joined(path, entries, split_curves, added, lambda repeats: join_curves(repeats, variant.grid))


def _write_boundaries(path: Path, entries: dict[int, Entry], new: dict[int, StagedRun]) -> None:
    added: Repeats = {
        repeat: (run.row["hash"], run.arrays) for repeat, run in new.items() if "probability" in run.arrays
    }
    _write_joined(path, entries, split_boundaries, added, join_boundaries)


def _write_joined(
    path: Path,
    entries: dict[int, Entry],
    split: Callable[[Arrays], Repeats],
    added: Repeats,
    join: Callable[[Repeats], Arrays],
) -> None:
    """Write the arrays of new runs and of old runs that stay; failed runs have none."""
    hashes = {repeat: entry.hash for repeat, entry in entries.items() if not entry.failed}
    arrays = split(read_npz(path)) | added
    arrays = {repeat: of_run for repeat, of_run in arrays.items() if hashes.get(repeat) == of_run[0]}
    if arrays:
        write_if_changed(path, npz_bytes(join(arrays)))
    else:
        path.unlink(missing_ok=True)
