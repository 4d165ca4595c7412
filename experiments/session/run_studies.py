"""``run``: bring the results of some studies up to date, whatever was interrupted before and whoever else is at it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.scheduler.collect import Summary
from experiments.scheduler.device import Device, choose_device
from experiments.scheduler.local import LocalExecutor
from experiments.scheduler.plan import Plan, Selection, make_plan
from experiments.session.estimate import Estimate
from experiments.session.pages import Pages
from experiments.session.progress import Listener, Tally, Watch
from experiments.session.reporting import outdated, refuse_namesakes
from experiments.session.train import FailFastError, train
from experiments.store.lock import FolderLock
from experiments.store.merge import merge, set_damaged_aside
from experiments.store.provenance import changed_environment

if TYPE_CHECKING:
    from experiments.language.study import Study

_SECONDS_BETWEEN_TRIES = 0.2


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes:
        out: The results folder.
        selection: Which runs.
        jobs: Number of worker processes; None for as many as there are cores.
        device: "auto", "cpu" or "gpu".
        fail_fast: Stop at the first run that raises.
        report: Write tables, figures and pages.
        execute: Module that carries out runs; None for the real one.
    """

    out: Path = Path("results")
    selection: Selection = field(default_factory=Selection)
    jobs: int | None = None
    device: str = "auto"
    fail_fast: bool = False
    report: bool = True
    execute: str | None = None


def run_studies(studies: Sequence[Study], options: Options, listener: Listener) -> Summary:
    """Train what is missing, and write what is to be seen of each study as soon as it is trained.

    Args:
        studies: Studies with different names.
        options: How.
        listener: Told what happens.

    Returns:
        What was done. Interrupted by Ctrl-C, with what was finished until then merged, ``interrupted`` is set.

    Raises:
        ConfigError: Keras refused a configuration; nothing was trained.
        ExperimentsError: The device that was asked for or a worker process cannot be had, or a folder has the results
            of another file.
    """
    refuse_namesakes(studies, options.out)
    plans = [make_plan(study, options.out, options.selection) for study in studies]
    done, to_run = sum(plan.done for plan in plans), sum(plan.to_run for plan in plans)
    summary = Summary(done=done)
    pending = [plan for plan in plans if _has_work(plan, options)]
    counted = f"{done:,} done, {f'{to_run:,}' if to_run else 'nothing'} to run"
    if not pending:
        _say_what_differs(plans, None, listener)
        listener.say(counted)
        return summary
    estimate = Estimate(options.out / ".timings.json")
    watch = Watch(summary, Tally(pending, [plan for plan in plans if plan not in pending], estimate), listener)
    pages = Pages(options.out, options.jobs, [plan.study for plan in plans], watch, wanted=options.report)
    session = _Session(options, watch, pages)
    try:
        pages.begin()
        if to_run:
            listener.say(session.device.text)
        _say_what_differs(plans, session.device if to_run else None, listener)
        listener.say(counted)
        while pending:
            pending = session.work(pending)
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


def _say_what_differs(plans: Sequence[Plan], device: Device | None, listener: Listener) -> None:
    """Say which runs were made by other versions, or on another device than that which trains now."""
    for plan in plans:
        changes = changed_environment(plan.folder, device.text if device else None) if plan.done else []
        if changes:
            text = f"{plan.study.name}: the runs that are done were made with {'; '.join(changes)}"
            listener.say(f"{text} (they stay; --force trains them anew)")


class _Session:
    """The locks and the worker processes of one call."""

    def __init__(self, options: Options, watch: Watch, pages: Pages) -> None:
        self._options = options
        self._watch = watch
        self._pages = pages
        self._device: Device | None = None
        self._executor: LocalExecutor | None = None
        self._waited = False

    @property
    def device(self) -> Device:
        """What trains; chosen when first asked for."""
        if self._device is None:
            self._device = choose_device(self._options.device, self._options.jobs)
        return self._device

    def close(self) -> None:
        """End the workers."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None

    def work(self, pending: Sequence[Plan]) -> list[Plan]:
        """Do what can be done now.

        Args:
            pending: Plans with something to do.

        Returns:
            Those whose studies another process holds.
        """
        with self._locked(pending) as mine:
            plans = [self._up_to_date(plan.study) for plan in mine]
            for plan in plans:
                self._watch.tally.plan(plan)
            self._say_done_elsewhere(plans)
            self._train_and_write(plans)
        names = {plan.study.name for plan in mine}
        return [plan for plan in pending if plan.study.name not in names]

    @contextmanager
    def _locked(self, pending: Sequence[Plan]) -> Iterator[list[Plan]]:
        """Hold the locks of those studies that nobody else holds; wait for one if there are none."""
        locks = {plan.study.name: FolderLock(plan.folder.lock) for plan in pending}
        try:
            mine = [plan for plan in pending if locks[plan.study.name].try_acquire()]
            while not mine:
                self._say_waiting(pending)
                time.sleep(_SECONDS_BETWEEN_TRIES)
                mine = [plan for plan in pending if locks[plan.study.name].try_acquire()]
            yield mine
        finally:
            for lock in locks.values():
                lock.release()

    def _say_waiting(self, pending: Sequence[Plan]) -> None:
        if not self._waited:
            names = ", ".join(plan.study.name for plan in pending)
            self._watch.listener.say(f"another run is at work on {names}; waiting for it")
        self._waited = True

    def _up_to_date(self, study: Study) -> Plan:
        """Plan again under the lock, with what an interrupted run left behind merged.

        Rows that the YAML no longer has leave with the first new ones: what is refused or interrupted takes none away.
        """
        plan = make_plan(study, self._options.out, self._options.selection)
        damaged = set_damaged_aside(plan.folder, dict.fromkeys((r.variant, r.protocol) for g in plan.groups for r in g))
        merging = plan.staged or (plan.stale and not plan.groups)
        damaged += merge(study, plan.folder) if merging else []
        for line in damaged:
            self._watch.listener.say(line)
        return make_plan(study, self._options.out, self._options.selection) if merging or damaged else plan

    def _say_done_elsewhere(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            if self._waited and not plan.groups:
                self._watch.listener.say(f"{plan.study.name}: nothing left to do, the other run has done it")

    def _train_and_write(self, plans: Sequence[Plan]) -> None:
        """Train, and write pages meanwhile; when that is interrupted, the pages of what is there."""
        pages, to_train = self._pages, [plan for plan in plans if plan.groups]
        for plan in plans:
            if not plan.groups and outdated(plan.study, self._options.out):
                pages.merged(plan.study, whole=True)
        try:
            if to_train:
                fail_fast = self._options.fail_fast
                train(to_train, self._workers(), self.device, self._watch, pages, fail_fast=fail_fast)
            self.close()  # the workers' memory is of no use to the figures
            pages.finish()
        except (KeyboardInterrupt, FailFastError):
            self.close()
            pages.hurry()
            raise

    def _workers(self) -> LocalExecutor:
        if self._executor is None:
            device, execute = self.device, self._options.execute
            forked = device.kind == "cpu" and execute is None
            self._executor = LocalExecutor(device.workers, device=device.kind, execute=execute, forked=forked)
        return self._executor
