"""Functions that return models, with their rows and callbacks. They travel to the workers in one file."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import numpy as np

from experiments.data import Data
from experiments.errors import ExperimentsError, first_paragraph
from experiments.functions.digest import digest
from experiments.seeds import derive_seed

SETS = ("train", "validation", "test")
_ROWS = "((x_train, y_train), (x_test, y_test)), a mapping of 'train', 'test' and perhaps 'validation' to (x, y)"


@dataclass(frozen=True)
class ModelFunctions:
    """What is trained.

    Attributes:
        models: Variant to a function of the seed that returns a compiled Keras model.
        data: The rows, or a function of the seed that returns them.
        callbacks: Keras callbacks; each run gets copies of its own.
    """

    models: Mapping[str, Callable[[int], Any]]
    data: Any
    callbacks: Sequence[Any] = ()

    def build(self, variant: str, seed: int) -> Any:
        """Build the model of one run.

        Every random generator of Python, NumPy and TensorFlow is seeded before, so that layers and initializers without
        a seed of their own draw the same numbers in every process.

        Args:
            variant: Name of the variant.
            seed: Seed of the run.

        Raises:
            ExperimentsError: The function raises, or returns something else; the message has its name and the seed.
        """
        import keras

        _seed_everything(seed)
        # Layers without a name are called dense, dense_1 and so on, also in the second model of a process.
        keras.utils.clear_session(free_memory=False)
        call = f"{_name_of(self.models[variant])}(seed={seed})"
        model = _called(self.models[variant], seed, call)
        if not isinstance(model, keras.Model):
            raise ExperimentsError(f"{call}: expected a compiled Keras model, found {type(model).__name__}")
        if not model.compiled:
            raise ExperimentsError(f"{call}: the model is not compiled; call model.compile in the function")
        return model

    def rows(self, seed: int) -> Data:
        """Return the arrays of one run.

        Args:
            seed: Seed of the run.

        Raises:
            ExperimentsError: The function raises, or the rows have another form.
        """
        if not callable(self.data):
            return data_of(self.data, "data")
        _seed_everything(seed)
        call = f"data: {_name_of(self.data)}(seed={seed})"
        return data_of(_called(self.data, seed, call), call)

    def new_callbacks(self) -> list[Any]:
        """Return copies of the callbacks in the state in which they were given."""
        return copy.deepcopy(list(self.callbacks))

    def write(self, path: Path) -> None:
        """Write the functions by value: workers need neither the notebook nor the modules that define them.

        Args:
            path: The file.

        Raises:
            ExperimentsError: Something that a function uses cannot be pickled.
        """
        with _by_value(digest([self.models, self.data, self.callbacks]).modules):
            try:
                content = cloudpickle.dumps(self)
            except Exception as error:  # whatever the __reduce__ of a user's object raises
                raise ExperimentsError(
                    f"a function uses something that cannot be sent to a worker process: {first_paragraph(error)}"
                ) from error
        path.write_bytes(content)

    @classmethod
    def read(cls, path: Path) -> ModelFunctions:
        """Read what ``write`` wrote."""
        found = cloudpickle.loads(path.read_bytes())
        assert isinstance(found, ModelFunctions)
        return found


def data_of(rows: Any, what: str) -> Data:
    """Check rows and return them as the arrays of a run.

    Args:
        rows: ``((x_train, y_train), (x_test, y_test))``, or a mapping of set to ``(x, y)``.
        what: Where they come from, for messages.

    Raises:
        ExperimentsError: They have another form, or x and y of a set differ in length.
    """
    sets = {name: _pair(pair, f"{what}: {name}") for name, pair in _by_set(rows, what).items()}
    nothing = (None, None)
    (x_train, y_train), (x_test, y_test) = sets["train"], sets["test"]
    x_validation, y_validation = sets.get("validation", nothing)
    return Data(
        x_train=x_train,
        y_train=y_train,
        x_validation=x_validation,
        y_validation=y_validation,
        x_test=x_test,
        y_test=y_test,
        x_fresh=None,
        y_fresh=None,
        target_scaler=None,
        task=_task(y_train),
    )


def _by_set(rows: Any, what: str) -> Mapping[str, Any]:
    if isinstance(rows, Mapping):
        missing = [name for name in ("train", "test") if name not in rows]
        unknown = [name for name in rows if name not in SETS]
        if missing or unknown:
            problem = f"{missing[0]!r} is missing" if missing else f"{unknown[0]!r} is no set of rows"
            raise ExperimentsError(f"{what}: expected {_ROWS}; {problem}")
        return rows
    if isinstance(rows, tuple | list) and len(rows) == 2:
        return dict(zip(("train", "test"), rows, strict=True))
    found = type(rows).__name__ + (f" of {len(rows)}" if isinstance(rows, tuple | list) else "")
    raise ExperimentsError(f"{what}: expected {_ROWS}, found {found}")


def _pair(pair: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        found = type(pair).__name__ + (f" of {len(pair)}" if hasattr(pair, "__len__") else "")
        raise ExperimentsError(f"{what}: expected (x, y), found {found}")
    x, y = map(_arrays, pair)
    lengths = {len(array) for array in (*_leaves(x), *_leaves(y))}
    if len(lengths) != 1 or lengths == {0}:
        raise ExperimentsError(
            f"{what}: expected x and y with equally many rows, at least one, found {sorted(lengths)}"
        )
    return x, y


def _arrays(value: Any) -> Any:
    """Return an array, or the arrays of several inputs or outputs in their list or mapping."""
    if isinstance(value, Mapping):
        return {name: _arrays(item) for name, item in value.items()}
    if isinstance(value, tuple | list) and value and all(hasattr(item, "shape") for item in value):
        return [np.asarray(item) for item in value]
    array = np.asarray(value)
    # As in Keras, the values of a pandas Series are one column.
    return array.reshape(-1, 1) if hasattr(value, "to_frame") else np.atleast_1d(array)


def _leaves(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(item)
    else:
        yield value


def _task(targets: Any) -> str:
    """Return the task of targets; classes may be written as floats, as they are for a sigmoid output."""
    from experiments.data.labels import task_of

    if not isinstance(targets, np.ndarray):
        return "regression"
    whole = targets.dtype.kind in "biu" or bool(np.isin(targets, (0, 1)).all())
    classes = targets.reshape(len(targets)) if targets.size == len(targets) else targets
    return task_of(classes.astype(int) if whole else classes.astype(float))


def _seed_everything(seed: int) -> None:
    import keras

    keras.utils.set_random_seed(derive_seed(seed, "everything else"))


def _called(function: Callable[[int], Any], seed: int, call: str) -> Any:
    try:
        return function(seed)
    except Exception as error:  # a user's function may raise anything
        raise ExperimentsError(f"{call} raised {type(error).__name__}{_line_of(error)}: {error}") from error


def _line_of(error: Exception) -> str:
    """Return the innermost line of the user's own code, such as `` (line 7 in build_plain)``."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(Path(frame.filename))]
    return f" (line {frames[-1].lineno} in {frames[-1].name})" if frames else ""


def _is_library(path: Path) -> bool:
    return "site-packages" in path.parts or path == Path(__file__)


def _name_of(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


@contextmanager
def _by_value(modules: Sequence[ModuleType]) -> Iterator[None]:
    """Let functions and classes of some modules be pickled with their code instead of by name."""
    registered = cloudpickle.list_registry_pickle_by_value()
    own = [module for module in modules if module.__name__ not in registered]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)
