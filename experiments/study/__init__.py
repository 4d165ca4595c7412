"""The study language: YAML text in, a frozen ``Study`` with resolved variants and hashed runs out."""

from experiments.study.load import configs_folder, load_study, study_names
from experiments.study.reader import parse_study
from experiments.study.study import Claim, Published, Run, Study, Variant

__all__ = [
    "Claim",
    "Published",
    "Run",
    "Study",
    "Variant",
    "configs_folder",
    "load_study",
    "parse_study",
    "study_names",
]
