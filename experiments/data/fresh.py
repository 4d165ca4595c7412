"""10,000 further rows from the same distribution as a study's own rows, to score a trained network on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FRESH_ROWS = 10_000


@dataclass(frozen=True)
class SourceRows:
    """The rows of one data source.

    Attributes:
        x: Inputs, shape (rows, features).
        y: Targets, shape (rows,) or (rows, targets); integers are classes.
        x_fresh: Inputs of 10,000 further rows from the same distribution, or None if it is not available.
        y_fresh: Their targets.
    """

    x: np.ndarray
    y: np.ndarray
    x_fresh: np.ndarray | None = None
    y_fresh: np.ndarray | None = None


@dataclass(frozen=True)
class GeneratorCall:
    """A call of a generator: the function, its arguments, and the seed of the further rows.

    Attributes:
        generator: A ``make_...`` function, such as those of scikit-learn.
        arguments: With the ``random_state`` of the study's rows.
        fresh_seed: Seed of the further rows.
        as_configured: Whether the study's rows are exactly those of the call (the published protocol).
    """

    generator: Callable[..., Any]
    arguments: Mapping[str, Any]
    fresh_seed: int
    as_configured: bool


def separate_call(call: GeneratorCall) -> SourceRows:
    """Draw further rows by a second call: the arguments determine the distribution (moons, circles, curves).

    The borders between Gaussian quantiles depend on the rows drawn, and so are only approximately the same.
    """
    return SourceRows(*call.generator(**call.arguments), *call.generator(**_further(call)))


def same_centres(call: GeneratorCall) -> SourceRows:
    """Draw further blobs around the same centres."""
    x, y, centres = call.generator(**call.arguments, return_centers=True)
    return SourceRows(x, y, *call.generator(**_further(call) | {"centers": centres}))


def same_coefficients(call: GeneratorCall) -> SourceRows:
    """Draw further inputs of a linear regression, with the same coefficients, bias and noise."""
    arguments = call.arguments
    if arguments.get("effective_rank") is not None:
        return one_long_call(call)
    x, y, coefficients = call.generator(**arguments, coef=True)
    random = np.random.default_rng(call.fresh_seed)
    x_fresh = random.standard_normal((FRESH_ROWS, x.shape[1]))
    y_fresh = x_fresh @ coefficients + arguments.get("bias", 0.0)
    return SourceRows(x, y, x_fresh, y_fresh + random.normal(0.0, arguments.get("noise", 0.0), y_fresh.shape))


def same_distributions(call: GeneratorCall) -> SourceRows:
    """Draw further multi-label rows with the same class and word probabilities.

    scikit-learn draws its rows one by one in Python; this is the same model for all rows at once. A row has a Poisson
    number of labels, drawn without replacement (the largest of log probability plus Gumbel noise), and a Poisson
    number of words, distributed by the mean word probabilities of its labels.
    """
    x, y, p_class, p_word = call.generator(**call.arguments, return_distributions=True)
    random = np.random.default_rng(call.fresh_seed)
    fewest = 0 if call.arguments.get("allow_unlabeled", True) else 1
    sizes = _poisson_within(random, call.arguments.get("n_labels", 2), fewest, len(p_class))
    keys = np.log(p_class) + random.gumbel(size=(FRESH_ROWS, len(p_class)))
    ranks = (-keys).argsort(axis=1).argsort(axis=1)
    labels = (ranks < sizes[:, None]).astype(int)
    p_words = np.where(sizes[:, None] > 0, labels @ p_word.T / np.maximum(sizes, 1)[:, None], 1 / len(p_word))
    words = _poisson_within(random, call.arguments.get("length", 50), 1, None)
    return SourceRows(x, y, random.multinomial(words, p_words).astype(float), labels)


def _poisson_within(random: np.random.Generator, mean: float, fewest: int, most: int | None) -> np.ndarray:
    """Draw 10,000 Poisson counts; those out of bounds are drawn again."""
    counts = random.poisson(mean, FRESH_ROWS)
    while (outside := (counts < fewest) | (counts > (most if most is not None else counts.max()))).any():
        counts[outside] = random.poisson(mean, int(outside.sum()))
    return counts


def one_long_call(call: GeneratorCall) -> SourceRows:
    """Split one longer call in two: the generator draws the distribution itself and does not return it.

    The study's rows of the published protocol are those of the configured call, so there are no further rows then.
    """
    if call.as_configured:
        return SourceRows(*call.generator(**call.arguments))
    rows = call.arguments.get("n_samples", 100)
    x, y = call.generator(**{**call.arguments, "n_samples": rows + FRESH_ROWS})
    # Without its own shuffling a generator returns one class after the other, and a split would separate the classes.
    order = np.random.default_rng(call.fresh_seed).permutation(len(x))
    study, further = order[:rows], order[rows:]
    return SourceRows(x[study], y[study], x[further], y[further])


def _further(call: GeneratorCall) -> dict[str, Any]:
    """Return the arguments of a call for 10,000 further rows, shuffled even if the study's rows are not."""
    arguments = {key: value for key, value in call.arguments.items() if key != "shuffle"}
    return arguments | {"n_samples": further_rows(arguments), "random_state": call.fresh_seed}


def further_rows(arguments: Mapping[str, Any]) -> int | tuple[int, ...]:
    """Return the ``n_samples`` of 10,000 rows, in the same proportions if it counts rows by class."""
    asked = arguments.get("n_samples", 100)
    if isinstance(asked, int):
        return FRESH_ROWS
    ends = np.round(np.cumsum(asked) / np.sum(asked) * FRESH_ROWS).astype(int)
    return tuple(int(count) for count in np.diff(ends, prepend=0))
