"""Which studies a results folder holds, so that its scoreboard shows all of them and not only the last one run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError
from experiments.store.folder import StudyFolder

if TYPE_CHECKING:
    from experiments.language.study import Study


def studies_with_results(given: Sequence[Study], out: Path) -> list[Study]:
    """Find every study that has runs in a results folder and whose YAML can still be read.

    Args:
        given: Studies that are loaded already, with ``--set`` applied.
        out: The results folder.

    Returns:
        The given ones and the others, by name. Those made with ``--set`` beside the study they vary ("dropout@1f3a")
        have a page of their own and are left out here unless they are given.
    """
    found = {study.name: study for study in given}
    for name, source in _sources(out):
        if name not in found and "@" not in name and StudyFolder.of(name, out).runs.is_file():
            study = _load(source)
            if study is not None and study.name == name:
                found[name] = study
    return [found[name] for name in sorted(found)]


def read_mark(path: Path) -> dict[str, str]:
    """Read what the pages of a study were made from.

    Args:
        path: The study's ``.reported``.

    Returns:
        ``made_from``, a fingerprint, and ``file``, the YAML; {} where there is nothing that can be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def refuse_namesakes(studies: Sequence[Study], out: Path) -> None:
    """Keep the results of one YAML from being taken for those of another one of the same name.

    Args:
        studies: What is to be run.
        out: The results folder.

    Raises:
        ExperimentsError: A study's folder there was written for a file elsewhere that still exists.
    """
    for study in studies:
        folder = StudyFolder.of(study.name, out)
        other = Path(read_mark(folder.reported).get("file", study.file))
        if other.is_file() and other.resolve() != Path(study.file).resolve():
            advice = "give --out another folder, or rename one of the two files"
            raise ExperimentsError(f"{folder.path} has the results of {other}, not of {study.file}: {advice}")


def _sources(out: Path) -> Iterator[tuple[str, str]]:
    from experiments.language import study_names

    for path in sorted(out.glob("*/.reported")):
        mark = read_mark(path)
        if "file" in mark:
            yield path.parent.name, mark["file"]
    for name in study_names():
        yield name, name


def _load(source: str) -> Study | None:
    from experiments.language import load_study

    try:
        return load_study(source)
    except (ExperimentsError, OSError):
        return None
