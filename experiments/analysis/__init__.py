"""From tables of runs to summaries, paired differences, verdicts and diagnosis; nothing here draws or trains."""

from __future__ import annotations

from experiments.analysis.compare import FolderChange, PairedDifference, compare_folders, compare_variants, differences
from experiments.analysis.diagnosis import Diagnosis, diagnose
from experiments.analysis.flattery import Flattery, flattery
from experiments.analysis.intervals import Interval
from experiments.analysis.luck import LuckMeter, luck_meter
from experiments.analysis.published import PlacedFigure, place_published
from experiments.analysis.sentences import one_run_sentence
from experiments.analysis.summary import summarize
from experiments.analysis.sweeps import Sweep, sweeps
from experiments.analysis.tables import read_runs
from experiments.analysis.verdicts import Verdict, judge
from experiments.analysis.write import scoreboard, write_tables

__all__ = [
    "Diagnosis",
    "Flattery",
    "FolderChange",
    "Interval",
    "LuckMeter",
    "PairedDifference",
    "PlacedFigure",
    "Sweep",
    "Verdict",
    "compare_folders",
    "compare_variants",
    "diagnose",
    "differences",
    "flattery",
    "judge",
    "luck_meter",
    "one_run_sentence",
    "place_published",
    "read_runs",
    "scoreboard",
    "summarize",
    "sweeps",
    "write_tables",
]
