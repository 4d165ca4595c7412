"""The columns of runs.csv and the words of ``record``: each is declared here once, with everything it means.

A declared name may be a family: ``best_<set>_<metric>`` is ``best_test_accuracy`` and its like. ``column_of`` looks up
what a name of runs.csv means, ``column_names`` lists the names that a configuration leads to.

    >>> column_of("best_test_accuracy").fresh
    'best_fresh_test_accuracy'
    >>> column_of("weight_norm.hidden").label, column_of("weight_norm.hidden").scale
    ('weight norm of hidden', 'ratio')
    >>> column_of("test_accuracy_without_0.5").label
    'accuracy without 0.5 of the units'

To add a column, declare it here and compute its value in ``experiments/run/scalars.py``. To add a word of ``record``,
declare it in ``RECORD`` and measure it in ``experiments/training/probes.py``, or compute it from the curves in
``experiments/run/scalars.py``. ``python -m tools.column_tables`` then brings the tables of docs/language.md up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final, Literal, TypeAlias, get_args

Protocol: TypeAlias = Literal["published", "fresh"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
"""Protocols that a study can name, in the order of tables and pages."""

TUNED: Final = "tuned"
"""Protocol of a variant at its own best rate, on the rows of ``fresh``."""

TUNING: Final = "tuning"
"""Value of the column ``protocol`` of the runs that choose this rate; no score of theirs is reported."""

JudgedProtocol: TypeAlias = Literal["published", "fresh", "tuned"]
JUDGED_PROTOCOLS: tuple[JudgedProtocol, ...] = get_args(JudgedProtocol)
"""Protocols with verdicts."""

STORED_PROTOCOLS = (*JUDGED_PROTOCOLS, TUNING)
"""Values of the column ``protocol``, in the order of runs.csv."""

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

_HIGHER_IS_BETTER = re.compile(r"accuracy|auc|precision|recall|f1|fbeta|r2|iou|mean_io_u|sensitivity|specificity")
_PLACEHOLDER = re.compile(r"<(\w+)>")
_CHANGED = re.compile(r"_(without|disturbed)_[\d.]+$")
_FIELDS = {
    "set": "sets",
    "tested": "tested",
    "metric": "metrics",
    "watched": "watched",
    "target": "targets",
    "layer": "layers",
    "squashing": "squashing",
    "share": "shares",
    "deviation": "deviations",
}
"""Placeholder of a family to the attribute of ``Features`` that has its values."""


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

_METRICS = {metric.name: metric for metric in METRICS}
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


IDENTITY = (
    Column("study", "name of the study", str, identifies=True),
    Column("variant", "name of the variant or grid point; under `tuning` with the rate", str, identifies=True),
    Column("group", "variant without its grid values", str, identifies=True),
    Column("protocol", "`published`, `fresh`, `tuned` or `tuning`", str, identifies=True),
    Column("repeat", "number of the repeat, from 0", int, identifies=True),
    Column("seed", "seed of the run", int, identifies=True),
    Column("engine", "`compiled` or `keras`", str, identifies=True),
    Column("tier", "what trained: `xla`, `graph` or `fit`", str, identifies=True),
    Column("device", "where it trained: `cpu` or `gpu`", str, identifies=True),
    Column("hash", "content hash of the run", str, identifies=True),
    Column("grid.<axis>", "value of an axis, of a grid point; under `tuned` and `tuning` the rate", identifies=True),
)
SCORES = (
    Column("<set>_<metric>", "each of `metrics` and the losses below, after training"),
    Column(
        "best_<set>_<metric>",
        "the same of the weights that a callback kept as the best (`ModelCheckpoint`, `restore_best_weights`)",
        survives_divergence=True,
        needs=(BEST_WEIGHTS,),
    ),
    Column("member_<set>_<metric>", "mean over an ensemble's members", needs=(ENSEMBLE,)),
    Column(
        "accuracy_gap",
        "train minus test accuracy",
        better="lower",
        computed_from=("train_accuracy", "test_accuracy"),
        fresh="fresh_accuracy_gap",
        label="train minus test accuracy",
    ),
    Column(
        "fresh_accuracy_gap",
        "train minus fresh test accuracy",
        better="lower",
        computed_from=("train_accuracy", "fresh_test_accuracy"),
    ),
    Column(
        "best_watched_<watched>",
        "the best test accuracy (or MSE) over the epochs, with `validate_on: test`",
        survives_divergence=True,
        needs=(OWN_CURVES,),
    ),
)
ENDING = (
    Column("epochs_run", "epochs trained", int, "ratio", survives_divergence=True),
    Column(
        "best_epoch",
        "epoch (from 1) of the weights that a callback kept",
        int,
        "ratio",
        survives_divergence=True,
        needs=(BEST_WEIGHTS,),
        label="epoch of the best weights",
    ),
    Column("stopped_because", "`completed`, `early_stopping`, `diverged` or `failed`", str),
    Column("diverged_at", "epoch of the divergence", int, "ratio", survives_divergence=True),
    Column("diverged", "0 or 1", int, better="lower", survives_divergence=True),
    Column("error", "last line of the traceback, of a failed run", str),
    Column("seconds", "time of the training without compiling", float, "ratio", "lower", survives_divergence=True),
)
RECORD = (
    RecordWord(
        "weight_norm",
        (
            Column("weight_norm", "L2 norm of all kernels together", scale="ratio", label="weight norm (all kernels)"),
            Column("weight_norm.<layer>", "L2 norm of the kernel", scale="ratio"),
        ),
        (RecordedCurve("weight_norm", "Norm of the weights", "L2 norm of the kernel", log=True),),
    ),
    RecordWord(
        "weight_change",
        (
            Column(
                "weight_change",
                "distance of all kernels together from their values before training, over the norm of those",
                scale="ratio",
                needs=(OWN_CURVES,),
            ),
            Column("weight_change.<layer>", "the same of the layer's kernel", scale="ratio", needs=(OWN_CURVES,)),
        ),
    ),
    RecordWord(
        "unit_norm",
        (
            Column("unit_norm_mean.<layer>", "norm of the incoming weights, mean of the units", scale="ratio"),
            Column("unit_norm_min.<layer>", "smallest of the units", scale="ratio"),
            Column("unit_norm_max.<layer>", "largest of the units", scale="ratio"),
        ),
        (
            RecordedCurve("unit_norm_mean", "Norm of a unit's incoming weights", "L2 norm, mean of the units"),
            RecordedCurve("unit_norm_min"),
            RecordedCurve("unit_norm_max"),
        ),
    ),
    RecordWord(
        "peakiness",
        (
            Column(
                "peakiness.<layer>",
                "largest absolute incoming weight of a unit over the norm of all of them, mean of the units",
                scale="ratio",
            ),
        ),
        (RecordedCurve("peakiness", "Peakiness of the weights", "largest weight over norm, mean of the units"),),
    ),
    RecordWord(
        "zero_weights",
        (
            Column("zero_weights.<layer>", "share exactly 0"),
            Column("near_zero_weights.<layer>", "share with absolute value < 0.01"),
        ),
        (
            RecordedCurve("zero_weights", "Weights that are exactly zero", "share of the kernel"),
            RecordedCurve("near_zero_weights", "Weights within 0.01 of zero", "share of the kernel"),
        ),
    ),
    RecordWord(
        "gradient_norm",
        (
            Column(
                "gradient_norm.<layer>",
                "mean over an epoch's steps of the L2 norm of the kernel's unclipped gradient of the total loss",
                scale="ratio",
            ),
            Column("initial_gradient_norm.<layer>", "that of the first epoch", scale="ratio", survives_divergence=True),
        ),
        (
            RecordedCurve(
                "gradient_norm", "Norm of the gradients", "L2 norm of the gradient", log=True, has_first_value=True
            ),
        ),
    ),
    RecordWord(
        "activation_stats",
        (
            Column("activation_mean.<layer>", "over all units and training rows"),
            Column("activation_std.<layer>", "over all units and training rows", scale="ratio"),
            Column("initial_activation_mean.<layer>", "before training", survives_divergence=True),
            Column("initial_activation_std.<layer>", "before training", scale="ratio", survives_divergence=True),
        ),
        (
            RecordedCurve("activation_mean", "Mean of the activations", "mean output"),
            RecordedCurve("activation_std", "Spread of the activations", "standard deviation", log=True),
        ),
    ),
    RecordWord(
        "preactivation_stats",
        (
            Column("preactivation_mean.<layer>", "of the activation's inputs, over all units and training rows"),
            Column(
                "preactivation_std.<layer>",
                "of the activation's inputs, over all units and training rows",
                scale="ratio",
            ),
            Column("initial_preactivation_mean.<layer>", "before training", survives_divergence=True),
            Column("initial_preactivation_std.<layer>", "before training", scale="ratio", survives_divergence=True),
        ),
        (
            RecordedCurve("preactivation_mean", "Mean of the weighted sums", "mean input of the activation"),
            RecordedCurve("preactivation_std", "Spread of the weighted sums", "standard deviation", log=True),
        ),
    ),
    RecordWord(
        "saturated_units",
        (
            Column(
                "saturated_units.<squashing>",
                "share of the activation's inputs, over all units and training rows, at which the slope is below 5 % "
                "of the largest; of layers with sigmoid or tanh",
            ),
            Column("initial_saturated_units.<squashing>", "before training", survives_divergence=True),
        ),
        (RecordedCurve("saturated_units", "Saturated units", "share with a slope below 5 % of the largest"),),
    ),
    RecordWord(
        "dead_units",
        (Column("dead_units.<layer>", "share of units that output 0 on every training row"),),
        (RecordedCurve("dead_units", "Dead units", "share that outputs 0 on every training row"),),
    ),
    RecordWord(
        "active_units",
        (
            Column("active_units.<layer>", "share of positive outputs"),
            Column("initial_active_units.<layer>", "before training", survives_divergence=True),
        ),
        (RecordedCurve("active_units", "Active units", "share of positive outputs"),),
    ),
    RecordWord(
        "input_quantiles",
        (
            Column(
                "input_drift.<layer>",
                "standard deviation over the epochs of the median, over the mean distance of the outer quantiles",
            ),
        ),
        (
            RecordedCurve("input_q15", label="15 % quantile", chart="input"),
            RecordedCurve("input_q50", label="median", chart="input"),
            RecordedCurve("input_q85", label="85 % quantile", chart="input"),
        ),
        "quantiles over the training rows of the first unit's pre-activation",
    ),
    RecordWord(
        "overshoots",
        (
            Column(
                "overshoots",
                "times the slope of the training loss changes from down to up",
                int,
                survives_divergence=True,
                needs=(OWN_CURVES,),
            ),
        ),
    ),
    RecordWord(
        "roughness",
        (
            Column(
                "roughness",
                "standard deviation of the change of the training loss from epoch to epoch, over its whole fall; `inf` "
                "where it does not fall",
                scale="ratio",
                better="lower",
                needs=(OWN_CURVES,),
                label="roughness of the training loss",
            ),
        ),
    ),
    RecordWord(
        "linear_share",
        (
            Column(
                "linear_share",
                "R² over the training rows of a linear fit, by least squares, of the last layer's weighted sums to the "
                "inputs: 1 for a linear network",
                needs=(OWN_CURVES,),
                label="linear share of the output",
            ),
        ),
    ),
    RecordWord(
        "ablation",
        (
            Column(
                "<tested>_<metric>_without_<share>",
                "after that share of the units that feed the last layer was removed (their weights in it are 0): mean "
                "of 10 random choices",
                needs=(OWN_CURVES,),
                metric="<metric>_without_<share>",
                label="<metric> without <share> of the units",
            ),
            Column(
                "top_tenth_weight",
                "share of the last layer's absolute weights that belongs to the tenth of its inputs with the largest",
                needs=(OWN_CURVES,),
                label="share of the weights from a tenth of the units",
            ),
        ),
        takes="shares",
    ),
    RecordWord(
        "disturbed_inputs",
        (
            Column(
                "<tested>_<metric>_disturbed_<deviation>",
                "with Gaussian noise of that standard deviation on the inputs, after scaling: mean of 10 draws",
                needs=(OWN_CURVES,),
                metric="<metric>_disturbed_<deviation>",
                label="<metric> with input noise of <deviation>",
            ),
        ),
        takes="deviations",
    ),
    RecordWord(
        "time_per_epoch",
        (
            Column("seconds_per_epoch", "differs from run to run", scale="ratio", survives_divergence=True),
            Column(
                "seconds_until_<target>",
                "with `epochs_until`; differs from run to run",
                scale="ratio",
                survives_divergence=True,
                needs=(OWN_CURVES,),
            ),
        ),
    ),
    RecordWord(
        "epochs_until",
        (
            Column("reached_<target>", "0 or 1", int, survives_divergence=True, needs=(OWN_CURVES,)),
            Column(
                "epochs_until_<target>",
                "first epoch (from 1) with that validation- or training-curve value (accuracy reaches it from below, "
                "anything else from above), `inf` if never; the set is `train` or what `validate_on` names",
                scale="ratio",
                survives_divergence=True,
                needs=(OWN_CURVES,),
            ),
        ),
        takes="targets",
    ),
)
COLUMNS = (*IDENTITY, *(column for word in RECORD for column in word.columns), *SCORES, *ENDING)
"""All declarations. Those of ``record`` come before the scores, whose names match everything after a set."""
_WORDS = {column.name: word.name for word in RECORD for column in word.columns}
TEXT_COLUMNS = tuple(column.name for column in COLUMNS if column.value_type is str)
CURVES = {curve.name: curve for word in RECORD for curve in word.curves}
MEASURED_WORDS = tuple(word.name for word in RECORD if word.curves)
"""Words that the training loop measures; the others are computed from the curves afterwards."""
LAST_VALUES = frozenset(name for name in CURVES if {f"{name}.<layer>", f"{name}.<squashing>"} & _WORDS.keys())
"""Curves whose last value is a column of the same name."""
FIRST_VALUES = frozenset(name for name, curve in CURVES.items() if curve.has_first_value)
"""Curves whose value in the first epoch is the column ``initial_<name>.<layer>``."""
PLAIN_WORDS = tuple(word.name for word in RECORD if not word.takes)
VALUED_WORDS = {word.name: word.takes for word in RECORD if word.takes}
RESERVED_METRICS = ("loss", "learning_rate", "mse_original", *(name for name in CURVES if name in _WORDS))
"""Names of curves and columns that a metric of a study cannot have."""

_MEASURED = tuple(
    (column, frozenset(column.needs) | ({_WORDS[column.name]} if column.name in _WORDS else set()))
    for column in COLUMNS
    if column.is_measured
)


@dataclass(frozen=True)
class Features:
    """Features of a configuration that determine the columns of its runs.

    Attributes:
        sets: Sets of rows that it has.
        metrics: Scores on each set, losses included.
        watched: Scores of ``WATCHED`` that the test curve has.
        targets: Curves that ``epochs_until`` waits for.
        layers: Layers with a kernel.
        squashing: Those of them whose activation is sigmoid or tanh.
        shares: Shares of units that are removed, as in column names.
        deviations: Standard deviations of noise on inputs, as in column names.
        conditions: Words of ``record``, and those of ``BEST_WEIGHTS``, ``ENSEMBLE`` and ``OWN_CURVES`` that hold.
    """

    sets: tuple[str, ...]
    metrics: tuple[str, ...]
    watched: tuple[str, ...]
    targets: tuple[str, ...]
    layers: tuple[str, ...]
    conditions: frozenset[str]
    squashing: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()

    @property
    def tested(self) -> tuple[str, ...]:
        """Sets whose rows nothing was fitted to or chosen on."""
        return tuple(name for name in self.sets if name in TESTED)


@cache
def column_names(features: Features) -> frozenset[str]:
    """List the columns with measured numbers.

    Args:
        features: Of a configuration.

    Returns:
        The names; a run that did not diverge has no ``diverged_at``.
    """
    names: set[str] = set()
    for declared, needs in _MEASURED:
        if needs <= features.conditions and names.issuperset(declared.computed_from):
            names.update(_members(declared.name, features))
    return frozenset(names)


def _members(family: str, features: Features) -> Iterator[str]:
    """Write out a family: every combination of the values of its placeholders."""
    placeholders = _placeholders(family)
    for values in product(*(getattr(features, _FIELDS[placeholder]) for placeholder in placeholders)):
        yield _filled(family, dict(zip(placeholders, values, strict=True)))


def _filled(text: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        text = text.replace(f"<{placeholder}>", value)
    return text


@cache
def _placeholders(family: str) -> list[str]:
    return _PLACEHOLDER.findall(family)


@cache
def column_of(name: str) -> Column:
    """Return what a name of runs.csv means.

    Args:
        name: A column's name; a history key such as ``val_accuracy`` has a label, but no set.

    Returns:
        The column; with neutral properties where none of that name is declared. ``own_test_accuracy`` is
        ``test_accuracy`` without its twin on fresh rows.
    """
    if name.startswith(OWN_ROWS):
        read = column_of(name.removeprefix(OWN_ROWS))
        if read.fresh:
            return replace(read, name=name, fresh="", label=f"{_short(read.metric)} on the study's own rows")
    for declared in COLUMNS:
        match = _pattern(declared.name).fullmatch(name)
        if match:
            return _member(declared, name, match.groupdict(default=""))
    return Column(name, metric=name, label=_label(name))


@cache
def _pattern(family: str) -> re.Pattern[str]:
    values = {"set": "|".join(SETS), "tested": "|".join(TESTED), "watched": "|".join(WATCHED)}
    parts = _PLACEHOLDER.split(family)  # texts and placeholders in turn
    parts[0::2] = map(re.escape, parts[0::2])
    parts[1::2] = [f"(?P<{name}>{values.get(name, '.+')})" for name in parts[1::2]]
    return re.compile("".join(parts))


def _member(family: Column, name: str, values: Mapping[str, str]) -> Column:
    """Return one column of a family. The scale and direction of a score are those of its metric."""
    if "watched" in values:
        label = f"best watched {_METRICS[values['watched']].short}"
        return replace(_scored(family, values["watched"]), name=name, metric=name, label=label)
    if "metric" not in values:
        return replace(family, name=name, metric=name, label=family.label or _label(name))
    set_name, metric = values.get("set") or values["tested"], values["metric"]
    fresh = _filled(family.name, {**values, "set": "fresh_test", "tested": "fresh_test"}) if set_name == "test" else ""
    label = _filled(family.label, {**values, "metric": _short(metric)}) if family.label else _label(metric)
    measured = _filled(family.metric or "<metric>", values)
    return replace(_scored(family, metric), name=name, set_name=set_name, metric=measured, fresh=fresh, label=label)


def _scored(family: Column, metric: str) -> Column:
    is_share = bool(_HIGHER_IS_BETTER.search(metric))
    return replace(
        family,
        scale="difference" if is_share else "ratio",
        better="higher" if is_share and not metric.endswith("_gap") else "lower",
    )


def _short(metric: str) -> str:
    return _METRICS[metric].short if metric in _METRICS else metric.replace("_", " ")


def _label(name: str) -> str:
    stem, _, layer = name.partition(".")
    words = _METRICS[stem].label if stem in _METRICS else stem.replace("_", " ")
    return f"{words} of {layer}" if layer else words
