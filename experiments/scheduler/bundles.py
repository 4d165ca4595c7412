"""Runs that can share a compiled program stand together, so that one worker compiles it once for all of them.

Bundles are about speed only: what a run computes never depends on its neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.language.study import Run

_SEEDS = ("random_state", "seed")


def make_bundles(runs: Iterable[Run], part_of: Callable[[Run], int] = lambda _: 0) -> list[tuple[Run, ...]]:
    """Group runs that are likely to share a program.

    Args:
        runs: Of one study, in the order of their parts.
        part_of: Gives the part of the study that a run belongs to.

    Returns:
        Bundles, by the part of their first run, and inside a part those with the most epochs first. They are not cut
        to size: a worker that has nothing left to do takes over half of what another still has before it.
    """
    bundles: dict[str, list[Run]] = {}
    keys: dict[int, str] = {}
    for run in runs:
        # The runs of a variant hold one and the same configuration object.
        key = keys.setdefault(id(run.config), "") or bundle_key(run.config)
        keys[id(run.config)] = key
        bundles.setdefault(key, []).append(run)
    return sorted(map(tuple, bundles.values()), key=lambda bundle: (part_of(bundle[0]), -_epochs(bundle)))


def bundle_key(config: Mapping[str, Any]) -> str:
    """Describe a configuration without the numbers that do not shape its program.

    Args:
        config: Resolved configuration.

    Returns:
        Text that is equal for configurations that differ in rates, factors, noise and seeds only. Whole numbers stay:
        most of them are units, rows or layers.
    """
    return json.dumps(_masked(config))


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items() if key not in _SEEDS}
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in value]
    return 0.5 if isinstance(value, float) else value


def _epochs(bundle: tuple[Run, ...]) -> int:
    return sum(run.config.get("training", {}).get("epochs", 1) for run in bundle)
