"""The columns of runs.csv and the words of ``record``: each is declared here once, with everything it means.

A declared name may be a family: ``best_<set>_<metric>`` is ``best_test_accuracy`` and its like. ``column_of`` of
``column_lookup`` looks up what a name of runs.csv means.

To add a column, declare it here and compute its value in ``experiments/run/scalars.py``. To add a word of ``record``,
declare it in ``RECORD`` and measure it in ``experiments/training/probes.py``, or compute it from the curves in
``experiments/run/scalars.py``. ``python -m tools.column_tables`` then brings the tables of docs/language.md up to date.
"""

from __future__ import annotations

from experiments.column_types import BEST_WEIGHTS, ENSEMBLE, OWN_CURVES, Column, RecordedCurve, RecordWord

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

WORD_OF = {column.name: word.name for word in RECORD for column in word.columns}
"""Column to the word of ``record`` that adds it."""
TEXT_COLUMNS = tuple(column.name for column in COLUMNS if column.value_type is str)
CURVES = {curve.name: curve for word in RECORD for curve in word.curves}

MEASURED_WORDS = tuple(word.name for word in RECORD if word.curves)
"""Words that the training loop measures; the others are computed from the curves afterwards."""

LAST_VALUES = frozenset(name for name in CURVES if {f"{name}.<layer>", f"{name}.<squashing>"} & WORD_OF.keys())
"""Curves whose last value is a column of the same name."""

FIRST_VALUES = frozenset(name for name, curve in CURVES.items() if curve.has_first_value)
"""Curves whose value in the first epoch is the column ``initial_<name>.<layer>``."""

PLAIN_WORDS = tuple(word.name for word in RECORD if not word.takes)
VALUED_WORDS = {word.name: word.takes for word in RECORD if word.takes}

RESERVED_METRICS = ("loss", "learning_rate", "mse_original", *(name for name in CURVES if name in WORD_OF))
"""Names of curves and columns that a metric of a study cannot have."""
