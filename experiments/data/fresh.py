"""Ten thousand more rows of the same truth as a study's own rows, to score a trained network on."""

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
        x_fresh: Inputs of 10,000 further rows of the same truth, or None where the truth cannot be had.
        y_fresh: Their targets.
    """

    x: np.ndarray
    y: np.ndarray
    x_fresh: np.ndarray | None = None
    y_fresh: np.ndarray | None = None


@dataclass(frozen=True)
class Draw:
    """Which call to make: scikit-learn's generator, its arguments, and the seed of the further rows.

    Attributes:
        generator: One of scikit-learn's ``make_...`` functions.
        arguments: With the ``random_state`` of the study's rows.
        fresh_seed: Seed of the further rows.
        as_configured: Whether the study's rows must be exactly those of the call (the published protocol).
    """

    generator: Callable[..., Any]
    arguments: Mapping[str, Any]
    fresh_seed: int
    as_configured: bool


def separate_call(draw: Draw) -> SourceRows:
    """Call a second time: the arguments alone are the truth (moons, circles, curves).

    The borders between Gaussian quantiles are those of the rows drawn, and so only nearly the same.
    """
    return SourceRows(*draw.generator(**draw.arguments), *draw.generator(**_further(draw)))


def same_centres(draw: Draw) -> SourceRows:
    """Draw further blobs around the centres of the first."""
    x, y, centres = draw.generator(**draw.arguments, return_centers=True)
    return SourceRows(x, y, *draw.generator(**_further(draw) | {"centers": centres}))


def same_coefficients(draw: Draw) -> SourceRows:
    """Draw further inputs of a linear regression and apply the same coefficients, bias and noise."""
    arguments = draw.arguments
    if arguments.get("effective_rank") is not None:
        return one_long_call(draw)
    x, y, coefficients = draw.generator(**arguments, coef=True)
    random = np.random.default_rng(draw.fresh_seed)
    x_fresh = random.standard_normal((FRESH_ROWS, x.shape[1]))
    y_fresh = x_fresh @ coefficients + arguments.get("bias", 0.0)
    return SourceRows(x, y, x_fresh, y_fresh + random.normal(0.0, arguments.get("noise", 0.0), y_fresh.shape))


def same_distributions(draw: Draw) -> SourceRows:
    """Draw further multi-label rows from the class and word probabilities of the first.

    scikit-learn makes its rows one by one in Python; this is the same model for all rows at once. A row has a Poisson
    number of labels, drawn without putting back (the largest of log probability plus Gumbel noise), and a Poisson
    number of words, shared out by the mean word probabilities of its labels.
    """
    x, y, p_class, p_word = draw.generator(**draw.arguments, return_distributions=True)
    random = np.random.default_rng(draw.fresh_seed)
    fewest = 0 if draw.arguments.get("allow_unlabeled", True) else 1
    sizes = _poisson_within(random, draw.arguments.get("n_labels", 2), fewest, len(p_class))
    keys = np.log(p_class) + random.gumbel(size=(FRESH_ROWS, len(p_class)))
    ranks = (-keys).argsort(axis=1).argsort(axis=1)
    labels = (ranks < sizes[:, None]).astype(int)
    p_words = np.where(sizes[:, None] > 0, labels @ p_word.T / np.maximum(sizes, 1)[:, None], 1 / len(p_word))
    words = _poisson_within(random, draw.arguments.get("length", 50), 1, None)
    return SourceRows(x, y, random.multinomial(words, p_words).astype(float), labels)


def _poisson_within(random: np.random.Generator, mean: float, fewest: int, most: int | None) -> np.ndarray:
    """Draw 10,000 Poisson counts, each again until it lies within its bounds."""
    counts = random.poisson(mean, FRESH_ROWS)
    while (outside := (counts < fewest) | (counts > (most if most is not None else counts.max()))).any():
        counts[outside] = random.poisson(mean, int(outside.sum()))
    return counts


def one_long_call(draw: Draw) -> SourceRows:
    """Cut one longer call in two: the truth is drawn inside the call and cannot be had from it.

    The study's rows of the published protocol are those of the configured call, so there it has no further rows.
    """
    if draw.as_configured:
        return SourceRows(*draw.generator(**draw.arguments))
    rows = draw.arguments.get("n_samples", 100)
    x, y = draw.generator(**{**draw.arguments, "n_samples": rows + FRESH_ROWS})
    # Without its own shuffling a generator gives one class after the other, and a cut would part the classes.
    order = np.random.default_rng(draw.fresh_seed).permutation(len(x))
    study, further = order[:rows], order[rows:]
    return SourceRows(x[study], y[study], x[further], y[further])


def _further(draw: Draw) -> dict[str, Any]:
    """The arguments of a call for 10,000 further rows, in no order even where the study's rows are in one."""
    arguments = {key: value for key, value in draw.arguments.items() if key != "shuffle"}
    return arguments | {"n_samples": further_rows(arguments), "random_state": draw.fresh_seed}


def further_rows(arguments: Mapping[str, Any]) -> int | tuple[int, ...]:
    """Ask for 10,000 rows, in the same proportions where ``n_samples`` counts rows by class."""
    asked = arguments.get("n_samples", 100)
    if isinstance(asked, int):
        return FRESH_ROWS
    ends = np.round(np.cumsum(asked) / np.sum(asked) * FRESH_ROWS).astype(int)
    return tuple(int(count) for count in np.diff(ends, prepend=0))
