"""Train what the plans of some studies say is to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.scheduler.bundles import make_bundles
from experiments.scheduler.collect import Collector, collectors
from experiments.scheduler.device import Device
from experiments.scheduler.executor import (
    Broken,
    Event,
    Executor,
    Finished,
    Note,
    Prepare,
    Progress,
    Refused,
    Tick,
    Train,
)
from experiments.scheduler.plan import Plan, Runs, stage_of
from experiments.session.pages import Pages
from experiments.session.progress import Watch

if TYPE_CHECKING:
    from experiments.language.study import Run


class FailFastError(Exception):
    """A run failed and the others were not wanted then."""


def train(
    plans: Sequence[Plan], executor: Executor, device: Device, watch: Watch, pages: Pages, *, fail_fast: bool
) -> None:
    """Build every variant once, then train all runs; results are staged as they come and merged study by study.

    A study is merged when its last run is in, and before when its named variants are through.

    Args:
        plans: What is to run; the caller holds the studies' locks.
        executor: Carries the runs out.
        device: What it trains on, for the record.
        watch: Told what happens.
        pages: Write what there is of a study as soon as its runs are merged.
        fail_fast: Stop at the first run that raises.

    Raises:
        ConfigError: Keras or scikit-learn refused a configuration; nothing was trained.
        ExperimentsError: No worker can be started, or none can train.
        FailFastError: A run failed and ``fail_fast`` was asked for; what was finished is merged.
    """
    desks = collectors(plans, device, watch.summary)
    try:
        _prepare(plans, executor, device.workers, pages)
        watch.tally.begin(device.workers)
        watch.listener.begin(watch.tally)
        for plan in plans:
            for bundle in make_bundles((group[0] for group in plan.groups), stage_of(plan.study)):
                executor.submit(Train(bundle))
        for event in executor.events():
            _hear(event, desks, watch, pages)
            pages.poll()
            if fail_fast and watch.summary.failures:
                raise FailFastError
    except BaseException:
        executor.close()
        raise
    finally:
        watch.listener.end()
        watch.tally.end()
        for desk in desks.values():
            if desk.begun:  # rows that the YAML no longer has stay until there are others in their place
                _merge(desk, watch, pages)


def _hear(event: Event, desks: dict[str, Collector], watch: Watch, pages: Pages) -> None:
    if isinstance(event, Progress):
        watch.tally.progress(event)
        watch.listener.moved()
    elif isinstance(event, Finished):
        watch.tally.finished(event)
        watch.listener.moved()
        desk = desks[event.result.run.study]
        desk.take(event)
        if desk.complete or desk.named_through:
            _merge(desk, watch, pages)
        if desk.complete:
            del desks[event.result.run.study]
    elif isinstance(event, Broken):
        raise ExperimentsError(f"The worker processes cannot train.\n{event.traceback}")
    elif isinstance(event, Note):
        watch.listener.say(event.text)
    elif isinstance(event, Tick):
        for desk in desks.values():
            desk.write()


def _merge(desk: Collector, watch: Watch, pages: Pages) -> None:
    for line in desk.merge():
        watch.listener.say(line)
    pages.merged(desk.study, whole=desk.complete)


def _prepare(plans: Sequence[Plan], executor: Executor, workers: int, pages: Pages) -> None:
    for runs in _parts(tuple(run for plan in plans for run in plan.first_runs()), workers):
        executor.submit(Prepare(runs))
    refused: list[Refused] = []
    for event in executor.events():
        pages.poll()
        if isinstance(event, Refused):
            refused.append(event)
        elif isinstance(event, Broken):
            raise ExperimentsError(f"A configuration could not be built.\n{event.traceback}")
    if refused:
        raise ConfigError(_located(refused, plans))


def _located(refused: Sequence[Refused], plans: Sequence[Plan]) -> list[Problem]:
    """Say where in the studies' files that was written; what variants share is said once, of the first of them."""
    variants = {(plan.study.name, variant.name): variant for plan in plans for variant in plan.study.all_variants}
    order = {key: position for position, key in enumerate(variants)}
    first: dict[Problem, str] = {}
    for event in sorted(refused, key=lambda event: order[event.run.study, event.run.variant]):
        variant = variants[event.run.study, event.run.variant]
        for problem in event.problems:
            first.setdefault(replace(problem, place=problem.place or variant.place(problem.path)), variant.name)
    return [replace(problem, message=f"{problem.message} (variant {name!r})") for problem, name in first.items()]


def _parts(runs: Runs, count: int) -> Iterator[Runs]:
    """Deal variants out like cards: neighbours are alike, so that every part holds some of the slow ones."""
    variants: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        variants.setdefault((run.study, run.variant), []).append(run)
    hands = list(variants.values())
    for i in range(min(count, len(hands))):
        yield tuple(run for hand in hands[i::count] for run in hand)
