"""Train what the plans of some studies say is to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.errors import ConfigError, ExperimentsError, Problem
from experiments.runner.bundles import make_bundles
from experiments.runner.collect import Collector, collectors
from experiments.runner.device import Device
from experiments.runner.listener import Listener
from experiments.runner.order import stage_of
from experiments.runner.plan import Plan, Runs
from experiments.runner.summary import Summary
from experiments.runner.tasks import Broken, Event, Executor, Finished, Note, Prepare, Progress, Refused, Tick, Train

if TYPE_CHECKING:
    from experiments.study.study import Run


class FailFastError(Exception):
    """A run failed and the others were not wanted then."""


def train(
    plans: Sequence[Plan], executor: Executor, device: Device, summary: Summary, listener: Listener, *, fail_fast: bool
) -> None:
    """Build every variant once, then train all runs; results are staged as they come and merged study by study.

    Args:
        plans: What is to run; the caller holds the studies' locks.
        executor: Carries the runs out.
        device: What it trains on, for the record.
        summary: Told what happened.
        listener: Told as it happens.
        fail_fast: Stop at the first run that raises.

    Raises:
        ConfigError: Keras or scikit-learn refused a configuration; nothing was trained.
        ExperimentsError: No worker can be started, or none can train.
        FailFastError: A run failed and ``fail_fast`` was asked for; what was finished is merged.
    """
    desks = collectors(plans, device, summary)
    try:
        _prepare(plans, executor, device.workers)
        listener.begin(plans)
        for plan in plans:
            for bundle in make_bundles((group[0] for group in plan.groups), stage_of(plan.study)):
                executor.submit(Train(bundle))
        for event in executor.events():
            _hear(event, desks, listener)
            if fail_fast and summary.failures:
                raise FailFastError
    except BaseException:
        executor.close()
        raise
    finally:
        listener.end()
        for desk in desks.values():
            if desk.begun:  # rows that the YAML no longer has stay until there are others in their place
                _merge(desk, listener)


def _hear(event: Event, desks: dict[str, Collector], listener: Listener) -> None:
    if isinstance(event, Progress):
        listener.progress(event)
    elif isinstance(event, Finished):
        listener.finished(event)
        desk = desks[event.result.run.study]
        desk.take(event)
        if desk.complete:
            _merge(desk, listener)
            del desks[event.result.run.study]
    elif isinstance(event, Broken):
        raise ExperimentsError(f"The worker processes cannot train.\n{event.traceback}")
    elif isinstance(event, Note):
        listener.say(event.text)
    elif isinstance(event, Tick):
        for desk in desks.values():
            desk.write()


def _merge(desk: Collector, listener: Listener) -> None:
    for line in desk.merge():
        listener.say(line)


def _prepare(plans: Sequence[Plan], executor: Executor, workers: int) -> None:
    for runs in _parts(tuple(run for plan in plans for run in plan.first_runs()), workers):
        executor.submit(Prepare(runs))
    refused: list[Refused] = []
    for event in executor.events():
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
