"""One call of ``run``: bring results up to date. Safe to interrupt and safe to run concurrently."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ConfigError
from experiments.scheduler.collect import Summary
from experiments.scheduler.device import Devices, choose_devices
from experiments.scheduler.executor import Executor
from experiments.scheduler.local import LocalExecutor
from experiments.scheduler.plan import Plan, Selection, make_plan
from experiments.session.estimate import Estimate
from experiments.session.pages import Pages
from experiments.session.progress import Listener, Monitor, Tally
from experiments.session.reporting import outdated, refuse_namesakes
from experiments.session.train import FailFastError, train
from experiments.store.files import remove_leftovers
from experiments.store.folder import StudyFolder
from experiments.store.lock import FolderLock
from experiments.store.merge import merge, set_damaged_aside
from experiments.store.provenance import changed_environment, changed_tables

if TYPE_CHECKING:
    from experiments.language.study import Study

_SECONDS_BETWEEN_TRIES = 0.2
_SECONDS_OF_A_WRITE = 60.0


def local_executor(devices: Devices) -> Executor:
    """Return the executor for this machine, with forked workers on the CPU."""
    return LocalExecutor(devices.workers, gpu=bool(devices.gpu), forked=True)


@dataclass(frozen=True)
class Options:
    """Options of a call of ``run``.

    Attributes:
        out: The results folder.
        selection: Which runs.
        jobs: Number of worker processes on the CPU; None for as many as there are cores.
        device: "auto", "cpu" or "gpu".
        fail_fast: Stop at the first run that raises.
        report: Write tables, figures and pages.
        choose_devices: Maps ``device`` and ``jobs`` to the devices that train.
        make_executor: Returns the executor that carries out the runs on these devices.
    """

    out: Path = Path("results")
    selection: Selection = field(default_factory=Selection)
    jobs: int | None = None
    device: str = "auto"
    fail_fast: bool = False
    report: bool = True
    choose_devices: Callable[[str, int | None], Devices] = choose_devices
    make_executor: Callable[[Devices], Executor] = local_executor


def run_studies(studies: Sequence[Study], options: Options, listener: Listener) -> Summary:
    """Train missing runs, and write the reports of each study as soon as it is trained.

    Args:
        studies: Studies with different names.
        options: Options of the call.
        listener: Displays the progress.

    Returns:
        What was done. After Ctrl-C, ``interrupted`` is set, and the runs finished before are merged.

    Raises:
        ConfigError: Keras refused a configuration; nothing of its study was trained.
        ExperimentsError: The device or a worker process is not available, or a folder has the results of another file.
    """
    refuse_namesakes(studies, options.out)
    remove_leftovers(options.out, older_than=_SECONDS_OF_A_WRITE)
    plans = [make_plan(study, options.out, options.selection) for study in studies]
    done, to_run = sum(plan.done for plan in plans), sum(plan.to_run for plan in plans)
    summary = Summary(done=done)
    pending = [plan for plan in plans if _has_work(plan, options)]
    counted = f"{done:,} done, {f'{to_run:,}' if to_run else 'nothing'} to run"
    if not pending:
        _log_changes(plans, None, listener)
        listener.log(counted)
        return summary
    estimate = Estimate(options.out / ".timings.json")
    monitor = Monitor(summary, Tally(pending, [plan for plan in plans if plan not in pending], estimate), listener)
    pages = Pages(options.out, options.jobs, studies, monitor, wanted=options.report)
    session = _Session(options, monitor, pages)
    waiting = [plan.study for plan in pending]
    try:
        pages.begin()
        if to_run:
            listener.log(session.devices.text)
        _log_changes(plans, session.devices if to_run else None, listener)
        listener.log(counted)
        del plans, pending  # each study is planned again under its lock; a plan of 200,000 runs takes 60 MB
        while waiting:
            waiting = session.work(waiting)
    except KeyboardInterrupt:
        summary.interrupted = True
    except FailFastError:
        summary.stopped = True
    finally:
        session.close()
        pages.close()
    return summary


def _has_work(plan: Plan, options: Options) -> bool:
    return bool(plan.groups) or plan.staged or plan.stale or (options.report and outdated(plan.study, options.out))


def _log_changes(plans: Sequence[Plan], devices: Devices | None, listener: Listener) -> None:
    """Log which tables have changed, and which finished runs are of other versions or of a device that trains none."""
    for plan in plans:
        changes = changed_environment(plan.folder, devices.text if devices else None) if plan.done else []
        for file in changed_tables(plan.folder, plan.study):
            listener.log(f"{plan.study.name}: {file} has changed since its runs, which are trained anew")
        if changes:
            text = f"{plan.study.name}: the runs that are done were made with {'; '.join(changes)}"
            listener.log(f"{text} (they stay; --force trains them anew)")


class _Session:
    """Holds the locks and the worker processes of one call."""

    def __init__(self, options: Options, monitor: Monitor, pages: Pages) -> None:
        self._options = options
        self._monitor = monitor
        self._pages = pages
        self._devices: Devices | None = None
        self._executor: Executor | None = None
        self._waited = False

    @property
    def devices(self) -> Devices:
        """The devices that train; chosen on first use."""
        if self._devices is None:
            self._devices = self._options.choose_devices(self._options.device, self._options.jobs)
        return self._devices

    def close(self) -> None:
        """Kill the workers."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None

    def work(self, waiting: Sequence[Study]) -> list[Study]:
        """Train and write the studies that no other process has locked.

        Args:
            waiting: Studies with something to do.

        Returns:
            Studies that another process has locked.
        """
        with self._locked(waiting) as mine:
            plans = [self._up_to_date(study) for study in mine]
            for plan in plans:
                self._monitor.tally.plan(plan)
                if self._waited and not plan.groups:
                    self._monitor.listener.log(f"{plan.study.name}: nothing left to do, the other run has done it")
            self._train_and_write(plans)
        return [study for study in waiting if study not in mine]

    @contextmanager
    def _locked(self, waiting: Sequence[Study]) -> Iterator[list[Study]]:
        """Lock the studies that no other process has locked; where there are none, wait for one."""
        locks = {study.name: FolderLock(StudyFolder.of(study.name, self._options.out).lock) for study in waiting}
        try:
            mine = [study for study in waiting if locks[study.name].try_acquire()]
            while not mine:
                if not self._waited:
                    names = ", ".join(locks)
                    self._monitor.listener.log(f"another run is at work on {names}; waiting for it")
                self._waited = True
                time.sleep(_SECONDS_BETWEEN_TRIES)
                mine = [study for study in waiting if locks[study.name].try_acquire()]
            yield mine
        finally:
            for lock in locks.values():
                lock.release()

    def _up_to_date(self, study: Study) -> Plan:
        """Plan again under the lock, after merging what an interrupted call staged.

        Rows that the YAML no longer has stay until new results exist: a refused or interrupted call removes none.
        """
        plan = make_plan(study, self._options.out, self._options.selection)
        damaged = set_damaged_aside(plan.folder, dict.fromkeys((r.variant, r.protocol) for g in plan.groups for r in g))
        merging = plan.staged or (plan.stale and not plan.groups)
        damaged += merge(study, plan.folder) if merging else []
        for line in damaged:
            self._monitor.listener.log(line)
        return make_plan(study, self._options.out, self._options.selection) if merging or damaged else plan

    def _next_plan(self, study: Study, trained: Set[str]) -> Plan:
        return make_plan(study, self._options.out, self._options.selection, trained)

    def _train_and_write(self, plans: Sequence[Plan]) -> None:
        """Train while reports are written; after an interruption, write the reports of the merged runs."""
        pages, to_train = self._pages, [plan for plan in plans if plan.groups]
        for plan in plans:
            if not plan.groups and outdated(plan.study, self._options.out):
                pages.request(plan.study, complete=True)
        try:
            if to_train:
                self._executor = self._executor or self._options.make_executor(self.devices)
                fail_fast = self._options.fail_fast
                train(
                    to_train,
                    self._executor,
                    self.devices,
                    self._monitor,
                    pages,
                    next_plan=self._next_plan,
                    fail_fast=fail_fast,
                )
            self.close()  # frees the memory of the workers for drawing figures
            pages.finish()
        except ConfigError:  # of a study; those before it are trained
            self.close()
            if pages.requested:
                pages.finish()
            raise
        except (KeyboardInterrupt, FailFastError):
            self.close()
            pages.hurry()
            raise
