"""Looks at the verdicts of a study before its last repeat, recorded in its folder: ``looks.json``."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder

LOOKS = {30: 0.0079, 100: 0.0162, 300: 0.0317}
"""Repeats at a look to the largest adjusted p-value that decides a claim there: 5 % in all three together.

Lan and DeMets' spending function like Pocock's bounds (1983), at 10, 33 and 100 % of the repeats.
"""


def read_looks(folder: StudyFolder) -> tuple[int, ...]:
    """Read the repeats at which the verdicts of a study were looked at.

    Args:
        folder: The study's folder.

    Returns:
        Keys of ``LOOKS`` in order; none without the file, or where it is damaged: then the rule of one look holds.
    """
    try:
        found = json.loads(_path(folder).read_text(encoding="utf-8"))["looks"]
        return tuple(look for look in LOOKS if look in found)
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def record_look(folder: StudyFolder, look: int) -> None:
    """Record a look, before its runs are trained: from then on every verdict has to pay for all looks.

    Args:
        folder: The study's folder.
        look: A key of ``LOOKS``.
    """
    looks = sorted({*read_looks(folder), look})
    folder.path.mkdir(parents=True, exist_ok=True)
    levels = {str(look): LOOKS[look] for look in looks}
    write_atomically(_path(folder), json.dumps({"looks": looks, "levels": levels}, indent=2) + "\n")


def _path(folder: StudyFolder) -> Path:
    return folder.path / "looks.json"
