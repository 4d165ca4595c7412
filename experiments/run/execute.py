"""Execute runs in a worker process: load the data, build the model, train, and score."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.run.boundary import boundary_arrays
from experiments.run.networks import NetworkTrainer, common_layers, weights_by_layer
from experiments.run.programs import Programs
from experiments.run.scalars import run_scalars
from experiments.store.result import RunResult

if TYPE_CHECKING:
    import keras

    from experiments.data import Data
    from experiments.language.configuration import Configuration
    from experiments.language.study import Run
    from experiments.run.networks import TrainedNetwork

Progress = Callable[[str, int, int], None]

_BOUNDARIES = 5
"""Repeats of a variant whose decision boundaries are stored."""


def execute(runs: Iterable[Run], on_progress: Progress | None = None) -> Iterator[RunResult]:
    """Train and evaluate runs one after another, each program built and compiled once.

    Args:
        runs: Runs in any order. Those of one call share compiled programs; results do not depend on it.
        on_progress: Called between chunks with the name of the variant, the epochs done and the number of epochs.

    Yields:
        One result for each run. If a run raises, its result has the traceback as ``error``, and the next run starts.
    """
    programs = Programs()
    for run in runs:
        try:
            yield _execute_one(run, programs, on_progress)
        except Exception:
            yield RunResult(run=run, scalars={}, history={}, arrays={}, error=traceback.format_exc())


def prepare(runs: Iterable[Run]) -> Iterator[tuple[Run, tuple[Problem, ...]]]:
    """Build the data and the model of each run, to find errors that only Keras and scikit-learn detect.

    Args:
        runs: One run of every variant.

    Yields:
        Each run that is refused, with its problems; they name dotted paths of its configuration.
    """
    programs, tried = Programs(), set[int]()
    for run in runs:
        try:
            _build_everything(run.config, run, programs, tried)
        except ConfigError as error:
            yield run, error.problems
        except ExperimentsError as error:  # such as a failed download of the digits
            yield run, (Problem(None, "data", str(error)),)


def _build_everything(config: Configuration, run: Run, programs: Programs, tried: set[int]) -> keras.Model:
    """Build the data, the model and the callbacks; a model that several variants share is tried once."""
    from experiments.data import load_data
    from experiments.model.callbacks import build_callbacks
    from experiments.model.recipe import recipe_of
    from experiments.model.trial import try_model

    data = load_data(config, run.rows, run.seed)
    recipe = recipe_of(config)
    model = programs.ready(recipe, data, run.seed, run.engine).model
    if id(model) not in tried:
        try_model(model, data)
        tried.add(id(model))
    build_callbacks(recipe.callbacks)
    if config.pretrain is not None:
        source = _build_everything(config.pretrain.config, run, programs, tried)
        if not common_layers(weights_by_layer(source), model):
            message = "the pretrained network has no layer of the same name and shape, so nothing would be transferred"
            raise ConfigError([Problem(None, "pretrain", message)])
    return model


def _execute_one(run: Run, programs: Programs, on_progress: Progress | None) -> RunResult:
    from experiments.data import load_data

    data = load_data(run.config, run.rows, run.seed)

    def report(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(run.variant, done, total)

    return result_of(run, data, NetworkTrainer(run, programs, report).train(data))


def result_of(run: Run, data: Data, network: TrainedNetwork) -> RunResult:
    """Return everything that is stored of a run.

    Args:
        run: The run.
        data: Its arrays.
        network: Its trained network, which also draws the decision boundary.
    """
    with_boundary = run.protocol == "published" and run.repeat < _BOUNDARIES and not run.grid
    return RunResult(
        run=run,
        scalars=run_scalars(run.config, data, network.record, network.scores, network.measured),
        history=network.record.history,
        arrays=boundary_arrays(data, network.predict) if with_boundary else {},
    )
