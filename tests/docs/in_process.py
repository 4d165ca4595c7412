"""An executor without worker processes: importing TensorFlow once is what makes these tests fast."""

from __future__ import annotations

from collections import deque

import pytest

from experiments.functions import compare
from experiments.run.execute import execute
from experiments.scheduler.executor import CallFunction, Finished, Prepare, Prepared, Returned, Train
from experiments.session import reporting, run_studies


class InProcess:
    """Trains and calls in this process; what Keras refuses is not asked beforehand."""

    def __init__(self, *_, functions=None, **__):
        self._tasks = deque()
        self._execute = functions.execute if functions else execute

    def submit(self, task, *, first=False):
        self._tasks.insert(0 if first else len(self._tasks), task)

    def events(self):
        while self._tasks:
            task = self._tasks.popleft()
            if isinstance(task, Train):
                yield from (Finished(result, 0.0) for result in self._execute(task.runs, lambda *_: None))
            elif isinstance(task, Prepare):
                yield Prepared()
            elif isinstance(task, CallFunction):
                yield Returned(task, task.function(*task.arguments))
            else:
                raise AssertionError(task)

    def close(self):
        self._tasks.clear()


@pytest.fixture
def in_process(monkeypatch):
    """Commands train and draw in this process."""
    for module in (run_studies, reporting, compare):
        monkeypatch.setattr(module, "LocalExecutor", InProcess)
