"""What a column of runs.csv means for a comparison: which way is better, and whether ratios are the natural measure."""

from __future__ import annotations

import re

_SCORE = re.compile(r"(?:best_|member_)?(?:train|validation|test|fresh_test|watched)_(?P<name>.+)")
_HIGHER_IS_BETTER = re.compile(r"accuracy|auc|precision|recall|f1|fbeta|r2|iou|mean_io_u|sensitivity|specificity")
_RATIO = re.compile(
    r"epochs_run|best_epoch|(?:epochs|seconds)_until_.+|seconds_per_epoch|diverged_at|seconds"
    r"|(?:initial_)?(?:weight_norm|unit_norm_\w+|gradient_norm|activation_std)(?:\..+)?"
)
_FRESH = (
    (re.compile(r"((?:best_|member_)?)test_(.+)"), r"\1fresh_test_\2"),
    (re.compile(r"accuracy_gap()"), r"fresh_accuracy_gap\1"),
)


def higher_is_better(metric: str) -> bool:
    """Tell whether more of a metric is better; of losses, gaps, epochs and norms it is not."""
    if metric.endswith("_gap"):
        return False
    return bool(_score_name(metric) and _HIGHER_IS_BETTER.search(metric))


def is_ratio(metric: str) -> bool:
    """Tell whether values are compared as ratios: losses and errors, epochs, times, norms, standard deviations."""
    if _score_name(metric):
        return not _HIGHER_IS_BETTER.search(metric)
    return bool(_RATIO.fullmatch(metric))


def fresh_name(metric: str) -> str:
    """Name the column that holds the same metric on the 10,000 fresh rows; the metric itself where there is none."""
    for pattern, replacement in _FRESH:
        if pattern.fullmatch(metric):
            return pattern.sub(replacement, metric)
    return metric


def survives_divergence(metric: str) -> bool:
    """Tell whether a column still says what it means in a run that diverged: counts, times, what was seen before."""
    counts = ("epochs_run", "best_epoch", "diverged", "diverged_at", "seconds", "seconds_per_epoch", "overshoots")
    return metric in counts or metric.startswith(("initial_", "epochs_until_", "seconds_until_", "reached_", "best_"))


def _score_name(metric: str) -> str | None:
    match = _SCORE.fullmatch(metric)
    return match["name"] if match else None
