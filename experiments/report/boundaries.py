"""Decision boundaries as small pictures inside the page, with the first run's points over them."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.image import imsave

_SIZE = 160
_MOST_POINTS = 300
# Many points are drawn small, so that what lies below them stays in sight.
_MANY = 80
# Pale twins of the points' colours (Okabe and Ito): blue, vermilion, green, purple.
_PALE = np.array([[0.62, 0.79, 0.91], [0.97, 0.77, 0.62], [0.62, 0.87, 0.79], [0.93, 0.79, 0.87]])
_WHITE = np.ones(3)


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
        The picture (blue and vermilion shaded by the mean probability; of more than two classes the one that most runs
        name) and the points, at most 300 of each set.
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
    y = _SIZE - _pixels(places[:, 1], arrays["y"])
    train = where == "train"
    radius = (2.6 if train else 1.7) if len(places) <= _MANY else 1.4
    return [
        Point(round(float(a), 1), round(float(b), 1), radius, int(label) % len(_PALE), train)
        for a, b, label in zip(x, y, labels, strict=True)
    ]


def _pixels(values: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return np.asarray(_SIZE * (values - axis[0]) / (axis[-1] - axis[0]))


def _data_uri(colours: np.ndarray) -> str:
    picture = io.BytesIO()
    imsave(picture, np.clip(colours, 0, 1), origin="lower", format="png")
    return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
