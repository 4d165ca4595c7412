"""Where the files of one study lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.store.files import safe_name


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
