"""Floating point operations of a training step, by which the scheduler chooses the device of a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError
from experiments.run.programs import Programs

if TYPE_CHECKING:
    import keras

    from experiments.language.configuration import Configuration
    from experiments.language.study import Run

# The gradients with respect to the weights and to the inputs take one product each, of the size of the forward one.
_FORWARD_AND_BACKWARD = 3


def count_operations(runs: Iterable[Run]) -> Iterator[tuple[Run, float]]:
    """Count the operations of a training step of runs. Builds their models; imports TensorFlow.

    Args:
        runs: One run of each configuration.

    Yields:
        Each run, with the floating point operations of one forward and backward pass over a batch. Of a run with
        pretraining, those of the larger training. A run that cannot be built has 0.
    """
    programs = Programs()
    for run in runs:
        try:
            yield run, _largest_step(run.config, run.engine, programs)
        except ExperimentsError:  # training it reports the error
            yield run, 0.0


def _largest_step(config: Configuration, engine: str, programs: Programs) -> float:
    from experiments.data import load_data
    from experiments.model.recipe import recipe_of

    # The same rows for every run of a configuration, since they decide about the batches of "all" rows.
    data = load_data(config, "published", seed=0)
    model = programs.ready(recipe_of(config), data, 0, engine).model
    batch, rows = config.training.batch_size, len(data.x_train)
    step = step_operations(model, rows if batch == "all" else min(int(batch), rows))
    source = config.pretrain
    return step if source is None else max(step, _largest_step(source.config, engine, programs))


def step_operations(model: keras.Model, rows: int) -> float:
    """Return the floating point operations of one forward and backward pass.

    Counts the products with kernels, two operations for each weight and each position where it is used: a pixel of a
    convolution's output, a step of a sequence. What follows them, such as activations, is small beside the products.

    Args:
        model: A functional model.
        rows: Rows of a batch.
    """
    import keras

    weights = sum(
        _positions(layer) * math.prod(weight.shape)
        for layer in model.layers
        if not isinstance(layer, keras.layers.Embedding)  # a lookup
        for weight in layer.weights
        if len(weight.shape) > 1
    )
    return float(2 * _FORWARD_AND_BACKWARD * rows * weights)


def _positions(layer: keras.layers.Layer) -> int:
    """Return how often each row uses a kernel of a layer."""
    name = type(layer).__name__
    tensor = layer.output if "Conv" in name and "Transpose" not in name else layer.input
    shape = (tensor[0] if isinstance(tensor, list) else tensor).shape[1:]
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    return math.prod(size or 1 for size in (shape[1:] if channels_first else shape[:-1]))
