"""Train one network, or an ensemble of them, and evaluate it on every set of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.language.hashing import configuration_digest
from experiments.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from experiments.data import Data
    from experiments.language.configuration import Configuration, Pretraining
    from experiments.language.study import Run
    from experiments.run.programs import Programs
    from experiments.training import TrainingRecord

Scores = dict[str, float]


@dataclass(frozen=True)
class Desk:
    """What stays the same while one run is carried out.

    Attributes:
        run: Gives seed, protocol and engine.
        programs: The worker's built models.
        report: Called with epochs done and epochs asked for.
    """

    run: Run
    programs: Programs
    report: Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What one run gave: curves, scores by set, and the trained predictor.

    Attributes:
        history: Keras' keys and probe keys, each of shape (epochs_run,).
        initial: Probes before training.
        final: Set name ("train", "test", ...) to metric name to value, with the last weights.
        best: The same with the best weights, or None where no callback keeps them.
        best_epoch: Counted from 1, or None.
        members: Mean score of an ensemble's members, by set; empty without an ensemble.
        predict: Maps inputs (rows, features) to outputs.
    """

    history: dict[str, np.ndarray]
    initial: dict[str, float]
    final: dict[str, Scores]
    best: dict[str, Scores] | None
    best_epoch: int | None
    members: dict[str, Scores]
    predict: Callable[[np.ndarray], np.ndarray]
    epochs_run: int
    stopped_because: str
    diverged_at: int | None
    tier: str
    seconds: float


def sets_of(data: Data) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name the sets of rows that a run is scored on."""
    pairs = {
        "train": (data.x_train, data.y_train),
        "validation": (data.x_validation, data.y_validation),
        "test": (data.x_test, data.y_test),
        "fresh_test": (data.x_fresh, data.y_fresh),
    }
    return {name: (x, y) for name, (x, y) in pairs.items() if x is not None and y is not None}


def train_once(config: Configuration, data: Data, desk: Desk) -> Outcome:
    """Train one network of a run.

    Args:
        config: Resolved configuration.
        data: The run's arrays.
        desk: The run, the built models and the progress report.
    """
    model, record = _train(config, data, desk, desk.run.seed)
    best = None
    if record.best_weights is not None:
        model.set_weights(record.best_weights)
        best = _scores(model, data)
    model.set_weights(record.weights)
    return _outcome(record, final=_scores(model, data), best=best, members={}, predict=_predictor(model))


def train_ensemble(config: Configuration, data: Data, desk: Desk) -> Outcome:
    """Train the members of an ensemble one after another and score their mean prediction.

    Args:
        config: Resolved configuration; ``ensemble`` is the number of members.
        data: The run's arrays, the same for all members.
        desk: The run, the built models and the progress report; member seeds derive from the run's.
    """
    records, scores, weights = [], [], []
    for member in range(config.ensemble or 0):
        model, record = _train(config, data, desk, derive_seed(desk.run.seed, "member", member))
        records.append(record)
        weights.append(record.weights)
        scores.append(_scores(model, data))

    def predict(x: np.ndarray) -> np.ndarray:
        outputs = []
        for member_weights in weights:
            model.set_weights(member_weights)
            outputs.append(_predictor(model)(x))
        return np.asarray(np.mean(outputs, axis=0))

    from experiments.model.losses import score_predictions

    final = {name: score_predictions(config, y, predict(x)) for name, (x, y) in sets_of(data).items()}
    members = {name: {m: float(np.mean([s[name][m] for s in scores])) for m in scores[0][name]} for name in scores[0]}
    return _outcome(_mean_record(records), final=final, best=None, members=members, predict=predict)


def _train(config: Configuration, data: Data, desk: Desk, seed: int) -> tuple[keras.Model, TrainingRecord]:
    from experiments.model.callbacks import build_callbacks

    start = None if config.pretrain is None else _pretrained(config.pretrain, desk, seed)
    program = desk.programs.ready(config, data, seed, desk.run.engine)
    if start is not None:
        for layer in common_layers(start, program.model):
            layer.set_weights(start[layer.name])
    training = config.training
    record = program.trainer.train(
        data.x_train,
        data.y_train,
        validation_data=_watched(data, training.validate_on),
        epochs=training.epochs,
        callbacks=build_callbacks(config),
        seed=derive_seed(seed, "training"),
        on_progress=desk.report,
    )
    return program.model, record


def _watched(data: Data, validate_on: str) -> tuple[np.ndarray, np.ndarray] | None:
    return None if validate_on == "none" else sets_of(data)[validate_on]


def _pretrained(pretrain: Pretraining, desk: Desk, seed: int) -> dict[str, list[np.ndarray]]:
    """Train the source problem and give its weights by layer name."""
    from experiments.data import load_data

    # By name also where one source serves all repeats: its rows must not be those of repeat 0.
    seed = derive_seed(0 if pretrain.once else seed, "pretrain")
    run, pretrained = desk.run, desk.programs.pretrained
    key = f"{run.engine} {run.protocol} {seed} {configuration_digest(pretrain.config)}"
    if key not in pretrained:
        # The source rows follow the protocol too: the slides' one set, or fresh ones for each repeat.
        data = load_data(pretrain.config, run.protocol, seed)
        model, _ = _train(pretrain.config, data, desk, seed)
        pretrained[key] = weights_by_layer(model)
    return pretrained[key]


def weights_by_layer(model: keras.Model) -> dict[str, list[np.ndarray]]:
    """Give the weights of a model, by the name of the layer."""
    return {layer.name: layer.get_weights() for layer in model.layers}


def common_layers(source: Mapping[str, list[np.ndarray]], model: keras.Model) -> list[keras.layers.Layer]:
    """List the layers of a model that can start from a pretrained one: those of the same name and shapes.

    Args:
        source: Weights of the pretrained network, by layer name.
        model: The network that is to start from them.
    """

    def fits(layer: keras.layers.Layer) -> bool:
        start = source.get(layer.name, [])
        return bool(start) and [w.shape for w in start] == [tuple(w.shape) for w in layer.weights]

    return [layer for layer in model.layers if fits(layer)]


def _scores(model: keras.Model, data: Data) -> dict[str, Scores]:
    from experiments.training import evaluate

    return {name: evaluate(model, x, y) for name, (x, y) in sets_of(data).items()}


def _predictor(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(model(x, training=False))

    return predict


def _outcome(record: TrainingRecord, **scored: Any) -> Outcome:
    return Outcome(
        history=record.history,
        initial=record.initial,
        best_epoch=record.best_epoch,
        epochs_run=record.epochs_run,
        stopped_because=record.stopped_because,
        diverged_at=record.diverged_at,
        tier=record.tier,
        seconds=record.seconds,
        **scored,
    )


def _mean_record(records: list[TrainingRecord]) -> TrainingRecord:
    """Average the members' curves over the epochs that all of them ran."""
    from dataclasses import replace

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
