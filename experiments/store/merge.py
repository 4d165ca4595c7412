"""Merge staged runs into tables and curves. The files do not depend on earlier kills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from experiments.protocols import PROTOCOLS
from experiments.store.checksum import changed_table, write_runs
from experiments.store.files import DamagedError, remove_leftovers, set_aside, write_if_changed
from experiments.store.folder import StudyFolder
from experiments.store.npz import (
    Arrays,
    Repeats,
    join_boundaries,
    join_curves,
    npz_bytes,
    read_npz,
    split_boundaries,
    split_curves,
)
from experiments.store.provenance import resolved_text
from experiments.store.staging import StagedRun, read_staged, staged_files
from experiments.store.study_runs import StudyRuns
from experiments.store.table import Entry, Key, StoredTable, entry_of, key_of

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

_Place = tuple[str, str]
"""Variant and protocol."""
_Staged = dict[Key, StagedRun]
_OfRun = TypeVar("_OfRun")


def merge(study: Study, folder: StudyFolder) -> list[str]:
    """Merge the staged runs of a study into its files, and drop rows that its YAML does not describe any more.

    Curves are written before the table, and staged files are deleted after it: after a kill in between, the next merge
    does the same again. The caller must hold the lock of the study.

    Args:
        study: The study.
        folder: Its folder; no file is written for a study without runs.

    Returns:
        A line for each damaged file that was set aside, whose runs are dropped from the tables, and one about a table
        that something else has changed.

    Raises:
        ExperimentsError: The table is damaged, or the folder is a link.
    """
    folder.refuse_links()
    changed = changed_table(folder)
    lines = [changed] if changed else []
    while True:
        try:
            _merge(study, folder)
        except DamagedError as error:
            lines.append(_set_aside(folder, error.path))
        else:
            return lines


def set_damaged_aside(folder: StudyFolder, places: Iterable[_Place]) -> list[str]:
    """Set unreadable files of curves and boundaries aside, before more runs are trained for them.

    The caller must hold the lock of the study.

    Args:
        folder: The folder of the study.
        places: Variants and protocols that will be trained.

    Returns:
        A line for each file; its runs are dropped from the tables.
    """
    lines = []
    for variant, protocol in places:
        for path in _files_of(folder, variant, protocol):
            try:
                read_npz(path)
            except DamagedError:
                lines.append(_set_aside(folder, path))
    return lines


def _files_of(folder: StudyFolder, variant: str, protocol: str) -> list[Path]:
    boundaries = [folder.boundary(variant)] if protocol == "published" else []
    return [folder.history(variant, protocol), *boundaries]


def _set_aside(folder: StudyFolder, path: Path) -> str:
    """Drop the runs of a damaged file from the table, then rename it: after a kill in between it is found again."""
    if path.parent != folder.staging:
        table = StoredTable.read(folder.runs)
        others = [key for key in table.entries if path not in _files_of(folder, key.variant, key.protocol)]
        write_runs(folder, table.text_with({}, others))
    return set_aside(path)


def _merge(study: Study, folder: StudyFolder) -> None:
    files, study_runs = staged_files(folder.staging), StudyRuns(study)
    runs = (run for path in files for run in read_staged(path))
    staged = {key_of(run.row): run for run in runs if study_runs.has(entry_of(run.row))}
    table = StoredTable.read(folder.runs)
    old = table.entries
    runs_there = {key: entry for key, entry in old.items() if study_runs.has(entry)} | {
        key: entry_of(run.row) for key, run in staged.items()
    }
    if runs_there or old:
        _write_arrays(study, folder, runs_there, staged, changed={*staged, *(old.keys() - runs_there.keys())})
        _write_errors(folder, runs_there, staged)
        write_if_changed(folder.resolved, resolved_text(study))
        new = {key: run.row for key, run in staged.items()}
        write_runs(folder, table.text_with(new, sorted(runs_there, key=study_runs.rank)))
    for path in files:
        path.unlink(missing_ok=True)
    for place in (folder.path, folder.staging):
        remove_leftovers(place)


def variants_with_curves(study: Study) -> tuple[Variant, ...]:
    """Return the variants whose curves are stored: the named ones, or the grid points if there are none."""
    return tuple(variant for variant in study.all_variants if not variant.grid) or study.variants


def _write_arrays(
    study: Study, folder: StudyFolder, entries: dict[Key, Entry], staged: _Staged, changed: Iterable[Key]
) -> None:
    """Write the files of curves and boundaries whose runs changed; delete those of dropped variants."""
    entries_of, staged_of = _by_place(entries), _by_place(staged)
    touched = {(key.variant, key.protocol) for key in changed}
    with_curves = variants_with_curves(study)
    places = [(variant, protocol) for variant in with_curves for protocol in PROTOCOLS]
    for variant, protocol in places:
        place = variant.name, protocol
        if place in touched:
            here, new = entries_of.get(place, {}), staged_of.get(place, {})
            _write_curves(folder.history(*place), variant, here, new)
            if protocol == "published":
                _write_boundaries(folder.boundary(variant.name), here, new)
    _keep_only(folder, "history", {folder.history(v.name, protocol) for v, protocol in places})
    _keep_only(folder, "boundaries", {folder.boundary(v.name) for v in with_curves})


def _by_place(runs: dict[Key, _OfRun]) -> dict[_Place, dict[int, _OfRun]]:
    grouped: dict[_Place, dict[int, _OfRun]] = {}
    for key, entry in runs.items():
        grouped.setdefault((key.variant, key.protocol), {})[key.repeat] = entry
    return grouped


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


def _write_errors(folder: StudyFolder, entries: dict[Key, Entry], staged: _Staged) -> None:
    failed = {key: folder.error(*key) for key, entry in entries.items() if entry.failed}
    for key, run in staged.items():
        if key in failed:
            write_if_changed(failed[key], run.traceback)
    _keep_only(folder, "errors", failed.values())


def _keep_only(folder: StudyFolder, name: str, current: Iterable[Path]) -> None:
    """Delete the files of dropped runs, temporary files, and the folder if it is empty."""
    current = set(current)
    for path in folder.runs_files(name):
        if path not in current:
            path.unlink()
    place = folder.path / name
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()
