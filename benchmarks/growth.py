"""Measure how time and memory grow with the number of runs, with made-up results and no training.

python -m benchmarks.growth                        # 1 and 10 times the dropout study, and 200,000 runs; a few minutes
python -m benchmarks.growth --factors 1 10 100
python -m benchmarks.growth --many 1000            # also 300 variants with 1,000 repeats

Each line is measured in a process of its own: seconds of processor time, and the peak of its resident memory.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from experiments.language import load_study, parse_study
from experiments.language.metrics import metric_names
from experiments.language.study import Run, Study
from experiments.scheduler.device import Devices
from experiments.scheduler.executor import Event, Finished, Prepare, Prepared, Task, Tick, Train
from experiments.scheduler.plan import Selection, make_plan
from experiments.session.run_studies import Options, run_studies
from experiments.store.folder import StudyFolder
from experiments.store.merge import merge
from experiments.store.result import RunResult
from experiments.store.staging import stage
from experiments.store.table import read_index

_EPOCHS = 400
_CURVES = ("loss", "val_loss", "accuracy", "val_accuracy")
_STAGED_AT_ONCE = 2000
_SCALARS: dict[str, float | int | str] = {
    "tier": "xla", "device": "cpu", "epochs_run": _EPOCHS, "diverged": 0, "seconds": 0.1, "test_accuracy": 0.75
}  # fmt: skip


_MANY = """\
title: Many variants
question: Which width and which rate?
source: ours
data:
  points: {make_circles: {n_samples: 100, noise: 0.1, random_state: 1}}
  split: {train: 30, test: 70}
model:
  hidden: {Dense: {units: 500, activation: relu}}
  drop: {Dropout: 0.4}
  output: {Dense: {units: 1, activation: sigmoid}}
training:
  optimizer: Adam
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: 50
  validate_on: test
protocols: [published]
variants:
  baseline: {}
"""


class Silent:
    """A listener that shows nothing."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


class Instant:
    """An executor whose runs are finished at once, without curves."""

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task."""
        self._tasks.insert(0 if first else len(self._tasks), task)

    def events(self) -> Iterator[Event]:
        """Yield the answers."""
        while self._tasks:
            task = self._tasks.pop(0)
            if isinstance(task, Prepare):
                yield Prepared()
            elif isinstance(task, Train):
                for number, run in enumerate(task.runs):
                    yield Finished(RunResult(run, _SCALARS, {}, {}), 0.0)
                    if number % 100 == 99:
                        yield Tick()

    def close(self) -> None:
        """Drop the queue."""
        self._tasks.clear()


def _scalars(run: Run) -> dict[str, float | int | str]:
    """Make up a value for each column of a run."""
    import numpy as np

    names = sorted(metric_names(run.config))
    draw = np.random.default_rng([run.seed, len(run.variant), sum(map(ord, run.variant + run.protocol))])
    values = dict(zip(names, draw.uniform(0.5, 1.0, len(names)).tolist(), strict=True))
    return values | _SCALARS


def _result(run: Run, epochs: int = _EPOCHS) -> RunResult:
    import numpy as np

    draw = np.random.default_rng(run.seed)
    history = {name: draw.uniform(size=epochs).astype(np.float32) for name in _CURVES}
    return RunResult(run, _scalars(run), history, {})


def grown(factor: int) -> Study:
    """Return the dropout study with this many times its repeats."""
    study = load_study("dropout")
    variants = tuple(replace(variant, repeats=variant.repeats * factor) for variant in study.variants)
    return replace(study, variants=variants)


def fill(factor: int, out: Path) -> None:
    """Write results of every run but the last one."""
    study = grown(factor)
    folder, runs = StudyFolder.of(study.name, out), study.runs()[:-1]
    for start in range(0, len(runs), _STAGED_AT_ONCE):
        stage(folder.staging, [_result(run) for run in runs[start : start + _STAGED_AT_ONCE]])
    merge(study, folder)


def many_variants(repeats: int) -> Study:
    """Return a study of 300 named variants, 20 widths with 15 rates each, under published."""
    text = _MANY + "".join(
        f"  width_{units}_rate_{rate}: {{model.hidden.units: {units}, model.drop.rate: 0.{rate}}}\n"
        for units in range(10, 210, 10)
        for rate in range(10, 85, 5)
    )
    return parse_study(f"repeats: {repeats}\n{text}", name="many", file="many.yaml")


def fill_many(repeats: int, out: Path) -> None:
    """Write results of every run of many variants."""
    study = many_variants(repeats)
    folder, runs = StudyFolder.of(study.name, out), study.runs()
    for start in range(0, len(runs), _STAGED_AT_ONCE):
        stage(folder.staging, [_result(run, epochs=50) for run in runs[start : start + _STAGED_AT_ONCE]])
    merge(study, folder)


def _report_many(repeats: int, out: Path) -> None:
    from experiments.report.study_report import write_study

    write_study(many_variants(repeats), out)


def _index(factor: int, out: Path) -> None:
    read_index(StudyFolder.of(grown(factor).name, out).runs)


def _plan(factor: int, out: Path) -> None:
    make_plan(grown(factor), out, Selection())


def _merge_one(factor: int, out: Path) -> None:
    study = grown(factor)
    folder = StudyFolder.of(study.name, out)
    stage(folder.staging, [_result(study.runs()[-1])])
    merge(study, folder)


def _tables(factor: int, out: Path) -> None:
    from experiments.analysis import analyse, read_runs, write_tables

    write_tables(analyse(grown(factor), read_runs("dropout", out)), out)


def _report(factor: int, out: Path) -> None:
    from experiments.report.study_report import write_study

    write_study(grown(factor), out)


STEPS: dict[str, Callable[[int, Path], None]] = {
    "read the index": _index,
    "plan": _plan,
    "merge one run": _merge_one,
    "tables": _tables,
    "tables, figures and page": _report,
}


def session(runs: int, out: Path) -> None:
    """Carry out a call of ``run`` with this many runs that train nothing."""
    study = load_study("dropout")
    named = [variant for variant in study.variants if not variant.grid]
    repeats = runs // (2 * len(named))
    study = replace(study, variants=tuple(replace(variant, repeats=repeats) for variant in named), claims=())
    options = Options(
        out=out,
        report=False,
        choose_devices=lambda *_: Devices(2),
        make_executor=lambda _: Instant(),
    )
    run_studies([study], options, Silent())


def measured(function: Callable[[int, Path], None], size: int, out: Path) -> tuple[float, float]:
    """Call a function in a new process.

    Args:
        function: One of this module.
        size: Its first argument.
        out: Its second argument.

    Returns:
        Seconds of processor time, and megabytes at the peak.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_timed, (function, size, out))


def _timed(function: Callable[[int, Path], None], size: int, out: Path) -> tuple[float, float]:
    start = time.process_time()
    function(size, out)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--runs", type=int, default=200_000, help="of the session that trains nothing")
    parser.add_argument("--many", type=int, default=0, metavar="REPEATS", help="also 300 variants with these repeats")
    arguments = parser.parse_args()
    heads = [f"{factor}× ({grown(factor).count():,} runs)" for factor in arguments.factors]
    print(f"| step | {' | '.join(heads)} |")
    print("|---|" + "---|" * len(arguments.factors))
    with tempfile.TemporaryDirectory() as name:
        rows: dict[str, list[str]] = {step: [] for step in STEPS} | {"size of the page": []}
        for factor in arguments.factors:
            out = Path(name) / str(factor)
            measured(fill, factor, out)
            for step, function in STEPS.items():
                seconds, megabytes = measured(function, factor, out)
                rows[step].append(f"{seconds:.2f} s, {megabytes:,.0f} MB")
            page = out / "dropout" / "report.html"
            rows["size of the page"].append(f"{page.stat().st_size / 1e6:.1f} MB")
        for step, cells in rows.items():
            print(f"| {step} | " + " | ".join(cells) + " |", flush=True)
        seconds, megabytes = measured(session, arguments.runs, Path(name) / "session")
        if arguments.many:
            _print_many(arguments.many, Path(name) / "many")
    print(
        f"\n{arguments.runs:,} runs that train nothing: {1e3 * seconds / arguments.runs:.2f} ms a run, "
        f"{megabytes:,.0f} MB"
    )


def _print_many(repeats: int, out: Path) -> None:
    measured(fill_many, repeats, out)
    seconds, megabytes = measured(_report_many, repeats, out)
    page = out / "many" / "report.html"
    print(
        f"\n300 variants x {repeats:,} repeats: tables, figures and page {seconds:.1f} s, {megabytes:,.0f} MB; "
        f"the page has {page.stat().st_size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
