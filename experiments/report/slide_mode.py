"""Slide mode: for every claim and seed, the one curve and the one sentence a lecturer would have had."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.analysis import Analysis, Verdict, one_run_sentence
from experiments.column_lookup import column_of
from experiments.language.claims import find_variant
from experiments.report.curve_charts import Epochs, Histories, Metric, single_runs
from experiments.report.figures.curve_summary import MOST_RUNS
from experiments.report.page_words import about_word
from experiments.report.wording import look, plural

if TYPE_CHECKING:
    from experiments.language.study import Study

_OUTCOMES = {
    1: ("supported", "looks right", "✓", "“{}”"),
    -1: ("contradicted", "looks wrong", "✗", "It is not so: “{}”"),
    0: ("inconclusive", "no difference", "?", "It makes no difference: “{}”"),
}


def slide_data(
    analysis: Analysis, histories: Histories, metrics: Sequence[Metric], epochs: Epochs
) -> dict[str, Any] | None:
    """Return what each claim looks like with each single seed, under published.

    Args:
        analysis: The analysed study.
        histories: Its curves.
        metrics: The metrics that have curves.
        epochs: Gets the lists of epochs.

    Returns:
        ``claims`` with their first 100 seeds and ``lines`` with the single runs; None where no claim can be judged by
        one run.
    """
    verdicts = [verdict for verdict in analysis.verdicts if verdict.protocol == "published" and verdict.singles]
    if not verdicts:
        return None
    claims = [_claim(verdict, analysis.study, histories, metrics) for verdict in verdicts]
    wanted = [(claim["curve"]["key"], index) for claim in claims for index in claim["variants"]]
    return {"claims": claims, "lines": single_runs(histories, wanted, epochs)}


def _claim(verdict: Verdict, study: Study, histories: Histories, metrics: Sequence[Metric]) -> dict[str, Any]:
    asked = verdict.claim.expression.references
    names = [variant.name for variant in study.variants]
    found = [find_variant(reference.variant, names) for reference in asked]
    indices = dict.fromkeys(names.index(name) for name in found if name is not None)
    drawn = [index for index in indices if (index, "published") in histories]
    curve = _curve(asked[0].metric, [histories[index, "published"] for index in drawn], metrics)
    return {
        "says": verdict.claim.says,
        "variants": drawn,
        "curve": {"key": curve.key, "label": curve.label, "log": curve.log},
        "seeds": [_seed(verdict, repeat) for repeat in sorted(verdict.singles)[:MOST_RUNS]],
        "all": _all_seeds(verdict),
    }


def _seed(verdict: Verdict, repeat: int) -> dict[str, Any]:
    css, word, sign, story = _OUTCOMES[verdict.singles[repeat].outcome]
    return {
        "seed": repeat,
        "verdict": css,
        "word": word,
        "sign": sign,
        "story": story.format(verdict.claim.says),
        "sentence": one_run_sentence(verdict, repeat),
    }


def _all_seeds(verdict: Verdict) -> dict[str, Any]:
    shown, share = look(verdict.word), verdict.opposite_share
    seeds = plural(len(verdict.singles), "seed")
    story = f"{seeds}."
    if not math.isnan(share):
        opposite = round(share * len(verdict.singles))
        story = f"{opposite} of {seeds} alone {'shows' if opposite == 1 else 'show'} the opposite."
    return {
        "verdict": shown.css,
        "word": shown.word,
        "sign": shown.sign,
        "about": about_word(shown.word),
        "story": story,
        "sentence": verdict.sentence,
    }


def _curve(metric: str, histories: Sequence[Any], metrics: Sequence[Metric]) -> Metric:
    """Return the curve that shows a claim: of its own metric where there is one, else of the watched score."""
    where, name = column_of(metric).set_name, column_of(metric).metric
    watched = [f"val_{name}", name] if where in ("test", "fresh_test", "validation") else [name, f"val_{name}"]
    keys = [metric, *(watched if where else ()), *(f"val_{one.key}" for one in reversed(metrics))]
    keys += [one.key for one in metrics]
    key = next((key for key in keys if any(key in history for history in histories)), keys[0])
    plain = key.removeprefix("val_")
    known = next((one for one in metrics if one.key == plain), Metric(key, key.replace("_", " "), log=False))
    rows = "rows watched" if key.startswith("val_") else "training rows"
    return Metric(key, f"{known.label}, {rows}" if known.key == plain else known.label, known.log)
