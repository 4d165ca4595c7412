"""The tables of analysis as CSV files in ``results/``: what the pages say can be found there."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.analysis.compare import differences
from experiments.analysis.diagnosis import diagnose
from experiments.analysis.flattery import flattery
from experiments.analysis.intervals import Interval
from experiments.analysis.luck import LuckMeter, luck_meter
from experiments.analysis.published import place_published
from experiments.analysis.summary import summarize
from experiments.analysis.sweeps import Sweep, sweeps
from experiments.analysis.tables import read_runs
from experiments.analysis.verdicts import Verdict, judge
from experiments.columns import PROTOCOLS
from experiments.store.files import write_if_changed
from experiments.store.folder import StudyFolder

if TYPE_CHECKING:
    from experiments.language.study import Study

Row = dict[str, Any]
_CLAIM = ("study", "topic", "claim", "says", "expect", "source", "why")
_LUCK = ("gain", "test_rows", "training_rows", "trick")


def write_tables(studies: Iterable[Study], out: Path | str = "results") -> None:
    """Write summary.csv, claims.csv and the further tables of studies, and the scoreboard of all studies in the folder.

    Args:
        studies: Those whose runs may have changed; studies without runs get tables that say so.
        out: The results folder. Files are replaced as a whole, and only where their content changes.
    """
    for study in studies:
        folder = StudyFolder.of(study.name, out).path
        runs = read_runs(study.name, out)
        for name, table in study_tables(study.showing(runs["variant"]), runs).items():
            _write(folder / f"{name}.csv", table)
    _write(Path(out) / "scoreboard.csv", scoreboard(out))


def study_tables(study: Study, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Compute the tables of one study.

    Args:
        study: The study.
        runs: Its runs.

    Returns:
        Table by file name without ending: ``summary`` and ``claims`` always, the others where they have rows.
    """
    meters = luck_meter(study, runs)
    tables: dict[str, Callable[[Study, pd.DataFrame], list[Row]]] = {
        "published": _published_rows,
        "flattery": _flattery_rows,
        "diagnosis": _diagnosis_rows,
        "differences": _difference_rows,
        "sweeps": _sweep_rows,
    }
    optional = {name: pd.DataFrame(rows(study, runs)) for name, rows in tables.items()}
    optional["luck"] = pd.DataFrame(_luck_rows(meters))
    claims = pd.DataFrame(_claim_rows(study, runs, meters), columns=list(_CLAIM_COLUMNS))
    return {"summary": summarize(study, runs), "claims": claims} | {
        name: table for name, table in optional.items() if not table.empty
    }


def scoreboard(out: Path | str = "results") -> pd.DataFrame:
    """Put the claims of all studies in a results folder side by side.

    Args:
        out: The results folder; every ``<study>/claims.csv`` in it counts, but not those of changed studies (``@``).

    Returns:
        One row a claim, sorted by study and number: both verdicts with effect, interval and n, the luck parts.
    """
    paths = sorted(path for path in Path(out).glob("*/claims.csv") if "@" not in path.parent.name)
    tables = [pd.read_csv(path, keep_default_na=False, dtype=str) for path in paths]
    claims = pd.concat(tables) if tables else pd.DataFrame(columns=list(_CLAIM_COLUMNS))
    rows: dict[tuple[str, str], Row] = {}
    for claim in claims.to_dict("records"):
        row = rows.setdefault(
            (claim["study"], claim["claim"]), {name: claim[name] for name in (*_CLAIM, *_LUCK_COLUMNS)}
        )
        row.update({f"{name}_{claim['protocol']}": claim[name] for name in _JUDGED})
    return pd.DataFrame(list(rows.values()), columns=list(_SCOREBOARD_COLUMNS))


def _write(path: Path, table: pd.DataFrame) -> None:
    text = table.to_csv(index=False, float_format="%.10g", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    write_if_changed(path, text)


_JUDGED = (
    *("verdict", "effect", "low", "high", "unit", "n", "p", "p_holm", "repeats_needed", "opposite_share"),
    *("left", "right", "ties", "diverged_or_never", "sentence"),
)
_LUCK_COLUMNS = tuple(f"luck_{part}{end}" for part in _LUCK for end in ("", "_low", "_high"))
_CLAIM_COLUMNS = (*_CLAIM, "protocol", *_JUDGED, *_LUCK_COLUMNS)
_SCOREBOARD_COLUMNS = (*_CLAIM, *(f"{name}_{p}" for p in PROTOCOLS for name in _JUDGED), *_LUCK_COLUMNS)


def _claim_rows(study: Study, runs: pd.DataFrame, meters: Sequence[LuckMeter]) -> list[Row]:
    by_number = {meter.number: meter for meter in meters}
    return [_claim_row(study, verdict, by_number.get(verdict.number)) for verdict in judge(study, runs)]


def _claim_row(study: Study, verdict: Verdict, meter: LuckMeter | None) -> Row:
    claim, interval = verdict.claim, verdict.interval
    row: Row = {
        "study": study.name,
        "topic": study.topic,
        "claim": verdict.number,
        "says": claim.says,
        "expect": claim.expect,
        "source": claim.source or study.source,
        "why": claim.why,
        "protocol": verdict.protocol,
        "verdict": verdict.word,
        **_interval("effect", interval),
        "unit": verdict.unit,
        "p_holm": verdict.p_holm,
        "repeats_needed": "" if verdict.repeats_needed is None else verdict.repeats_needed,
        "opposite_share": verdict.opposite_share,
        "left": verdict.left,
        "right": verdict.right,
        "ties": verdict.ties,
        "diverged_or_never": verdict.worst,
        "sentence": verdict.sentence,
    }
    return row | (_luck_parts(meter) if meter and verdict.protocol == "published" else {})


def _interval(name: str, interval: Interval) -> Row:
    return {name: interval.estimate, "low": interval.low, "high": interval.high, "n": interval.n, "p": interval.p}


def _luck_parts(meter: LuckMeter) -> Row:
    parts = {part: getattr(meter, part) for part in _LUCK}
    return {
        f"luck_{name}{end}": getattr(part, field)
        for name, part in parts.items()
        if part is not None
        for end, field in (("", "estimate"), ("_low", "low"), ("_high", "high"))
    }


def _luck_rows(meters: Sequence[LuckMeter]) -> list[Row]:
    return [
        {"claim": meter.number, "unit": meter.unit, "part": name, **_interval("estimate", part)}
        for meter in meters
        for name in _LUCK
        if (part := getattr(meter, name)) is not None
    ]


def _published_rows(study: Study, runs: pd.DataFrame) -> list[Row]:
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
        }
        for placed in place_published(study, runs)
    ]


def _flattery_rows(study: Study, runs: pd.DataFrame) -> list[Row]:
    return [
        {
            "variant": one.variant,
            "protocol": one.protocol,
            "metric": one.metric,
            "unit": one.unit,
            "watched": one.watched.mean(),
            "fresh": one.fresh.mean(),
            **_interval("flattery", one.interval),
            "diverged": one.diverged,
        }
        for one in flattery(study, runs)
    ]


def _diagnosis_rows(study: Study, runs: pd.DataFrame) -> list[Row]:
    return [
        {
            "variant": one.variant,
            "protocol": one.protocol,
            "held_out": one.held_out,
            "n": one.train_error.n,
            "train_error": one.train_error.estimate,
            "train_low": one.train_error.low,
            "train_high": one.train_error.high,
            "dev_error": one.dev_error.estimate,
            "dev_low": one.dev_error.low,
            "dev_high": one.dev_error.high,
            "scenario": one.scenario,
            "agreement": one.agreement,
            "advice": one.advice,
        }
        for one in diagnose(study, runs)
    ]


def _difference_rows(study: Study, runs: pd.DataFrame) -> list[Row]:
    return [
        {
            "variant": one.variant,
            "reference": one.reference,
            "metric": one.metric,
            "column": one.column,
            "protocol": one.protocol,
            "unit": one.unit,
            "left": one.left,
            "right": one.right,
            **_interval("effect", one.interval),
            "ties": one.ties,
            "diverged_or_never": one.worst,
        }
        for one in differences(study, runs)
    ]


def _sweep_rows(study: Study, runs: pd.DataFrame) -> list[Row]:
    return [row for sweep in sweeps(study, runs) for row in _sweep_values(sweep)]


def _sweep_values(sweep: Sweep) -> Sequence[Row]:
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
