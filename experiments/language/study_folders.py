"""The folders and names of studies, and a study loaded by its name or its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.errors import ConfigError, Place, Problem
from experiments.language.loader import LARGEST_FILE
from experiments.language.names import case_twins, twins_message, wrong_file_name
from experiments.language.problems import nearest
from experiments.language.study import Study
from experiments.language.study_file import parse_study

OWN_FOLDER = Path("configs")
"""The user's studies, in the working directory."""


def shipped_folder() -> Path:
    """Return the folder of the shipped studies: inside the installed package, or ``configs/`` of the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def configs_folder() -> Path:
    """Return the folder of studies: ``configs/`` in the working directory, or else that of the shipped ones."""
    return OWN_FOLDER if OWN_FOLDER.is_dir() else shipped_folder()


def study_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the studies in a folder, sorted; by default in ``configs_folder()``."""
    return tuple(sorted(path.stem for path in (folder or configs_folder()).glob("*.yaml")))


def known_names() -> tuple[str, ...]:
    """Return every name that ``load_study`` finds: those of the user's studies, then those of further shipped ones."""
    return tuple(dict.fromkeys((*study_names(), *study_names(shipped_folder()))))


def load_study(path_or_name: str | Path, *, sets: Sequence[str] = ()) -> Study:
    """Load and check one study.

    Args:
        path_or_name: A YAML file, or the name of a study in ``configs/`` or of a shipped one.
        sets: Changes in the form ``dotted.path=value``, applied after every variant's own.

    Returns:
        The study with every variant resolved.

    Raises:
        ConfigError: With all problems of the file, each with its place.
    """
    path = _find(path_or_name)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigError([Problem(None, str(path_or_name), f"cannot be read: {error.strerror}")]) from None
    _check_name(path)
    return parse_study(content, name=path.stem, file=_shown(path), sets=sets, folder=str(path.resolve().parent))


def _check_name(path: Path) -> None:
    """Check that a file's name can be the name of a folder of results."""
    message = wrong_file_name(path.stem)
    beside = sorted(other.stem for other in path.parent.glob("*.yaml") if other.stem.casefold() == path.stem.casefold())
    twins = [twins_message(*pair) for pair in case_twins(beside)]
    if message or twins:
        raise ConfigError([Problem(Place(_shown(path), 1, 1), "", message or f"two studies: {twins[0]}")])


def _find(path_or_name: str | Path) -> Path:
    path, name = Path(path_or_name), str(path_or_name)
    if isinstance(path_or_name, Path) or path.suffix in (".yaml", ".yml") or len(path.parts) != 1:
        return path
    for folder in (OWN_FOLDER, shipped_folder()):
        found = folder / f"{name}.yaml"
        if found.is_file():
            return found
    hint = nearest(name, known_names()) or "; python -m experiments list shows the studies"
    message = f"there is no study {name!r} in {configs_folder()}{hint}"
    raise ConfigError([Problem(None, "", message)])


def _shown(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
