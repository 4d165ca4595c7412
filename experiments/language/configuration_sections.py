"""The sections of a configuration: keys, types, bounds, defaults, the words that explain them, and what lies where.

Components (layers, optimizers, …) are checked elsewhere against the signatures; here they are slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from experiments.language.signatures import NUMBERS, POSITIVE_INTEGER, Kind

COMPONENT = "component"
"""Key that stands for the schema of a kind of component until ``schema`` puts the reference in."""


def slot(kind: str) -> WithJsonSchema:
    """Return the marker of a slot for components of a kind, which the schema replaces by their definition."""
    return WithJsonSchema({COMPONENT: kind})


@dataclass(frozen=True, eq=False)
class Accepts:
    """Validator of a value of a kind, with the error message and the schema of the kind."""

    kind: Kind

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: Any) -> dict[str, Any]:
        return dict(self.kind.schema)

    def _check(self, value: Any) -> Any:
        if not self.kind.accepts(value):
            raise PydanticCustomError("kind", "{words}", {"words": self.kind.words})
        return value


def _is_amount(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(not isinstance(item, dict) and _is_amount(item) for item in value.values())
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return whole or (isinstance(value, float) and 0 < value <= 1)


_AMOUNT_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "number", "exclusiveMinimum": 0, "maximum": 1}]
}
AMOUNT = Kind(
    "a positive number of rows, a fraction up to 1.0, or {slot: one of these}",
    _is_amount,
    {"anyOf": [*_AMOUNT_SCHEMA["anyOf"], {"type": "object", "additionalProperties": _AMOUNT_SCHEMA}]},
)
BATCH_SIZE = Kind(
    "a positive integer or 'all'",
    lambda value: value == "all" or POSITIVE_INTEGER.accepts(value),
    {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "all"}]},
)

Amount = Annotated[Any, Accepts(AMOUNT)]
Factors = Annotated[Any, Accepts(NUMBERS)]


class Section(BaseModel):
    """A mapping with known keys and exact types: text is no number, true is no 1."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SplitSection(Section):
    """How the rows are divided: counts or fractions in row order; what is left over is unused."""

    train: Amount = Field(description="Rows to train on: a count, a fraction, or {slot: count}.", examples=[30, 0.6])
    validation: Amount | None = Field(None, description="Rows to validate on, taken after the training rows.")
    test: Amount = Field(description="Rows to test on, taken after the others.", examples=[70, 0.4])
    shuffle: bool = Field(False, description="Permute the rows first: once (published) or for each repeat (fresh).")
    stratify: bool | None = Field(None, description="Same shares of the classes in each set; needs shuffle: true.")


class MultiplySection(Section):
    """Plain factors on the columns, before any scaler."""

    inputs: Factors = Field(None, description="A factor, or one for each column (cycled).", examples=[[1, 100]])
    targets: Factors = Field(None, description="A factor, or one for each column (cycled).", examples=[100])


class ScaleSection(Section):
    """scikit-learn's scalers."""

    inputs: Annotated[Any, slot("scalers")] = Field(
        None, description="Scaler of the inputs.", examples=["StandardScaler"]
    )
    targets: Annotated[Any, slot("scalers")] = Field(
        None, description="Scaler of the targets.", examples=["StandardScaler"]
    )
    fit_on: Literal["train", "all"] = Field("train", description="Rows the scalers are fitted on; `all` is the leak.")


class DataSection(Section):
    """Where the rows come from and how they are prepared; every other key is a named source."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)
    split: SplitSection = Field(description="How the rows are divided into train, validation and test.")
    multiply: MultiplySection = Field(default_factory=dict, description="Plain factors on inputs and targets.")  # type: ignore[assignment]
    scale: ScaleSection = Field(default_factory=dict, description="Scalers of inputs and targets.")  # type: ignore[assignment]
    label_noise: float = Field(
        0.0, ge=0, description="Share of the training labels that are wrong, or noise on real-valued targets."
    )
    one_hot: bool = Field(False, description="Turn integer classes into one-hot rows.")


class TrainingSection(Section):
    """How the model is trained."""

    optimizer: Annotated[Any, slot("optimizers")] = Field(description="Keras' optimizer.", examples=["Adam"])
    loss: Annotated[Any, slot("losses")] = Field(description="Keras' loss.", examples=["binary_crossentropy", "mse"])
    metrics: list[Annotated[Any, slot("metrics")]] = Field(
        default_factory=list, description="Keras' metrics.", examples=[["accuracy"]]
    )
    epochs: int = Field(ge=1, description="Passes over the training rows.", examples=[100])
    batch_size: Annotated[Any, Accepts(BATCH_SIZE)] = Field(32, description="Rows in a step, or `all`.")
    validate_on: Literal["test", "validation", "none"] = Field(
        "none", description="Rows scored after each epoch: the test set (as the slides do), the validation set, none."
    )
    validation_freq: int = Field(1, ge=1, description="Validate every k epochs.")
    shuffle: bool = Field(True, description="Permute the training rows anew in every epoch.")
    callbacks: dict[str, Annotated[Any, slot("callbacks")]] = Field(
        default_factory=dict,
        description="Named slots of Keras' callbacks and the slides' triggers.",
        examples=[{"stop": {"EarlyStopping": {"monitor": "val_loss", "patience": 200}}}],
    )
    gradients: dict[str, Annotated[Any, slot("gradients")]] = Field(
        default_factory=dict,
        description="Named steps on the gradients, in order.",
        examples=[{"scale": {"clipnorm": 1.0}, "cut": {"clipvalue": 0.5}}],
    )
    weight_noise: float = Field(0.0, ge=0, description="Deviation of noise on the weights in each step.")


class EpochsUntil(Section):
    """How long it takes to reach a value."""

    epochs_until: dict[str, float] = Field(
        min_length=1, description="Metric → value to reach.", examples=[{"test_accuracy": 0.8}]
    )


class Ablation(Section):
    """Scores of the trained network without some of its last hidden units."""

    ablation: list[Annotated[float, Field(gt=0, lt=1)]] = Field(
        min_length=1,
        description="Shares of the units that feed the last layer; each is removed at random, ten times.",
        examples=[[0.1, 0.5]],
    )


class DisturbedInputs(Section):
    """Scores of the trained network on inputs with noise."""

    disturbed_inputs: list[Annotated[float, Field(gt=0)]] = Field(
        min_length=1,
        description="Standard deviations of Gaussian noise on the inputs, after scaling.",
        examples=[[0.1, 0.3]],
    )


class PretrainSection(BaseModel):
    """Training on another problem first; every other key is a dotted path with the value it has there."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    once: bool = Field(False, description="Train the source a single time for all repeats.")


class ConfigurationSection(Section):
    """What a run is made of."""

    data: DataSection = Field(description="Sources, split, scalers.")
    model: dict[str, Annotated[Any, slot("layers")]] = Field(min_length=1, description="Named layers, in order.")
    training: TrainingSection = Field(description="Optimizer, loss, epochs, callbacks.")
    record: list[Any] = Field(
        default_factory=list,
        description="Things to measure beyond the metrics.",
        examples=[["weight_norm"]],
        json_schema_extra={"items": {COMPONENT: "record_word"}},
    )
    pretrain: PretrainSection | None = Field(
        None,
        description="Dotted paths that make the problem the model is trained on first; `once`, `epochs`.",
        examples=[{"data.points.random_state": 1, "once": False}],
    )
    freeze: list[str] | None = Field(None, description="Layers that are not trained.", examples=[["hidden_1"]])
    ensemble: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="Members whose mean prediction is scored.", examples=[5]
    )


CONFIGURATION_KEYS = tuple(ConfigurationSection.model_fields)

LAYER_KEYS: Final = ("repeat", "after", "before")
BLOCK_KEYS: Final = ("layers", "repeat", "skip", "after", "before")
GRADIENT_WORDS: Final = ("clipnorm", "clipvalue", "global_clipnorm", "noise")
VALUE: Final = "value"

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "configuration": CONFIGURATION_KEYS,
    "data": tuple(DataSection.model_fields),
    "split": tuple(SplitSection.model_fields),
    "multiply": tuple(MultiplySection.model_fields),
    "scale": tuple(ScaleSection.model_fields),
    "training": tuple(TrainingSection.model_fields),
    "block": BLOCK_KEYS,
}
"""The keys of the sections that have known ones."""

NAMED_SLOTS: Final = {
    "data": "sources",
    "model": "layers",
    "callback slots": "callbacks",
    "gradient slots": "gradients",
}
"""Sections with user-defined slot names, and the role of their values."""

_ROLES: Final[dict[str, dict[str, str]]] = {
    "configuration": {"data": "data", "model": "model", "training": "training", "pretrain": "pretrain"},
    "data": {"split": "split", "multiply": "multiply", "scale": "scale"},
    "scale": {"inputs": "scalers", "targets": "scalers"},
    "training": {
        "optimizer": "optimizers",
        "loss": "losses",
        "metrics": "metric list",
        "callbacks": "callback slots",
        "gradients": "gradient slots",
    },
    "block": {"layers": "model"},
}


def role_below(role: str, key: str) -> str:
    """Return the role of the value of a key: another section, a kind of component, or a plain value."""
    if key in KEYS.get(role, ()):
        return _ROLES.get(role, {}).get(key, VALUE)
    return NAMED_SLOTS.get(role, VALUE)


def is_section(role: str) -> bool:
    """Whether a role is a mapping with roles below it."""
    return role in KEYS or role in NAMED_SLOTS
