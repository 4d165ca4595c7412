"""The executor for many machines: tasks go to Dask workers in slices, and results come back by value.

The results folder is read and written by this process alone, so machines need no common file system. What a lost worker
had not finished is trained again: Dask carries out its slices elsewhere.
"""

from __future__ import annotations

import contextlib
import math
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from experiments.scheduler.dask_cluster import DaskCluster
from experiments.scheduler.dask_worker import carry_out, code_fingerprint, kill_children, progress_of
from experiments.scheduler.device import Devices
from experiments.scheduler.executor import Broken, Event, Finished, Note, RunProgress, Task, Tick, Train
from experiments.scheduler.worker import RunFunctions
from experiments.store.result import RunResult

if TYPE_CHECKING:
    from distributed import Future

    from experiments.language.study import Run

_LONGEST_WAIT = 0.5
_SLICE_SECONDS = 30.0
_SECONDS_PER_EPOCH = 1e-4  # until the first run is over
_SECONDS_TO_COMPILE = 5.0  # until the first slice is over
_QUEUED_PER_SLOT = 1.5


@dataclass
class _Pace:
    """Predicts how long a run takes, from the slices that are over.

    Attributes:
        by_variant: Seconds of a run that has its program, by study and variant.
        per_epoch: Seconds of an epoch.
        compiling: Seconds that the first run of a slice takes longer.
    """

    by_variant: dict[tuple[str, str], float] = field(default_factory=dict)
    per_epoch: float = _SECONDS_PER_EPOCH
    compiling: float = _SECONDS_TO_COMPILE

    def slice_over(self, runs: list[Finished]) -> None:
        if len(runs) < 2:  # its time says nothing about a run that has its program
            return
        first, *others = runs
        for event in others:
            run, seconds = event.result.run, event.seconds
            self.by_variant[run.study, run.variant] = seconds
            self.per_epoch = 0.9 * self.per_epoch + 0.1 * seconds / max(1, run.config.training.epochs)
        longer = max(0.0, first.seconds - self.seconds(first.result.run))
        self.compiling = 0.8 * self.compiling + 0.2 * longer

    def seconds(self, run: Run) -> float:
        known = self.by_variant.get((run.study, run.variant))
        return self.per_epoch * run.config.training.epochs if known is None else known


class DaskWorkers:
    """The workers that ``--dask`` names, connected when they are first needed.

    Args:
        address: See ``DaskCluster``.
        insecure: See ``DaskCluster``.
    """

    def __init__(self, address: str, *, insecure: bool = False) -> None:
        self._address = address
        self._insecure = insecure
        self._cluster: DaskCluster | None = None

    def choose_devices(self, wanted: str, jobs: int | None) -> Devices:  # noqa: ARG002 the cluster has its own number
        """Return the devices of the workers; see ``DaskCluster.devices``."""
        return self._connected().devices(wanted)

    def make_executor(self, devices: Devices) -> DaskExecutor:  # noqa: ARG002 it follows the cluster as it grows
        """Return an executor, which closes the connection with itself; the next one connects again."""
        cluster, self._cluster = self._connected(), None
        return DaskExecutor(cluster)

    def _connected(self) -> DaskCluster:
        self._cluster = self._cluster or DaskCluster(self._address, insecure=self._insecure)
        return self._cluster


class DaskExecutor:
    """Workers of a Dask cluster, each of which carries out tasks in a child process.

    A task is cut into slices of about half a minute, and only a few slices more than the cluster has slots are known to
    Dask: what a lost worker takes with it is little, and workers that come later get their share.

    Args:
        cluster: The workers; closed with the executor.
        functions: Carry out the runs.
    """

    def __init__(self, cluster: DaskCluster, functions: RunFunctions | None = None) -> None:
        self._cluster = cluster
        self._client = cluster.client
        self._functions = functions or RunFunctions()
        self._topic = f"experiments-{uuid4().hex}"
        self._tasks: deque[Task] = deque()
        self._suspects: deque[Train] = deque()
        self._alone = ""  # the key of the suspect that is in flight
        self._in_flight: dict[str, tuple[Future, Task]] = {}
        self._arrived: Queue[str | RunProgress] = Queue()
        self._ready: deque[Event] = deque()
        self._pace = _Pace()
        self._noted: set[str] = set()
        self._closed = False
        self._client.subscribe_topic(self._topic, self._progress)

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task behind those that wait, or before them; it begins during ``events``."""
        if first:
            self._tasks.appendleft(task)
        else:
            self._tasks.append(task)

    def events(self) -> Iterator[Event]:
        """Yield events until every submitted task is over.

        Raises:
            ExperimentsError: The scheduler is lost.
        """
        while self._tasks or self._suspects or self._in_flight or self._ready:
            self._send()
            while self._ready:  # taken off before it is yielded: a caller may stop here and call again
                yield self._ready.popleft()
            try:
                arrived = self._arrived.get_nowait()
            except Empty:
                yield Tick()
                arrived = self._wait()
            if isinstance(arrived, RunProgress):
                yield arrived
            elif arrived in self._in_flight:
                self._ready.extend(self._receive(*self._in_flight.pop(arrived)))

    def close(self) -> None:
        """Kill everything that is running, drop the queue and close the cluster."""
        if self._closed:
            return
        self._closed = True
        self._tasks.clear()
        self._suspects.clear()
        self._ready.clear()
        futures = [future for future, _ in self._in_flight.values()]
        self._in_flight.clear()
        with contextlib.suppress(Exception):  # a scheduler that is gone already
            self._client.cancel(futures, force=True)
            self._client.run(kill_children, wait=False, on_error="ignore")
            self._client.unsubscribe_topic(self._topic)
        self._cluster.close()

    def _wait(self) -> str | RunProgress:
        """Wait for a message, and at most for the time after which a ``Tick`` is due; return "" then."""
        with contextlib.suppress(Empty):
            return self._arrived.get(timeout=_LONGEST_WAIT)
        self._cluster.check()
        return ""

    def _send(self) -> None:
        """Keep a few slices more in flight than the cluster has slots; it may have grown.

        A suspect has the cluster to itself: Dask blames a death on every task that the dead worker held.
        """
        if self._alone in self._in_flight:
            return
        if not self._tasks:
            if self._suspects and not self._in_flight:
                self._alone = self._send_slice(self._suspects.popleft())
            return
        slots = self._cluster.count_slots()
        while self._tasks and len(self._in_flight) < math.ceil(_QUEUED_PER_SLOT * slots):
            task, rest = self._cut(self._tasks.popleft(), slots)
            if rest is not None:
                self._tasks.appendleft(rest)
            self._send_slice(task)

    def _send_slice(self, task: Task) -> str:
        """Submit a slice to Dask and return its key."""
        on_gpu = isinstance(task, Train) and task.device == "gpu"
        future = self._client.submit(
            carry_out,
            task,
            self._functions,
            code_fingerprint(),
            self._topic,
            key=f"experiments-{uuid4().hex}",
            pure=False,
            resources={"GPU": 1} if on_gpu else None,
        )
        key: str = future.key
        self._in_flight[key] = future, task
        future.add_done_callback(self._done)
        return key

    def _cut(self, task: Task, slots: int) -> tuple[Task, Task | None]:
        """Cut a slice off a task; return the slice and the rest.

        The slices become shorter towards the end, so that all workers end together. But every slice compiles the
        program again, so that training takes at least twice as long.
        """
        if not isinstance(task, Train):
            return task, None
        longest = max(2 * self._pace.compiling, self._seconds_left(task, slots) / (2 * slots))
        seconds, count = 0.0, 0
        while count < len(task.runs) and (count == 0 or seconds < longest):
            seconds += self._pace.seconds(task.runs[count])
            count += 1
        rest = replace(task, runs=task.runs[count:]) if count < len(task.runs) else None
        return replace(task, runs=task.runs[:count]), rest

    def _seconds_left(self, task: Train, slots: int) -> float:
        """Predict how long a task and those in the queue take, as far as it matters for the length of a slice."""
        seconds, enough = 0.0, 2 * slots * _SLICE_SECONDS
        for queued in (task, *self._tasks):
            for run in queued.runs if isinstance(queued, Train) else ():
                seconds += self._pace.seconds(run)
                if seconds >= enough:
                    return enough
        return seconds

    def _receive(self, future: Future, task: Task) -> Iterator[Event]:
        if future.status == "finished":
            yield from self._answered(future.result())
        elif future.status == "error":
            yield from self._failed(future.exception(), task, alone=future.key == self._alone)
        else:  # cancelled or lost, with the worker or the scheduler that had it
            self._tasks.appendleft(task)

    def _answered(self, events: list[Event]) -> Iterator[Event]:
        self._pace.slice_over([event for event in events if isinstance(event, Finished)])
        for event in events:
            if isinstance(event, Note):
                if event.text in self._noted:
                    continue
                self._noted.add(event.text)
            yield event

    def _failed(self, error: BaseException, task: Task, *, alone: bool) -> Iterator[Event]:
        """Handle a slice whose workers died again and again: halve it until the run that ends them is alone.

        A single run is a suspect first, for the death may have been the fault of another slice on the same worker.
        """
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker) or not isinstance(task, Train):
            yield Broken(task, "".join(traceback.format_exception(error)))
        elif len(task.runs) == 1 and not alone:
            self._suspects.append(task)
        elif len(task.runs) == 1:
            reason = f"{error}\nWorkerDied: the Dask worker, each time that it carried out this run"
            yield Finished(RunResult(task.runs[0], {}, {}, {}, reason), 0.0)
        else:
            half = len(task.runs) // 2
            self._tasks.extendleft([replace(task, runs=task.runs[half:]), replace(task, runs=task.runs[:half])])

    def _done(self, future: Future) -> None:
        self._arrived.put(future.key)

    def _progress(self, event: tuple[float, dict[str, Any]]) -> None:
        self._arrived.put(progress_of(event[1]))
