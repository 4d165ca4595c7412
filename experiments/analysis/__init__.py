"""From the runs of a study to its ``Analysis``: verdicts, summary, differences, sweeps, diagnosis; draws nothing."""

from __future__ import annotations

from experiments.analysis.claim_rows import ClaimRow, draws_of, read_claim_rows
from experiments.analysis.diagnosis import Diagnosis, diagnose
from experiments.analysis.differences import (
    FolderChange,
    PairedDifference,
    compare_folders,
    compare_variants,
    differences,
)
from experiments.analysis.effects import Effect, Unit, no_effect
from experiments.analysis.flattery import Flattery, flattery
from experiments.analysis.intervals import Interval
from experiments.analysis.luck import LuckMeter, luck_meter
from experiments.analysis.metric_summary import summarize
from experiments.analysis.published import PlacedFigure, place_published
from experiments.analysis.result_tables import (
    scoreboard_table,
    verdicts_changed_by_the_board,
    write_scoreboard_table,
    write_tables,
)
from experiments.analysis.run_table import metric_columns, read_runs
from experiments.analysis.study_analysis import Analysis, analyse
from experiments.analysis.sweeps import Sweep, sweeps
from experiments.analysis.variance_shares import SeedShare, seed_shares
from experiments.analysis.verdicts import Verdict, judge, one_run_sentence

__all__ = [
    "Analysis",
    "ClaimRow",
    "Diagnosis",
    "Effect",
    "Flattery",
    "FolderChange",
    "Interval",
    "LuckMeter",
    "PairedDifference",
    "PlacedFigure",
    "SeedShare",
    "Sweep",
    "Unit",
    "Verdict",
    "analyse",
    "compare_folders",
    "compare_variants",
    "diagnose",
    "differences",
    "draws_of",
    "flattery",
    "judge",
    "luck_meter",
    "metric_columns",
    "no_effect",
    "one_run_sentence",
    "place_published",
    "read_claim_rows",
    "read_runs",
    "scoreboard_table",
    "seed_shares",
    "summarize",
    "sweeps",
    "verdicts_changed_by_the_board",
    "write_scoreboard_table",
    "write_tables",
]
