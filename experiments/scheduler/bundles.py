"""Bundles of runs that share a compiled program, so that one worker compiles it once for all of them.

Bundles change only the speed: the result of a run never depends on the other runs of its bundle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from experiments.language.located import plain

if TYPE_CHECKING:
    from experiments.language.components import Network
    from experiments.language.configuration import Configuration
    from experiments.language.study import Run

_SEEDS = ("random_state", "seed")


def make_bundles(runs: Iterable[Run], part_of: Callable[[Run], int] = lambda _: 0) -> list[tuple[Run, ...]]:
    """Group runs that are likely to share a program.

    Args:
        runs: Of one study, in the order of their parts.
        part_of: Maps a run to the part of the study that it belongs to.

    Returns:
        Bundles, sorted by the part of their first run and then by their number of epochs, largest first. They are not
        split in advance: idle workers steal half of another worker's remaining runs.
    """
    bundles: dict[str, list[Run]] = {}
    keys: dict[int, str] = {}
    for run in runs:
        # All runs of a variant share one configuration object.
        key = keys.setdefault(id(run.config), "") or bundle_key(run.config)
        keys[id(run.config)] = key
        bundles.setdefault(key, []).append(run)
    return sorted(map(tuple, bundles.values()), key=lambda bundle: (part_of(bundle[0]), -_epochs(bundle)))


def bundle_key(config: Configuration | Network) -> str:
    """Return a text that is equal for configurations that probably share a program.

    Args:
        config: Resolved configuration, or its network.

    Returns:
        The configuration as JSON, without seeds and with one value for all rates, factors and noise levels. Whole
        numbers stay: most of them are units, rows or layers.
    """
    return json.dumps(_masked(plain(config)))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items() if key not in _SEEDS}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return 0.5 if isinstance(value, float) else value


def _epochs(bundle: tuple[Run, ...]) -> int:
    return sum(run.config.training.epochs for run in bundle)
