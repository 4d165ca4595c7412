"""The measured numbers as Markdown tables between the markers of docs/benchmarks.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.problems import problem
from benchmarks.ratios import Result
from benchmarks.speed_claims import Judged
from experiments.analysis import Interval
from experiments.analysis.intervals import t_interval


def engine_table(name: str, results: Mapping[str, Result], fit: str) -> str:
    """Write the table of one problem.

    Args:
        name: The problem.
        results: Way of training to its numbers, the compiled engine first.
        fit: The way that a sentence below the table compares the compiled engine with, compilation included.
    """
    spec = problem(name)
    head = f"**{spec.title}**, {spec.epochs:,} epochs"
    rows = [
        (way, _seconds(own.seconds), _ratio(own.ratio), _seconds(own.compile_seconds), _memory(own.peak_mb))
        for way, own in results.items()
    ]
    columns = ("way", "one training", "over the compiled engine", "compiling, once", "peak memory")
    ours, theirs = next(iter(results.values())), results[fit]
    whole = (theirs.seconds + theirs.compile_seconds) / (ours.seconds + ours.compile_seconds)
    foot = f"A single training with its compilation: {fit} takes {whole:.0f} times as long as the compiled engine."
    return f"{head}\n\n{_table(columns, rows)}\n\n{foot}"


def factor_table(results: Mapping[str, Result]) -> str:
    """Write what a random layer costs: problem to its numbers, the ratio being that to the plain network."""
    rows = [
        (name, _seconds(own.seconds), _ratio(own.ratio), _seconds(own.compile_seconds)) for name, own in results.items()
    ]
    return _table(("network, compiled engine", "one training", "over the plain one", "compiling, once"), rows)


def claims_table(judged: Sequence[Judged]) -> str:
    """Write the verdicts on the slides' sentences about speed."""
    rows = [
        (one.claim.says, f"`{one.claim.slower}` over `{one.claim.faster}`", one.way, _ratio(one.ratio), one.word)
        for one in judged
    ]
    return _table(("the slides", "compared", "where", "ratio", "verdict"), rows)


def wall_table(name: str, times: Mapping[str, Sequence[float]], over: str) -> str:
    """Write wall times beside those of one way, paired by round.

    Args:
        name: Heading of the first column.
        times: Way to its seconds in each round.
        over: The way that all others are divided by.
    """
    reference = np.log(times[over])
    ratios = {way: t_interval(np.log(seconds) - reference).exp() for way, seconds in times.items()}
    rows = [(way, _seconds(float(np.mean(times[way]))), "1" if way == over else _ratio(ratios[way])) for way in times]
    return _table((name, "wall time", f"over {over}"), rows)


def machine_line(machine: Mapping[str, str], versions: Mapping[str, str], rounds: int) -> str:
    """Say on what and with what it was measured."""
    parts = [f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}", machine["system"]]
    parts += [f"Python {machine['python']}", *(f"{name} {version}" for name, version in versions.items())]
    return f"Measured on: {'; '.join(parts)}. {rounds} rounds in turns, one core each. Ratios with 95 % intervals."


def write_between_markers(path: Path, texts: Mapping[str, str]) -> None:
    """Replace what stands between ``<!-- bench:NAME -->`` and ``<!-- /bench:NAME -->``.

    Args:
        path: A Markdown file that has the markers.
        texts: Name to new content.
    """
    content = path.read_text(encoding="utf-8")
    for name, text in texts.items():
        pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.DOTALL)
        content = pattern.sub(lambda found, text=text: f"{found[1]}\n{text}\n\n{found[2]}", content)
    path.write_text(content, encoding="utf-8")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _seconds(seconds: float) -> str:
    if seconds >= 100:
        return f"{seconds:.0f} s"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _ratio(interval: Interval) -> str:
    if interval.spreadless:
        return f"{interval.estimate:.3g}"
    return f"{interval.estimate:.3g} [{interval.low:.3g}, {interval.high:.3g}]"


def _memory(peak_mb: float | None) -> str:
    return "unknown" if peak_mb is None else f"{peak_mb:.0f} MB"
