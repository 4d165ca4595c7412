"""Built and compiled models, shared by all runs that differ in numbers and seeds only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.columns import MEASURED_WORDS

if TYPE_CHECKING:
    import keras

    from experiments.data import Data
    from experiments.model.recipe import Recipe
    from experiments.training import Trainer


@dataclass(frozen=True)
class Program:
    """A built model with its trainer, which compiles it in the first training."""

    model: keras.Model
    trainer: Trainer


class Programs:
    """The programs of one worker process. Sharing a program does not change results."""

    def __init__(self) -> None:
        self._programs: dict[tuple[Any, ...], Program] = {}
        self.pretrained: dict[str, dict[str, list[Any]]] = {}

    def ready(self, recipe: Recipe, data: Data, seed: int, engine: str) -> Program:
        """Return a program in the state of a freshly built one.

        Args:
            recipe: The recipe of the run's configuration.
            data: Its arrays; a compiled program has fixed shapes.
            seed: Seed of the first weights and of every random layer.
            engine: "compiled" or "keras".
        """
        from experiments.model.network import build_model, reset_model
        from experiments.model.reuse import program_key

        key = (engine, program_key(recipe), *_shapes(data))
        if key not in self._programs:
            model = build_model(recipe, data, seed)
            self._programs[key] = Program(model, _make_trainer(model, recipe, engine))
        program = self._programs[key]
        reset_model(program.model, recipe, seed)
        return program


def _shapes(data: Data) -> tuple[Any, ...]:
    arrays = (data.x_train, data.y_train, data.x_validation, data.x_test)
    return tuple(None if array is None else array.shape for array in arrays)


def _make_trainer(model: keras.Model, recipe: Recipe, engine: str) -> Trainer:
    from experiments.training import CompiledTrainer, KerasTrainer

    training = recipe.training
    trainer = KerasTrainer if engine == "keras" else CompiledTrainer
    return trainer(
        model,
        batch_size=training.batch_size,
        probes=tuple(word for word in recipe.record if word in MEASURED_WORDS),
        weight_noise=training.weight_noise,
        shuffle=training.shuffle,
        validation_freq=training.validation_freq,
    )
