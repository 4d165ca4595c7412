"""What a call of ``run`` did, for the lines at its end and its exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Failure:
    """A run that raised.

    Attributes:
        study: Name of the study.
        run: Such as "dropout, published, repeat 3".
        error: Last line of its traceback.
        traceback: File with all of it.
    """

    study: str
    run: str
    error: str
    traceback: Path


@dataclass
class Summary:
    """What happened.

    Attributes:
        done: Runs that were done before.
        trained: Runs recorded now, failed ones included.
        failures: Those that raised.
        seconds: Study to seconds that its runs kept a worker busy.
        tiers: How the runs were trained ("xla", "graph", "fit") to their number.
        without_xla: Variants that the compiled engine could not or would not give to XLA, with the tier they had.
        interrupted: Whether Ctrl-C ended it early.
        stopped: Whether the first failure ended it, as asked for.
        pages: Pages that were written.
        report_errors: Tracebacks of tables, figures or pages that could not be made.
    """

    done: int = 0
    trained: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    tiers: Counter[str] = field(default_factory=Counter)
    without_xla: set[str] = field(default_factory=set)
    interrupted: bool = False
    stopped: bool = False
    pages: list[Path] = field(default_factory=list)
    report_errors: list[str] = field(default_factory=list)

    def slowest(self, count: int = 5) -> list[tuple[str, float]]:
        """Name the studies that took the most worker time."""
        return sorted(self.seconds.items(), key=lambda item: -item[1])[:count]
