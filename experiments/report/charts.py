"""The data of a study's interactive charts, as the page's scripts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.analysis import Analysis
from experiments.report.curve_data import curve_metrics, layer_curves, learning_curves, read_histories
from experiments.report.lines import Epochs
from experiments.report.slides import slide_data
from experiments.report.source import Changes
from experiments.report.sweep_data import sweep_charts

if TYPE_CHECKING:
    from experiments.language.study import Study

_SLOTS = 7
_FIRST_SHOWN = 4
_WATCHED = {"test": "Test rows, watched after each epoch", "validation": "Validation rows"}


def chart_data(analysis: Analysis, changes: Sequence[Changes], out: Path) -> Mapping[str, Any]:
    """Gather the data of all charts of a study.

    Args:
        analysis: The analysed study.
        changes: What each variant that can be chosen changes in the YAML.
        out: The results folder.

    Returns:
        ``variants`` (looks), ``curves``, ``layers``, ``sweeps``, ``slides``, ``source`` (lines to mark) and ``epochs``;
        what a study does not have is None or empty.
    """
    study = analysis.study
    histories, epochs = read_histories(study, out), Epochs()
    metrics = curve_metrics(histories)
    curves = learning_curves(histories, metrics, epochs)
    return {
        "variants": _looks(study, {index for index, _ in histories}),
        "curves": {**curves, "watched": _watched(study)} if curves else None,
        "layers": layer_curves(histories, epochs),
        "sweeps": sweep_charts(analysis.headline_sweeps),
        "slides": slide_data(analysis, histories, metrics, epochs),
        "source": [{"changed": one.changed, "replaced": one.replaced} for one in changes],
        "epochs": epochs.lists,
    }


def _looks(study: Study, drawn: set[int]) -> list[dict[str, Any]]:
    """Give each variant a colour and a dash; the base and what claims name come first, in colour and on the page."""
    names = [variant.name for variant in study.variants]
    claimed = [reference.variant for claim in study.claims for reference in claim.expression.references]
    first = [index for index, variant in enumerate(study.variants) if not variant.changes]
    first += [names.index(name) for name in claimed if name in names]
    order = [index for index in dict.fromkeys([*first, *sorted(drawn)]) if index in drawn]
    ranks = {index: rank for rank, index in enumerate(order)}
    return [
        {
            "name": variant.name,
            "slot": ranks.get(index, 0) % _SLOTS,
            "dash": ranks.get(index, 0) // _SLOTS % 4,
            "on": index in order[:_FIRST_SHOWN],
            "curves": index in drawn,
        }
        for index, variant in enumerate(study.variants)
    ]


def _watched(study: Study) -> str:
    """Name the rows of the validation curves; empty where no variant watches any."""
    kinds = {variant.config.training.validate_on for variant in study.variants} - {"none"}
    if len(kinds) == 1:
        return _WATCHED[kinds.pop()]
    return "Rows watched after each epoch" if kinds else ""
