"""The runs of a comparison in a worker process: build the model by its function, train it, score it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError, Problem, first_paragraph
from experiments.functions.model_functions import ModelFunctions
from experiments.keras_settings import use_study_settings
from experiments.store.result import RunResult

if TYPE_CHECKING:
    import keras

    from experiments.data import Data
    from experiments.functions.sharing import SharedPrograms
    from experiments.language.study import Run
    from experiments.run.execute import Progress


def execute_functions(path: Path, runs: Iterable[Run], on_progress: Progress) -> Iterator[RunResult]:
    """Train and evaluate runs one after another; see ``experiments.run.execute``.

    Args:
        path: File of the functions.
        runs: Runs in any order.
        on_progress: Called between chunks with the name of the variant, the epochs done and the number of epochs.

    Yields:
        One result for each run. If a run raises, its result has the traceback as ``error``.
    """
    from experiments.functions.sharing import SharedPrograms

    programs = SharedPrograms()
    for run in runs:
        try:
            yield _execute_one(_read(path), run, programs, on_progress)
        except Exception:
            yield RunResult(run=run, scalars={}, history={}, arrays={}, error=traceback.format_exc())


def prepare_functions(path: Path, runs: Iterable[Run]) -> Iterator[tuple[Run, tuple[Problem, ...]]]:
    """Build rows and model of each run, to find errors before anything is trained.

    Args:
        path: File of the functions.
        runs: One run of every variant.

    Yields:
        Each run that is refused, with its problem.
    """
    for run in runs:
        try:
            _built(_read(path), run)
        except ExperimentsError as error:
            yield run, (Problem(None, "", str(error)),)


def count_functions(path: Path, runs: Iterable[Run]) -> Iterator[tuple[Run, float]]:
    """Count the floating point operations of a training step of runs, by which the scheduler chooses their device.

    Args:
        path: File of the functions.
        runs: One run of every variant.

    Yields:
        Each run, with the operations of one forward and backward pass over a batch; 0 where the model cannot be built,
        or where its layers have no fixed shapes, as in a subclassed model.
    """
    from experiments.run.arithmetic import step_operations
    from experiments.training.arrays import as_arrays, row_count

    for run in runs:
        try:
            data, model = _built(_read(path), run)
            rows, batch = row_count(as_arrays(data.x_train, data.y_train)), run.config.training.batch_size
            yield run, step_operations(model, rows if batch == "all" else min(int(batch), rows))
        except (ExperimentsError, AttributeError, ValueError, TypeError):
            yield run, 0.0


def _execute_one(functions: ModelFunctions, run: Run, programs: SharedPrograms, on_progress: Progress) -> RunResult:
    from experiments.run.execute import result_of
    from experiments.run.networks import scored, train_network

    data, model = _built(functions, run)
    training = run.config.training
    program = programs.ready(model, batch_size=training.batch_size)

    def report(done: int, total: int) -> None:
        on_progress(run.variant, done, total)

    callbacks = functions.new_callbacks()
    record = train_network(program, data, training, callbacks=callbacks, seed=run.seed, on_progress=report)
    return result_of(run, data, scored(program.model, record, data))


@lru_cache(maxsize=1)
def _read(path: Path) -> ModelFunctions:
    return ModelFunctions.read(path)


def _built(functions: ModelFunctions, run: Run) -> tuple[Data, keras.Model]:
    """Return the rows and the built model of a run.

    Raises:
        ExperimentsError: A function raises, or the model does not fit the rows.
    """
    from experiments.training.arrays import as_arrays, first_rows
    from experiments.training.keras_private import build_for_batch

    use_study_settings()
    data = functions.rows(run.seed)
    if run.config.training.validate_on == "validation" and data.x_validation is None:
        raise ExperimentsError("validate_on='validation' needs rows of that name in data")
    model = functions.build(run.variant, run.seed)
    rows = as_arrays(data.x_train, data.y_train)
    batch = run.config.training.batch_size
    try:
        build_for_batch(model, rows if batch == "all" else first_rows(rows, int(batch)))
    except (ValueError, TypeError) as error:
        raise ExperimentsError(f"seed {run.seed}: the model does not fit the rows: {first_paragraph(error)}") from error
    return data, model
