"""A network and its compilation as a lecturer would write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from experiments.language.calls import Call
from experiments.language.signatures import identifiers
from experiments.model.recipe import Recipe, Residual, Step
from experiments.script.writing import Invocation, Raw, call, indented, printed, statement

_INPUT = call("keras.Input", shape=Raw("x_train.shape[1:]"))
_LONGEST_PATTERN = 8
_FEWEST_TIMES = 3


def network_lines(recipe: Recipe, *, named: bool) -> Iterator[str]:
    """Yield the statements that make ``model``: a Sequential, or the functional API for loops and residual blocks.

    Args:
        recipe: The recipe of the network.
        named: Whether the layers need their names.
    """
    steps = list(recipe.steps) if named else [_without_name(step) for step in recipe.steps]
    pattern = _repeated(steps)
    if pattern is None and not any(isinstance(step, Residual) for step in steps):
        layers = [printed(step) for step in steps if isinstance(step, Call)]
        yield statement("model = ", call("keras.Sequential", [_INPUT, *layers]))
    else:
        yield statement("inputs = ", _INPUT)
        yield "x = inputs"
        start, length, times = pattern or (0, 0, 0)
        yield from applied(steps[:start], printed)
        if pattern:
            yield f"for _ in range({times}):"
            yield indented("\n".join(applied(steps[start : start + length], printed)))
        yield from applied(steps[start + length * times :], printed)
        yield "model = keras.Model(inputs, x)"
    yield from frozen_lines(recipe)


def _without_name(step: Step) -> Step:
    """Return the step as it is where nothing refers to its layers; equal steps are equal then."""
    if isinstance(step, Residual):
        return Residual("", tuple(_unnamed(layer) for layer in step.layers), "")
    return _unnamed(step)


def _unnamed(call: Call) -> Call:
    arguments = {key: _unnamed(value) if isinstance(value, Call) else value for key, value in call.arguments.items()}
    arguments.pop("name", None)
    return Call(call.callee, arguments)


def _repeated(steps: Sequence[Step]) -> tuple[int, int, int] | None:
    """Find the longest run of equal steps, or of equal patterns of steps.

    Returns:
        Where it starts, the length of the pattern, and how many times it is there; None for fewer than three times.
    """
    found: tuple[int, int, int] | None = None
    for length in range(1, _LONGEST_PATTERN + 1):
        for start in range(len(steps) - length * _FEWEST_TIMES + 1):
            pattern, times = steps[start : start + length], 1
            while steps[start + length * times : start + length * (times + 1)] == pattern:
                times += 1
            if times >= _FEWEST_TIMES and (found is None or length * times > found[1] * found[2]):
                found = start, length, times
    return found


def applied(steps: Iterable[Step], written: Callable[[Call], Invocation]) -> Iterator[str]:
    """Yield the statements that apply layers to ``x`` one after another.

    Args:
        steps: Layers and residual blocks.
        written: Function that writes the call of one layer.
    """
    for step in steps:
        if isinstance(step, Residual):
            yield "skip = x"
            yield from applied(step.layers, written)
            add = call("keras.layers.Add", **({"name": f"{step.name}_skip"} if step.name else {}))
            yield statement("x = ", add, "([skip, x])")
        else:
            yield statement("x = ", written(step), "(x)")


def frozen_lines(recipe: Recipe) -> list[str]:
    """Write the statements that freeze layers of ``model``."""
    return [statement("", call("model.get_layer", name), ".trainable = False") for name in recipe.frozen]


def compile_line(recipe: Recipe, optimizer_class: str) -> str:
    """Write the compilation of ``model``.

    Args:
        recipe: The recipe of the network.
        optimizer_class: Keras' class or the script's own; "" for a model that is not trained.
    """
    optimizer, _ = recipe.optimizer_and_changes()
    metrics = [metric if isinstance(metric, str) else printed(metric) for metric in recipe.metrics]
    loss = recipe.training.loss
    named = {
        **({"optimizer": _optimizer(optimizer, optimizer_class)} if optimizer_class else {}),
        "loss": loss.name if loss.identifier else printed(recipe.loss),
        **({"metrics": metrics} if metrics else {}),
    }
    return statement("", Invocation("model.compile", (), named))


def _optimizer(optimizer: Call, optimizer_class: str) -> Invocation | str:
    identifier = optimizer.name.lower()
    if optimizer_class == optimizer.callee and not optimizer.arguments and identifier in identifiers("optimizers"):
        return identifier
    return replace(printed(optimizer), function=optimizer_class)
