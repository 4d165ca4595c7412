"""Results that nothing was trained for: runs.csv, curves and boundaries of a study, made from random numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from experiments.language.study import Run, Study
from experiments.language.tuned_form import tuned_form
from experiments.protocols import TUNED
from experiments.report.site import write_scoreboard
from experiments.report.study_report import write_study
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder
from experiments.store.npz import join_boundaries, join_curves, npz_bytes
from experiments.store.result import RunResult, row_of
from experiments.store.table import read_rows, table_text

EPOCHS = 60


def write_results(
    study: Study, out: Path, *, epochs: int = EPOCHS, diverged=(), failed=(), repeats=None
) -> StudyFolder:
    """Write what a run of a study leaves behind.

    Args:
        study: The study.
        out: The results folder.
        epochs: Length of the curves.
        diverged: Names of variants (or "all") whose runs diverge.
        failed: Names of variants (or "all") whose runs fail.
        repeats: Number of repeats, by default the study's.
    """
    folder = StudyFolder.of(study.name, out)
    results = [_result(run, study, epochs, diverged, failed) for run in study.runs(repeats=repeats)]
    write_atomically(folder.runs, table_text(row_of(result) for result in results))
    write_atomically(folder.environment, json.dumps(ENVIRONMENT))
    for variant in study.variants:
        for protocol in variant.protocols:
            curves = {
                result.run.repeat: (result.run.hash, result.history)
                for result in results
                if (result.run.variant, result.run.protocol) == (variant.name, protocol) and result.history
            }
            if curves and not variant.grid:
                write_atomically(folder.history(variant.name, protocol), npz_bytes(join_curves(curves, {})))
        maps = {
            result.run.repeat: (result.run.hash, result.arrays)
            for result in results
            if result.run.variant == variant.name and result.arrays
        }
        if maps:
            write_atomically(folder.boundary(variant.name), npz_bytes(join_boundaries(maps)))
    return folder


def add_tuned(study: Study, folder: StudyFolder, best: Mapping[str, float], accuracy: Mapping[str, float]) -> None:
    """Add what a run of the protocol "tuned" leaves behind to the results of a study.

    Args:
        study: The study.
        folder: Its folder, with runs of "fresh".
        best: Variant to the factor of its own rate at which it scores best.
        accuracy: Variant to its accuracy at this rate; it falls by 0.1 for each factor of ten away from it.
    """
    rows = read_rows(folder.runs)
    for variant in tuned_form(study).variants:
        base = {"fresh_test_accuracy": accuracy[variant.name], "test_accuracy": 0.0, "diverged": 0}
        for factor in study.tuning.factors:
            score = accuracy[variant.name] - abs(math.log10(factor / best[variant.name])) / 10
            for run in study.search_runs(study.tuning.point(variant, factor)):
                rows.append(row_of(RunResult(run, {**base, "fresh_test_accuracy": score}, {}, {})))
        for run in study.tuned_runs(variant, best[variant.name], repeats=variant.repeats):
            score = accuracy[variant.name] + run.repeat * 1e-4
            if run.protocol == TUNED:
                rows.append(row_of(RunResult(run, {**base, "fresh_test_accuracy": score}, {}, {})))
    write_atomically(folder.runs, table_text(rows))


def write_site(studies: Sequence[Study], out: Path) -> None:
    """Write tables and pages of studies without their figures, and the scoreboard."""
    for study in studies:
        write_study(study, out, figures=False)
    write_scoreboard(studies, out)


ENVIRONMENT = {
    "device": "CPU, 2 workers",
    "engine": "compiled",
    "seconds": 93.5,
    "finished": "2026-11-20T18:04:00",
    "versions": {"python": "3.11.2", "tensorflow": "2.21.0", "keras": "3.15.1"},
}


def _result(run: Run, study: Study, epochs: int, diverged, failed) -> RunResult:
    if run.variant in failed or "all" in failed:
        return RunResult(run, {}, {}, {}, error="Traceback (most recent call last):\nValueError: <b>no</b>")
    number = [variant.name for variant in study.variants].index(run.variant)
    random = np.random.default_rng([number, run.repeat, run.protocol == "fresh"])
    lost = run.variant in diverged or "all" in diverged
    gain = number * 37 % 100 / 1000
    curves = _curves(random, gain, epochs // 3 if lost else epochs)
    if lost:
        curves["loss"][-1] = curves["val_loss"][-1] = np.nan
    arrays = _boundary(random) if run.protocol == "published" and run.repeat < 5 and not run.grid and not lost else {}
    return RunResult(run, _scalars(run, study, random, curves, lost), curves, arrays)


def _curves(random: np.random.Generator, gain: float, epochs: int) -> dict[str, np.ndarray]:
    time = 1 - np.exp(-np.arange(epochs) / 15)
    wobble = random.normal(0, 0.01, (4, epochs)).cumsum(axis=1) * 0.2 + random.normal(0, 0.01, (4, 1))
    curves = {
        "loss": 0.7 - 0.6 * time,
        "accuracy": 0.5 + 0.45 * time,
        "val_loss": 0.7 - (0.3 + gain) * time,
        "val_accuracy": 0.5 + (0.28 + gain) * time,
    }
    curves = {
        key: np.abs(values + w).astype(np.float32) for (key, values), w in zip(curves.items(), wobble, strict=True)
    }
    for k, layer in enumerate(("hidden", "output")):
        curves[f"weight_norm.{layer}"] = (3 + k + time + random.normal(0, 0.1)).astype(np.float32)
        curves[f"gradient_norm.{layer}"] = np.exp(-3 * time - k + random.normal(0, 0.2)).astype(np.float32)
    return curves


def _scalars(run: Run, study: Study, random: np.random.Generator, curves, lost: bool) -> dict:
    last = {key: float(values[-1]) for key, values in curves.items()}
    scalars = {
        "train_accuracy": last["accuracy"],
        "test_accuracy": last["val_accuracy"],
        "fresh_test_accuracy": last["val_accuracy"] - 0.02 + random.normal(0, 0.005),
        "train_loss": last["loss"],
        "test_loss": last["val_loss"],
        "best_watched_accuracy": float(np.nanmax(curves["val_accuracy"])),
        "tier": "xla",
        "device": "cpu",
        "epochs_run": len(curves["loss"]),
        "best_epoch": int(np.nanargmax(curves["val_accuracy"])) + 1,
        "stopped_because": "diverged" if lost else "completed",
        "diverged": int(lost),
        "seconds": float(random.uniform(0.05, 0.2)),
    }
    scalars |= {"diverged_at": len(curves["loss"])} if lost else {}
    scalars["accuracy_gap"] = scalars["train_accuracy"] - scalars["test_accuracy"]
    scalars["fresh_accuracy_gap"] = scalars["train_accuracy"] - scalars["fresh_test_accuracy"]
    for metric in _asked(study):
        scalars.setdefault(metric, float(random.uniform(1, 2)))
    return scalars


def _asked(study: Study) -> set[str]:
    claimed = {reference.metric for claim in study.claims for reference in claim.expression.references}
    return claimed | {published.metric for published in study.published}


def _boundary(random: np.random.Generator) -> dict[str, np.ndarray]:
    axis = np.linspace(-1.5, 1.5, 80, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    points = random.uniform(-1.2, 1.2, (100, 2)).astype(np.float32)
    labels = (np.hypot(*points.T) < 0.8).astype(np.int32)
    probability = 1 / (1 + np.exp(-8 * (0.8 - np.hypot(x, y) + 0.1 * random.normal())))
    return {
        "x": axis,
        "y": axis,
        "probability": probability.astype(np.float16),
        "train_x": points[:30],
        "train_y": labels[:30],
        "test_x": points[30:],
        "test_y": labels[30:],
    }
