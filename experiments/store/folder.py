"""Paths of the files of one study."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from experiments.errors import ExperimentsError
from experiments.protocols import PROTOCOLS, STORED_PROTOCOLS
from experiments.store.files import is_leftover, safe_name

_WITH_CURVES = "|".join(PROTOCOLS)
_PROTOCOL = "|".join(STORED_PROTOCOLS)
REPEATS_OF_A_FILE = 100
"""Repeats whose curves share a file: a further run of a thousand writes only the file of its hundred anew."""
_CURVES = re.compile(rf"(.+\.(?:{_WITH_CURVES}))(?:\.(\d+))?\.npz")
"""Variant and protocol, and the first repeat where it is not 0."""
_OURS = {
    "history": _CURVES,
    "boundaries": re.compile(r".+\.published\.npz"),
    "errors": re.compile(rf".+\.({_PROTOCOL})\.\d+\.txt"),
}
"""Sub-folders whose files are deleted with their runs, and patterns of the file names."""


@dataclass(frozen=True)
class StudyFolder:
    """The results folder of one study, with the paths in it.

    Attributes:
        path: ``results/<study>``.
    """

    path: Path

    @classmethod
    def of(cls, study: str, out: str | Path = "results") -> StudyFolder:
        """Return the folder of a study in a results folder."""
        return cls(Path(out) / safe_name(study))

    def refuse_links(self) -> None:
        """Check that no folder is a symbolic link, so that no file is written or deleted in a foreign folder.

        Raises:
            ExperimentsError: The folder or one of its sub-folders is a symbolic link.
        """
        for place in (self.path, *(self.path / name for name in (".staging", "figures", "tensorboard", *_OURS))):
            if place.is_symlink():
                advice = "replace the link with a folder, or give --out the folder that all results shall lie in"
                raise ExperimentsError(f"{place} is a symbolic link, which is not followed: {advice}")

    def runs_files(self, name: str) -> list[Path]:
        """List the files of variants and runs in a sub-folder, temporary files included, and no foreign files.

        Args:
            name: "history", "boundaries" or "errors".
        """
        place = self.path / name
        files = (path for path in place.iterdir() if path.is_file()) if place.is_dir() else ()
        return [path for path in files if _OURS[name].fullmatch(path.name) or is_leftover(path)]

    @property
    def runs(self) -> Path:
        """The table with one row for each run."""
        return self.path / "runs.csv"

    @property
    def checksum(self) -> Path:
        """The checksum of that table."""
        return self.path / "runs.csv.sha256"

    @property
    def staging(self) -> Path:
        """Finished runs that are not merged into the tables yet."""
        return self.path / ".staging"

    @property
    def lock(self) -> Path:
        """The lock file of a ``run`` in progress."""
        return self.path / ".lock"

    @property
    def reported(self) -> Path:
        """Hash of the inputs of the last tables, figures and pages."""
        return self.path / ".reported"

    @property
    def environment(self) -> Path:
        """Versions, device and engine of the last run."""
        return self.path / "environment.json"

    @property
    def resolved(self) -> Path:
        """The resolved study."""
        return self.path / "study.yaml"

    def history(self, variant: str, protocol: str, repeat: int = 0) -> Path:
        """Learning curves of a repeat of a variant under a protocol, and of the others of its hundred.

        Repeats 0 to 99 of "dropout" under fresh are in dropout.fresh.npz, 100 to 199 in dropout.fresh.100.npz.
        """
        first = repeat // REPEATS_OF_A_FILE * REPEATS_OF_A_FILE
        hundred = f".{first}" if first else ""
        return self.path / "history" / f"{safe_name(variant)}.{protocol}{hundred}.npz"

    def histories(self) -> dict[Path, list[Path]]:
        """Map the path of a variant's first hundred repeats to all files of its curves, in the order of the repeats."""
        found: dict[Path, list[tuple[int, Path]]] = {}
        for path in self.runs_files("history"):
            match = _CURVES.fullmatch(path.name)
            if match:
                first = path.with_name(f"{match[1]}.npz")
                found.setdefault(first, []).append((int(match[2] or 0), path))
        return {first: [path for _, path in sorted(files)] for first, files in found.items()}

    def boundary(self, variant: str) -> Path:
        """Decision boundaries of a variant."""
        return self.path / "boundaries" / f"{safe_name(variant)}.published.npz"

    def error(self, variant: str, protocol: str, repeat: int) -> Path:
        """Traceback of a failed run."""
        return self.path / "errors" / f"{safe_name(variant)}.{protocol}.{repeat}.txt"
