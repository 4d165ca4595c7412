"""Which claims are judged with each variant at its own best rate, and which variants are tuned for them.

A claim has a tuned form if it compares scores of two or more named variants on rows that train nothing. One about the
rate, a norm, a time or an epoch has none: the rate with the best score decides nothing about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.column_lookup import column_of
from experiments.column_types import OWN_ROWS
from experiments.language.claims import find_variant
from experiments.language.expressions import Comparison, Equivalence, Share, SpreadComparison
from experiments.language.metrics import loss_column, measured
from experiments.language.terms import Reference

if TYPE_CHECKING:
    from experiments.language.configuration import Configuration
    from experiments.language.study import Claim, Study, Variant
    from experiments.language.tuning import Tuning

_HELD_OUT = ("test", "fresh_test", "validation")


@dataclass(frozen=True)
class TunedForm:
    """What of a study is judged with each variant at its own best rate.

    Attributes:
        study: The study.
        reasons: For each claim, why it has no tuned form; empty for one that has.
        variants: Those that claims with a tuned form compare, in file order.
        columns: Variant → the columns of runs.csv that choose its rate, of which the first that has a value counts:
            accuracy, or else the error in original units, or else the loss, on the 10,000 fresh rows, or else on the
            test rows. They are about the kept best weights where a claim with a tuned form reads those of the variant.
    """

    study: Study
    reasons: tuple[str, ...]
    variants: tuple[Variant, ...]
    columns: Mapping[str, tuple[str, ...]]


def tuned_form(study: Study) -> TunedForm:
    """Return what of a study has a tuned form.

    Args:
        study: Its own reason, and that of a claim, come before the general rule.
    """
    scores = {"mse_original", *(metric for variant in study.variants for metric in measured(variant.config))}
    own = study.tuning.not_tuned
    reasons = tuple(own or claim.not_tuned or _reason(study, claim, scores) for claim in study.claims)
    judged = [claim for claim, reason in zip(study.claims, reasons, strict=True) if not reason]
    references = [reference for claim in judged for reference in claim.expression.references]
    names = {reference.variant for reference in references}
    of_best = {reference.variant for reference in references if column_of(reference.metric).of_best_weights}
    variants = tuple(variant for variant in study.variants if variant.name in names)
    columns = {variant.name: _columns(variant.config, of_best=variant.name in of_best) for variant in variants}
    return TunedForm(study, reasons, variants, columns)


def _reason(study: Study, claim: Claim, scores: Set[str]) -> str:
    expression = claim.expression
    condition = expression.condition if isinstance(expression, Share) else expression
    if not isinstance(condition, Comparison | Equivalence | SpreadComparison):
        return "It does not compare single variants."
    references = condition.references
    if not all(_is_score(reference.metric, scores) for reference in references):
        return "It is not about scores on test or validation rows."
    compared = _named_variants(study, references)
    if compared is None:
        return "It is about a point of a grid, or a variant that is trained on request only."
    return _reason_of_variants(study.tuning, compared)


def _is_score(name: str, scores: Set[str]) -> bool:
    """Whether a column is a score on rows that train nothing, with all units and rows as they are."""
    column = column_of(name)
    return column.set_name in _HELD_OUT and column.metric in scores and not name.startswith(OWN_ROWS)


def _reason_of_variants(tuning: Tuning, compared: Sequence[Variant]) -> str:
    if len(compared) < 2:
        return "It does not compare two variants."
    if not all("fresh" in variant.protocols for variant in compared):
        return "One of its variants has one data set only."
    if not any(tuning.value_of(variant.config) for variant in compared):
        return f"None of its variants has {tuning.axis}."
    rest = {json.dumps(tuning.without_argument(variant.config), sort_keys=True) for variant in compared}
    return f"Two of its variants differ in {tuning.axis} alone." if len(rest) < len(compared) else ""


def _named_variants(study: Study, references: Sequence[Reference]) -> list[Variant] | None:
    """Return the variants that are compared; None if some is no named variant that every call trains."""
    named = {variant.name: variant for variant in study.variants if not variant.grid}
    found = dict.fromkeys(find_variant(reference.variant, named) for reference in references)
    return None if None in found else [named[name] for name in found if name is not None]


def _columns(config: Configuration, *, of_best: bool) -> tuple[str, ...]:
    names, loss = measured(config), loss_column(config.training.loss)
    if "accuracy" in names:
        metrics: tuple[str, ...] = ("accuracy",)
    else:  # targets that are not scaled have no column of their own in original units
        metrics = ("mse_original", "mse") if loss == "mse" else (loss,)
    return tuple(
        f"{'best_' if of_best else ''}{rows}_{metric}" for rows in ("fresh_test", "test") for metric in metrics
    )
