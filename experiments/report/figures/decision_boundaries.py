"""Decision boundaries of two-dimensional classification problems, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from experiments.report.figures.results import Results
from experiments.report.figures.style import BLUE, COLUMNS, GREY, ORANGE, PALETTE, Size, label_outer, say, sheet
from experiments.report.wording import protocol_label

_CLASS_COLOURS = (BLUE, ORANGE, *PALETTE[2:])
_TWO_CLASSES = LinearSegmentedColormap.from_list("two_classes", [BLUE, "#FFFFFF", ORANGE])
_PANEL = Size(width=3.6, height=3.6, gap_x=0.3)


@dataclass(frozen=True)
class Boundary:
    """Predictions of the networks of one variant over the plane.

    Attributes:
        name: The variant.
        x: Mesh positions, shape (columns,).
        y: Shape (rows,).
        probability: Of class 1, shape (run, rows, columns); the most likely class's index for more than two classes.
        train_x: Training points of the first run, shape (points, 2), with classes ``train_y``.
        train_y: Shape (points,).
        test_x: Test points, shape (points, 2), with classes ``test_y``.
        test_y: Shape (points,).
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    probability: np.ndarray
    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray

    @classmethod
    def from_arrays(cls, name: str, arrays: Mapping[str, np.ndarray]) -> Boundary:
        """Build from the arrays of a boundary file, without runs that diverged, which have no finite probability."""
        probability = arrays["probability"].astype(np.float32)
        finite = probability[np.isfinite(probability).all(axis=(1, 2))]
        points = {key: arrays[key] for key in ("train_x", "train_y", "test_x", "test_y")}
        return cls(name=name, x=arrays["x"], y=arrays["y"], probability=finite, **points)

    @property
    def classes(self) -> int:
        """Number of classes among the points, at least two."""
        return max(2, int(max(self.train_y.max(initial=0), self.test_y.max(initial=0))) + 1)


def boundary_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw the decision boundaries of all variants, where the inputs are two-dimensional."""
    found = {variant.name: results.boundary(variant.name) for variant in results.drawn}
    boundaries = [Boundary.from_arrays(name, arrays) for name, arrays in found.items() if arrays]
    if boundaries:
        runs = max(len(arrays["probability"]) for arrays in found.values() if arrays)
        yield (
            "boundaries.published",
            boundaries_figure(
                boundaries,
                title=f"{results.study.title}: decision boundaries",
                subtitle=f"{protocol_label('published')} · the first {runs} runs, the rows of the first",
            ),
        )


def draw_boundary(ax: Axes, boundary: Boundary) -> None:
    """Draw the mean prediction as colour, its boundary as a line, each run's own faintly, and the points.

    Args:
        ax: Where to.
        boundary: What.
    """
    ax.grid(visible=False)
    if not len(boundary.probability):
        say(ax, "every run diverged:\nno boundary")
    elif boundary.classes == 2:
        _draw_two_classes(ax, boundary)
    else:
        _draw_classes(ax, boundary)
    _points(ax, boundary)
    ax.set_xlim(boundary.x[0], boundary.x[-1])
    ax.set_ylim(boundary.y[0], boundary.y[-1])


def boundaries_figure(boundaries: Sequence[Boundary], *, title: str, subtitle: str) -> Figure:
    """Draw the boundaries of all variants beside each other.

    Args:
        boundaries: One a variant, the baseline first.
        title: Of the figure.
        subtitle: How to read it.
    """
    handles = _handles(max(boundary.classes for boundary in boundaries))
    figure, axes = sheet(len(boundaries), title=title, subtitle=subtitle, handles=handles, size=_PANEL)
    axes[0].xaxis.set_major_locator(MaxNLocator(4, prune="both"))
    for ax, boundary in zip(axes, boundaries, strict=True):
        ax.set_title(boundary.name)
        draw_boundary(ax, boundary)
    # Variants whose inputs are scaled in other ways cover other parts of the plane.
    axes[0].set_xlim(min(b.x[0] for b in boundaries), max(b.x[-1] for b in boundaries))
    axes[0].set_ylim(min(b.y[0] for b in boundaries), max(b.y[-1] for b in boundaries))
    label_outer(axes, COLUMNS, "x₁ (as the network sees it)", "x₂", grid=False)
    return figure


def _draw_two_classes(ax: Axes, boundary: Boundary) -> None:
    mean = boundary.probability.mean(axis=0)
    # Half strength, so that the points remain visible on the ground.
    _ground(ax, boundary, 0.5 + 0.5 * np.asarray(_TWO_CLASSES(mean))[..., :3])
    for run in boundary.probability:
        _line(ax, boundary, run, width=0.8, colour=GREY)
    _line(ax, boundary, mean, width=2.2, colour="black")


def _draw_classes(ax: Axes, boundary: Boundary) -> None:
    votes = np.stack([(boundary.probability.round() == k).mean(axis=0) for k in range(boundary.classes)], axis=-1)
    colours = np.array([to_rgb(_colour(k)) for k in range(boundary.classes)])
    _ground(ax, boundary, 0.55 + 0.45 * (votes @ colours))
    winner = votes.argmax(axis=-1)
    for k in range(boundary.classes):
        _line(ax, boundary, (winner == k).astype(float), width=1.6, colour="black")


def _ground(ax: Axes, boundary: Boundary, colours: np.ndarray) -> None:
    extent = (boundary.x[0], boundary.x[-1], boundary.y[0], boundary.y[-1])
    ax.imshow(np.clip(colours, 0, 1), extent=extent, origin="lower", aspect="auto", interpolation="bilinear")


def _line(ax: Axes, boundary: Boundary, values: np.ndarray, *, width: float, colour: str) -> None:
    if values.min() < 0.5 < values.max():
        ax.contour(boundary.x, boundary.y, values, levels=[0.5], colors=colour, linewidths=width)


def _points(ax: Axes, boundary: Boundary) -> None:
    # Many points are drawn smaller, or they would hide the boundary.
    size = float(np.clip(3000 / max(len(boundary.train_x) + len(boundary.test_x), 1), 6, 42))
    styles = ((boundary.test_x, boundary.test_y, "o", 0.6), (boundary.train_x, boundary.train_y, "s", 1.0))
    for points, classes, marker, alpha in styles:
        colours = [_colour(int(k)) for k in classes]
        edge = "black" if marker == "s" else "white"
        ax.scatter(
            points[:, 0],
            points[:, 1],
            s=size,
            c=colours,
            marker=marker,
            edgecolors=edge,
            linewidths=0.6,
            alpha=alpha,
            zorder=3,
        )


def _colour(k: int) -> str:
    return _CLASS_COLOURS[k % len(_CLASS_COLOURS)]


def _handles(classes: int) -> dict[str, Line2D]:
    handles = {
        "training point": Line2D([], [], linestyle="none", marker="s", color="white", markeredgecolor="black"),
        "test point": Line2D([], [], linestyle="none", marker="o", color="white", markeredgecolor=GREY),
    }
    for k in range(min(classes, 7)):
        handles[f"class {k}"] = Line2D([], [], linestyle="none", marker="o", color=_colour(k))
    handles["boundary of the mean prediction" if classes == 2 else "boundary of the majority"] = Line2D(
        [], [], color="black"
    )
    if classes == 2:
        handles["single runs"] = Line2D([], [], color=GREY, linewidth=0.8)
    return handles
