"""Carry out runs in a worker process: data, model, training and evaluation joined into one result each."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.run.boundary import boundary_arrays
from experiments.run.networks import Desk, Outcome, common_layers, train_ensemble, train_once, weights_by_layer
from experiments.run.programs import Programs
from experiments.run.scalars import run_scalars
from experiments.store.result import RunResult

if TYPE_CHECKING:
    import keras

    from experiments.data import Data
    from experiments.language.configuration import Configuration
    from experiments.language.study import Run

Progress = Callable[[str, int, int], None]


def execute(runs: Iterable[Run], on_progress: Progress | None = None) -> Iterator[RunResult]:
    """Train and evaluate runs one after another, each program built and compiled once.

    Args:
        runs: Runs in any order; those that share a program profit from standing in one call. Results do not
            depend on which runs stand together.
        on_progress: Called with the variant's name, the epochs done and the epochs asked for, between chunks.

    Yields:
        One result a run. What a run raises is kept as its traceback in ``error``, and the others go on.
    """
    programs = Programs()
    for run in runs:
        try:
            yield _execute_one(run, programs, on_progress)
        except Exception:
            yield RunResult(run=run, scalars={}, history={}, arrays={}, error=traceback.format_exc())


def prepare(runs: Iterable[Run]) -> Iterator[tuple[Run, tuple[Problem, ...]]]:
    """Build the data and the model of each run, to hear what only Keras and scikit-learn can judge.

    Args:
        runs: One run of every variant.

    Yields:
        Each run that is refused, with its problems; they name dotted paths of the run's configuration.
    """
    programs, tried = Programs(), set[int]()
    for run in runs:
        try:
            _build_everything(run.config, run, programs, tried)
        except ConfigError as error:
            yield run, error.problems
        except ExperimentsError as error:  # such as digits that cannot be downloaded
            yield run, (Problem(None, "data", str(error)),)


def _build_everything(config: Configuration, run: Run, programs: Programs, tried: set[int]) -> keras.Model:
    """Build what a run needs; of variants that share a program, only what sets them apart."""
    from experiments.data import load_data
    from experiments.model.callbacks import build_callbacks
    from experiments.model.trial import try_model

    data = load_data(config, run.protocol, run.seed)
    model = programs.ready(config, data, run.seed, run.engine).model
    if id(model) not in tried:
        try_model(model, data)
        tried.add(id(model))
    build_callbacks(config)
    if config.pretrain is not None:
        source = _build_everything(config.pretrain.config, run, programs, tried)
        if not common_layers(weights_by_layer(source), model):
            message = "the pretrained network has no layer of the same name and shape, so nothing would be transferred"
            raise ConfigError([Problem(None, "pretrain", message)])
    return model


def _execute_one(run: Run, programs: Programs, on_progress: Progress | None) -> RunResult:
    from experiments.data import load_data

    data = load_data(run.config, run.protocol, run.seed)

    def report(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(run.variant, done, total)

    train = train_ensemble if run.config.ensemble else train_once
    outcome = train(run.config, data, Desk(run, programs, report))
    return RunResult(
        run=run,
        scalars=run_scalars(run.config, data, outcome),
        history=outcome.history,
        arrays=_arrays(run, data, outcome),
        error="",
    )


def _arrays(run: Run, data: Data, outcome: Outcome) -> dict[str, Any]:
    wanted = run.protocol == "published" and run.repeat < 5 and not run.grid
    return boundary_arrays(data, outcome.predict) if wanted else {}
