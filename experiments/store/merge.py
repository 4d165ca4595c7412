"""Merge staged runs into tables and curves. The files do not depend on earlier kills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store.checksum import changed_table, write_runs
from experiments.store.files import DamagedError, remove_leftovers, set_aside, write_if_changed
from experiments.store.folder import StudyFolder
from experiments.store.npz import read_npz
from experiments.store.provenance import resolved_text
from experiments.store.run_arrays import keep_only, write_arrays
from experiments.store.staging import StagedRun, read_staged, staged_files
from experiments.store.study_runs import StudyRuns
from experiments.store.table import Entry, Key, Place, StoredTable, entry_of, key_of

if TYPE_CHECKING:
    from experiments.language.study import Study

_MOST_BYTES = 32 << 20
"""Size of the staged files that are in memory at the same time."""


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
            for files in _portions(staged_files(folder.staging)):
                _merge(study, folder, files)
        except DamagedError as error:
            lines.append(_set_aside(folder, error.path))
        else:
            return lines


def set_damaged_aside(folder: StudyFolder, places: Iterable[Place]) -> list[str]:
    """Set unreadable files of curves and boundaries aside, before more runs are trained for them.

    The caller must hold the lock of the study.

    Args:
        folder: The folder of the study.
        places: Variants and protocols that will be trained.

    Returns:
        A line for each file; its runs are dropped from the tables.
    """
    lines, curves = [], folder.histories()
    for variant, protocol in places:
        boundaries = [folder.boundary(variant)] if protocol == "published" else []
        for path in (*curves.get(folder.history(variant, protocol), ()), *boundaries):
            try:
                read_npz(path)
            except DamagedError:
                lines.append(_set_aside(folder, path))
    return lines


def _set_aside(folder: StudyFolder, path: Path) -> str:
    """Drop the runs of a damaged file from the table, then rename it: after a kill in between it is found again."""
    if path.parent != folder.staging:
        table = StoredTable.read(folder.runs)
        write_runs(folder, table.text_with({}, [key for key in table.entries if not _has(folder, path, key)]))
    return set_aside(path)


def _has(folder: StudyFolder, path: Path, key: Key) -> bool:
    """Return whether a file has arrays of a run. An older version wrote the curves of all repeats to the first file."""
    if path == folder.boundary(key.variant):
        return key.protocol == "published"
    own = folder.history(*key)
    return path == own or (path == folder.history(key.variant, key.protocol) and not own.is_file())


def _portions(files: Iterable[Path]) -> Iterator[list[Path]]:
    """Divide staged files, oldest first, into portions that fit in memory; without any file, one without files."""
    portion: list[Path] = []
    size = 0
    for path in files:
        more = path.stat().st_size
        if portion and size + more > _MOST_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(path)
        size += more
    yield portion


def _merge(study: Study, folder: StudyFolder, files: list[Path]) -> None:
    study_runs = StudyRuns(study)
    runs = (run for path in files for run in read_staged(path))
    staged = {key_of(run.row): run for run in runs if study_runs.has(entry_of(run.row))}
    table = StoredTable.read(folder.runs)
    old = table.entries
    runs_there = {key: entry for key, entry in old.items() if study_runs.has(entry)} | {
        key: entry_of(run.row) for key, run in staged.items()
    }
    if runs_there or old:
        write_arrays(study, folder, runs_there, staged, changed={*staged, *(old.keys() - runs_there.keys())})
        _write_errors(folder, runs_there, staged)
        write_if_changed(folder.resolved, resolved_text(study))
        new = {key: run.row for key, run in staged.items()}
        write_runs(folder, table.text_with(new, sorted(runs_there, key=study_runs.rank)))
    for path in files:
        path.unlink(missing_ok=True)
    for place in (folder.path, folder.staging):
        remove_leftovers(place)


def _write_errors(folder: StudyFolder, entries: dict[Key, Entry], staged: dict[Key, StagedRun]) -> None:
    failed = {key: folder.error(*key) for key, entry in entries.items() if entry.failed}
    for key, run in staged.items():
        if key in failed:
            write_if_changed(failed[key], run.traceback)
    keep_only(folder, "errors", failed.values())
