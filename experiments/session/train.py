"""Build what plans ask for and train it, study by study: what a call of ``run`` needs worker processes for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.scheduler.collect import Collector
from experiments.scheduler.device import Devices
from experiments.scheduler.executor import (
    Broken,
    Counted,
    CountOperations,
    Event,
    Executor,
    Finished,
    Note,
    Prepare,
    Prepared,
    Refused,
    RunProgress,
    Task,
    Tick,
    Train,
)
from experiments.scheduler.placement import Placement, place
from experiments.scheduler.plan import Plan, Runs
from experiments.session.pages import Pages
from experiments.session.progress import Monitor

if TYPE_CHECKING:
    from experiments.language.study import Run, Study


class FailFastError(Exception):
    """Raised by ``--fail-fast``: a run failed, the remaining runs are skipped."""


def build_variants(studies: Sequence[Study], runs: Runs, executor: Executor, workers: int) -> None:
    """Build data and model of runs without training, to check what only Keras and scikit-learn can check.

    Args:
        studies: Studies of the runs, for the places of problems.
        runs: One run of every variant and protocol.
        executor: Builds them.
        workers: Number of its processes.

    Raises:
        ConfigError: A configuration was refused; has all problems with their places.
        ExperimentsError: No worker can be started, or it broke.
    """
    tasks = [Prepare(part) for part in _parts(runs, workers)]
    refused = [event for event in _build(tasks, executor) if isinstance(event, Refused)]
    if refused:
        raise ConfigError(_located(refused, studies))


def _count_operations(
    plans: Sequence[Plan], executor: Executor, workers: int, on_event: Callable[[], None]
) -> dict[tuple[str, str], float]:
    """Return study and variant of the YAML → floating point operations of a training step, of all that plans train."""
    runs = (group[0] for plan in plans for group in plan.groups)
    variants = {(run.study, run.base): run for run in runs}
    tasks = [CountOperations(part) for part in _parts(tuple(variants.values()), workers)]
    counted = (event for event in _build(tasks, executor, on_event) if isinstance(event, Counted))
    return {(event.run.study, event.run.base): event.operations for event in counted}


def _build(tasks: Sequence[Task], executor: Executor, on_event: Callable[[], None] | None = None) -> Iterator[Event]:
    """Carry out tasks that build models and train none."""
    for task in tasks:
        executor.submit(task)
    for event in executor.events():
        if on_event is not None:
            on_event()
        if isinstance(event, Broken):
            raise ExperimentsError(f"A configuration could not be built.\n{event.traceback}")
        yield event


NextPlan: TypeAlias = Callable[["Study", Set[str]], Plan]
"""Maps a study, and the content hashes that were trained, to the plan of what its results ask for now."""


def train(
    plans: Sequence[Plan],
    executor: Executor,
    devices: Devices,
    monitor: Monitor,
    pages: Pages,
    *,
    next_plan: NextPlan,
    fail_fast: bool,
) -> None:
    """Build the variants of a study and train its runs, one study after another. Results are staged as they come.

    So the first study is trained before the last one is built. A study is merged when its last run is finished, and
    also when its named variants are.

    Args:
        plans: What to run; the caller holds the locks of the studies.
        executor: Carries out the runs.
        devices: Each run is trained on the one that suits its size.
        monitor: Records and shows the events.
        pages: Writes the reports of a study when its runs are merged.
        next_plan: Called when the runs of a plan are merged on which further ones depend.
        fail_fast: Stop at the first run that raises.

    Raises:
        ConfigError: Keras or scikit-learn refused a configuration; nothing of its study was trained, and the studies
            after it were not begun.
        ExperimentsError: No worker can be started, or none can train.
        FailFastError: A run failed and ``fail_fast`` is set; finished runs are merged.
    """
    collectors = {plan.study.name: Collector(plan, devices, monitor.summary) for plan in plans}
    try:
        operations = _count_operations(plans, executor, devices.workers, pages.poll) if devices.needs_operations else {}
        placement = place(plans, devices, operations)
        if devices.needs_operations:
            monitor.listener.log(placement.text(devices))
        monitor.tally.begin(devices.workers, placement.on_gpu())
        monitor.listener.begin(monitor.tally)
        studies = _Studies(plans, placement, executor, devices.workers)
        for event in executor.events():
            if isinstance(event, Refused | Prepared):
                studies.handle(event)
            else:
                _handle(event, collectors, monitor, pages)
            for collector in [collector for collector in collectors.values() if collector.complete]:
                further = _complete(collector, next_plan, monitor, pages)
                if further is None:
                    del collectors[collector.study.name]
                else:
                    studies.add(place([further], devices, operations))
            pages.poll()
            if fail_fast and monitor.summary.failures:
                raise FailFastError
    except BaseException:
        executor.close()
        raise
    finally:
        monitor.listener.end()
        monitor.tally.end()
        for collector in collectors.values():
            if collector.begun:  # rows that the YAML no longer has stay until new ones replace them
                _merge(collector, monitor, pages, complete=False)


def _complete(collector: Collector, next_plan: NextPlan, monitor: Monitor, pages: Pages) -> Plan | None:
    """Merge the runs of a plan; return the plan of the runs that depend on them, which the collector expects then."""
    further = None
    if collector.has_later:
        _merge(collector, monitor, pages, complete=False)
        further = next_plan(collector.study, collector.hashes)
        collector.expect(further)
        monitor.tally.extend(further)
    if not collector.complete:
        return further
    _merge(collector, monitor, pages, complete=True)
    return None


class _Studies:
    """Submits studies one after another: each is built, then trained, and the next one is built meanwhile.

    Args:
        plans: What to run.
        placement: Its tasks.
        executor: Gets them.
        workers: Number of its processes.
    """

    def __init__(self, plans: Sequence[Plan], placement: Placement, executor: Executor, workers: int) -> None:
        self._left = deque(plans)
        self._executor = executor
        self._workers = workers
        self._tasks: dict[str, list[Train]] = {}
        for task in placement.tasks:
            self._tasks.setdefault(task.runs[0].study, []).append(task)
        self._unanswered = 0
        self._refused: list[Refused] = []
        self._build_next()

    def handle(self, event: Refused | Prepared) -> None:
        """Handle an answer of the study that is being built.

        Raises:
            ConfigError: All answers are there, and one is a refusal.
        """
        if isinstance(event, Refused):
            self._refused.append(event)
            return
        self._unanswered -= 1
        if not self._unanswered:
            if self._refused:
                raise ConfigError(_located(self._refused, [self._left[0].study]))
            self._train()
            self._build_next()

    def add(self, placement: Placement) -> None:
        """Submit further runs of a study before all runs that wait: the study that began first is over first.

        Args:
            placement: Their tasks. Their variants were built before, at other rates.
        """
        for task in reversed(placement.tasks):
            self._executor.submit(task, first=True)

    def _build_next(self) -> None:
        while self._left and not self._unanswered:
            for part in _parts(self._left[0].first_runs(), self._workers):
                self._executor.submit(Prepare(part))
                self._unanswered += 1
            if not self._unanswered:  # everything was built before
                self._train()

    def _train(self) -> None:
        for task in self._tasks[self._left.popleft().study.name]:
            self._executor.submit(task)


def _handle(event: Event, collectors: dict[str, Collector], monitor: Monitor, pages: Pages) -> None:
    if isinstance(event, RunProgress):
        monitor.tally.progress(event)
        monitor.listener.update()
    elif isinstance(event, Finished):
        monitor.tally.finished(event)
        monitor.listener.update()
        collector = collectors[event.result.run.study]
        collector.add(event)
        if collector.named_over:
            _merge(collector, monitor, pages, complete=False)
    elif isinstance(event, Broken):
        trains = isinstance(event.task, Train)
        what = "The worker processes cannot train" if trains else "A configuration could not be built"
        raise ExperimentsError(f"{what}.\n{event.traceback}")
    elif isinstance(event, Note):
        monitor.listener.log(event.text)
    elif isinstance(event, Tick):
        for collector in collectors.values():
            collector.stage()


def _merge(collector: Collector, monitor: Monitor, pages: Pages, *, complete: bool) -> None:
    for line in collector.merge():
        monitor.listener.log(line)
    pages.request(collector.study, complete=complete)


def _located(refused: Sequence[Refused], studies: Sequence[Study]) -> list[Problem]:
    """Add the places in the studies' files. A problem that variants share is returned once, of the first of them."""
    variants = {(study.name, variant.name): variant for study in studies for variant in study.all_variants}
    order = {key: position for position, key in enumerate(variants)}
    first: dict[Problem, str] = {}
    for event in sorted(refused, key=lambda event: order[event.run.study, event.run.base]):
        variant = variants[event.run.study, event.run.base]
        for problem in event.problems:
            first.setdefault(replace(problem, place=problem.place or variant.place(problem.path)), variant.name)
    return [replace(problem, message=f"{problem.message} (variant {name!r})") for problem, name in first.items()]


def _parts(runs: Runs, count: int) -> Iterator[Runs]:
    """Split runs by variant, round robin: neighbours are alike, so that every part has some of the slow ones."""
    variants: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        variants.setdefault((run.study, run.base), []).append(run)
    groups = list(variants.values())
    for i in range(min(count, len(groups))):
        yield tuple(run for group in groups[i::count] for run in group)
