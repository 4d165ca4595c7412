"""The network of a run and its compilation, with the seed of every weight and every random layer written out."""

from __future__ import annotations

from typing import Any

from experiments.language.calls import Call, signature_of
from experiments.language.signatures import identifiers
from experiments.model.recipe import Recipe
from experiments.script.plain_network import applied, frozen_lines
from experiments.script.seed_texts import Seeds
from experiments.script.writing import Invocation, Raw, call, explicit, statement

_SEEDLESS_INITIALIZERS = ("Constant", "Identity", "IdentityInitializer", "Ones", "STFT", "STFTInitializer", "Zeros")
_RECURRENT = ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "SimpleRNN")
_DRAWING_LAYERS = (
    *("AlphaDropout", "AugMix", "Dropout", "GaussianDropout", "GaussianNoise", "RandAugment", "Solarization"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
)
"""Layers that draw when they train, beside those called Random… and the recurrent ones."""


def draws(layer: Call) -> bool:
    """Return whether a layer draws random numbers when it trains."""
    return layer.name in _DRAWING_LAYERS or layer.name in _RECURRENT or layer.name.startswith("Random")


def network_source(recipe: Recipe, seeds: Seeds, model_class: str) -> str:
    """Write the layers and the model.

    Args:
        recipe: The recipe of the network.
        seeds: Gives the seeds of initializers and random layers.
        model_class: "keras.Model" or the name of a class of the script.
    """
    lines = ['inputs = keras.Input(shape=rows["train"][0].shape[1:])', "x = inputs"]
    lines += applied(recipe.steps, lambda layer: explicit(_seeded(layer, seeds)))
    lines.append(f"model = {model_class}(inputs, x)")
    lines += frozen_lines(recipe)
    return "\n".join(lines)


def _seeded(layer: Call, seeds: Seeds) -> Call:
    """Return the call of a layer with a seed for each initializer that draws, defaults included, and for itself."""
    name = layer.arguments["name"]
    arguments: dict[str, Any] = {}
    for argument, about in signature_of(layer).items():
        value = layer.arguments.get(argument, about.get("default"))
        if argument.endswith("_initializer"):
            # The weights of a recurrent layer are its cell's, the first part inside it.
            part = (1,) if layer.name in _RECURRENT else ()
            seeded = _seeded_initializer(value, seeds, (name, *part, argument.removesuffix("_initializer")))
            if argument in layer.arguments or seeded is not value:
                arguments[argument] = seeded
        elif argument in layer.arguments:
            arguments[argument] = value
    if draws(layer):
        arguments["seed"] = seeds.seed(name, "draws")
    return Call(layer.callee, {**arguments, "name": name})


def _seeded_initializer(value: Any, seeds: Seeds, names: tuple[str | int, ...]) -> Any:
    if isinstance(value, str):
        initializer = Call(f"keras.initializers.{identifiers('initializers').get(value) or value}", {})
    elif isinstance(value, Call):
        initializer = value
    else:
        return value
    if initializer.name in _SEEDLESS_INITIALIZERS:
        return value
    return initializer.with_arguments(seed=seeds.seed(*names))


def compile_source(recipe: Recipe, optimizer_class: str, compiles: str, model: str = "model") -> str:
    """Write the compilation of a model.

    Args:
        recipe: The recipe of the network.
        optimizer_class: Name of the class, Keras' or the script's own.
        compiles: Source of ``jit_compile``.
        model: Name of the model.
    """
    optimizer, _ = recipe.optimizer_and_changes()
    metrics: list[Any] = [metric if isinstance(metric, str) else explicit(metric) for metric in recipe.metrics]
    if recipe.loss_metric:
        metrics.append(call("keras.metrics.MeanMetricWrapper", Raw("loss.call"), name=recipe.loss_metric))
    named = {
        "optimizer": Invocation(optimizer_class, (), explicit(optimizer).named),
        "loss": Raw("loss"),
        "metrics": metrics,
        "jit_compile": Raw(compiles),
    }
    return "\n".join([statement("loss = ", explicit(recipe.loss)), statement("", call(f"{model}.compile", **named))])
