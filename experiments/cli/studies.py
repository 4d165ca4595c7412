"""Loading of studies by the names and files of the command line, with the problems of all of them at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.errors import ConfigError, ExperimentsError, Problem

if TYPE_CHECKING:
    from experiments.language import Study

RESULTS = "results"


def load_all(names: Sequence[str], sets: Sequence[str] = ()) -> list[Study]:
    """Load studies.

    Args:
        names: Names in ``configs/`` or YAML files; duplicates count once.
        sets: ``--set`` changes.

    Raises:
        ConfigError: With the problems of all of them.
        ExperimentsError: Two files have one name, so that they would share a results folder.
    """
    from experiments.language import load_study

    studies: dict[str, Study] = {}
    problems: list[Problem] = []
    for name in dict.fromkeys(names):
        try:
            study = load_study(name, sets=sets)
        except ConfigError as error:
            problems += error.problems
            continue
        other = studies.setdefault(study.name.casefold(), study)  # some file systems ignore the case of letters
        if other.file != study.file:
            raise ExperimentsError(f"{other.file} and {study.file} would both write results/{study.name}/")
    if problems:
        raise ConfigError(dict.fromkeys(problems))
    return list(studies.values())


def every_name() -> tuple[str, ...]:
    """Return the names of every study in ``configs/``; without that folder, of every shipped study.

    Raises:
        ExperimentsError: There is none.
    """
    from experiments.language import configs_folder, study_names

    names = study_names()
    if not names:
        raise ExperimentsError(f"there is no study in {configs_folder()}/")
    return names


def with_own_folder(study: Study) -> Study:
    """Return a study that ``--set`` changed with a name, and so a results folder, of its own: ``dropout@1f3a9c2e``."""
    hashes = "".join(run.hash for run in study.runs(repeats=1))
    return replace(study, name=f"{study.name}@{hashlib.sha256(hashes.encode()).hexdigest()[:8]}")
