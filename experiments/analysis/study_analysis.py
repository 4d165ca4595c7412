"""The analysis of a study: everything that tables, figures and pages show of it, computed once from its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from experiments.analysis.because import explain
from experiments.analysis.claim_rows import ClaimRow, claim_rows
from experiments.analysis.diagnosis import Diagnosis, diagnose
from experiments.analysis.differences import PairedDifference, differences
from experiments.analysis.flattery import Flattery, flattery
from experiments.analysis.headline import headline_metrics
from experiments.analysis.luck import LuckMeter, luck_meter
from experiments.analysis.metric_summary import summarize
from experiments.analysis.published import PlacedFigure, place_published
from experiments.analysis.sweeps import Sweep, select_sweeps, sweeps
from experiments.analysis.tuned_runs import TunedRuns, tuned_runs, with_ends_of_grids
from experiments.analysis.variance_shares import SeedShare, seed_shares
from experiments.analysis.verdicts import Verdict, judge
from experiments.protocols import PROTOCOLS

if TYPE_CHECKING:
    from experiments.language.study import Study


@dataclass(frozen=True)
class Analysis:
    """What the runs of a study show.

    Attributes:
        study: The study, with those variants on request that have runs.
        runs: Its runs, as ``read_runs`` returns them.
        verdicts: On its claims, by protocol and claim.
        claim_rows: The same as rows of claims.csv.
        summary: Every metric of every variant, as ``summarize`` returns it.
        differences: Of the named variants to a reference, in the main metric.
        sweeps: Lines along the axes of grids, in the headline metrics and those of the sweep figures.
        flattery: Of the variants that watch their test rows.
        published: Published figures among the runs.
        diagnosis: Bias and variance of the variants; empty unless the study asks for it.
        luck: Gains of comparisons, taken apart.
        seed_shares: Variance of comparisons that comes from training seeds.
        tuned: The variants at their own best rates; empty where no rates were tried.
    """

    study: Study
    runs: pd.DataFrame = field(repr=False)
    verdicts: tuple[Verdict, ...]
    claim_rows: tuple[ClaimRow, ...]
    summary: pd.DataFrame = field(repr=False)
    differences: tuple[PairedDifference, ...]
    sweeps: tuple[Sweep, ...]
    flattery: tuple[Flattery, ...]
    published: tuple[PlacedFigure, ...]
    diagnosis: tuple[Diagnosis, ...]
    luck: tuple[LuckMeter, ...]
    seed_shares: tuple[SeedShare, ...]
    tuned: TunedRuns = field(default_factory=TunedRuns)

    @property
    def headline_sweeps(self) -> list[Sweep]:
        """The sweeps of the headline metrics, which sweeps.csv and the page show."""
        return self.sweeps_of(headline_metrics(self.study))

    def sweeps_of(self, metrics: Sequence[str]) -> list[Sweep]:
        """Return the sweeps of some metrics, those of one line in the order of ``metrics``.

        Args:
            metrics: Names of columns.
        """
        return select_sweeps(self.sweeps, metrics)


def analyse(study: Study, runs: pd.DataFrame, looks: Sequence[int] = ()) -> Analysis:
    """Compute everything that tables, figures and pages show of a study.

    Args:
        study: The study.
        runs: Its runs, as ``read_runs`` returns them; any part of them may be missing. With those that chose rates and
            those of "tuned", claims are judged under this protocol too.
        looks: Repeats at which verdicts were looked at, as for ``judge``.
    """
    study = study.showing(runs["variant"])
    tuned, runs = tuned_runs(study, runs), runs[runs["protocol"].isin(PROTOCOLS)]
    judged = pd.concat([runs, tuned.runs], ignore_index=True) if len(tuned.runs) else runs
    verdicts, luck, shares = (
        tuple(with_ends_of_grids(verdict, tuned.searches) for verdict in judge(study, judged, looks)),
        tuple(luck_meter(study, runs)),
        tuple(seed_shares(study, runs)),
    )
    return Analysis(
        study=study,
        runs=runs,
        verdicts=verdicts,
        claim_rows=claim_rows(study, verdicts, luck, explain(study, judged, verdicts), shares),
        summary=summarize(study, judged),
        differences=tuple(differences(study, runs)),
        sweeps=tuple(sweeps(study, runs)),
        flattery=tuple(flattery(study, runs)),
        published=tuple(place_published(study, runs)),
        diagnosis=tuple(diagnose(study, runs)),
        luck=luck,
        seed_shares=shares,
        tuned=tuned,
    )
