"""Which runs can share one built and compiled model."""

from __future__ import annotations

import json
from typing import Any

from experiments.language.configuration import Block, Configuration, Layer
from experiments.language.located import plain
from experiments.model.numbers import is_input, without_inputs

_SHAPES_THE_PROGRAM = (
    "optimizer",
    "loss",
    "metrics",
    "batch_size",
    "validate_on",
    "validation_freq",
    "shuffle",
    "gradients",
    "weight_noise",
)


def program_key(config: Configuration) -> str:
    """Name the program that a run needs: equal keys (and array shapes) can share one built model.

    Left out is what ``reset_model`` puts into a built model: initializers, learning rate and weight decay, penalty
    factors, norm and clipping bounds, dropout rates, noise deviations; all that only concerns the rows; and what a
    trainer is told with each training: epochs and callbacks.

    Args:
        config: Resolved configuration.
    """
    training = config.training
    shape = {word: plain(getattr(training, word)) for word in _SHAPES_THE_PROGRAM}
    shape["optimizer"] = without_inputs(training.optimizer).to_plain()
    shape["gradients"] = {
        slot: {step.word: "input" if is_input(step.word, step.number) else step.number}
        for slot, step in training.gradients.items()
    }
    key = {
        "model": [_in_order(part) for part in config.model.parts],
        "training": shape,
        "record": config.record.words,
        "freeze": config.freeze,
    }
    return json.dumps(key, sort_keys=True)


def _in_order(part: Layer | Block) -> list[Any]:
    """Write a layer or a block as a list, since the order counts, without initializers."""
    if isinstance(part, Block):
        return [part.name, [_in_order(layer) for layer in part.layers], part.skip]
    component = without_inputs(part.component)
    kept = {key: value for key, value in component.arguments.items() if not key.endswith("_initializer")}
    return [part.name, component.name, plain(kept)]
