"""The network of a run and its compilation, as source code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.language.configuration import Block, Component, Configuration, Layer, TrainingSettings
from experiments.language.metrics import component_name, loss_column, snake_case
from experiments.language.signatures import classes, identifiers
from experiments.script.seeds import Seeds
from experiments.script.writing import Call, Raw, call, statement

SEEDLESS_INITIALIZERS = ("Constant", "Identity", "IdentityInitializer", "Ones", "STFT", "STFTInitializer", "Zeros")
RECURRENT = ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "SimpleRNN")
DRAWING_LAYERS = (
    *("AlphaDropout", "AugMix", "Dropout", "GaussianDropout", "GaussianNoise", "RandAugment", "Solarization"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
)
"""Layers that draw when they train, beside those called Random… and the recurrent ones."""

_KINDS = {
    "_constraint": ("constraints", "keras.constraints"),
    "_regularizer": ("regularizers", "keras.regularizers"),
    "_initializer": ("initializers", "keras.initializers"),
    "activation": ("layers", "keras.layers"),
    "learning_rate": ("schedules", "keras.optimizers.schedules"),
}
_OWN = ("RadialConstraint",)
_LOSS_ALIASES = {
    "bce": "BinaryCrossentropy",
    "kld": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}


def draws(class_name: str) -> bool:
    """Tell whether layers of a class draw random numbers when they train."""
    return class_name in DRAWING_LAYERS or class_name in RECURRENT or class_name.startswith("Random")


def uses_own_constraint(config: Configuration) -> bool:
    """Tell whether a network has a constraint that Keras lacks."""
    return any(word in str(layer.component) for layer in config.model.layers for word in _OWN)


def network_source(config: Configuration, seeds: Seeds, model_class: str) -> str:
    """Write the layers and the model.

    Args:
        config: Resolved configuration.
        seeds: Gives the seeds of initializers and random layers.
        model_class: "keras.Model" or the name of a class of the script.
    """
    lines = ['inputs = keras.Input(shape=rows["train"][0].shape[1:])', "x = inputs"]
    lines += _chain(config.model.parts, seeds)
    lines.append(f"model = {model_class}(inputs, x)")
    for name in config.freeze:
        lines.append(statement("", call("model.get_layer", name), ".trainable = False"))
    return "\n".join(lines)


def _chain(parts: Sequence[Layer | Block], seeds: Seeds) -> list[str]:
    lines = []
    for part in parts:
        if isinstance(part, Block):
            lines += _block(part, seeds)
        else:
            lines.append(statement("x = ", _layer(part.name, part.component, seeds), "(x)"))
    return lines


def _block(block: Block, seeds: Seeds) -> list[str]:
    inner = _chain(block.layers, seeds)
    if block.skip != "add":
        return inner
    return ["skip = x", *inner, statement("x = ", call("keras.layers.Add", name=f"{block.name}_skip"), "([skip, x])")]


def _layer(name: str, component: Component, seeds: Seeds) -> Call:
    class_name, arguments = component.name, component.arguments
    signature = classes("layers")[class_name]
    named: dict[str, Any] = {}
    for argument, described in signature.items():
        given = arguments.get(argument, described.get("default"))
        if argument.endswith("_initializer"):
            written = _initializer(name, class_name, argument, given, seeds)
            if argument in arguments or (isinstance(written, Call) and "seed" in written.named):
                named[argument] = written
        elif argument in arguments:
            named[argument] = value(argument, given, "layers", class_name)
    if draws(class_name):
        named["seed"] = seeds.seed(name, "draws")
    return Call(f"keras.layers.{class_name}", (), {**named, "name": name})


def _initializer(layer: str, layer_class: str, argument: str, given: Any, seeds: Seeds) -> Any:
    if given is None:
        return None
    # The default of a signature is a text, not a component.
    name, arguments = (given.name, given.arguments) if isinstance(given, Component) else (given, {})
    class_name = identifiers("initializers").get(name) or name
    if class_name in SEEDLESS_INITIALIZERS:
        return value(argument, given, "layers", layer_class)
    # The weights of a recurrent layer are its cell's, the first part inside it.
    part = (1,) if layer_class in RECURRENT else ()
    seed = seeds.seed(layer, *part, argument.removesuffix("_initializer"))
    return Call(
        f"keras.initializers.{class_name}", (), {**_floats("initializers", class_name, arguments), "seed": seed}
    )


def value(argument: str, given: Any, kind: str, class_name: str) -> Any:
    """Write an argument: a component as a call, an integer as the float that Keras wants there."""
    if isinstance(given, Component):
        if given.identifier:
            return given.name
        name = given.name
        inner, namespace = next(kinds for ending, kinds in _KINDS.items() if argument.endswith(ending))
        function = name if name in _OWN else f"{namespace}.{name}"
        return Call(function, (), {key: value(key, item, inner, name) for key, item in given.arguments.items()})
    return _floats(kind, class_name, {argument: given})[argument]


def _floats(kind: str, class_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    signature = classes(kind).get(class_name, {})
    wanted = [key for key in arguments if isinstance(signature.get(key, {}).get("default"), float)]
    return {key: float(item) if key in wanted and type(item) is int else item for key, item in arguments.items()}


def compile_source(config: Configuration, optimizer_class: str, compiles: str, model: str = "model") -> str:
    """Write the compilation of a model.

    Args:
        config: Resolved configuration.
        optimizer_class: Name of the class, Keras' or the script's own.
        compiles: Source of ``jit_compile``.
        model: Name of the model.
    """
    training = config.training
    loss = _loss(training.loss)
    metrics = [_metric(metric) for metric in training.metrics]
    own = loss_column(training.loss)
    if isinstance(loss, Call) and own not in map(component_name, training.metrics):
        metrics.append(call("keras.metrics.MeanMetricWrapper", Raw("loss.call"), name=own))
    named = {"optimizer": _optimizer(training, optimizer_class), "loss": Raw("loss"), "metrics": metrics}
    return "\n".join(
        [
            statement("loss = ", loss),
            statement("", Call(f"{model}.compile", (), {**named, "jit_compile": Raw(compiles)})),
        ]
    )


def optimizer_name(training: TrainingSettings) -> str:
    """Name the class of the optimizer."""
    name = training.optimizer.name
    return identifiers("optimizers").get(name) or name


def own_steps(training: TrainingSettings) -> list[tuple[str, str, float]]:
    """List the gradient steps that are not one argument of Keras' optimizer: slot, word, number."""
    steps = [(slot, step.word, step.number) for slot, step in training.gradients.items()]
    return [] if len(steps) == 1 and steps[0][1] != "noise" else steps


def _optimizer(training: TrainingSettings, optimizer_class: str) -> Call:
    name = optimizer_name(training)
    named = {key: value(key, item, "optimizers", name) for key, item in training.optimizer.arguments.items()}
    if not own_steps(training):
        named |= {step.word: step.number for step in training.gradients.values()}
    return Call(optimizer_class, (), named)


def _loss(loss: Component) -> Any:
    name = loss.name
    found = classes("losses")
    if name not in found:
        by_name = {snake_case(class_name): class_name for class_name in found}
        name = _LOSS_ALIASES.get(name.lower()) or by_name.get(snake_case(name), "")
    return Call(f"keras.losses.{name}", (), _floats("losses", name, loss.arguments)) if name else loss.name


def _metric(metric: Component) -> Any:
    name = component_name(metric)
    if metric.identifier:
        return name
    arguments = _floats("metrics", metric.name, metric.arguments)
    return Call(f"keras.metrics.{metric.name}", (), {**arguments, "name": name})
