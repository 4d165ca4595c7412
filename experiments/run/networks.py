"""Train the network of a run, or its ensemble, and score it on every set of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.language.hashing import configuration_digest
from experiments.run.trained_network import kernels_of, measure_trained
from experiments.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from experiments.data import Data
    from experiments.language.configuration import Configuration, Pretraining, TrainingSettings
    from experiments.language.study import Run
    from experiments.run.programs import Program, Programs
    from experiments.training import TrainingRecord

SetScores = dict[str, dict[str, float]]
"""Set ("train", "test", ...) to metric to value."""
Scores = dict[str, SetScores]
"""Start of the column names ("" of the last weights, "best_", "member_") to scores."""
Predict = Callable[[np.ndarray], np.ndarray]
"""Maps inputs (rows, ...) to outputs."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network, or an ensemble, as it is stored.

    Attributes:
        record: The record of its training.
        scores: Its scores.
        predict: Maps inputs to outputs.
        measured: What ``record`` measures of the trained network, by column name.
    """

    record: TrainingRecord
    scores: Scores
    predict: Predict
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class NetworkTrainer:
    """Trains the networks of one run.

    Attributes:
        run: The run, with seed, protocol and engine.
        programs: The built models of the worker.
        on_progress: Called with the epochs done and the number of epochs.
    """

    run: Run
    programs: Programs
    on_progress: Callable[[int, int], None]

    def train(self, data: Data) -> TrainedNetwork:
        """Train and score the network of the run, or its ensemble.

        Args:
            data: The arrays of the run.

        Returns:
            The network. An ensemble has the mean curves of its members, and the scores of their mean prediction.
        """
        config, seed = self.run.config, self.run.seed
        if config.ensemble:
            return self._train_ensemble(data)
        program = self._prepare(config, data, seed)
        before = kernels_of(program.model) if "weight_change" in config.record else {}
        trained = scored(program.model, self._fit(program, config, data, seed), data)
        measured = measure_trained(program.model, config.record, before, sets_of(data), seed)
        return replace(trained, measured=measured)

    def _train_ensemble(self, data: Data) -> TrainedNetwork:
        from experiments.model.network import score_predictions
        from experiments.model.recipe import recipe_of

        config = self.run.config
        records, members = [], []
        for member in range(config.ensemble or 0):
            model, record = self._train(config, data, derive_seed(self.run.seed, "member", member))
            members.append(_score(model, data))
            records.append(_with_divergence(record, members[-1]))

        def predict(x: np.ndarray) -> np.ndarray:
            outputs = []
            for record in records:
                model.set_weights(record.weights)
                outputs.append(_predictor(model)(x))
            return np.asarray(np.mean(outputs, axis=0))

        recipe = recipe_of(config)
        together = {name: score_predictions(recipe, y, predict(x)) for name, (x, y) in sets_of(data).items()}
        return TrainedNetwork(_mean_record(records), {"": together, "member_": _mean_scores(members)}, predict)

    def _train(self, config: Configuration, data: Data, seed: int) -> tuple[keras.Model, TrainingRecord]:
        """Train one network of this configuration."""
        program = self._prepare(config, data, seed)
        return program.model, self._fit(program, config, data, seed)

    def _prepare(self, config: Configuration, data: Data, seed: int) -> Program:
        """Return the network before its training, with pretrained weights if it has any."""
        from experiments.model.recipe import recipe_of

        start = None if config.pretrain is None else self._pretrained_weights(config.pretrain, seed)
        program = self.programs.ready(recipe_of(config), data, seed, self.run.engine)
        if start is not None:
            for layer in common_layers(start, program.model):
                layer.set_weights(start[layer.name])
        return program

    def _fit(self, program: Program, config: Configuration, data: Data, seed: int) -> TrainingRecord:
        from experiments.model.callbacks import build_callbacks
        from experiments.model.recipe import recipe_of

        callbacks = build_callbacks(recipe_of(config).callbacks)
        return train_network(
            program, data, config.training, callbacks=callbacks, seed=seed, on_progress=self.on_progress
        )

    def _pretrained_weights(self, pretrain: Pretraining, seed: int) -> dict[str, list[np.ndarray]]:
        """Train on the source problem; return the weights by layer name."""
        from experiments.data import load_data

        seed = pretrain.seed(seed)
        pretrained = self.programs.pretrained
        key = f"{self.run.engine} {self.run.rows} {seed} {configuration_digest(pretrain.config)}"
        if key not in pretrained:
            # The source rows follow the protocol too: the one data set of the slides, or fresh ones for each repeat.
            data = load_data(pretrain.config, self.run.rows, seed)
            model, _ = self._train(pretrain.config, data, seed)
            pretrained[key] = weights_by_layer(model)
        return pretrained[key]


def train_network(
    program: Program,
    data: Data,
    training: TrainingSettings,
    *,
    callbacks: Sequence[Any],
    seed: int,
    on_progress: Callable[[int, int], None],
) -> TrainingRecord:
    """Train the model of a program from its present state.

    Args:
        program: The model with its trainer.
        data: The arrays of the run.
        training: Number of epochs, and the rows that are watched.
        callbacks: Keras callbacks.
        seed: Seed of the run, or of the member of an ensemble.
        on_progress: Called with the epochs done and the number of epochs.
    """
    watched = training.validate_on
    return program.trainer.train(
        data.x_train,
        data.y_train,
        validation_data=None if watched == "none" else sets_of(data)[watched],
        epochs=training.epochs,
        callbacks=callbacks,
        seed=derive_seed(seed, "training"),
        on_progress=on_progress,
    )


def scored(model: keras.Model, record: TrainingRecord, data: Data) -> TrainedNetwork:
    """Score a trained model on every set of rows, with the weights it ended with and the best ones it kept.

    Args:
        model: The model.
        record: The record of its training.
        data: The arrays of the run.

    Returns:
        The network; its record says that it diverged where a score is not finite.
    """
    scores: Scores = {}
    if record.best_weights is not None:
        model.set_weights(record.best_weights)
        scores["best_"] = _score(model, data)
    model.set_weights(record.weights)
    scores[""] = _score(model, data)
    return TrainedNetwork(_with_divergence(record, scores[""]), scores, _predictor(model))


def sets_of(data: Data) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return inputs and targets of each set of rows that a run is scored on."""
    pairs = {
        "train": (data.x_train, data.y_train),
        "validation": (data.x_validation, data.y_validation),
        "test": (data.x_test, data.y_test),
        "fresh_test": (data.x_fresh, data.y_fresh),
    }
    return {name: (x, y) for name, (x, y) in pairs.items() if x is not None and y is not None}


def weights_by_layer(model: keras.Model) -> dict[str, list[np.ndarray]]:
    """Return the weights of a model by layer name."""
    return {layer.name: layer.get_weights() for layer in model.layers}


def common_layers(source: Mapping[str, list[np.ndarray]], model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model that can start from pretrained weights: those of the same name and shapes.

    Args:
        source: Weights of the pretrained network, by layer name.
        model: The network to be trained.
    """

    def fits(layer: keras.layers.Layer) -> bool:
        start = source.get(layer.name, [])
        return bool(start) and [w.shape for w in start] == [tuple(w.shape) for w in layer.weights]

    return [layer for layer in model.layers if fits(layer)]


def _score(model: keras.Model, data: Data) -> SetScores:
    from experiments.training import evaluate

    return {name: evaluate(model, x, y) for name, (x, y) in sets_of(data).items()}


def _predictor(model: keras.Model) -> Predict:
    return lambda x: np.asarray(model(x, training=False))


def _with_divergence(record: TrainingRecord, scores: SetScores) -> TrainingRecord:
    """Mark a training as diverged if a loss of its last weights is not finite.

    The loss of an epoch is taken before the last step, so it may be finite although the weights are useless already.
    """
    if record.diverged_at is not None or all(math.isfinite(metrics["loss"]) for metrics in scores.values()):
        return record
    return replace(record, stopped_because="diverged", diverged_at=record.epochs_run)


def _mean_scores(members: list[SetScores]) -> SetScores:
    return {
        name: {metric: float(np.mean([scores[name][metric] for scores in members])) for metric in metrics}
        for name, metrics in members[0].items()
    }


def _mean_record(records: list[TrainingRecord]) -> TrainingRecord:
    """Average the curves of the members over the epochs that all of them ran."""
    epochs = min(record.epochs_run for record in records)
    diverged = [record for record in records if record.diverged_at is not None]
    history = {key: np.mean([r.history[key][:epochs] for r in records], axis=0) for key in records[0].history}
    initial = {key: float(np.mean([r.initial[key] for r in records])) for key in records[0].initial}
    return replace(
        diverged[0] if diverged else records[0],
        history=history,
        initial=initial,
        best_weights=None,
        best_epoch=None,
        epochs_run=epochs,
        seconds=sum(record.seconds for record in records),
    )
