"""What the decks say about speed, as the benchmark judged it; the pages show it beside the other claims."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.report import words
from experiments.report.words import Look

MEASURED = Path(__file__).parents[2] / "benchmarks" / "results" / "speed_claims.json"


@dataclass(frozen=True)
class SpeedRow:
    """One claim, judged in one way of training."""

    study: str
    says: str
    compared: str
    way: str
    look: Look
    ratio: str
    n: int


@dataclass(frozen=True)
class SpeedTable:
    """The claims, and where they were measured."""

    rows: tuple[SpeedRow, ...]
    machine: str
    measured: str


def speed_table(study: str | None = None, measured: Path = MEASURED) -> SpeedTable | None:
    """Read what ``make bench`` found about the claims.

    Args:
        study: Only the claims that belong to this study; None for all.
        measured: What the benchmark wrote; it lies in the checkout, an installed package does not have it.

    Returns:
        The table; None where nothing was measured or no claim belongs to the study.
    """
    try:
        found = json.loads(measured.read_text(encoding="utf-8"))
        rows = tuple(_row(judged) for judged in found["claims"] if study in (None, judged["claim"]["study"]))
        machine = f"{found['machine']['processor']}, one core"
        return SpeedTable(rows, machine, found["measured"]) if rows else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _row(judged: dict[str, Any]) -> SpeedRow:
    claim, ratio = judged["claim"], judged["ratio"]
    return SpeedRow(
        study=claim["study"],
        says=f"{claim['says']}.",
        compared=f"{claim['slower']} / {claim['faster']}",
        way=judged["way"].strip("`"),
        look=words.look(judged["word"]),
        ratio=f"{words.number(ratio['estimate'], 3)} {words.interval(ratio['low'], ratio['high'])}",
        n=ratio["n"],
    )
