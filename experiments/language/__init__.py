"""The study language: YAML text in, a frozen ``Study`` with resolved variants and hashed runs out."""

from experiments.language.study import Claim, Published, Run, Study, Variant
from experiments.language.study_file import parse_study
from experiments.language.study_folders import configs_folder, known_names, load_study, study_names

__all__ = [
    "Claim",
    "Published",
    "Run",
    "Study",
    "Variant",
    "configs_folder",
    "known_names",
    "load_study",
    "parse_study",
    "study_names",
]
