"""The checksum of runs.csv, by which a number that something else changed is noticed.

``runs.csv.sha256`` has the format of ``sha256sum``, so that ``sha256sum --check runs.csv.sha256`` reads it too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from experiments.errors import ExperimentsError
from experiments.store.files import write_atomically, write_if_changed
from experiments.store.folder import StudyFolder
from experiments.store.npz import read_npz


def write_runs(folder: StudyFolder, text: str) -> None:
    """Write runs.csv and its checksum, unless the table has this content already.

    While the table is replaced, the checksums of its old and its new content are both in the file, so that a kill at
    any moment leaves a table that one of them fits.

    Args:
        folder: Of the study. The caller must hold its lock.
        text: The table.
    """
    new = text.encode()
    old = folder.runs.read_bytes() if folder.runs.is_file() else None
    sums = _recorded(folder)
    if old != new:
        write_if_changed(folder.checksum, _lines(*(sums or ([_sum(old)] if old is not None else [])), _sum(new)))
        write_atomically(folder.runs, new)
    elif sums and _sum(new) not in sums:
        return  # a changed table that stays is not accepted by this
    write_if_changed(folder.checksum, _lines(_sum(new)))


def changed_table(folder: StudyFolder) -> str | None:
    """Return a line about a runs.csv that is not as this program wrote it, or None.

    Args:
        folder: Of the study. A table without a checksum, such as one of an older version, is not judged.
    """
    for _ in range(3):  # another process may replace the table between the two reads
        if not folder.runs.is_file() or _fits(folder, folder.runs.read_bytes()):
            return None
    return (
        f"{folder.runs} was changed after it was written: its checksum differs. Its rows are used as they are; bring "
        f"back a copy, or delete {folder.checksum.name} to accept the change"
    )


def check_files(folder: StudyFolder) -> int:
    """Check that the table and the arrays of a study are as they were written.

    Args:
        folder: Of the study.

    Returns:
        The number of files.

    Raises:
        ExperimentsError: With a line for each file that is changed or damaged.
    """
    arrays = [*folder.runs_files("history"), *folder.runs_files("boundaries")]
    lines = [line for line in (changed_table(folder), *map(_unreadable, arrays)) if line]
    if lines:
        raise ExperimentsError("\n".join(lines))
    return len(arrays) + folder.runs.is_file()


def _unreadable(path: Path) -> str | None:
    try:
        read_npz(path)  # its container has a checksum of each array
    except ExperimentsError as error:
        return str(error)
    return None


def _recorded(folder: StudyFolder) -> list[str]:
    """Return the checksums in the file; none where there is no file."""
    if not folder.checksum.is_file():
        return []
    lines = folder.checksum.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def _fits(folder: StudyFolder, content: bytes) -> bool:
    sums = _recorded(folder)
    return not sums or _sum(content) in sums


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _lines(*sums: str) -> str:
    return "".join(f"{checksum}  runs.csv\n" for checksum in sums)
