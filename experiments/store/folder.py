"""Where the files of one study lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from experiments.errors import ExperimentsError
from experiments.store.files import is_leftover, safe_name

_OURS = {
    "history": re.compile(r".+\.(published|fresh)\.npz"),
    "boundaries": re.compile(r".+\.published\.npz"),
    "errors": re.compile(r".+\.(published|fresh)\.\d+\.txt"),
}
"""Sub-folders whose files leave with their runs, and the names that those files have."""


@dataclass(frozen=True)
class StudyFolder:
    """The folder of one study's results, and the names in it.

    Attributes:
        path: ``results/<study>``.
    """

    path: Path

    @classmethod
    def of(cls, study: str, out: str | Path = "results") -> StudyFolder:
        """Name the folder of a study in a results folder."""
        return cls(Path(out) / safe_name(study))

    def refuse_links(self) -> None:
        """Refuse to work through a link: files would be written and deleted in a folder that belongs to others.

        Raises:
            ExperimentsError: The folder or one of its sub-folders is a symbolic link.
        """
        for place in (self.path, *(self.path / name for name in (".staging", "figures", "tensorboard", *_OURS))):
            if place.is_symlink():
                advice = "replace the link with a folder, or give --out the folder that all results shall lie in"
                raise ExperimentsError(f"{place} is a symbolic link, which is not followed: {advice}")

    def runs_files(self, name: str) -> list[Path]:
        """List the files of single variants and runs in a sub-folder, and what a kill left there; nobody else's.

        Args:
            name: "history", "boundaries" or "errors".
        """
        place = self.path / name
        files = (path for path in place.iterdir() if path.is_file()) if place.is_dir() else ()
        return [path for path in files if _OURS[name].fullmatch(path.name) or is_leftover(path)]

    @property
    def runs(self) -> Path:
        """The table with one row a run."""
        return self.path / "runs.csv"

    @property
    def staging(self) -> Path:
        """Finished runs that are not merged into the tables yet."""
        return self.path / ".staging"

    @property
    def lock(self) -> Path:
        """The file that a ``run`` holds locked while it works on the study."""
        return self.path / ".lock"

    @property
    def reported(self) -> Path:
        """What tables, figures and pages were last made from."""
        return self.path / ".reported"

    @property
    def environment(self) -> Path:
        """Versions, device and engine of the last run."""
        return self.path / "environment.json"

    @property
    def resolved(self) -> Path:
        """The study as it ran."""
        return self.path / "study.yaml"

    def history(self, variant: str, protocol: str) -> Path:
        """The learning curves of a variant under a protocol."""
        return self.path / "history" / f"{safe_name(variant)}.{protocol}.npz"

    def boundary(self, variant: str) -> Path:
        """The decision boundaries of a variant."""
        return self.path / "boundaries" / f"{safe_name(variant)}.published.npz"

    def error(self, variant: str, protocol: str, repeat: int) -> Path:
        """The traceback of a run that failed."""
        return self.path / "errors" / f"{safe_name(variant)}.{protocol}.{repeat}.txt"
