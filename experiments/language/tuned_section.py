"""The key ``tuned`` of a study: read, and checked against the variants that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from experiments.language.checks import Checked, check_configuration
from experiments.language.located import LocatedDict, located, plain
from experiments.language.problems import Problems
from experiments.language.sections import LEARNING_RATE, TunedSection
from experiments.language.study import Variant
from experiments.language.tuning import Tuning


def read_tuning(section: Any, variants: Sequence[Variant]) -> Tuning:
    """Return how a study chooses rates.

    Args:
        section: Its valid key ``tuned``; None where it has none.
        variants: Its variants.

    Returns:
        The settings. A grid whose next value some variant cannot have, such as a dropout rate above 1, never grows.
    """
    if section is None:
        return Tuning()
    filled = TunedSection.model_validate(section)
    tuning = Tuning(filled.argument, tuple(sorted(filled.factors)), filled.repeats, filled.not_)
    grows = tuning.argument == LEARNING_RATE or not any(
        _refused(tuning, variant, factor)
        for variant in _having(tuning, variants)
        for factor in (*tuning.lower, *tuning.upper)
    )
    return tuning if grows else replace(tuning, most_steps=0)


def check_tuning(section: Any, variants: Sequence[Variant], problems: Problems) -> None:
    """Check that the grid has the variant's own value, and that variants have the argument and may have the values.

    Args:
        section: The valid key ``tuned`` with its places; None where the study has none.
        variants: Its variants.
        problems: Collects what is wrong.
    """
    if not isinstance(section, LocatedDict):
        return
    filled = TunedSection.model_validate(section)
    if 1 not in filled.factors or len(set(filled.factors)) < len(filled.factors):
        message = "expected different factors, and 1 for the variant's own value among them"
        problems.add(section.place_of("factors"), "tuned.factors", message)
    tuning = Tuning(filled.argument)
    having = _having(tuning, variants)
    if not having:
        message = f"no variant has a number above 0 at {tuning.argument!r}"
        problems.add(section.place_of("argument"), "tuned.argument", message)
    if tuning.argument == LEARNING_RATE:  # any number above 0 is valid
        return
    for variant in having:
        for factor in filled.factors:
            refused = _refused(tuning, variant, factor)
            if refused:
                message = f"{factor:g} times the value of {variant.name!r}: {refused}"
                problems.add(section.place_of("factors"), "tuned.factors", message)


def _having(tuning: Tuning, variants: Sequence[Variant]) -> list[Variant]:
    """Return the named variants that have a value to tune."""
    return [variant for variant in variants if not variant.grid and tuning.value_of(variant.config) is not None]


def _refused(tuning: Tuning, variant: Variant, factor: float) -> str:
    """Return why a variant cannot have another value; empty where it can."""
    tree = tuning.multiplied(plain(variant.located.shallow(without=["pretrain"])), factor)
    problems = Problems()
    check_configuration(located(tree), problems, Checked())
    return next((problem.message for problem in problems if problem.path == tuning.argument), "")
