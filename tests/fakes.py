"""Studies and results without a YAML file and without training, for the tests of the store and the scheduler."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

from experiments.errors import Place
from experiments.language.components import Network
from experiments.language.configuration import Configuration, DataSettings, SplitSettings
from experiments.language.study import content_hash
from experiments.seeds import derive_seed
from experiments.store.result import RunResult


@dataclass(frozen=True)
class FakeRun:
    study: str
    variant: str
    group: str
    grid: Mapping[str, Any]
    protocol: str
    repeat: int
    seed: int
    engine: str
    config: Mapping[str, Any]
    hash: str

    @property
    def base(self) -> str:
        return self.variant

    @property
    def rows(self) -> str:
        return self.protocol


class FakeConfiguration(dict[str, Any]):
    """Words for ``fake_execute`` to obey, with what the scheduler reads of a configuration."""

    ensemble = None
    data = DataSettings({}, SplitSettings(train=1, test=1))

    @property
    def model(self):
        return Network.from_plain(self.get("model", {}))

    @property
    def training(self):
        return SimpleNamespace(epochs=self.get("training", {}).get("epochs", 1), batch_size="all")


class ObeyedConfiguration(Configuration):
    """A configuration of a real study, with words for ``fake_execute`` to obey."""

    @classmethod
    def of(cls, config, words):
        made = cls(**{item.name: getattr(config, item.name) for item in fields(config)})
        object.__setattr__(made, "words", words)
        return made

    def __or__(self, words):
        return self.of(self, self.words | words)

    def __reduce__(self):
        return self.of, (Configuration.from_plain(self.to_plain()), self.words)


def words_of(config):
    """Return what ``fake_execute`` obeys; a configuration of a study that is only loaded has no such words."""
    return config if isinstance(config, FakeConfiguration) else getattr(config, "words", {})


@dataclass(frozen=True)
class FakeVariant:
    name: str
    config: Mapping[str, Any] = field(default_factory=lambda: {"value": 1.0})
    grid: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    repeats: int = 3
    protocols: tuple[str, ...] = ("published", "fresh")
    about: str = ""
    on_request: bool = False

    def __post_init__(self):
        object.__setattr__(self, "config", FakeConfiguration(self.config))

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.config, sort_keys=True).encode()).hexdigest()

    @property
    def group(self) -> str:
        return self.name.partition("[")[0]

    def place(self, path):
        return Place(f"configs/{self.name}.yaml", 1, len(path))


@dataclass(frozen=True)
class FakeStudy:
    name: str
    variants: tuple[FakeVariant, ...]
    file: str = "configs/fake.yaml"
    title: str = "A fake"
    question: str = "Does it merge?"
    source: str = "nowhere"
    topic: str = "Data"
    repeats: int = 3
    protocols: tuple[str, ...] = ("published", "fresh")
    base: Mapping[str, Any] = field(default_factory=lambda: {"value": 1.0})
    claims: tuple[Any, ...] = ()
    published: tuple[Any, ...] = ()
    order: int | None = None
    text: str = "title: A fake"

    @property
    def all_variants(self):
        return self.variants

    @property
    def names(self):
        return tuple(variant.name for variant in self.variants)

    def showing(self, names):
        return self

    def runs(self, *, variants=None, protocols=None, repeats=None, engine="compiled"):
        return tuple(
            _run(self.name, variant, protocol, repeat, engine)
            for variant in self.variants
            if variants is None or variant.name in variants
            for protocol in variant.protocols
            if protocols is None or protocol in protocols
            for repeat in range(repeats or variant.repeats)
        )


def _run(study, variant, protocol, repeat, engine):
    content = content_hash(variant.digest, protocol, repeat, engine)
    return FakeRun(
        study, variant.name, variant.group, variant.grid, protocol, repeat, repeat, engine, variant.config, content
    )


def make_study(*names: str, repeats: int = 3, name: str = "fake") -> FakeStudy:
    """Variants of different configurations; "a[x=1]" is a point of a grid."""
    variants = []
    for i, variant in enumerate(names):
        axis, _, value = variant.partition("[")[2].rstrip("]").partition("=")
        grid = {axis: float(value)} if axis else {}
        variants.append(FakeVariant(variant, config={"value": float(i)}, grid=grid, repeats=repeats))
    return FakeStudy(name, tuple(variants), repeats=repeats)


def make_result(run: FakeRun, *, error: str = "", device: str = "cpu") -> RunResult:
    """What training would have given: numbers that depend on the content hash only."""
    if error:
        return RunResult(run, {}, {}, {}, error)
    draw = np.random.default_rng(derive_seed(run.seed, run.hash))
    epochs = int(draw.integers(1, 6))
    scalars = {
        "tier": "xla",
        "device": device,
        "test_accuracy": float(draw.random()),
        "test_loss": float(draw.choice([0.1 + 0.2, np.nan, np.inf, 1e-300])),
        "epochs_run": epochs,
        "stopped_because": "completed",
        "diverged": 0,
        "seconds": 0.25,
    }
    history = {name: draw.random(epochs).astype(np.float32) for name in ("loss", "val_loss")}
    arrays = {}
    if run.protocol == "published" and run.repeat < 5 and not run.grid:
        axis = np.linspace(0, 1, 4, dtype=np.float32)
        points = {"train_x": draw.random((6, 2)), "train_y": np.arange(6) % 2}
        points |= {"test_x": draw.random((4, 2)), "test_y": np.arange(4) % 2}
        arrays = points | {"x": axis, "y": axis, "probability": draw.random((4, 4)).astype(np.float16)}
    return RunResult(run, scalars, history, arrays, "")


def with_config(study: FakeStudy, variant: str, value: float) -> FakeStudy:
    """The study after someone changed a number of one variant."""
    changed = tuple(replace(v, config={"value": value}) if v.name == variant else v for v in study.variants)
    return replace(study, variants=changed)


def folder_bytes(path) -> dict[str, bytes]:
    """Every file of a folder that must not depend on how often a run was interrupted."""
    ignored = {"environment.json", ".lock", ".live", ".timings.json"}
    files = (file for file in path.rglob("*") if file.is_file() and file.name not in ignored)
    return {str(file.relative_to(path)): file.read_bytes() for file in files}
