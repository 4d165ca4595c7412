"""A variant at other rates than its own: the grid that is searched, and the variant at each of its points.

>>> tuning = Tuning()
>>> tuning.axis, tuning.lower, tuning.upper
('learning_rate', (0.0316, 0.01), (31.6, 100.0))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from experiments.language.configuration import Configuration, look_up
from experiments.language.located import plain
from experiments.language.sections import FACTORS, LEARNING_RATE
from experiments.language.signatures import classes, identifiers
from experiments.protocols import TUNING

if TYPE_CHECKING:
    from experiments.language.study import Variant

STEPS_BEYOND = 2
"""Steps by which the grid grows at an end that is chosen."""

_RATES_OF_SCHEDULES = ("initial_learning_rate", "end_learning_rate", "warmup_target", "values")


@dataclass(frozen=True)
class Tuning:
    """How a study chooses a rate for each variant.

    Attributes:
        argument: Dotted path of what is tuned: a number, or a schedule, whose rates change together.
        factors: What the variant's own value is multiplied by, in rising order; 1 is among them.
        repeats: Runs that choose, for each value.
        not_tuned: Why the study has no tuned form; "" where it has one.
        most_steps: Steps beyond each end of the grid that are allowed.
    """

    argument: str = LEARNING_RATE
    factors: tuple[float, ...] = FACTORS
    repeats: int = 3
    not_tuned: str = ""
    most_steps: int = STEPS_BEYOND

    @property
    def axis(self) -> str:
        """The name of what is tuned: the last part of its path."""
        return self.argument.rpartition(".")[2]

    @property
    def lower(self) -> tuple[float, ...]:
        """Factors below the grid, nearest first."""
        return tuple(_rounded(self.factors[0] / self._step**k, 3) for k in range(1, self.most_steps + 1))

    @property
    def upper(self) -> tuple[float, ...]:
        """Factors above the grid, nearest first."""
        return tuple(_rounded(self.factors[-1] * self._step**k, 3) for k in range(1, self.most_steps + 1))

    @property
    def _step(self) -> float:
        """The mean ratio of neighbours."""
        return float((self.factors[-1] / self.factors[0]) ** (1 / (len(self.factors) - 1)))

    def value_of(self, config: Configuration) -> float | None:
        """Return the value that a configuration has: of a schedule, its first rate.

        Args:
            config: Resolved.

        Returns:
            The number; None where there is none above 0 to multiply.
        """
        value = look_up(_tree(config), self.argument)
        if isinstance(value, Mapping):
            (rates,) = value.values()
            first = rates.get("initial_learning_rate", rates.get("values"))
            value = first[0] if isinstance(first, Sequence) else first
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and value > 0 else None

    def point(self, variant: Variant, factor: float) -> Variant:
        """Return a variant at another rate, as a point of the grid that is searched.

        Args:
            variant: One whose configuration has the argument.
            factor: What its own value is multiplied by; with 1 the configuration stays what it is.
        """
        config = variant.config
        if factor != 1:
            config = Configuration.from_plain(self.multiplied(_tree(config), factor), config.data.folder)
        value = self.value_of(config)
        return replace(
            variant,
            name=f"{variant.name}[{self.axis}={value:g}]",
            grid={self.axis: value},
            config=config,
            repeats=self.repeats,
            protocols=(TUNING,),
        )

    def without_argument(self, config: Configuration) -> dict[str, Any]:
        """Return a configuration as plain data in which what is tuned has the value 1, to compare what else differs."""
        value = self.value_of(config)
        tree = _tree(config)
        return tree if value is None else self.multiplied(tree, 1 / value)

    def multiplied(self, tree: Mapping[str, Any], factor: float) -> dict[str, Any]:
        """Return a configuration as plain data with another value of the argument.

        Args:
            tree: The configuration; it stays as it is.
            factor: What its value is multiplied by.
        """
        changed: dict[str, Any] = _times(tree, self.argument.split("."), factor)
        return changed


def _tree(config: Configuration) -> dict[str, Any]:
    """Return a configuration as plain data, with the learning rate that Keras' optimizer has by default."""
    tree: dict[str, Any] = plain(config)
    optimizer = tree["training"]["optimizer"]
    if isinstance(optimizer, str):
        optimizer = {identifiers("optimizers").get(optimizer, optimizer): {}}
    ((name, arguments),) = optimizer.items()
    default = classes("optimizers").get(name, {}).get("learning_rate", {}).get("default")
    if default is not None:
        tree["training"]["optimizer"] = {name: {"learning_rate": default, **arguments}}
    return tree


def _times(node: Any, path: Sequence[str], factor: float) -> Any:
    """Return plain data with the value at a path multiplied; class names on the way are stepped over."""
    if not path:
        return _multiplied(node, factor)
    if not isinstance(node, Mapping):
        return node
    if path[0] in node:
        return {**node, path[0]: _times(node[path[0]], path[1:], factor)}
    return {key: _times(value, path, factor) for key, value in node.items()}


def _multiplied(value: Any, factor: float) -> Any:
    if isinstance(value, list):
        return [_multiplied(item, factor) for item in value]
    if not isinstance(value, Mapping):
        return _rounded(value * factor, 6)
    ((name, given),) = value.items()
    signature = classes("schedules")[name]
    rates = {key: given.get(key, signature[key].get("default")) for key in _RATES_OF_SCHEDULES if key in signature}
    return {name: {**given, **{key: _multiplied(rate, factor) for key, rate in rates.items() if rate is not None}}}


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits}g}")
