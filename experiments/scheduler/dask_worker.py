"""What a Dask worker carries out: a task of the scheduler, in a child process that can be killed.

TensorFlow is never imported into a Dask worker: a crash of it ends the child alone, and memory that it keeps is freed
with the child. A running task of Dask cannot be interrupted, but its child can be killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from platform import node, python_version
from typing import Any

from experiments.language.hashing import RESULTS_VERSION
from experiments.scheduler.executor import Broken, Event, RunProgress, Task, Tick, Train
from experiments.scheduler.local import LocalExecutor
from experiments.scheduler.worker import RunFunctions

_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas")
_SECONDS_BETWEEN_PROGRESS = 1.0

_children: set[LocalExecutor] = set()
"""The executors of tasks that are carried out in this process."""


@cache
def code_fingerprint() -> tuple[tuple[str, str], ...]:
    """Return what has to be equal on all machines for equal results: our code, Python and the numerical libraries.

    Returns:
        Pairs of a name and its version; of our code, a digest of its modules.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(str(RESULTS_VERSION).encode())
    for module in sorted(root.rglob("*.py")):
        digest.update(module.relative_to(root).as_posix().encode())
        digest.update(module.read_bytes())
    versions = [(package, version(package)) for package in _PACKAGES]
    return ("experiments", digest.hexdigest()[:12]), ("python", python_version()), *versions


def carry_out(task: Task, functions: RunFunctions, fingerprint: tuple[tuple[str, str], ...], topic: str) -> list[Event]:
    """Carry out a task in a child process and return its events.

    Args:
        task: Runs to train, to build or to count.
        functions: Carry out the runs.
        fingerprint: The ``code_fingerprint`` of the client.
        topic: Dask topic for the progress; see ``progress_of``.

    Returns:
        All events but those of the progress. A machine that cannot carry out the task returns a ``Broken``.
    """
    problem = _mismatch(fingerprint)
    if problem:
        return [Broken(task, problem)]
    on_gpu = isinstance(task, Train) and task.device == "gpu"
    executor = LocalExecutor(1, gpu=on_gpu, functions=functions, forked=True)
    _children.add(executor)
    send_progress = _progress_sender(topic)
    events: list[Event] = []
    try:
        executor.submit(task)
        for event in executor.events():
            if executor not in _children:  # killed; it would go on with the next run in a new child
                break
            if isinstance(event, RunProgress):
                send_progress(event)
            elif not isinstance(event, Tick):
                events.append(event)
    except (OSError, ValueError):
        if executor in _children:  # otherwise its pipes were closed by kill_children
            raise
    finally:
        _children.discard(executor)
        executor.close()
    return events


def kill_children() -> None:
    """Kill the child processes of this Dask worker: the client that asked for their tasks is closing."""
    while _children:
        _children.pop().close()


def progress_of(message: dict[str, Any]) -> RunProgress:
    """Return the progress that a message on the topic is about; Dask adds the address of the worker."""
    return RunProgress(**{item.name: message[item.name] for item in fields(RunProgress)})


def _progress_sender(topic: str) -> Callable[[RunProgress], None]:
    from distributed import get_worker

    worker, last = get_worker(), 0.0

    def send(progress: RunProgress) -> None:
        nonlocal last
        if time.monotonic() - last > _SECONDS_BETWEEN_PROGRESS:
            last = time.monotonic()
            with contextlib.suppress(OSError):
                worker.log_event(topic, vars(progress))

    return send


def _mismatch(expected: tuple[tuple[str, str], ...]) -> str:
    """Describe why this machine must not carry out tasks of the client; "" where it may."""
    here = dict(code_fingerprint())
    others = [f"{name} {here.get(name)} instead of {wanted}" for name, wanted in expected if here.get(name) != wanted]
    if others:
        return f"The Dask worker on {node()} would compute other results: it has {', '.join(others)}."
    if multiprocessing.current_process().daemon:
        return (
            f"The Dask worker on {node()} cannot start a process of its own. Start it with --no-nanny, or with "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False in its environment."
        )
    return ""
