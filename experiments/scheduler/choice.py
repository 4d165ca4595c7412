"""Which variants of a study ``--only`` asks for: those that its claims name, or those that the slides show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.scheduler.bundles import bundle_key
from experiments.scheduler.order import claimed_names

if TYPE_CHECKING:
    from experiments.language.study import Study

CLAIMED, SLIDES = "claimed", "slides"


def chosen_variants(study: Study, only: str) -> list[str]:
    """Name the variants and points of grids that are asked for.

    Args:
        study: The study.
        only: "claimed": the variants that claims name, without grids of which each value needs a program of its own
            (where a study has nothing else, those as well). "slides": of a study with a place in its deck the named
            variants that published figures or the deck's own claims are about.

    Returns:
        Names in file order; none where the study has nothing of the kind.
    """
    return _on_slides(study) if only == SLIDES else _claimed(study)


def _on_slides(study: Study) -> list[str]:
    if study.order is None:
        return []
    shown = claimed_names(study, study.source) | {figure.variant for figure in study.published}
    return [variant.name for variant in study.variants if variant.name in shown and not variant.grid]


def _claimed(study: Study) -> list[str]:
    names = claimed_names(study)
    claimed = [variant for variant in study.variants if variant.name in names or variant.group in names]
    programs: dict[str, set[str]] = {}
    for variant in study.variants:
        programs.setdefault(variant.group, set()).add(bundle_key(variant.config))
    quick = [variant.name for variant in claimed if len(programs[variant.group]) == 1]
    return quick or [variant.name for variant in claimed]
