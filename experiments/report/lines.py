"""Curves as the pages' scripts draw them: thinned out, rounded, and the epochs that many share written once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments.report.figures.curves import Curve

Line = list[Any]


@dataclass
class Epochs:
    """The lists of epochs that lines are drawn over; equal lists are kept once.

    Attributes:
        lists: What a line's first element is an index into.
    """

    lists: list[list[int]] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)

    def index(self, epochs: np.ndarray) -> int:
        """Give the index of a list of epochs, adding it where it is new."""
        key = np.asarray(epochs, np.int64).tobytes()
        if key not in self._known:
            self._known[key] = len(self.lists)
            self.lists.append([int(epoch) for epoch in epochs])
        return self._known[key]

    def line(self, curve: Curve) -> Line:
        """Write a mean with its band: [index of the epochs, mean, low, high]."""
        return [self.index(curve.epochs), rounded(curve.mean), rounded(curve.low), rounded(curve.high)]

    def run(self, points: np.ndarray, most: int) -> Line:
        """Write a single run: [index of the epochs, values].

        Args:
            points: Shape (points, 2): epoch and value.
            most: How many points to keep.
        """
        kept = points[thin(len(points), most)]
        return [self.index(kept[:, 0]), rounded(kept[:, 1])]


def rounded(values: Iterable[float]) -> list[float | None]:
    """Round to four significant digits, which no screen can tell from the whole; null for what is not finite."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values]


def thin(length: int, most: int) -> np.ndarray:
    """Choose at most ``most`` positions of a curve, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int)) if length else np.zeros(0, int)
