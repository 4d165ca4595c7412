"""What Keras has no argument for: stopping triggers, changes of the gradients, noise on the weights.

A trigger is a function in a ``LambdaCallback``; the other two are small subclasses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from experiments.language.calls import Call
from experiments.language.metrics import snake_case
from experiments.language.signatures import classes
from experiments.model.recipe import GradientChange
from experiments.script.writing import Invocation, Raw, harmless, one_line, printed

BEST_FILE = "best.weights.h5"
"""Where the scripts keep the weights of the best epoch."""

_WEIGHT_NOISE = '''class {name}(keras.callbacks.Callback):
    """Noise on the weights in every forward and backward pass, taken off again after the update."""

    def on_train_batch_begin(self, batch, logs=None):
        self.noise = [np.random.normal(0, {stddev!r}, weight.shape) for weight in self.model.trainable_weights]
        for weight, noise in zip(self.model.trainable_weights, self.noise):
            weight.assign_add(noise)

    def on_train_batch_end(self, batch, logs=None):
        for weight, noise in zip(self.model.trainable_weights, self.noise):
            weight.assign_sub(noise)'''

_CHANGES = {
    "clipnorm": ("grads = [grad * keras.ops.minimum(1.0, {number!r} / keras.ops.norm(grad)) for grad in grads]",),
    "clipvalue": ("grads = [keras.ops.clip(grad, -{number!r}, {number!r}) for grad in grads]",),
    "global_clipnorm": (
        "norm = keras.ops.sqrt(sum(keras.ops.sum(keras.ops.square(grad)) for grad in grads))",
        "grads = [grad * keras.ops.minimum(1.0, {number!r} / norm) for grad in grads]",
    ),
    "noise": ("grads = [grad + keras.random.normal(grad.shape, stddev={number!r}, seed={seed}) for grad in grads]",),
}

PLAIN_TRIGGERS = {
    "StopOnNoChange": (
        "Stop when {monitor} changed by at most {threshold!r} in each of {epochs} epochs in a row.",
        "len(changes) == {epochs} and max(changes) <= {threshold!r}",
    ),
    "StopOnAbsoluteChange": (
        "Stop when {monitor} changed by less than {threshold!r} in one epoch.",
        "len(changes) and changes[-1] < {threshold!r}",
    ),
    "StopOnDecrease": (
        "Stop when {monitor} is worse than {epochs} epochs before by more than {threshold!r}.",
        "len({values}) > {epochs} and {worse} > {threshold!r}",
    ),
    "StopOnAverageChange": (
        "Stop when {monitor} changed by less than {threshold!r} an epoch in the mean of {epochs}.",
        "len(changes) == {epochs} and np.mean(changes) < {threshold!r}",
    ),
}
"""Trigger → its description and its condition as a few lines of Python; others are printed as their class."""

_LARGER_IS_BETTER = re.compile("acc|auc|precision|recall|sensitivity|specificity|f1|fbeta|iou|r2|similarity")


def weight_noise(name: str, stddev: float) -> str:
    """Write the callback that puts noise on the weights."""
    return _WEIGHT_NOISE.format(name=name, stddev=stddev)


def changing_optimizer(name: str, optimizer: Call, changes: Sequence[GradientChange], seed: int) -> str:
    """Write the class of an optimizer that changes the gradients before its update.

    Args:
        name: Name of the class.
        optimizer: Keras' optimizer.
        changes: The changes in order.
        seed: Seed of the noise.
    """
    generator = f"{snake_case(name)}_noise"
    noisy = any(change.word == "noise" for change in changes)
    lines = [f"{generator} = keras.random.SeedGenerator({seed})", "", ""] if noisy else []
    about = ", ".join(f"{change.word} {change.number!r}" for change in changes)
    lines += [
        f"class {name}({optimizer.callee}):",
        f'    """{optimizer.name} that changes the gradients first: {about}."""',
        "",
        "    def apply(self, grads, trainable_variables=None):",
    ]
    for change in changes:
        lines += [f"        {line.format(number=change.number, seed=generator)}" for line in _CHANGES[change.word]]
    return "\n".join([*lines, "        super().apply(grads, trainable_variables)"])


def checkpoint(call: Call) -> Invocation:
    """Write a ModelCheckpoint that keeps the weights of the best epoch in a file."""
    best = {"save_best_only": True, "save_weights_only": True}
    return Invocation(call.callee, (BEST_FILE,), {**call.arguments, **best})


def callback_of(call: Call, number: int, validation_freq: int) -> tuple[list[str], Invocation]:
    """Write a callback.

    Args:
        call: The callback of the recipe.
        number: Its number in the script, for the names of its variables.
        validation_freq: How many epochs lie between two values of a validation metric.

    Returns:
        The statements that have to stand before it, and the callback.
    """
    if call.name == "ModelCheckpoint":
        return [], checkpoint(call)
    if call.name not in PLAIN_TRIGGERS:
        return [], printed(call)
    name = f"stop_{number}" if number else "stop"
    values = f"values_{number}" if number else "values"
    lambda_callback = Invocation("keras.callbacks.LambdaCallback", (), {"on_epoch_end": Raw(name)})
    return ["\n".join(_trigger(call, name, values, validation_freq))], lambda_callback


def _trigger(call: Call, name: str, values: str, validation_freq: int) -> Iterator[str]:
    defaults = {key: about["default"] for key, about in classes("callbacks")[call.name].items()}
    monitor, mode, epochs, threshold = ({**defaults, **call.arguments}[key] for key in defaults)
    larger = mode == "max" or (mode == "auto" and _LARGER_IS_BETTER.search(monitor) is not None)
    now, before = f"{values}[-1]", f"{values}[-{epochs + 1}]"
    worse = f"{before} - {now}" if larger else f"{now} - {before}"
    about, condition = (
        text.format(monitor=harmless(monitor), epochs=epochs, threshold=threshold, values=values, worse=worse)
        for text in PLAIN_TRIGGERS[call.name]
    )
    yield f"{values} = []\n\n\ndef {name}(epoch, logs):"
    yield f'    """{about}"""'
    if validation_freq != 1 and monitor.startswith("val_"):
        yield f"    if {one_line(monitor)} not in logs:\n        return"
    yield f"    {values}.append(logs[{one_line(monitor)}])"
    if "changes" in condition:
        yield f"    changes = np.abs(np.diff({values}[-{epochs + 1}:]))"
    yield f"    if {condition}:\n        model.stop_training = True\n\n"
