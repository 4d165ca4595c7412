"""From timed rounds to seconds and ratios with their spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.contestants import Entry, Times
from benchmarks.problems import problem
from experiments.analysis import Interval
from experiments.analysis.intervals import t_interval


@dataclass(frozen=True)
class Result:
    """What is told of an entry.

    Attributes:
        seconds: Of one training, mean over the rounds, extrapolated where rounds had fewer epochs.
        ratio: Its time over the compiled engine's on the same problem, paired by round: geometric mean, 95 % interval.
        compile_seconds: What its first round took beyond a later one.
        peak_mb: Most memory of its process.
    """

    seconds: float
    ratio: Interval
    compile_seconds: float
    peak_mb: float | None


def training_seconds(entry: Entry, times: Times) -> np.ndarray:
    """Give the seconds of one training in each round."""
    return np.array(times.seconds) / times.seeds * (problem(entry.problem).epochs / entry.epochs)


def ratio(slower: tuple[Entry, Times], faster: tuple[Entry, Times]) -> Interval:
    """Compare two entries round by round; the first over the second."""
    logs = np.log(training_seconds(*slower)) - np.log(training_seconds(*faster))
    return t_interval(logs).exp()


def result(entry: Entry, times: dict[Entry, Times], reference: Entry) -> Result:
    """Sum up an entry beside a reference."""
    own = times[entry]
    return Result(
        seconds=float(training_seconds(entry, own).mean()),
        ratio=ratio((entry, own), (reference, times[reference])),
        compile_seconds=max(0.0, own.first - float(np.mean(own.seconds))),
        peak_mb=own.peak_mb,
    )


def fit_cost(one_step: tuple[float, Entry], many_steps: tuple[float, Entry]) -> dict[str, float]:
    """Split the time of ``model.fit`` into what an epoch and what a step costs, from two problems.

    Args:
        one_step: Seconds of a training, and its entry, with few steps an epoch.
        many_steps: The same with many.
    """
    (a, m), (b, n) = (
        (seconds / problem(entry.problem).epochs, problem(entry.problem).steps)
        for seconds, entry in (one_step, many_steps)
    )
    per_step = max(0.0, (b - a) / (n - m))
    return {"seconds_per_epoch": a - m * per_step, "seconds_per_step": per_step}
