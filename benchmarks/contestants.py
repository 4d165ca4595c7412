"""Contestants as processes that wait, and rounds in which they take turns."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.surroundings import ROOT


@dataclass(frozen=True)
class Entry:
    """One contestant in one problem.

    Attributes:
        way: Name of the contestant, for the tables.
        problem: Such as "wide+dropout".
        epochs: Epochs of a round; where fewer than a training has, times are extrapolated.
    """

    way: str
    problem: str
    epochs: int


@dataclass
class Times:
    """What was measured of an entry.

    Attributes:
        first: Seconds of its first round.
        seconds: Seconds of each later round.
        seeds: Trainings in a round.
        peak_mb: Most memory that the contestant's process had held by then.
        loss: Last training loss, as a proof of work.
    """

    first: float = 0.0
    seconds: list[float] = field(default_factory=list)
    seeds: int = 1
    peak_mb: float | None = None
    loss: float = 0.0


class Contestant:
    """A process that times itself when it is told to.

    Args:
        module: The module under ``benchmarks.peers``.
        python: Its interpreter.
        data: The folder of the problems' arrays.
    """

    def __init__(self, module: str, python: Path, data: Path) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", f"benchmarks.peers.{module}", data],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def round(self, problem: str, epochs: int) -> dict[str, Any]:
        """Let it work one round and give its own timing."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(problem, epochs, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args[-2]} ended in the middle of {problem}")
        return dict(json.loads(line))

    def stop(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def take_turns(contestants: dict[str, Contestant], entries: Sequence[Entry], rounds: int) -> dict[Entry, Times]:
    """Let all entries work once to compile, then in turns, so that a slow spell of the machine hits all of them.

    Args:
        contestants: Way to process.
        entries: Who does what.
        rounds: Timed rounds.
    """
    times = {entry: Times() for entry in entries}
    for number, order in enumerate(_orders(entries, rounds + 1)):
        for entry in order:
            answer = contestants[entry.way].round(entry.problem, entry.epochs)
            print(
                f"  round {number}/{rounds}  {entry.way:28s} {entry.problem:26s} {answer['seconds']:8.3f} s", flush=True
            )
            _note(times[entry], answer, first=number == 0)
    return times


def _orders(entries: Sequence[Entry], rounds: int) -> Iterable[Sequence[Entry]]:
    """Every other round goes backwards: who follows whom must not matter."""
    return [entries if number % 2 == 0 else entries[::-1] for number in range(rounds)]


def _note(times: Times, answer: dict[str, Any], *, first: bool) -> None:
    times.seeds, times.loss, times.peak_mb = answer["seeds"], answer["loss"], answer["peak_mb"]
    if first:
        times.first = answer["seconds"]
    else:
        times.seconds.append(answer["seconds"])
