"""The executor for one machine: a pool of worker processes, connected by pipes.

Not ``concurrent.futures``: there, one worker that dies breaks the whole pool, running tasks cannot be killed, and a
task has one result at its end instead of a stream of events, so that idle workers could not steal runs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from experiments.errors import ExperimentsError
from experiments.scheduler.device import DeviceKind
from experiments.scheduler.executor import Broken, Event, Finished, Note, Task, Tick, Train
from experiments.scheduler.signals import ctrl_c_ignored
from experiments.scheduler.worker import (
    Done,
    GaveBack,
    GiveBack,
    Loads,
    Misfit,
    RunFunctions,
    Settings,
    processor_seconds,
    work,
)
from experiments.store.result import RunResult

if TYPE_CHECKING:
    from experiments.language.study import Run

_LONGEST_WAIT = 0.5
_LOG_TAIL = 2000
_FORK_ATTEMPTS = 5
_SECONDS_BETWEEN_FORKS = 0.3  # a killed process is there for a moment longer
_FRUITLESS_STARTS = 3
_PATIENCE = 300.0
_SECONDS_BETWEEN_LOOKS = 5.0


@dataclass
class _Worker:
    device: DeviceKind
    process: BaseProcess
    connection: Connection
    log: Path
    one_task: bool = False
    task: Task | None = None
    left: list[Run] = field(default_factory=list)
    asked: bool = False  # whether a GiveBack was sent and not answered yet
    answered: bool = False  # whether it ever sent a message
    loads: bool = False  # whether its task loads stored programs
    times: list[float] = field(default_factory=list)  # when the task began and when each of its runs was over
    alive_at: float = 0.0  # when it last sent a message or had used processor time
    used: float | None = None  # processor time of its process at that moment
    hung: bool = False  # whether it was killed because it gave no sign of life

    def begin(self, task: Task) -> None:
        """Send a task. Where the worker has just ended, its pipe ends too, and the task goes to another worker."""
        self.task, self.left = task, list(task.runs) if isinstance(task, Train) else []
        self.times = [time.monotonic()]
        self.alive_at = self.times[0]
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def is_hanging(self, patience: float) -> bool:
        """Return whether the worker of a task sent nothing and used no processor time for this many seconds."""
        used = processor_seconds(self.process.pid)
        if used is None or used != self.used:
            self.used, self.alive_at = used, time.monotonic()
        return self.task is not None and time.monotonic() - self.alive_at > patience

    def runs_to_steal(self) -> int:
        """Return half of the remaining runs, if moving them saves more time than compiling their program again."""
        if self.asked or len(self.left) < 3 or len(self.times) < 3:
            return 0
        first, others = self.times[1] - self.times[0], self.times[-1] - self.times[1]
        remaining = len(self.left) * others / (len(self.times) - 2)
        return len(self.left) // 2 if remaining > 2 * first else 0


class LocalExecutor:
    """Processes of this machine, each with one thread.

    If a process dies, the run in training is recorded as failed; the remaining runs continue in a new process. A run or
    another task whose process was killed by a signal, such as for want of memory, is tried once more.

    Args:
        jobs: Number of processes that work on the CPU at once.
        gpu: Whether a further process, which starts with the first task for it, works on the GPU. The others do not
            see the GPU. A GPU is used by one process, since each takes memory of it for its programs.
        functions: Carry out the runs.
        memory_limit: Resident bytes above which a worker ends itself between two runs.
        forked: On Linux, fork each worker of the CPU off the fork server, which has TensorFlow imported, one for each
            task. Such a worker begins at once and has no memory of earlier tasks. It traces a program under the same
            names whatever was traced before; by these names TensorFlow finds a stored program.
        patience: Seconds after which a worker is killed that sends nothing and uses no processor time. On systems
            other than Linux the time cannot be measured, and no worker is killed.

    Example:
        >>> executor = LocalExecutor(2)
        >>> executor.submit(CallFunction(math.sqrt, (16.0,)))
        >>> [event.value for event in executor.events() if isinstance(event, Returned)]
        [4.0]
        >>> executor.close()
    """

    def __init__(
        self,
        jobs: int,
        *,
        gpu: bool = False,
        functions: RunFunctions | None = None,
        memory_limit: int | None = None,
        forked: bool = False,
        patience: float = _PATIENCE,
    ) -> None:
        forked = forked and sys.platform == "linux"
        self._most: dict[DeviceKind, int] = {"gpu": int(gpu), "cpu": jobs}
        self._forked = forked
        self._options: dict[str, Any] = {"functions": functions} if functions else {}
        self._options |= {"memory_limit": memory_limit, "memory_growth": 0} if memory_limit else {}
        self._queues: dict[DeviceKind, deque[Task]] = {device: deque() for device in self._most}
        self._workers: list[_Worker] = []
        self._logs = Path(tempfile.mkdtemp(prefix="experiments-"))
        self._started = 0
        self._fruitless = 0
        self._noted: set[str] = set()
        self._killed: set[str | int] = set()  # hashes of runs, and other tasks, whose process a signal has killed
        self._patience = patience
        self._look_again_at = 0.0

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task behind those that wait, or before them; a free worker begins it during ``events``."""
        queue = self._queue_of(task)
        if first:
            queue.appendleft(task)
        else:
            queue.append(task)

    def widen(self, jobs: int) -> None:
        """Raise the number of processes that work on the CPU at once.

        Args:
            jobs: The new number; a smaller one changes nothing.
        """
        self._most["cpu"] = max(self._most["cpu"], jobs)

    def events(self) -> Iterator[Event]:
        """Yield the events of the workers until every submitted task is over.

        Raises:
            ExperimentsError: No worker process can be started.
        """
        while any(self._queues.values()) or any(worker.task for worker in self._workers):
            self._assign()
            self._kill_hanging()
            ready = wait([worker.connection for worker in self._workers], timeout=0)
            if not ready:
                yield Tick()
                # With a limit: Windows handles Ctrl-C only between two waits.
                ready = wait([worker.connection for worker in self._workers], timeout=_LONGEST_WAIT)
            for worker in [worker for worker in self._workers if worker.connection in ready]:
                yield from self._receive(worker)

    def close(self) -> None:
        """Kill the workers, drop the queue and remove the logs."""
        for worker in self._workers:
            if worker.process.is_alive():
                worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()
        self._workers.clear()
        for queue in self._queues.values():
            queue.clear()
        shutil.rmtree(self._logs, ignore_errors=True)

    def _queue_of(self, task: Task) -> deque[Task]:
        return self._queues[task.device if isinstance(task, Train) else "cpu"]

    def _assign(self) -> None:
        for device, queue in self._queues.items():
            workers = [worker for worker in self._workers if worker.device == device]
            while queue:
                idle = next((worker for worker in workers if worker.task is None), None)
                if idle is None:
                    if len(workers) == self._most[device]:
                        break
                    workers.append(idle := self._start(device))
                idle.begin(queue.popleft())
            else:
                self._rebalance(workers, self._most[device])

    @staticmethod
    def _rebalance(workers: Sequence[_Worker], most: int) -> None:
        """Request remaining runs of the busy workers of a device for its workers without a task."""
        idle = most - sum(worker.task is not None or worker.asked for worker in workers)
        for worker in sorted(workers, key=lambda worker: -len(worker.left)):
            spare = worker.runs_to_steal()
            if idle > 0 and spare:
                worker.asked, idle = True, idle - 1
                with contextlib.suppress(OSError):
                    worker.connection.send(GiveBack(spare))

    def _kill_hanging(self) -> None:
        """Kill the workers that hang; their pipes end, so that their runs are handled as those of any dead worker."""
        if time.monotonic() < self._look_again_at:
            return
        self._look_again_at = time.monotonic() + min(_SECONDS_BETWEEN_LOOKS, self._patience / 4)
        for worker in self._workers:
            if not worker.hung and worker.is_hanging(self._patience):
                worker.hung = True
                worker.process.kill()

    def _start(self, device: DeviceKind) -> _Worker:
        log = self._logs / f"worker-{self._started}.log"
        # The fork server has TensorFlow imported without a GPU.
        forked = self._forked and device == "cpu"
        settings = Settings(log=str(log), device=device, one_task=forked, **self._options)
        here, there = multiprocessing.Pipe()
        process = (_start_forked if forked else _start_spawned)(there, settings)
        there.close()
        self._started += 1
        worker = _Worker(device, process, here, log, one_task=forked)
        self._workers.append(worker)
        return worker

    def _receive(self, worker: _Worker) -> Iterator[Event]:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._lost(worker)
            return
        worker.answered, self._fruitless = True, 0
        worker.alive_at = time.monotonic()
        if isinstance(message, Done):
            worker.task, worker.left = None, []
            if worker.one_task:
                self._dismiss(worker)
        elif isinstance(message, GaveBack):
            worker.asked = False
            worker.left = worker.left[: len(worker.left) - len(message.runs)]
            if message.runs:
                self._return(worker.task, message.runs)
        elif isinstance(message, Loads):
            worker.loads = True
        elif isinstance(message, Misfit):
            runs, worker.left = worker.left, []
            self._return(worker.task, runs, stored_programs=False)
        elif isinstance(message, Note):
            yield from self._note(message)
        else:
            if isinstance(message, Finished):
                with contextlib.suppress(ValueError):
                    worker.left.remove(message.result.run)
                worker.times.append(time.monotonic())
            yield message

    def _return(self, task: Task | None, runs: Sequence[Run], **changes: Any) -> None:
        """Put runs of a task that were not carried out back to the front of the queue."""
        assert isinstance(task, Train)
        self._queues[task.device].appendleft(replace(task, runs=tuple(runs), **changes))

    def _note(self, note: Note) -> Iterator[Event]:
        """Yield a note unless an equal one was yielded before: every task may send the same."""
        if note.text not in self._noted:
            self._noted.add(note.text)
            yield note

    def _dismiss(self, worker: _Worker) -> None:
        worker.connection.close()
        self._workers.remove(worker)
        worker.process.join(timeout=1)
        if worker.process.is_alive():
            worker.process.kill()

    def _lost(self, worker: _Worker) -> Iterator[Event]:
        """Return the remaining runs of a worker that ended itself to free its memory, or that died, to the queue."""
        worker.process.join(timeout=10)
        worker.connection.close()
        self._workers.remove(worker)
        task, left, code = worker.task, worker.left, worker.process.exitcode
        if task is None:
            return
        if code == 0:
            again = replace(task, runs=tuple(left)) if isinstance(task, Train) else task
            self._queue_of(task).appendleft(again)
            return
        if worker.loads and left:
            self._return(task, left, stored_programs=False)
            return
        if code is not None and code < 0 and not worker.hung and self._try_again(task, left):
            return
        died = f"no sign of life for {self._patience:g} s" if worker.hung else f"exit code {code}"
        reason = f"The worker process died ({died}).\n{_tail(worker.log)}"
        if not worker.answered:
            self._count_fruitless(reason)
        if not isinstance(task, Train):
            yield Broken(task, reason)
        elif left:
            failed = RunResult(left[0], {}, {}, {}, f"{reason}\nWorkerDied: {died}".replace("\n\n", "\n"))
            yield Finished(failed, time.monotonic() - worker.times[-1])
            if left[1:]:
                self._return(task, left[1:], stored_programs=True)  # it died without them too

    def _try_again(self, task: Task, left: Sequence[Run]) -> bool:
        """Return a task whose process was killed to the queue, unless it is the second time."""
        one = left[0].hash if left else id(task)
        if one in self._killed:
            return False
        self._killed.add(one)
        if not isinstance(task, Train):
            self._queue_of(task).appendleft(task)
        elif left:
            if left[1:]:
                self._return(task, left[1:])
            self._return(task, left[:1])  # alone: a second death is not that of other runs
        return True

    def _count_fruitless(self, reason: str) -> None:
        self._fruitless += 1
        if self._fruitless >= _FRUITLESS_STARTS:
            raise ExperimentsError(f"no worker process stays alive. {reason}")


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return log.read_bytes()[-_LOG_TAIL:].decode(errors="replace").strip()
    return ""


def _start_spawned(connection: Connection, settings: Settings) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=work, args=(connection, settings), daemon=True)
    with ctrl_c_ignored(), _without_main():
        process.start()
    return process


def _start_forked(connection: Connection, settings: Settings) -> BaseProcess:
    from multiprocessing import forkserver  # not on Windows

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([settings.functions.preload])
    with ctrl_c_ignored():
        forkserver.ensure_running()
    for left in reversed(range(_FORK_ATTEMPTS)):
        process = context.Process(target=work, args=(connection, settings), daemon=True)
        try:
            with _without_main():
                process.start()  # the first start waits for the imports of the fork server and can be interrupted
        except (EOFError, OSError) as error:  # where the fork server was killed, the next attempt starts another one
            if not left:
                raise ExperimentsError(f"no worker process can be forked ({error!r})") from error
            time.sleep(_SECONDS_BETWEEN_FORKS)
        else:
            break
    return process


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep a new process from running the script of this process again, as multiprocessing has it do.

    A worker needs nothing of it, and a user's script may start the work at its top level.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
