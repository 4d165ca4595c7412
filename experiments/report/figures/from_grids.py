"""The figures of a study that come from its grids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from experiments.analysis import Sweep
from experiments.analysis.headline import sweep_metrics
from experiments.columns import column_of
from experiments.report.figures.results import Results
from experiments.report.figures.sweeps import SweepPanel, sweeps_figure
from experiments.report.figures.words import protocol_label


def sweep_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Draw a figure for each grid: the main score, the loss and what its claims speak of, against the values."""
    study = results.study
    groups = list(dict.fromkeys(variant.group for variant in study.variants if variant.grid))
    wanted = {group: sweep_metrics(study, group) for group in groups}
    every = results.analysis.sweeps_of(list(dict.fromkeys(column for own in wanted.values() for column in own)))
    for group, columns in wanted.items():
        found = [sweep for sweep in every if sweep.group == group and sweep.metric in columns]
        axis = _longest_axis(found)
        panels = _panels([sweep for sweep in found if sweep.axis == axis], main=column_of(columns[0]).metric)
        if panels:
            subtitle = " · ".join(protocol_label(protocol) for protocol in results.protocols)
            yield (
                f"sweep_{group}",
                sweeps_figure(
                    panels, title=f"{study.title}: {group}", subtitle=subtitle, columns=max(2, len(results.protocols))
                ),
            )


def _longest_axis(found: Sequence[Sweep]) -> str:
    lengths = {sweep.axis: len(sweep.values) for sweep in found}
    return max(lengths, key=lambda axis: lengths[axis], default="")


def _panels(found: Sequence[Sweep], main: str) -> list[SweepPanel]:
    """Put lines of one metric, protocol and place on the other axes together; with other axes, the main score only."""
    grouped: dict[tuple[str, str, str], dict[str, Sweep]] = defaultdict(dict)
    for sweep in found:
        set_name, metric = column_of(sweep.metric).set_name, column_of(sweep.metric).metric
        # Under fresh the test rows are read from the fresh ones already: one line, called what it is.
        if sweep.protocol == "fresh" and set_name == "test":
            set_name = column_of(sweep.column).set_name
        if not sweep.others or metric == main:
            others = ", ".join(f"{axis} {value}" for axis, value in sweep.others.items())
            grouped[metric, sweep.protocol, others][set_name] = sweep
    return [
        SweepPanel(title=" · ".join(filter(None, (protocol, others))), label=column_of(metric).label, lines=lines)
        for (metric, protocol, others), lines in grouped.items()
    ]
