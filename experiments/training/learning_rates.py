"""LearningRateScheduler, served from the compiled loop: the schedule is called before the epochs are trained."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

_DEEPEST = 5
_WATCHED = (keras.Layer, keras.Optimizer, keras.Variable, keras.callbacks.Callback, keras.metrics.Metric)
_FLOATS = (float, np.float32, np.float64)


def looks_at_training(schedule: Any) -> bool:
    """Return whether a schedule can read the state of a training: a model, a layer, an optimizer or a callback.

    Args:
        schedule: Callable of epoch and learning rate.
    """
    return any(isinstance(value, _WATCHED) for value in _reachable(schedule, set(), _DEEPEST))


def may_keep_state(schedule: Any) -> bool:
    """Return whether a schedule may change something when it is called, so that the number of its calls matters.

    Args:
        schedule: Callable of epoch and learning rate.
    """
    return any(_is_mutable(value) or _assigns_outside(value) for value in _reachable(schedule, set(), _DEEPEST))


def _is_mutable(value: Any) -> bool:
    fixed = (tuple, frozenset, bool, type(None), functools.partial, keras.optimizers.schedules.LearningRateSchedule)
    return not (isinstance(value, fixed) or inspect.isroutine(value) or inspect.ismodule(value))


def _assigns_outside(value: Any) -> bool:
    """Return whether a function assigns to variables that are not its own."""
    if not inspect.isfunction(value):
        return False
    names = {(step.opname, step.argval) for step in dis.get_instructions(value)}
    free = set(value.__code__.co_freevars)
    return any(name == "STORE_GLOBAL" or (name == "STORE_DEREF" and of in free) for name, of in names)


def _reachable(value: Any, seen: set[int], depth: int) -> Iterator[Any]:
    """Yield what a callable reaches by its variables, its arguments and its object."""
    if id(value) in seen or depth < 0 or isinstance(value, (str, bytes, int, float, np.ndarray, type)):
        return
    seen.add(id(value))
    yield value
    if not isinstance(value, _WATCHED):
        for part in _parts(value):
            yield from _reachable(part, seen, depth - 1)


def _parts(value: Any) -> list[Any]:
    if inspect.ismethod(value):
        return [value.__self__, value.__func__]
    if inspect.isfunction(value):
        variables = inspect.getclosurevars(value)
        defaults = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        return [*variables.nonlocals.values(), *variables.globals.values(), *defaults]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return list(value.values() if isinstance(value, Mapping) else value)
    if inspect.ismodule(value):
        return []
    # An object of its own class: what it holds, and what its method reads.
    held = list(vars(value).values()) if hasattr(value, "__dict__") else []
    return [*held, vars(type(value)).get("__call__")]


class AskedRates:
    """The learning rates of some LearningRateSchedulers, asked for before the epochs are trained.

    Args:
        schedulers: The callbacks, in order.
        optimizer: Optimizer whose learning rate is a variable.
    """

    def __init__(self, schedulers: Sequence[keras.callbacks.LearningRateScheduler], optimizer: Any) -> None:
        self._schedulers = schedulers
        self._dtype = optimizer.learning_rate.dtype
        self._rate = float(optimizer.learning_rate.numpy())
        self._failure: Exception | None = None
        self._answers: dict[int, list[Any]] = {}

    def ask(self, first: int, until: int) -> np.ndarray:
        """Return the learning rates of some epochs.

        Args:
            first: Index of the first epoch.
            until: Index after the last one.

        Returns:
            One rate for each epoch; fewer where a schedule fails, whose error is raised in the next call.

        Raises:
            ValueError: From a schedule, or it returned something else than a float.
        """
        if self._failure is not None:
            raise self._failure
        rates: list[float] = []
        for epoch in range(first, until):
            try:
                self._answers[epoch] = [self._ask_one(scheduler, epoch) for scheduler in self._schedulers]
            except Exception as error:
                if not rates:
                    raise
                self._failure = error
                break
            rates.append(self._rate)
        return np.array(rates)

    def answers(self, epoch: int) -> list[Any]:
        """Return what the schedules returned for an epoch, and forget it."""
        return self._answers.pop(epoch)

    def _ask_one(self, scheduler: keras.callbacks.LearningRateScheduler, epoch: int) -> Any:
        try:
            answer = scheduler.schedule(epoch, self._rate)
        except TypeError:  # a schedule of the epoch alone, as in Keras
            answer = scheduler.schedule(epoch)
        if not isinstance(answer, _FLOATS):
            raise ValueError(f"The output of the `schedule` function should be a float. Got: {answer}")
        self._rate = float(np.asarray(answer, self._dtype))
        return answer
