"""A resolved configuration as frozen values: its sections, decoded once from plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeAlias

from experiments.language.components import Component, Network, Plain
from experiments.language.located import plain
from experiments.seeds import derive_seed

Amount: TypeAlias = int | float | Mapping[str, int | float]
"""Rows of a set: a count, a fraction, or one of these for each source."""


class _Settings:
    """A section with the keys that the study has there, in their order."""

    __slots__ = ()
    keys: tuple[str, ...]

    def to_plain(self) -> Plain:
        """Return the section as it is stored: the keys of the study, then those that were set later."""
        defaults = _defaults(type(self))
        values = self._values()
        later = (key for key in values if key not in self.keys and values[key] != defaults.get(key, MISSING))
        return {key: plain(values[key]) for key in (*self.keys, *later)}

    def _values(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in _defaults(type(self))}


def _defaults(section: type[_Settings]) -> dict[str, Any]:
    """Map the keys of a section to their defaults, required ones to MISSING."""
    if section not in _DEFAULTS:
        known = (item for item in fields(section) if item.compare)  # type: ignore[arg-type]
        _DEFAULTS[section] = {
            item.name: item.default if item.default_factory is MISSING else item.default_factory() for item in known
        }
    return _DEFAULTS[section]


_DEFAULTS: dict[type[_Settings], dict[str, Any]] = {}


def _keys() -> Any:
    return field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SplitSettings(_Settings):
    """How many rows train, validate and test."""

    train: Amount
    test: Amount
    validation: Amount | None = None
    shuffle: bool = False
    stratify: bool = False
    keys: tuple[str, ...] = _keys()

    @property
    def amounts(self) -> dict[str, Amount]:
        """Set → its rows, in the order in which the rows are dealt."""
        sets = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: amount for name, amount in sets.items() if amount is not None}


@dataclass(frozen=True, slots=True)
class MultiplySettings(_Settings):
    """Plain factors on the columns: one, or one for each column."""

    inputs: float | list[float] | None = None
    targets: float | list[float] | None = None
    keys: tuple[str, ...] = _keys()


@dataclass(frozen=True, slots=True)
class ScaleSettings(_Settings):
    """scikit-learn's scalers, fitted on the rows "train" or "all"."""

    inputs: Component | None = None
    targets: Component | None = None
    fit_on: str = "train"
    keys: tuple[str, ...] = _keys()


@dataclass(frozen=True, slots=True)
class DataSettings(_Settings):
    """Where the rows come from and how they are prepared; ``folder`` is that of the study, for the file of a table."""

    sources: Mapping[str, Component]
    split: SplitSettings
    multiply: MultiplySettings = field(default_factory=MultiplySettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    label_noise: float = 0.0
    one_hot: bool = False
    folder: str = field(default="", compare=False, repr=False)
    keys: tuple[str, ...] = _keys()

    @classmethod
    def from_plain(cls, data: Mapping[str, Any], folder: str = "") -> DataSettings:
        """Decode a resolved ``data`` section."""
        known = {item.name for item in fields(cls) if item.compare}
        sections = {key: plain(data.get(key) or {}) for key in ("split", "multiply", "scale")}
        scale = sections["scale"]
        scalers = {key: _optional(scale[key], f"data.scale.{key}") for key in ("inputs", "targets") if key in scale}
        return cls(
            sources={key: Component.from_plain(data[key], f"data.{key}") for key in data if key not in known},
            split=SplitSettings(**sections["split"], keys=tuple(sections["split"])),
            multiply=MultiplySettings(**sections["multiply"], keys=tuple(sections["multiply"])),
            scale=ScaleSettings(**{**scale, **scalers}, keys=tuple(scale)),
            **{key: data[key] for key in ("label_noise", "one_hot") if key in data},
            folder=folder,
            keys=tuple(data),
        )

    def _values(self) -> dict[str, Any]:
        settings = _Settings._values(self)
        return {**settings.pop("sources"), **settings}


def _optional(value: Any, path: str) -> Component | None:
    return None if value is None else Component.from_plain(value, path)


@dataclass(frozen=True, slots=True)
class GradientStep:
    """A step on the gradients: a clipping with its bound, or noise with its standard deviation."""

    word: str
    number: float

    def to_plain(self) -> Plain:
        """Return ``{word: number}``."""
        return {self.word: self.number}


@dataclass(frozen=True, slots=True)
class TrainingSettings(_Settings):
    """How the model is trained."""

    optimizer: Component
    loss: Component
    epochs: int
    metrics: tuple[Component, ...] = ()
    batch_size: int | str = 32
    validate_on: str = "none"
    validation_freq: int = 1
    shuffle: bool = True
    callbacks: Mapping[str, Component] = field(default_factory=dict)
    gradients: Mapping[str, GradientStep] = field(default_factory=dict)
    weight_noise: float = 0.0
    keys: tuple[str, ...] = _keys()

    @classmethod
    def from_plain(cls, training: Mapping[str, Any]) -> TrainingSettings:
        """Decode a resolved ``training`` section."""
        path = "training"
        decoded = {
            **training,
            "optimizer": Component.from_plain(training["optimizer"], f"{path}.optimizer"),
            "loss": Component.from_plain(training["loss"], f"{path}.loss"),
            "metrics": tuple(
                Component.from_plain(metric, f"{path}.metrics.{index}")
                for index, metric in enumerate(training.get("metrics") or ())
            ),
            "callbacks": {
                slot: Component.from_plain(callback, f"{path}.callbacks.{slot}")
                for slot, callback in (training.get("callbacks") or {}).items()
            },
            "gradients": {
                slot: GradientStep(*next(iter(step.items())))
                for slot, step in (training.get("gradients") or {}).items()
            },
        }
        return cls(**decoded, keys=tuple(training))


@dataclass(frozen=True, slots=True)
class Recording:
    """What is measured beyond the metrics: plain words, and words with what stands behind them."""

    entries: tuple[str | Mapping[str, Any], ...] = ()

    @classmethod
    def from_plain(cls, record: Any) -> Recording:
        """Decode a ``record`` list."""
        return cls(tuple(entry if isinstance(entry, str) else plain(entry) for entry in record or ()))

    @property
    def words(self) -> tuple[str, ...]:
        """The plain words, such as ``weight_norm``."""
        return tuple(entry for entry in self.entries if isinstance(entry, str))

    @property
    def epochs_until(self) -> tuple[tuple[str, float], ...]:
        """Each metric that is waited for, with its value."""
        return tuple(pair for targets in self._behind("epochs_until") for pair in targets.items())

    @property
    def ablation(self) -> tuple[float, ...]:
        """The shares of units that are removed."""
        return tuple(dict.fromkeys(share for shares in self._behind("ablation") for share in shares))

    @property
    def disturbed_inputs(self) -> tuple[float, ...]:
        """The standard deviations of the noise on the inputs."""
        return tuple(dict.fromkeys(size for sizes in self._behind("disturbed_inputs") for size in sizes))

    @property
    def all_words(self) -> tuple[str, ...]:
        """The plain words and the others, without what stands behind these."""
        entries = ([entry] if isinstance(entry, str) else entry for entry in self.entries)
        return tuple(dict.fromkeys(word for words in entries for word in words))

    def _behind(self, word: str) -> list[Any]:
        return [entry[word] for entry in self.entries if not isinstance(entry, str) and word in entry]

    def __contains__(self, word: str) -> bool:
        """Whether a word is recorded."""
        return word in self.all_words

    def to_plain(self) -> list[Any]:
        """Return the ``record`` list."""
        return [entry if isinstance(entry, str) else plain(entry) for entry in self.entries]


@dataclass(frozen=True, slots=True)
class Pretraining:
    """The problem that a model is trained on first.

    Attributes:
        config: That problem, resolved.
        once: Whether one training serves all repeats.
    """

    config: Configuration
    once: bool = False

    def seed(self, run_seed: int) -> int:
        """Return the seed of the source problem for a run; with ``once`` it is the same for all runs.

        The name keeps the rows of that problem apart from those of repeat 0.
        """
        return derive_seed(0 if self.once else run_seed, "pretrain")

    def to_plain(self) -> Plain:
        """Return the resolved ``pretrain`` section."""
        return {"once": self.once, "config": self.config.to_plain()}


@dataclass(frozen=True, slots=True)
class Configuration(_Settings):
    """Everything that a run is made of, except its seed, protocol and engine."""

    data: DataSettings
    model: Network
    training: TrainingSettings
    record: Recording = field(default_factory=Recording)
    pretrain: Pretraining | None = None
    freeze: tuple[str, ...] = ()
    ensemble: int | None = None
    keys: tuple[str, ...] = _keys()

    @classmethod
    def from_plain(cls, tree: Mapping[str, Any], folder: str = "") -> Configuration:
        """Decode a resolved configuration.

        Args:
            tree: A located tree at the end of resolving, or what ``to_plain`` returned.
            folder: The folder of the study's file.
        """
        pretrain = tree.get("pretrain")
        return cls(
            data=DataSettings.from_plain(tree["data"], folder),
            model=Network.from_plain(tree["model"]),
            training=TrainingSettings.from_plain(tree["training"]),
            record=Recording.from_plain(tree.get("record")),
            pretrain=pretrain and Pretraining(cls.from_plain(pretrain["config"], folder), pretrain["once"]),
            freeze=tuple(tree.get("freeze") or ()),
            ensemble=tree.get("ensemble"),
            keys=tuple(tree),
        )

    def __reduce__(self) -> Any:
        """Pickle as plain data, which is smaller: a worker gets one configuration with every task."""
        return Configuration.from_plain, (self.to_plain(), self.data.folder)


def look_up(value: Any, path: str) -> Any:
    """Follow a dotted path through plain data, stepping over class names; None where it leads nowhere.

    >>> look_up({"model": {"drop": {"Dropout": {"rate": 0.4}}}}, "model.drop.rate")
    0.4
    """
    for step in path.split("."):
        while isinstance(value, Mapping) and step not in value and _is_component(value):
            value = next(iter(value.values()))
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _is_component(value: Mapping[str, Any]) -> bool:
    return len(value) >= 1 and next(iter(value))[:1].isupper()
