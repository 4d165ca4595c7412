"""The study language: YAML text in, a frozen ``Study`` with resolved variants and hashed runs out."""

from experiments.language.load import configs_folder, load_study, study_names
from experiments.language.reader import parse_study
from experiments.language.study import Claim, Published, Run, Study, Variant

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
