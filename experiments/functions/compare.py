"""``experiments.compare``: functions that return Keras models, trained with many seeds and judged in pairs."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.display import make_listener
from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.functions.compared_models import ComparedModels
from experiments.functions.digest import digest
from experiments.functions.model_functions import ModelFunctions, data_of
from experiments.functions.work import count_functions, execute_functions, prepare_functions
from experiments.language.configuration import Configuration
from experiments.language.located import LocatedDict
from experiments.language.names import case_twins, twins_message, wrong_file_name, wrong_name
from experiments.language.problems import alternatives, expected
from experiments.language.study import Study, Variant
from experiments.scheduler.local import LocalExecutor
from experiments.scheduler.worker import RunFunctions
from experiments.session.run_studies import Options, run_studies
from experiments.store.folder import StudyFolder
from experiments.store.study_runs import StudyRuns
from experiments.store.table import read_index

if TYPE_CHECKING:
    from experiments.scheduler.device import Devices
    from experiments.session.progress import Listener

SOURCE = "experiments.compare"
_WATCHED = ("none", "validation", "test")


def compare(
    models: Mapping[str, Callable[[int], Any]],
    data: Any,
    *,
    epochs: int,
    repeats: int = 30,
    batch_size: int | str = 32,
    validate_on: str = "none",
    callbacks: Sequence[Any] = (),
    out: str | Path | None = None,
    jobs: int | None = None,
    device: str = "auto",
) -> ComparedModels:
    """Train the models that functions return, each with many seeds, in worker processes.

    Repeat k of every model has the seed k and, where ``data`` is a function, the same rows. So models are compared in
    pairs, repeat by repeat, as the variants of a study are. The functions may be defined in a notebook.

    Args:
        models: Name to a function of the seed that returns a compiled Keras model. Before each call all random
            generators are seeded; a function need not use its argument.
        data: ``((x_train, y_train), (x_test, y_test))``, or a mapping of "train", "test" and "validation" to
            ``(x, y)``, the same rows in all repeats; or a function of the seed that returns such rows, new ones for
            each repeat.
        epochs: Number of epochs.
        repeats: Number of seeds, counted from 0.
        batch_size: Rows of a batch, or "all".
        validate_on: "validation" or "test": rows to evaluate after each epoch; "none" for none.
        callbacks: Keras callbacks; each run gets copies of its own.
        out: Folder of the results. A later call with the same folder trains only what is missing, and what was
            changed: a function (its bytecode, what it uses of the notebook and of the user's own modules), the rows or
            another argument. By default the results live as long as the returned object.
        jobs: Number of worker processes on the CPU; None for as many as there are cores.
        device: "auto" for the CPU and, where there is one, a GPU for large networks; or "cpu", or "gpu".

    Returns:
        The results: runs, curves, verdicts, a figure and a page.

    Raises:
        ExperimentsError: An argument is not valid, a function raises with the first seed or returns something else, or
            the folder has other results.
        KeyboardInterrupt: The call was interrupted; finished runs are kept in ``out``.

    Example:
        >>> found = experiments.compare({"plain": build_plain, "dropout": build_dropout}, data, epochs=100)
        >>> print(found.verdict("dropout.test_accuracy > plain.test_accuracy"))
        >>> found.page("dropout.html")
    """
    _check(models, epochs=epochs, repeats=repeats, batch_size=batch_size, validate_on=validate_on, callbacks=callbacks)
    functions = ModelFunctions(dict(models), data if callable(data) else _checked(data, validate_on), tuple(callbacks))
    own = tempfile.TemporaryDirectory(prefix="experiments-") if out is None else None
    folder = Path(own.name, "comparison") if own is not None else Path(os.path.normpath(Path.cwd() / str(out)))
    training = {"epochs": epochs, "batch_size": batch_size, "validate_on": validate_on}
    study = _study(folder.name, functions, training, repeats)
    _refuse_other_results(folder)
    listener = make_listener()
    _log_changes(study, folder, listener)
    with tempfile.TemporaryDirectory(prefix="experiments-") as place:
        path = Path(place, "functions")
        functions.write(path)
        options = Options(
            out=folder.parent, jobs=jobs, device=device, report=False, make_executor=partial(_executor, path)
        )
        summary = run_studies([study], options, listener)
    for failure in summary.failures:
        listener.log(f"failed: {failure.run}: {failure.error}")
    if summary.interrupted:
        listener.log("interrupted" + ("" if own else "; the same call goes on from here"))
        raise KeyboardInterrupt
    return ComparedModels(study, folder.parent, own)


def _check(models: Any, *, epochs: Any, repeats: Any, batch_size: Any, validate_on: Any, callbacks: Any) -> None:
    """Check the arguments, and raise all problems at once."""
    problems = []
    if not isinstance(models, Mapping) or not models:
        problems.append(("models", expected("a mapping of names to functions of a seed", models)))
    for name, function in models.items() if isinstance(models, Mapping) else ():
        message = wrong_name(str(name), "a name") or wrong_file_name(str(name))
        problems += [(f"models.{name}", message)] if message else []
        if not callable(function) or isinstance(function, type) or hasattr(function, "layers"):
            text = f"expected a function of a seed that returns a compiled model, found {type(function).__name__}"
            problems.append((f"models.{name}", text))
    problems += [("models", twins_message(*pair)) for pair in case_twins(map(str, models or ()))]
    for name, value in (("epochs", epochs), ("repeats", repeats)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            problems.append((name, expected("an integer of at least 1", value)))
    if batch_size != "all" and (not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1):
        problems.append(("batch_size", expected("an integer of at least 1, or 'all'", batch_size)))
    if validate_on not in _WATCHED:
        problems.append(("validate_on", expected(alternatives(_WATCHED), validate_on)))
    if not isinstance(callbacks, Sequence) or isinstance(callbacks, str):
        problems.append(("callbacks", f"expected a list of Keras callbacks, found {type(callbacks).__name__}"))
    if problems:
        raise ConfigError(Problem(None, path, message) for path, message in problems)


def _checked(data: Any, validate_on: str) -> Any:
    """Return arrays as they were given, after checking them."""
    if data_of(data, "data").x_validation is None and validate_on == "validation":
        raise ExperimentsError("validate_on: 'validation' needs rows of that name in data")
    return data


def _study(name: str, functions: ModelFunctions, training: Mapping[str, Any], repeats: int) -> Study:
    """Return the study whose variants are the functions.

    Its configurations have the digests of functions and rows in the places of components. Arrays are the one data set
    of the protocol "published"; a function of the seed draws "fresh" rows for each repeat.
    """
    message = wrong_file_name(name)
    if message:
        raise ExperimentsError(f"out: {message}")
    protocols = ("fresh",) if callable(functions.data) else ("published",)
    shared: dict[str, Any] = {
        "data": {"rows": _component("Rows", functions.data), "split": {"train": 1, "test": 1}},
        "training": {
            "optimizer": "compiled",
            "loss": "loss",
            **training,
            "callbacks": {f"callback_{i}": _callback(item) for i, item in enumerate(functions.callbacks)},
            "gradients": {},
        },
    }
    variants = tuple(
        Variant(
            name=variant,
            group=variant,
            grid={},
            config=Configuration.from_plain(shared | {"model": {variant: _component("Function", function)}}),
            changes={},
            repeats=repeats,
            protocols=protocols,
            about=(inspect.getdoc(function) or "").partition("\n")[0],
            on_request=False,
            located=LocatedDict(),
        )
        for variant, function in functions.models.items()
    )
    names = " and ".join(functions.models) if len(functions.models) < 3 else ", ".join(functions.models)
    return Study(
        name=name,
        file="",
        title=f"{names} compared",
        question="Which of these models is better?",
        source=SOURCE,
        topic="Own models",
        repeats=repeats,
        protocols=protocols,
        base=variants[0].config,
        variants=variants,
        claims=(),
        published=(),
        diagnosis=None,
        text="\n\n".join(map(_source_of, functions.models.values())),
    )


def _component(name: str, value: Any, **arguments: Any) -> dict[str, Any]:
    return {name: {"digest": digest(value).value, **arguments}}


def _callback(callback: Any) -> dict[str, Any]:
    keeps_best = getattr(callback, "restore_best_weights", False)
    return _component(type(callback).__name__, callback, **({"restore_best_weights": True} if keeps_best else {}))


def _source_of(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):  # typed into the Python shell, or not a plain function
        return f"# the source of {getattr(function, '__name__', function)} is not at hand\n"


def _refuse_other_results(folder: Path) -> None:
    """Raise an error where a folder has the results of a study in YAML, which would be replaced."""
    place = StudyFolder(folder)
    if not place.runs.is_file() and not place.resolved.is_file():
        return
    resolved = place.resolved.read_text(encoding="utf-8") if place.resolved.is_file() else ""
    if f"\nsource: {SOURCE}\n" not in resolved:
        raise ExperimentsError(f"out: {folder} has the results of a study in YAML; name another folder")


def _log_changes(study: Study, folder: Path, listener: Listener) -> None:
    """Log the variants whose finished runs belong to other functions, rows or arguments."""
    known = StudyRuns(study)
    changed = {entry.key.variant for entry in read_index(StudyFolder(folder).runs) if not known.has(entry)}
    for variant in study.variants:
        if variant.name in changed:
            listener.log(f"{variant.name}: its function, the rows or an argument changed; its runs are trained anew")


def _executor(path: Path, devices: Devices) -> LocalExecutor:
    execute, prepare = partial(execute_functions, path), partial(prepare_functions, path)
    functions = RunFunctions(execute, prepare, partial(count_functions, path))
    return LocalExecutor(devices.workers, gpu=bool(devices.gpu), forked=True, functions=functions)
