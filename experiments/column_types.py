"""What a column of runs.csv and a word of ``record`` are, and the sets and scores that names are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

SETS = ("train", "validation", "test", "fresh_test")
"""Sets of rows that a network is scored on."""

TESTED = ("test", "fresh_test")
"""Those of them that are scored once more without some units, and with noise on the inputs."""

GRID = "grid."
"""Start of the columns that hold the grid values of a run, one for each axis."""

CURVE_INDEX = ("repeat", "hash", "epochs")
"""Names in a file of curves that are no curves."""

OWN_ROWS = "own_"
"""Start of a name in claims that reads a score on the study's own test rows under every protocol."""

BEST_WEIGHTS, ENSEMBLE, OWN_CURVES = "best weights", "ensemble", "curves of its own"
"""What a column may need besides a word of ``record``: kept best weights, members, or one network's curves."""

BETWEEN_LAYER_AND_ACTIVATION = (
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization",
    "GaussianNoise", "GaussianDropout", "Dropout", "AlphaDropout",
)  # fmt: skip
"""Keras' layers that may stand between a layer and its activation, which still counts as the layer's."""

_CHANGED = re.compile(r"_(without|disturbed)_[\d.]+$")


@dataclass(frozen=True)
class Score:
    """A score or a loss, as it is called in columns and curves.

    Attributes:
        name: Such as "mse".
        label: Name and unit in figures and tables.
        short: Name inside a sentence.
        in_target_units: Whether its values have the units of the scaled targets, so that they cannot be compared
            between variants that scale their targets differently.
    """

    name: str
    label: str
    short: str
    in_target_units: bool = False


METRICS = (
    Score("accuracy", "accuracy (share of rows)", "accuracy"),
    Score("crossentropy", "cross-entropy (nats)", "cross-entropy"),
    Score("mse", "mean squared error (units trained in)", "MSE", in_target_units=True),
    Score("mse_original", "mean squared error (original units)", "MSE"),
    Score("mae", "mean absolute error (units trained in)", "MAE", in_target_units=True),
    Score("loss", "loss with penalties", "loss", in_target_units=True),
    Score("mean_squared_error", "mean squared error", "MSE", in_target_units=True),
    Score("mean_absolute_error", "mean absolute error", "MAE", in_target_units=True),
)

WATCHED = ("accuracy", "mse")
"""Scores whose best value over the epochs is a column, in order of preference."""

_TARGET_UNITS = tuple(f"_{metric.name}" for metric in METRICS if metric.in_target_units)


@dataclass(frozen=True)
class Column:
    """A column of runs.csv, or a family of them.

    Attributes:
        name: The name, or a family such as ``<set>_<metric>``.
        about: What its values are, in Markdown.
        value_type: Type of its values.
        scale: Whether values are compared as differences or as ratios.
        better: Which values are better.
        survives_divergence: Whether the value of a diverged run keeps its meaning; otherwise it counts as the worst.
        needs: Words of ``record`` and further conditions without which no run has it.
        computed_from: Columns without which no run has it.
        fresh: The column with the same on the 10,000 fresh rows, "" where there is none.
        label: Name and unit in figures and tables, without the set; of a family, with its placeholders.
        set_name: Rows that it is about, one of ``SETS``, or "".
        metric: What is measured, without set and kind; the name itself where there is no set; of a family of scores,
            with its placeholders.
        identifies: Whether it says which run a row is about, and measures nothing.
    """

    name: str
    about: str = ""
    value_type: type[str] | type[int] | type[float] = float
    scale: Literal["difference", "ratio"] = "difference"
    better: Literal["higher", "lower", "neither"] = "neither"
    survives_divergence: bool = False
    needs: tuple[str, ...] = ()
    computed_from: tuple[str, ...] = ()
    fresh: str = ""
    label: str = ""
    set_name: str = ""
    metric: str = ""
    identifies: bool = False

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better; of losses, gaps, epochs and norms it is not."""
        return self.better == "higher"

    @property
    def is_ratio(self) -> bool:
        """Whether values are compared as ratios."""
        return self.scale == "ratio"

    @property
    def smallest_effect(self) -> float | None:
        """The smallest effect of interest: a point of accuracy, a tenth of a ratio; None where there is no rule."""
        if self.is_ratio:
            return 0.1
        return 0.01 if self.is_accuracy else None

    @property
    def is_measured(self) -> bool:
        """Whether it holds numbers that were measured."""
        return self.value_type is not str and not self.identifies

    @property
    def is_accuracy(self) -> bool:
        """Whether values are shares of rows in [0, 1], for which no axis is logarithmic."""
        return "accuracy" in self.name

    @property
    def of_best_weights(self) -> bool:
        """Whether it is about the weights that a callback kept."""
        return BEST_WEIGHTS in self.needs

    @property
    def in_target_units(self) -> bool:
        """Whether values have the units of the scaled targets."""
        return _CHANGED.sub("", self.name).endswith(_TARGET_UNITS)


@dataclass(frozen=True)
class RecordedCurve:
    """A quantity that is measured after every epoch in each layer with a kernel, stored as ``<name>.<layer>``.

    Attributes:
        name: Such as "weight_norm".
        title: Title of its figure; "" where it has no figure of its own.
        label: Label of the value axis, or of the line in a chart that it shares.
        log: Whether the value axis is logarithmic.
        chart: Name of the chart that it shares with other curves, "" where it has one of its own.
        has_first_value: Whether its value in the first epoch is the column ``initial_<name>.<layer>``.
    """

    name: str
    title: str = ""
    label: str = ""
    log: bool = False
    chart: str = ""
    has_first_value: bool = False


@dataclass(frozen=True)
class RecordWord:
    """A word of ``record``.

    Attributes:
        name: The word.
        columns: What it adds to runs.csv.
        curves: What the training loop measures for it; a column named like a curve holds its last value.
        about_curves: What the curves are where the columns do not say it, in Markdown.
        takes: What stands behind the word in ``{word: …}``; "" where it is a plain word.
    """

    name: str
    columns: tuple[Column, ...]
    curves: tuple[RecordedCurve, ...] = ()
    about_curves: str = ""
    takes: Literal["", "targets", "shares", "deviations"] = ""
