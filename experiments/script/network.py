"""The network of a run and its compilation, as source code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.language.metrics import component_name, loss_column, snake_case
from experiments.language.signatures import classes, identifiers
from experiments.model.structure import layer_components, name_and_arguments
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


def uses_own_constraint(config: Mapping[str, Any]) -> bool:
    """Tell whether a network has a constraint that Keras lacks."""
    return any(word in str(component) for _, _, component in layer_components(config["model"]) for word in _OWN)


def network_source(config: Mapping[str, Any], seeds: Seeds, model_class: str) -> str:
    """Write the layers and the model.

    Args:
        config: Resolved configuration.
        seeds: Gives the seeds of initializers and random layers.
        model_class: "keras.Model" or the name of a class of the script.
    """
    lines = ['inputs = keras.Input(shape=rows["train"][0].shape[1:])', "x = inputs"]
    lines += _chain(config["model"], seeds, depth=0)
    lines.append(f"model = {model_class}(inputs, x)")
    for name in config.get("freeze") or []:
        lines.append(statement("", call("model.get_layer", name), ".trainable = False"))
    return "\n".join(lines)


def _chain(model: Mapping[str, Any], seeds: Seeds, depth: int) -> list[str]:
    lines = []
    for name, component in model.items():
        if isinstance(component, Mapping) and "layers" in component:
            lines += _block(name, component, seeds, depth)
        else:
            lines.append(statement("x = ", _layer(name, component, seeds), "(x)"))
    return lines


def _block(name: str, block: Mapping[str, Any], seeds: Seeds, depth: int) -> list[str]:
    inner = _chain(block["layers"], seeds, depth + 1)
    if block.get("skip", "none") != "add":
        return inner
    skip = "skip" + "_inner" * depth
    return [f"{skip} = x", *inner, statement("x = ", call("keras.layers.Add", name=f"{name}_skip"), f"([{skip}, x])")]


def _layer(name: str, component: Any, seeds: Seeds) -> Call:
    class_name, arguments = name_and_arguments(component)
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
    class_name, arguments = name_and_arguments(given)
    class_name = identifiers("initializers").get(class_name) or class_name
    if class_name in SEEDLESS_INITIALIZERS:
        return given if isinstance(given, str) else value(argument, given, "layers", layer_class)
    # The weights of a recurrent layer are its cell's, the first part inside it.
    part = (1,) if layer_class in RECURRENT else ()
    seed = seeds.seed(layer, *part, argument.removesuffix("_initializer"))
    return Call(
        f"keras.initializers.{class_name}", (), {**_floats("initializers", class_name, arguments), "seed": seed}
    )


def value(argument: str, given: Any, kind: str, class_name: str) -> Any:
    """Write an argument: a component as a call, an integer as the float that Keras wants there."""
    found = next((kinds for ending, kinds in _KINDS.items() if argument.endswith(ending)), None)
    if found is not None and isinstance(given, Mapping):
        inner, namespace = found
        name, arguments = name_and_arguments(given)
        function = name if name in _OWN else f"{namespace}.{name}"
        return Call(function, (), {key: value(key, item, inner, name) for key, item in arguments.items()})
    return _floats(kind, class_name, {argument: given})[argument]


def _floats(kind: str, class_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    signature = classes(kind).get(class_name, {})
    wanted = [key for key in arguments if isinstance(signature.get(key, {}).get("default"), float)]
    return {key: float(item) if key in wanted and type(item) is int else item for key, item in arguments.items()}


def compile_source(config: Mapping[str, Any], optimizer_class: str, compiles: str, model: str = "model") -> str:
    """Write the compilation of a model.

    Args:
        config: Resolved configuration.
        optimizer_class: Name of the class, Keras' or the script's own.
        compiles: Source of ``jit_compile``.
        model: Name of the model.
    """
    training = config["training"]
    loss = _loss(training["loss"])
    metrics = [_metric(metric) for metric in training.get("metrics") or []]
    own = loss_column(config)
    if isinstance(loss, Call) and own not in [component_name(metric) for metric in training.get("metrics") or []]:
        metrics.append(call("keras.metrics.MeanMetricWrapper", Raw("loss.call"), name=own))
    named = {"optimizer": _optimizer(training, optimizer_class), "loss": Raw("loss"), "metrics": metrics}
    return "\n".join(
        [
            statement("loss = ", loss),
            statement("", Call(f"{model}.compile", (), {**named, "jit_compile": Raw(compiles)})),
        ]
    )


def optimizer_name(training: Mapping[str, Any]) -> str:
    """Name the class of the optimizer."""
    name, _ = name_and_arguments(training["optimizer"])
    return identifiers("optimizers").get(name) or name


def own_steps(training: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """List the gradient steps that are not one argument of Keras' optimizer: slot, word, number."""
    steps = [(slot, *next(iter(step.items()))) for slot, step in (training.get("gradients") or {}).items()]
    return [] if len(steps) == 1 and steps[0][1] != "noise" else steps


def _optimizer(training: Mapping[str, Any], optimizer_class: str) -> Call:
    name = optimizer_name(training)
    _, arguments = name_and_arguments(training["optimizer"])
    named = {key: value(key, item, "optimizers", name) for key, item in arguments.items()}
    if not own_steps(training):
        named |= {word: number for step in (training.get("gradients") or {}).values() for word, number in step.items()}
    return Call(optimizer_class, (), named)


def _loss(loss: Any) -> Any:
    name, arguments = name_and_arguments(loss)
    found = classes("losses")
    if name not in found:
        by_name = {snake_case(class_name): class_name for class_name in found}
        name = _LOSS_ALIASES.get(name.lower()) or by_name.get(snake_case(name), "")
    return Call(f"keras.losses.{name}", (), _floats("losses", name, arguments)) if name else loss


def _metric(metric: Any) -> Any:
    if isinstance(metric, str):
        return component_name(metric)
    name, arguments = name_and_arguments(metric)
    return Call(f"keras.metrics.{name}", (), {**_floats("metrics", name, arguments), "name": component_name(metric)})
