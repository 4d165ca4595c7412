"""Geometry of the small SVG drawings of the pages, in pixels, so that no template computes numbers."""

from __future__ import annotations

import base64
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.image import imsave

_WIDTH = 176
_EDGE = 6
_MAP_SIZE = 160
_MOST_POINTS = 300
# Many points are drawn small, so that the map below them stays visible.
_MANY = 80
# Pale twins of the points' colours (Okabe and Ito): blue, vermilion, green, purple.
_PALE = np.array([[0.62, 0.79, 0.91], [0.97, 0.77, 0.62], [0.62, 0.87, 0.79], [0.93, 0.79, 0.87]])
_WHITE = np.ones(3)


@dataclass(frozen=True)
class Forest:
    """An interval around an effect, in pixels of a 176 × 22 drawing; right of ``null`` is the claim's side."""

    null: float
    low: float
    effect: float
    high: float


def forest(effect: float, low: float, high: float, null: float, *, reach: float, toward: int = 1) -> Forest | None:
    """Return the places of an effect and its interval on a scale that is symmetric about "no effect".

    Args:
        effect: The effect.
        low: Lower end of its interval, NaN where there is none.
        high: Upper end.
        null: The value that means "no effect".
        reach: The distance from ``null`` that fills half of the drawing; the drawings of one claim share it.
        toward: 1 where a larger effect supports the claim, -1 where a smaller one does.

    Returns:
        The places in pixels, cut off at the drawing's edges, or None where the effect is not a finite number.
    """
    if not math.isfinite(effect) or reach <= 0:
        return None
    low, high = (end if math.isfinite(end) else effect for end in (low, high))
    middle = _WIDTH / 2

    def place(value: float) -> float:
        share = max(-1.0, min(1.0, toward * (value - null) / reach))
        return round(middle + share * (middle - _EDGE), 1)

    ends = sorted((place(low), place(high)))
    return Forest(null=middle, low=ends[0], effect=place(effect), high=ends[1])


@dataclass(frozen=True)
class RunStrip:
    """Runs as stacked dots on an axis, with published figures as diamonds, in pixels of a 480-wide drawing."""

    dots: tuple[tuple[float, float], ...]
    theirs: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, float], ...]
    floor: float

    @property
    def height(self) -> float:
        """Height of the whole drawing, with room for the numbers below the axis."""
        return self.floor + 28


def run_strip(values: Sequence[float], theirs: Sequence[float], labels: Sequence[str]) -> RunStrip:
    """Return the places of a distribution and of the published figures beside it.

    Args:
        values: One value a run; those that are not finite are left out.
        theirs: Published values.
        labels: Who published them, one each.

    Returns:
        The places of dots, diamonds and three ticks.
    """
    finite = [value for value in values if math.isfinite(value)]
    everything = [*finite, *(value for value in theirs if math.isfinite(value))]
    if not everything:
        return RunStrip((), (), (), 12.0)
    low, high = min(everything), max(everything)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round(12 + 456 * (value - low) / (high - low), 1)

    stacks = Counter(round(place(value) / 6) * 6 for value in finite)
    tallest = max(stacks.values(), default=1)
    step = min(6.0, 60 / tallest)
    floor = round(step * tallest + 10, 1)
    dots = tuple(
        (float(x), round(floor - 4 - step * k, 1)) for x, count in sorted(stacks.items()) for k in range(count)
    )
    diamonds = tuple((place(value), label) for value, label in zip(theirs, labels, strict=True) if math.isfinite(value))
    ticks = tuple((place(value), value) for value in (low + room, (low + high) / 2, high - room))
    return RunStrip(dots, diamonds, ticks, floor)


@dataclass(frozen=True)
class Bar:
    """One signed part of the luck meter, in pixels of a 160-wide drawing with zero in the middle."""

    css: str
    text: str
    x: float
    width: float


def signed_bars(parts: Sequence[tuple[str, str, float]]) -> tuple[Bar, ...]:
    """Draw signed numbers as bars about zero on one scale.

    Args:
        parts: (css class, text, value) of each.

    Returns:
        One bar each, of width zero where the value is not finite.
    """
    reach = max((abs(value) for _, _, value in parts if math.isfinite(value)), default=0.0) or 1.0
    bars = []
    for css, label, value in parts:
        width = 76 * abs(value) / reach if math.isfinite(value) else 0.0
        bars.append(Bar(css, label, round(80 - (width if value < 0 else 0), 1), round(width, 1)))
    return tuple(bars)


@dataclass(frozen=True)
class Point:
    """A row of the data, in pixels."""

    x: float
    y: float
    radius: float
    label: int
    train: bool


@dataclass(frozen=True)
class BoundaryMap:
    """One variant's decision boundary: a picture as a data URI, and points."""

    name: str
    about: str
    image: str
    points: tuple[Point, ...]


def boundary_map(name: str, arrays: Mapping[str, np.ndarray]) -> BoundaryMap:
    """Draw the decision boundary of a variant.

    Args:
        name: The variant's.
        arrays: As kept in ``boundaries/``: ``x``, ``y``, ``probability`` (run, y, x), ``mean_probability`` (y, x), and
            points.

    Returns:
        The picture (blue and vermilion shaded by the mean probability; of more than two classes the one that most
        runs predict) and the points, at most 300 of each set.
    """
    runs = len(arrays["probability"])
    several = max(int(arrays[f"{where}_y"].max(initial=0)) for where in ("train", "test")) > 1
    colours = _most_named(arrays["probability"]) if several else _shaded(arrays["mean_probability"])
    points = [point for where in ("test", "train") for point in _points(arrays, where)]
    about = f"{'majority' if several else 'mean'} of {runs} runs" if runs > 1 else "one run"
    return BoundaryMap(name, about, _data_uri(colours), tuple(points))


def _shaded(probability: np.ndarray) -> np.ndarray:
    """White at one half, the class's colour where the networks are sure."""
    p = np.nan_to_num(probability.astype(float), nan=0.5)[..., None]
    sure = np.abs(2 * p - 1)
    return np.asarray((1 - sure) * _WHITE + sure * np.where(p > 0.5, _PALE[1], _PALE[0]))


def _most_named(classes: np.ndarray) -> np.ndarray:
    named = np.nan_to_num(classes.astype(float)).astype(int)
    counts = np.stack([(named == label).sum(axis=0) for label in range(named.max() + 1)])
    return np.asarray(_PALE[counts.argmax(axis=0) % len(_PALE)])


def _points(arrays: Mapping[str, np.ndarray], where: str) -> list[Point]:
    places, labels = arrays[f"{where}_x"][:_MOST_POINTS], arrays[f"{where}_y"][:_MOST_POINTS]
    x = _pixels(places[:, 0], arrays["x"])
    y = _MAP_SIZE - _pixels(places[:, 1], arrays["y"])
    train = where == "train"
    radius = (2.6 if train else 1.7) if len(places) <= _MANY else 1.4
    return [
        Point(round(float(a), 1), round(float(b), 1), radius, int(label) % len(_PALE), train)
        for a, b, label in zip(x, y, labels, strict=True)
    ]


def _pixels(values: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return np.asarray(_MAP_SIZE * (values - axis[0]) / (axis[-1] - axis[0]))


def _data_uri(colours: np.ndarray) -> str:
    picture = io.BytesIO()
    imsave(picture, np.clip(colours, 0, 1), origin="lower", format="png")
    return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
