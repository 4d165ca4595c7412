"""All figures of one study, written as PNG files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from matplotlib.figure import Figure

from experiments.analysis import Analysis
from experiments.report.figures.decision_boundaries import boundary_figures
from experiments.report.figures.layer_figures import input_figures, layer_figures
from experiments.report.figures.learning_curves import learning_figures
from experiments.report.figures.rate_figures import rate_figures
from experiments.report.figures.results import Results
from experiments.report.figures.strip_figures import (
    flattery_figures,
    forest_figures,
    published_figures,
    stopping_figures,
)
from experiments.report.figures.style import apply_style, save
from experiments.report.figures.sweep_figures import sweep_figures
from experiments.store.files import safe_name

_OURS = re.compile(r"(sweep_.+|rates|forest|forest_claims|flattery|published|.+\.(published|fresh))\.png")
"""File names of the generated figures. Other PNG files are never deleted."""

_MAKERS: tuple[Callable[[Results], Iterator[tuple[str, Figure]]], ...] = (
    learning_figures,
    boundary_figures,
    sweep_figures,
    rate_figures,
    layer_figures,
    input_figures,
    forest_figures,
    stopping_figures,
    flattery_figures,
    published_figures,
)


def write_figures(analysis: Analysis, out: Path | str) -> list[Path]:
    """Draw all figures of a study that its results allow into ``results/<study>/figures/``.

    Args:
        analysis: The analysed study.
        out: The results folder, with the study's curves and boundaries in it.

    Returns:
        The PNG files, in the order in which a page shows them. Files of figures that are no longer made are removed.

    Raises:
        ExperimentsError: The study's folder or that of its figures is a link.
    """
    results = Results.of(analysis, Path(out))
    results.folder.refuse_links()
    folder = results.folder.path / "figures"
    written = []
    with apply_style():
        for maker in _MAKERS:
            for name, figure in maker(results):
                written.append(save(figure, folder / f"{safe_name(name)}.png"))
                figure.clear()  # figure and canvas refer to each other, and would keep the curves for a while
    for path in set(folder.glob("*.png")) - set(written):
        if _OURS.fullmatch(path.name) and path.is_file():
            path.unlink()
    return written
