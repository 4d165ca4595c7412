"""Estimate of the time left: from the times of each program in earlier calls, or from its size where there are none.

Expected times are corrected by the ratio of measured to expected times so far: another machine, or other processes on
this one, slow all programs down by about the same factor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.language.source_facts import steps_of_an_epoch
from experiments.scheduler.bundles import bundle_key
from experiments.store.files import write_atomically

if TYPE_CHECKING:
    from experiments.language.components import Component
    from experiments.language.configuration import Configuration
    from experiments.language.study import Run

# Measured on one core: tracing and compiling a program, and the parts of a run other than training.
_SECONDS_A_PROGRAM = 4.0
_SECONDS_A_RUN = 0.05
_SECONDS_A_STEP_AND_LAYER = 2e-6
_SECONDS_A_WEIGHT_AND_ROW = 2.5e-10
# The correction begins at 1 with the weight of this many seconds, so that one odd run at the start changes little.
_TRUST = 4.0
_ON_GPU = " gpu"


@dataclass
class _Program:
    """Times and counts of the runs of a call that share a program."""

    first: float
    each: float
    known: bool
    on_gpu: bool = False
    left: int = 0
    over: int = 0
    seen_first: float = 0.0
    seen: float = 0.0

    def count(self, seconds: float) -> None:
        if self.over:
            self.seen += seconds
        else:
            self.seen_first = seconds
        self.over += 1
        self.left -= 1

    @property
    def seen_each(self) -> float | None:
        """Measured seconds of a run after the first, which compiles; None before two runs are finished."""
        return self.seen / (self.over - 1) if self.over > 1 else None


@dataclass
class _Factor:
    """Ratio of measured to expected seconds."""

    expected: float = _TRUST
    seen: float = _TRUST

    def count(self, expected: float, seen: float) -> None:
        self.expected += expected
        self.seen += seen

    @property
    def value(self) -> float:
        return self.seen / self.expected


@dataclass
class Estimate:
    """Estimates the time left, in which the CPU and the GPU work at once.

    Attributes:
        path: File with the times of earlier calls, which need not exist; None to read and write none.
    """

    path: Path | None = None
    _programs: dict[str, _Program] = field(default_factory=dict)
    _keys: dict[tuple[str, str], str] = field(default_factory=dict)
    _known: dict[str, list[float]] | None = None
    _factors: dict[tuple[str, bool, bool], _Factor] = field(default_factory=dict)

    def plan(self, runs: list[Run]) -> None:
        """Add expected runs.

        Args:
            runs: Runs of one study; they replace those expected before of the same programs.
        """
        for variant in {(run.study, run.base) for run in runs}:
            self._programs.pop(self._keys.pop(variant, ""), None)
        for key in {self._key(run) for run in runs}:
            self._programs.pop(key, None)
        self.exchange((), runs)

    def exchange(self, gone: Iterable[Run], new: Iterable[Run]) -> None:
        """Expect other runs in place of planned ones that are not trained.

        Args:
            gone: Runs that were passed to ``plan``.
            new: Runs of the same study.
        """
        for run in gone:
            self._programs[self._key(run)].left -= 1
        for run in new:
            key = self._key(run)
            if key not in self._programs:
                self._programs[key] = self._expected(key, run.config)
            self._programs[key].left += 1

    def move_to_gpu(self, runs: Iterable[Run]) -> None:
        """Expect planned runs on the GPU, with the times that they took there in earlier calls.

        Args:
            runs: Runs that were passed to ``plan``.
        """
        for run in runs:
            before = self._key(run).removesuffix(_ON_GPU)
            key = self._keys[run.study, run.base] = f"{before}{_ON_GPU}"
            if key not in self._programs:
                self._programs[key] = self._expected(key, run.config)
            self._programs[before].left -= 1
            self._programs[key].left += 1

    def finished(self, run: Run, seconds: float) -> None:
        """Count a finished run.

        Args:
            run: The run.
            seconds: How long it kept its worker busy; of a program's first run compiling included.
        """
        program = self._programs[self._key(run)]
        kind = "each" if program.over else "first"
        self._factor(kind, program).count(program.each if program.over else program.first, seconds)
        program.count(seconds)

    def seconds_left(self, workers: int) -> float:
        """Return the seconds until the last run is trained.

        Args:
            workers: Number of runs that are trained on the CPU at once.
        """
        left = {True: 0.0, False: 0.0}
        for program in self._programs.values():
            left[program.on_gpu] += self._left(program)
        return max(left[True], left[False] / workers)

    def write(self) -> None:
        """Write the times of the programs for later calls."""
        seen = {key: program for key, program in self._programs.items() if program.over > 1}
        new = {key: [round(p.seen_first, 4), round(p.seen_each or 0.0, 4)] for key, p in seen.items()}
        if new and self.path:
            rows = (f"{json.dumps(key)}: {json.dumps(times)}" for key, times in sorted((self._read() | new).items()))
            write_atomically(self.path, "{\n" + ",\n".join(rows) + "\n}\n")

    def _left(self, program: _Program) -> float:
        each = program.each * self._factor("each", program).value
        if program.seen_each is not None:
            each = program.seen_each
        if program.over or not program.left:
            return program.left * each
        return program.first * self._factor("first", program).value + (program.left - 1) * each

    def _factor(self, kind: str, program: _Program) -> _Factor:
        return self._factors.setdefault((kind, program.known, program.on_gpu), _Factor())

    def _key(self, run: Run) -> str:
        # All runs of a variant share one program, at whatever rate.
        variant = run.study, run.base
        if variant not in self._keys:
            content = f"{run.study} {run.engine} {bundle_key(run.config)}"
            self._keys[variant] = hashlib.sha256(content.encode()).hexdigest()[:16]
        return self._keys[variant]

    def _expected(self, key: str, config: Configuration) -> _Program:
        times = self._read().get(key)
        if times is not None:
            return _Program(times[0], times[1], known=True, on_gpu=key.endswith(_ON_GPU))
        each = expected_seconds(config)
        return _Program(_SECONDS_A_PROGRAM + each, each, known=False, on_gpu=key.endswith(_ON_GPU))

    def _read(self) -> dict[str, list[float]]:
        if self._known is None:
            self._known = _read(self.path) if self.path else {}
        return self._known


def expected_seconds(config: Configuration) -> float:
    """Estimate the seconds of a run from the number of its steps and the size of its network.

    Args:
        config: Its resolved configuration.
    """
    training = config.training
    layers = [size for layer in config.model.layers if isinstance(size := _size(layer.component), int)]
    steps = training.epochs * steps_of_an_epoch(config)
    rows = training.batch_size if isinstance(training.batch_size, int) else 32
    weights = sum(before * units for before, units in zip([8, *layers], layers, strict=False))
    a_step: float = len(layers) * _SECONDS_A_STEP_AND_LAYER + weights * rows * _SECONDS_A_WEIGHT_AND_ROW
    return (config.ensemble or 1) * (_SECONDS_A_RUN + float(steps) * a_step)


def _size(layer: Component) -> Any:
    """Return the number of units of a layer that has weights."""
    return layer.get("units", layer.get("filters"))


def _read(path: Path) -> dict[str, list[float]]:
    """Read times of programs; entries of another form are ignored."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: times for key, times in content.items() if _is_pair(times)}


def _is_pair(times: Any) -> bool:
    return isinstance(times, list) and len(times) == 2 and all(isinstance(t, float) and t >= 0 for t in times)
