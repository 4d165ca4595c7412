"""A worker process: carries out tasks one after another and sends events to its parent."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError, Problem
from experiments.scheduler.bundles import bundle_key
from experiments.scheduler.device import DeviceKind
from experiments.scheduler.executor import (
    Broken,
    CallFunction,
    Counted,
    CountOperations,
    Finished,
    Note,
    Prepare,
    Prepared,
    Refused,
    Returned,
    RunProgress,
    Task,
    Train,
)
from experiments.xla import KeptPrograms, allow_single_kernels, delete_programs, keep_programs

if TYPE_CHECKING:
    from experiments.language.study import Run
    from experiments.store.result import RunResult

_SECONDS_BETWEEN_PROGRESS = 0.2
# A worker of normal programs is recycled well below 1.5 GB; one whose single program needs more goes on until it grows.
_MEMORY_LIMIT = 1_350_000_000
_MEMORY_GROWTH = 150_000_000
_STATM = Path("/proc/self/statm")


def execute_runs(runs: Iterable[Run], on_progress: Callable[[str, int, int], None]) -> Iterator[RunResult]:
    """Train and evaluate runs; imports TensorFlow."""
    from experiments.run.execute import execute

    return execute(runs, on_progress)


def prepare_runs(runs: Iterable[Run]) -> Iterator[tuple[Run, tuple[Problem, ...]]]:
    """Build data and models of runs, and yield the runs that cannot be built; imports TensorFlow."""
    from experiments.run.execute import prepare

    return prepare(runs)


def count_runs(runs: Iterable[Run]) -> Iterator[tuple[Run, float]]:
    """Yield runs with the floating point operations of a training step; imports TensorFlow."""
    from experiments.run.arithmetic import count_operations

    return count_operations(runs)


@dataclass(frozen=True)
class RunFunctions:
    """The functions by which a worker carries out runs. Tests of the scheduler pass functions that train nothing.

    Attributes:
        execute: Yields one result for each run; calls its second argument with variant, epochs done and epochs asked.
        prepare: Yields each run that cannot be built, with its problems.
        count: Yields each run, with the floating point operations of a training step.
        preload: Name of the module that the fork server imports for these functions, once for all forked workers. It is
            a name because the process that starts workers must not import it.
    """

    execute: Callable[[Iterable[Run], Callable[[str, int, int], None]], Iterator[RunResult]] = execute_runs
    prepare: Callable[[Iterable[Run]], Iterator[tuple[Run, tuple[Problem, ...]]]] = prepare_runs
    count: Callable[[Iterable[Run]], Iterator[tuple[Run, float]]] = count_runs
    preload: str = f"{__package__}.preload"


@dataclass(frozen=True)
class Settings:
    """Settings of a worker, passed to it at its start.

    Attributes:
        log: File for what libraries print.
        device: "cpu" or "gpu".
        functions: Carry out the runs.
        memory_limit: Resident bytes above which the worker ends itself between two runs.
        memory_growth: How much it must have grown since its first run to do so.
        one_task: Whether the worker ends after a task.
        environment: Variables of the parent. The fork server has those of the moment at which it was started.
    """

    log: str
    device: DeviceKind = "cpu"
    functions: RunFunctions = field(default_factory=RunFunctions)
    memory_limit: int = _MEMORY_LIMIT
    memory_growth: int = _MEMORY_GROWTH
    one_task: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True)
class GiveBack:
    """Request to a worker: return this many runs that have not begun (work stealing)."""

    count: int


@dataclass(frozen=True)
class GaveBack:
    """Answer to ``GiveBack``: the runs that the worker will not carry out."""

    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Loads:
    """The task loads stored compiled programs; if the process dies, a stored program may be the cause."""


@dataclass(frozen=True)
class Misfit:
    """A stored program may have failed a run: this run and those after it go to another worker."""


@dataclass(frozen=True)
class Done:
    """The task is over."""


@dataclass
class _Memory:
    """Compares the memory of the worker with its limit, from the first finished run on."""

    limit: int
    growth: int
    first: int = field(default=0, init=False)

    def run_over(self) -> None:
        self.first = self.first or resident_bytes()

    def full(self) -> bool:
        now = resident_bytes()
        return bool(self.first) and now > self.limit and now > self.first + self.growth


class RemainingRuns:
    """Iterates over the runs of a task; runs that have not begun are returned to the parent on request."""

    def __init__(self, runs: tuple[Run, ...], connection: Connection, full: Callable[[], bool]) -> None:
        self._left = deque(runs)
        self._connection = connection
        self._full = full

    def __iter__(self) -> Iterator[Run]:
        while self._left:
            if self._full():
                self._give_back(len(self._left))
            elif self._connection.poll():
                self._give_back(self._connection.recv().count)
            if self._left:
                yield self._left.popleft()

    def _give_back(self, count: int) -> None:
        runs = [self._left.pop() for _ in range(min(count, len(self._left)))]
        self._connection.send(GaveBack(tuple(reversed(runs))))


def work(connection: Connection, settings: Settings) -> None:
    """Carry out tasks, or a single one, until the parent closes the pipe or this process has grown too large.

    Args:
        connection: Receives tasks, sends events; ``Done`` ends each task.
        settings: Device, log file and limits.
    """
    _set_up(settings)
    memory = _Memory(settings.memory_limit, settings.memory_growth)
    while not memory.full():
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        if isinstance(task, GiveBack):  # sent while the last run was ending
            connection.send(GaveBack(()))
            continue
        try:
            _carry_out(task, connection, settings, memory)
        except Exception:
            connection.send(Broken(task, traceback.format_exc()))
        connection.send(Done())
        if settings.one_task:
            return


def _carry_out(task: Task, connection: Connection, settings: Settings, memory: _Memory) -> None:
    if isinstance(task, CallFunction):
        connection.send(Returned(task, task.function(*task.arguments)))
        return
    if isinstance(task, Prepare):
        for run, problems in settings.functions.prepare(task.runs):
            connection.send(Refused(run, problems))
        connection.send(Prepared())
        return
    if isinstance(task, CountOperations):
        for run, operations in settings.functions.count(task.runs):
            connection.send(Counted(run, operations))
        return
    programs = _stored_programs(task, connection, settings)
    try:
        _train(task, connection, settings.functions, memory, programs)
    finally:
        if programs is not None:
            programs.close()


def _stored_programs(task: Train, connection: Connection, settings: Settings) -> KeptPrograms | None:
    """Return the stored compiled programs of the task's model, of any study; None where nothing is stored."""
    # In a worker of many tasks the names of operations depend on earlier tasks, so no stored program would match.
    if not (settings.one_task and task.stored_programs):
        return None
    try:
        programs = keep_programs(_programs_key(task), Path(settings.log).with_suffix(".programs"))
    except ExperimentsError as error:
        connection.send(Note(str(error)))
        return None
    if programs is not None and programs.deleted:
        connection.send(Note("a stored program was damaged, or others could write to it; it is compiled anew"))
    if programs is not None and programs.loaded:
        connection.send(Loads())
    return programs


def _programs_key(task: Train) -> str:
    """Return the name of the stored programs of this model, equal for all runs of a bundle."""
    model = bundle_key(task.runs[0].config.model)
    return hashlib.sha256(model.encode()).hexdigest()[:16]


def _train(
    task: Train, connection: Connection, functions: RunFunctions, memory: _Memory, programs: KeptPrograms | None
) -> None:
    last_report, study, suspected = 0.0, task.runs[0].study, not task.stored_programs

    def report(variant: str, done: int, total: int) -> None:
        nonlocal last_report
        if time.monotonic() - last_report > _SECONDS_BETWEEN_PROGRESS:
            last_report = time.monotonic()
            connection.send(RunProgress(study, variant, done, total))

    start = time.perf_counter()
    for result in functions.execute(RemainingRuns(task.runs, connection, memory.full), report):
        if programs is not None and programs.may_have_caused(result.error):
            connection.send(Misfit())
            return
        if programs is not None and not result.failed:
            programs.store_new()
        if suspected and not result.failed:  # the run fails with stored programs only
            delete_programs(_programs_key(task))
            connection.send(Note(f"{study}: a stored program did not fit; it was deleted and compiled anew"))
        suspected = False
        now = time.perf_counter()
        connection.send(Finished(result, now - start))
        start = now
        memory.run_over()


def _set_up(settings: Settings) -> None:
    # The parent handles Ctrl-C and kills its workers; workers would only print tracebacks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ |= settings.environment
    set_environment(settings.device)
    log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        stream.flush()
        os.dup2(log, descriptor)
    os.close(log)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def set_environment(device: DeviceKind) -> None:
    """Set the environment variables that configure TensorFlow, XLA and the linear algebra libraries of a worker.

    They are read when a library is imported. One thread a worker, always: with two, the last bits of a wide layer's
    results differ.

    Args:
        device: "cpu" or "gpu".
    """
    threads = ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR")
    os.environ |= {f"{library}_NUM_THREADS": "1" for library in threads}
    os.environ |= {"VECLIB_MAXIMUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "MPLBACKEND": "Agg"}
    flag = "--xla_cpu_multi_thread_eigen=false" if device == "cpu" else "--xla_gpu_deterministic_ops=true"
    if flag not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()
    allow_single_kernels()
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    else:
        # Not TF_DETERMINISTIC_OPS as well: with it, Keras compiles nothing by XLA.
        os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"


def _die_with_parent() -> None:
    """End this process when its parent ends, even where the parent is killed during a long training."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def resident_bytes() -> int:
    """Measure the resident memory of this process.

    psutil measures the same; nothing else would need that dependency.

    Returns:
        Current bytes on Linux; the peak on other systems, which for a growing worker is nearly the same.
    """
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return _windows_peak()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def processor_seconds(pid: int | None) -> float | None:
    """Return the processor time that a process has used, in seconds; None where it cannot be measured.

    Args:
        pid: Number of the process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _windows_peak() -> int:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("size", wintypes.DWORD),
            ("faults", wintypes.DWORD),
            *((name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "pagefile", "peak_pagefile")),
        )

    counters = Counters(size=ctypes.sizeof(Counters))
    process = ctypes.windll.kernel32.GetCurrentProcess()  # type: ignore[attr-defined]
    ctypes.windll.psapi.GetProcessMemoryInfo(process, ctypes.byref(counters), counters.size)  # type: ignore[attr-defined]
    return int(counters.now)
