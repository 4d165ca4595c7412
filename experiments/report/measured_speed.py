"""What ``make bench`` measured: the decks' claims about speed, and what an epoch of ``model.fit`` costs.

The files are in a checkout; an installed package does not have them, so its pages show neither.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.language.source_facts import steps_of_an_epoch
from experiments.report.wording import Look, interval, look, number

if TYPE_CHECKING:
    import pandas as pd

    from experiments.language.study import Study

_RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
SPEED_CLAIMS, ENGINE = _RESULTS / "speed_claims.json", _RESULTS / "engine.json"


@dataclass(frozen=True)
class SpeedRow:
    """The verdict on one claim under one way of training."""

    study: str
    says: str
    compared: str
    way: str
    look: Look
    ratio: str
    n: int


@dataclass(frozen=True)
class SpeedTable:
    """The verdicts, and where and when they were measured."""

    rows: tuple[SpeedRow, ...]
    machine: str
    measured: str


def speed_table(study: str | None = None, measured: Path = SPEED_CLAIMS) -> SpeedTable | None:
    """Read the measured verdicts on claims about speed.

    Args:
        study: The study whose claims are read; None for all.
        measured: File that the benchmark wrote.

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
        look=look(judged["word"]),
        ratio=f"{number(ratio['estimate'], 3)} {interval(ratio['low'], ratio['high'])}",
        n=ratio["n"],
    )


def fit_seconds(study: Study, runs: pd.DataFrame, measured: Path = ENGINE) -> float:
    """Estimate the time that ``model.fit`` would take for the runs of a study.

    Args:
        study: The study.
        runs: Its runs.
        measured: File that the benchmark wrote.

    Returns:
        Seconds on the benchmark's machine, without pretraining; NaN where nothing was measured.
    """
    try:
        cost = json.loads(measured.read_text(encoding="utf-8"))["fit_cost"]
        per_epoch, per_step = float(cost["seconds_per_epoch"]), float(cost["seconds_per_step"])
    except (OSError, ValueError, KeyError, TypeError):
        return math.nan
    if "epochs_run" not in runs:
        return math.nan
    epochs = runs.groupby("variant")["epochs_run"].sum()
    return sum(
        float(epochs.get(variant.name, 0.0))
        * (variant.config.ensemble or 1)
        * (per_epoch + per_step * steps_of_an_epoch(variant.config))
        for variant in study.variants
    )
