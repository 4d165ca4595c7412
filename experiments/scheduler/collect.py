"""Collection of finished runs: staged on the disk, merged study by study, counted for the end of the call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.protocols import PROTOCOLS
from experiments.scheduler.device import DEVICE_KINDS, Devices
from experiments.scheduler.executor import Finished
from experiments.scheduler.plan import Plan, Runs
from experiments.store.merge import merge
from experiments.store.provenance import write_environment
from experiments.store.result import RunResult
from experiments.store.run_arrays import variants_with_curves
from experiments.store.staging import stage as stage_results

if TYPE_CHECKING:
    from experiments.language.study import Run, Study


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
    """Result of one call of ``run`` or ``report``, for its last lines and its exit code.

    Attributes:
        done: Runs that were finished before the call.
        trained: Runs recorded by the call, failed ones included.
        failures: Those that raised.
        seconds: Study to seconds of worker time.
        tiers: How the runs were trained ("xla", "graph", "fit") to their number.
        without_xla: Variants of the compiled engine that were not compiled by XLA, with their tier.
        interrupted: Whether Ctrl-C ended it early.
        stopped: Whether the first failure ended it (``--fail-fast``).
        pages: Pages that were written, in order.
        report_errors: Tracebacks of tables, figures or pages that could not be written.
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

    def slowest(self) -> list[tuple[str, float]]:
        """Return the five studies with the most worker time, in seconds."""
        return sorted(self.seconds.items(), key=lambda item: -item[1])[:5]


class Collector:
    """Stages and merges the finished runs of one study.

    Args:
        plan: The runs to expect.
        devices: Those that trained runs of the study are recorded in environment.json.
        summary: Counts the runs.
    """

    def __init__(self, plan: Plan, devices: Devices, summary: Summary) -> None:
        self._plan = plan
        self._devices = devices
        self._summary = summary
        self._with_curves = {variant.name for variant in variants_with_curves(plan.study)}
        self._same: dict[str, Runs] = {}
        self._waiting: list[RunResult] = []
        self._seconds = 0.0
        self._tiers: Counter[str] = Counter()
        self._used: set[str] = set()
        self._missing = self._named_missing = 0
        self._named_over = False
        self.expect(plan)

    def expect(self, plan: Plan) -> None:
        """Expect further runs of the study.

        Args:
            plan: None of its runs was in an earlier plan of this collector.
        """
        self._has_later = bool(plan.later)
        self._same |= {group[0].hash: group for group in plan.groups}
        self._missing += len(plan.groups)
        self._named_missing += sum(not group[0].grid for group in plan.groups)

    @property
    def study(self) -> Study:
        """The study whose runs are collected."""
        return self._plan.study

    @property
    def begun(self) -> bool:
        """Whether any run of the plan is finished."""
        return self._missing < len(self._same)

    @property
    def complete(self) -> bool:
        """Whether every run of the plan is finished."""
        return not self._missing

    @property
    def has_later(self) -> bool:
        """Whether the results of the latest plan decide on further runs."""
        return self._has_later

    @property
    def hashes(self) -> Set[str]:
        """Content hashes of the runs of the plans so far."""
        return self._same.keys()

    @property
    def named_over(self) -> bool:
        """Whether the latest run was the last of the named variants, and runs of grids are missing."""
        return self._named_over

    def add(self, event: Finished) -> None:
        """Add a finished run, also in place of the other runs with the same content hash."""
        self._missing -= 1
        named = not self._same[event.result.run.hash][0].grid
        self._named_missing -= named
        self._named_over = named and not self._named_missing and bool(self._missing)
        self._seconds += event.seconds
        name = self._plan.study.name
        self._summary.seconds[name] = self._summary.seconds.get(name, 0.0) + event.seconds
        for run in self._same[event.result.run.hash]:
            result = replace(event.result, run=run)
            self._count(result)
            if run.variant not in self._with_curves or run.protocol not in PROTOCOLS:
                result = replace(result, history={}, arrays={})
            self._waiting.append(result)

    def stage(self) -> None:
        """Stage the runs that were added since; afterwards a kill does not lose them.

        Called when no other event is waiting. A run that takes a second is staged at once; thousands of short runs
        share a write with those that finished during the previous one.
        """
        if self._waiting:
            stage_results(self._plan.folder.staging, self._waiting)
            self._waiting = []

    def merge(self) -> list[str]:
        """Merge staged runs into the tables and write environment.json.

        Returns:
            A line for each damaged file.
        """
        self.stage()
        damaged = merge(self._plan.study, self._plan.folder)
        if self.begun:
            write_environment(self._plan.folder, self._facts(), others_stay=self._plan.done > 0)
        return damaged

    def _count(self, result: RunResult) -> None:
        self._summary.trained += 1
        tier = str(result.scalars.get("tier", ""))
        self._used.add(str(result.scalars.get("device", "")))
        if tier:
            self._tiers[tier] += 1
            self._summary.tiers[tier] += 1
            if result.run.engine == "compiled" and tier != "xla":
                self._summary.without_xla.add(f"{result.run.study}: {result.run.group} ({tier})")
        if result.failed:
            self._summary.failures.append(self._failure(result.run, result.short_error))

    def _failure(self, run: Run, short_error: str) -> Failure:
        name = f"{run.variant}, {run.protocol}, repeat {run.repeat}"
        path = self._plan.folder.error(run.variant, run.protocol, run.repeat)
        return Failure(run.study, name, short_error, path)

    def _facts(self) -> dict[str, object]:
        used = tuple(kind for kind in DEVICE_KINDS if kind in self._used)
        return {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "device": self._devices.text_of(used) if used else self._devices.text,
            "workers": self._devices.workers,
            "engine": self._plan.groups[0][0].engine,
            "tiers": dict(sorted(self._tiers.items())),
            "runs": sum(self._tiers.values()),
            "seconds": round(self._seconds, 3),
        }
