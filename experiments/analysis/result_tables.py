"""The CSV files of a study, written from its analysis, and the table of all claims in a results folder."""

from __future__ import annotations

import csv
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.analysis.claim_rows import CLAIM_COLUMNS
from experiments.analysis.decisions import benjamini_hochberg
from experiments.analysis.intervals import ALPHA, Interval
from experiments.analysis.study_analysis import Analysis
from experiments.analysis.sweeps import Sweep
from experiments.protocols import JUDGED_PROTOCOLS, PROTOCOLS, TUNED
from experiments.store.files import write_if_changed
from experiments.store.folder import StudyFolder
from experiments.store.spreadsheets import cell_of

Cells = dict[str, Any]

# New columns come last, so that the positions of all others stay.
_SHARED = ("study", "topic", "claim", "says", "expect", "source", "why")
_FURTHER = CLAIM_COLUMNS[CLAIM_COLUMNS.index("explanation") :]
_LUCK = tuple(column for column in CLAIM_COLUMNS if column.startswith("luck_") and column not in _FURTHER)
_JUDGED = tuple(column for column in CLAIM_COLUMNS if column not in (*_SHARED, "protocol", *_LUCK, *_FURTHER))
_BOARD_Q = "q_board"
_SCOREBOARD_COLUMNS = (
    *_SHARED,
    *(f"{name}_{protocol}" for protocol in PROTOCOLS for name in _JUDGED),
    *_LUCK,
    *(f"{name}_{protocol}" for protocol in PROTOCOLS for name in (*_FURTHER, _BOARD_Q)),
    *(f"{name}_{TUNED}" for name in (*_JUDGED, *_FURTHER, _BOARD_Q)),
)


def write_tables(analysis: Analysis, out: Path | str = "results") -> None:
    """Write the CSV files of a study; a study without runs gets tables without numbers.

    Args:
        analysis: The analysed study.
        out: The results folder. Files are replaced as a whole, and only where their content changes.
    """
    folder = StudyFolder.of(analysis.study.name, out).path
    for name, table in result_tables(analysis).items():
        _write(folder / f"{name}.csv", table)


def result_tables(analysis: Analysis) -> dict[str, pd.DataFrame]:
    """Return the tables of a study.

    Args:
        analysis: The analysed study.

    Returns:
        Table by file name without ending: ``summary`` and ``claims`` always, the others where they have rows.
    """
    claims = pd.DataFrame([asdict(row) for row in analysis.claim_rows], columns=list(CLAIM_COLUMNS))
    optional = {
        "published": _published_rows(analysis),
        "flattery": _flattery_rows(analysis),
        "diagnosis": _diagnosis_rows(analysis),
        "differences": _difference_rows(analysis),
        "sweeps": [row for sweep in analysis.headline_sweeps for row in _sweep_rows(sweep)],
        "luck": _luck_rows(analysis),
        "variance": _variance_rows(analysis),
        "rates": _rate_rows(analysis),
    }
    tables = {name: pd.DataFrame(rows) for name, rows in optional.items() if rows}
    return {"summary": analysis.summary, "claims": claims, **tables}


def write_scoreboard_table(out: Path | str = "results") -> None:
    """Write scoreboard.csv, the claims of all studies in a results folder.

    Args:
        out: The results folder.
    """
    _write(Path(out) / "scoreboard.csv", scoreboard_table(out))


def scoreboard_table(out: Path | str = "results") -> pd.DataFrame:
    """Return the claims of all studies in a results folder, the protocols side by side.

    Args:
        out: The results folder; every ``<study>/claims.csv`` in it counts, but not those of changed studies (``@``).

    Returns:
        One row a claim, sorted by study and number: the verdicts with effect, interval and n, the luck parts, and
        ``q_board_<protocol>``, the p-value adjusted over the claims of all studies instead of one.
    """
    paths = sorted(path for path in Path(out).glob("*/claims.csv") if "@" not in path.parent.name)
    tables = [pd.read_csv(path, keep_default_na=False, dtype=str) for path in paths]
    claims = pd.concat(tables) if tables else pd.DataFrame()
    claims = claims.reindex(columns=list(CLAIM_COLUMNS), fill_value="").fillna("")  # older tables lack columns
    rows: dict[tuple[str, str], Cells] = {}
    for claim in claims.to_dict("records"):
        row = rows.setdefault((claim["study"], claim["claim"]), {name: claim[name] for name in (*_SHARED, *_LUCK)})
        row.update({f"{name}_{claim['protocol']}": claim[name] for name in (*_JUDGED, *_FURTHER)})
        if claim["why"] not in row["why"]:
            row["why"] = f"{row['why']} {claim['why']}".strip()
    board = pd.DataFrame(list(rows.values()), columns=list(_SCOREBOARD_COLUMNS))
    for protocol in JUDGED_PROTOCOLS:
        board[f"{_BOARD_Q}_{protocol}"] = benjamini_hochberg(_numbers(board, "p", protocol))
    return board


def verdicts_changed_by_the_board(board: pd.DataFrame) -> dict[str, int]:
    """Count the verdicts that would differ if p-values were adjusted over all studies instead of one.

    Args:
        board: As ``scoreboard_table`` returns it.

    Returns:
        Protocol to number of claims that have a verdict on one side by one of both rules only.
    """
    return {
        protocol: sum(
            (own <= ALPHA) != (all_studies <= ALPHA)
            for own, all_studies in zip(
                _numbers(board, "q", protocol), _numbers(board, _BOARD_Q, protocol), strict=True
            )
        )
        for protocol in JUDGED_PROTOCOLS
    }


def _numbers(board: pd.DataFrame, column: str, protocol: str) -> list[float]:
    return [float(value) for value in pd.to_numeric(board[f"{column}_{protocol}"], errors="coerce")]


def _write(path: Path, table: pd.DataFrame) -> None:
    cells = table.map(lambda cell: cell_of(cell) if isinstance(cell, str) else cell)
    text = cells.to_csv(index=False, float_format="%.10g", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    write_if_changed(path, text)


def _interval(name: str, interval: Interval) -> Cells:
    return {name: interval.estimate, "low": interval.low, "high": interval.high, "n": interval.n, "p": interval.p}


def _rate_rows(analysis: Analysis) -> list[Cells]:
    return [
        {
            "variant": search.variant.name,
            "metric": search.metric,
            "factor": rate.factor,
            "rate": rate.value,
            "n": len(rate.scores),
            "mean": rate.mean,
            "low": min(rate.scores, default=math.nan),
            "high": max(rate.scores, default=math.nan),
            "best": int(rate is search.best),
            "at_end": int(rate is search.best and search.at_end),
        }
        for search in analysis.tuned.searches
        for rate in search.tried
    ]


def _luck_rows(analysis: Analysis) -> list[Cells]:
    return [
        {"claim": meter.number, "unit": meter.unit, "part": name, **_interval("estimate", part)}
        for meter in analysis.luck
        for name, part in meter.parts.items()
    ]


def _variance_rows(analysis: Analysis) -> list[Cells]:
    return [
        {
            "claim": found.number,
            "unit": found.unit,
            "std_published": found.published,
            "std_fresh": found.fresh,
            "seed_share": found.share.estimate,
            "low": found.share.low,
            "high": found.share.high,
            "n": found.share.n,
        }
        for found in analysis.seed_shares
    ]


def _published_rows(analysis: Analysis) -> list[Cells]:
    return [
        {
            "variant": placed.figure.variant,
            "metric": placed.figure.metric,
            "value": placed.figure.value,
            "by": placed.figure.by,
            "of": placed.figure.of,
            "statistic": placed.figure.statistic,
            "n": len(placed.ours),
            "mean": placed.mean.estimate,
            "low": placed.mean.low,
            "high": placed.mean.high,
            "below": placed.below,
            "equal": placed.equal,
            "above": placed.above,
            "percentile": placed.percentile,
            "p": placed.p,
            "p_together": placed.p_together,
            "beyond_chance": int(placed.beyond_chance),
            "sentence": placed.sentence,
            "note": placed.figure.note,
            "at_mode": int(placed.at_mode),
            "one_source": int(placed.one_source),
        }
        for placed in analysis.published
    ]


def _flattery_rows(analysis: Analysis) -> list[Cells]:
    return [
        {
            "variant": flattery.variant,
            "protocol": flattery.protocol,
            "metric": flattery.metric,
            "unit": flattery.effect.unit,
            "watched": flattery.watched.mean(),
            "fresh": flattery.fresh.mean(),
            **_interval("flattery", flattery.effect.interval),
            "diverged": flattery.diverged,
            "offset": flattery.offset.interval.estimate if flattery.offset else math.nan,
            "offset_low": flattery.offset.interval.low if flattery.offset else math.nan,
            "offset_high": flattery.offset.interval.high if flattery.offset else math.nan,
        }
        for flattery in analysis.flattery
    ]


def _diagnosis_rows(analysis: Analysis) -> list[Cells]:
    return [
        {
            "variant": diagnosis.variant,
            "protocol": diagnosis.protocol,
            "held_out": diagnosis.held_out,
            "n": diagnosis.train_error.n,
            "train_error": diagnosis.train_error.estimate,
            "train_low": diagnosis.train_error.low,
            "train_high": diagnosis.train_error.high,
            "dev_error": diagnosis.dev_error.estimate,
            "dev_low": diagnosis.dev_error.low,
            "dev_high": diagnosis.dev_error.high,
            "scenario": diagnosis.scenario,
            "agreement": diagnosis.agreement,
            "advice": diagnosis.advice,
        }
        for diagnosis in analysis.diagnosis
    ]


def _difference_rows(analysis: Analysis) -> list[Cells]:
    return [
        {
            "variant": difference.variant,
            "reference": difference.reference,
            "metric": difference.metric,
            "column": difference.column,
            "protocol": difference.protocol,
            "unit": difference.effect.unit,
            "left": difference.left,
            "right": difference.right,
            **_interval("effect", difference.effect.interval),
            "ties": difference.ties,
            "diverged_or_never": difference.worst,
        }
        for difference in analysis.differences
    ]


def _sweep_rows(sweep: Sweep) -> list[Cells]:
    others = ",".join(f"{axis}={value}" for axis, value in sweep.others.items())
    return [
        {
            "grid": sweep.group,
            "axis": sweep.axis,
            "others": others,
            "metric": sweep.metric,
            "column": sweep.column,
            "protocol": sweep.protocol,
            "value": value,
            "mean": interval.estimate,
            "low": interval.low,
            "high": interval.high,
            "n": interval.n,
            "diverged": diverged,
            "best": int(value == sweep.best),
            "as_good_as_best": int(value in sweep.as_good),
        }
        for value, interval, diverged in zip(sweep.values, sweep.intervals, sweep.diverged, strict=True)
    ]
