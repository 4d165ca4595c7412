"""Components that a study may name: the public namespaces, our own components, and refused names with the reason."""

from __future__ import annotations

from typing import Final

KERAS_NAMESPACES: Final = {
    "layers": "keras.layers",
    "activations": "keras.activations",
    "initializers": "keras.initializers",
    "regularizers": "keras.regularizers",
    "constraints": "keras.constraints",
    "optimizers": "keras.optimizers",
    "schedules": "keras.optimizers.schedules",
    "losses": "keras.losses",
    "metrics": "keras.metrics",
}
KERAS_CALLBACKS: Final = ("EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", "TerminateOnNaN")
SKLEARN_SCALERS: Final = (
    "MaxAbsScaler",
    "MinMaxScaler",
    "Normalizer",
    "PowerTransformer",
    "QuantileTransformer",
    "RobustScaler",
    "StandardScaler",
)
SKLEARN_ENCODERS: Final = ("OneHotEncoder", "OrdinalEncoder")
SKLEARN_IMPUTERS: Final = ("SimpleImputer",)
EMBEDDED_ROWS: Final = {
    "load_breast_cancer": 569,
    "load_diabetes": 442,
    "load_digits": 1797,
    "load_iris": 150,
    "load_linnerud": 20,
    "load_wine": 178,
}
"""scikit-learn's data sets that need no download, and how many rows each has."""
FIXED_ROWS: Final = {**EMBEDDED_ROWS, "mnist": 70_000, "fashion_mnist": 70_000}
"""Sources whose number of rows is not an argument."""

CLIPPINGS: Final = ("clipnorm", "clipvalue", "global_clipnorm")
"""Arguments of an optimizer that clip gradients, and words of ``training.gradients``."""

SINGULAR: Final = {
    "layers": "a layer",
    "activations": "an activation",
    "initializers": "an initializer",
    "regularizers": "a regularizer",
    "constraints": "a constraint",
    "optimizers": "an optimizer",
    "schedules": "a learning-rate schedule",
    "losses": "a loss",
    "metrics": "a metric",
    "sources": "a data source",
    "scalers": "a scaler",
    "encoders": "an encoder of categories",
    "imputers": "an imputer of missing values",
    "callbacks": "a callback",
}

_CODE = "it runs code that is not in the study"
_FILES = "it reads or writes files"
_INPUTS = "it needs several inputs, and a study's layers form one sequence"
_WRAPS = "it wraps another object, which a study cannot name in a slot"
_PICTURES = "it needs labels beside the inputs"
_BASE = "it is a base class"
_NO_TARGETS = "it gives no targets"

REFUSED: Final[dict[str, dict[str, str]]] = {
    "layers": {
        **dict.fromkeys(("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"), _CODE),
        **dict.fromkeys(("StringLookup", "IntegerLookup", "TextVectorization"), _FILES),
        **dict.fromkeys(
            ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "HashedCrossing"),
            _INPUTS,
        ),
        **dict.fromkeys(("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"), _INPUTS),
        **dict.fromkeys(
            ("Wrapper", "TimeDistributed", "Bidirectional", "SpectralNormalization", "Pipeline", "RNN"), _WRAPS
        ),
        **dict.fromkeys(("StackedRNNCells", "GRUCell", "LSTMCell", "SimpleRNNCell"), _WRAPS),
        **dict.fromkeys(("CutMix", "MixUp", "MaxNumBoundingBoxes"), _PICTURES),
        **dict.fromkeys(("Input", "InputLayer", "InputSpec"), "the inputs come from `data`"),
        "Layer": _BASE,
    },
    "activations": {},
    "initializers": {"Initializer": _BASE},
    "regularizers": {"Regularizer": _BASE},
    "constraints": {"Constraint": _BASE},
    "optimizers": {
        "Optimizer": _BASE,
        **dict.fromkeys(("LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"), _WRAPS),
    },
    "schedules": {"LearningRateSchedule": _BASE},
    "losses": {"Loss": _BASE, "LossFunctionWrapper": _CODE},
    "metrics": {
        "Metric": _BASE,
        "MeanMetricWrapper": _CODE,
        **dict.fromkeys(("Mean", "Sum"), "it does not compare predictions with targets"),
    },
    "sources": {
        **dict.fromkeys(("load_files", "load_svmlight_file", "load_svmlight_files"), _FILES),
        **dict.fromkeys(("load_sample_image", "load_sample_images"), _NO_TARGETS),
        **dict.fromkeys(("make_biclusters", "make_checkerboard", "make_low_rank_matrix"), _NO_TARGETS),
        **dict.fromkeys(("make_sparse_coded_signal", "make_sparse_spd_matrix", "make_spd_matrix"), _NO_TARGETS),
        **dict.fromkeys(("cifar10", "cifar100", "imdb", "reuters", "california_housing"), "it is a large download"),
    },
    "scalers": {"FunctionTransformer": _CODE},
    "encoders": {
        "TargetEncoder": "scikit-learn is changing how it draws its folds",
        **dict.fromkeys(("LabelEncoder", "LabelBinarizer"), "it encodes targets, which needs no encoder here"),
    },
    "callbacks": {
        **dict.fromkeys(("LambdaCallback", "Callback"), _CODE),
        **dict.fromkeys(("CSVLogger", "TensorBoard", "BackupAndRestore", "SwapEMAWeights"), _FILES),
        "RemoteMonitor": "it uses the network",
        "LearningRateScheduler": "it takes a function; use a schedule in the optimizer's learning_rate",
    },
}
"""Public names that a study may not use, each with the reason that the error message gives."""

WITHHELD_ARGUMENTS: Final = {
    "seed": "every random draw gets its seed from the run",
    "name": "the name is that of the slot",
    "dtype": "a run computes in float32 throughout",
    "data_format": "images have their channels last",
    "lora_rank": "a study trains all weights",
    "lora_alpha": "a study trains all weights",
    "quantization_config": "a run computes in float32 throughout",
    "filepath": "the best weights are kept in memory, without a path",
    "save_freq": "the best weights are kept once per epoch",
    "save_weights_only": "the best weights are kept, nothing else",
    "verbose": "progress is shown by the command line",
    "return_X_y": "inputs and targets are always returned",
    "as_frame": "rows are always arrays",
    "return_centers": "inputs and targets are all that is returned",
    "return_indicator": "inputs and targets are all that is returned",
    "return_distributions": "inputs and targets are all that is returned",
    "coef": "inputs and targets are all that is returned",
    "sparse": "rows are always dense arrays",
    "sparse_output": "rows are always dense arrays",
    "return_state": "a layer has one output",
    "stateful": "a run starts from its seed and nothing else",
    "copy": "arrays are always copied",
    "missing_values": "a value is missing where a cell is empty",
    "feature_name_combiner": "arrays have no names of columns",
    **dict.fromkeys(
        ("categories", "handle_unknown", "unknown_value", "encoded_missing_value"),
        "the categories of a column are all that occur in the table",
    ),
}
"""Arguments that Keras or scikit-learn has and a study has not."""

TABLE_ARGUMENTS: Final = (
    *("x", "y"),
    *("file", "target", "inputs", "without", "categorical", "encoder", "imputer", "group", "order"),
    *("task", "separator", "decimal", "encoding", "sha256"),
)
"""Arguments of ``table``: rows written into the study, or a file with its target."""

OWN_TRIGGERS: Final[dict[str, float]] = {
    "StopOnNoChange": 0.0,
    "StopOnAbsoluteChange": 1e-4,
    "StopOnDecrease": 0.0,
    "StopOnAverageChange": 1e-4,
}
"""The stopping triggers of the slides, each with its default threshold."""


def own_words() -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """Return the signatures of the components that are ours, in the form of the generated table.

    Returns:
        kind → name → argument → ``{"default": value}`` or ``{"required": True}``.
    """
    return {
        "constraints": {"RadialConstraint": {}},
        "sources": {
            "table": {argument: {"default": None} for argument in TABLE_ARGUMENTS},
            "mnist": {},
            "fashion_mnist": {},
        },
        "callbacks": {
            name: {
                "monitor": {"default": "val_loss"},
                "mode": {"default": "auto"},
                "epochs": {"default": 10},
                "threshold": {"default": threshold},
            }
            for name, threshold in OWN_TRIGGERS.items()
        },
    }
