"""Find studies by name or path, and load them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.errors import ConfigError, Place, Problem
from experiments.language.loader import LARGEST_FILE
from experiments.language.names import case_twins, twins_message, wrong_file_name
from experiments.language.problems import nearest
from experiments.language.reader import parse_study
from experiments.language.study import Study


def configs_folder() -> Path:
    """Find the folder of studies: ``configs/`` here, or else that of the checkout the package lies in."""
    here = Path("configs")
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / "configs"


def study_names() -> tuple[str, ...]:
    """List the names of the studies in ``configs/``, sorted."""
    return tuple(sorted(path.stem for path in configs_folder().glob("*.yaml")))


def load_study(path_or_name: str | Path, *, sets: Sequence[str] = ()) -> Study:
    """Load and check one study.

    Args:
        path_or_name: A YAML file, or the name of a study in ``configs/``.
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
    return parse_study(content, name=path.stem, file=_shown(path), sets=sets)


def _check_name(path: Path) -> None:
    """Check that a file's name can be that of a folder of results of its own."""
    message = wrong_file_name(path.stem)
    beside = sorted(other.stem for other in path.parent.glob("*.yaml") if other.stem.casefold() == path.stem.casefold())
    twins = [twins_message(*pair) for pair in case_twins(beside)]
    if message or twins:
        raise ConfigError([Problem(Place(_shown(path), 1, 1), "", message or f"two studies: {twins[0]}")])


def _find(path_or_name: str | Path) -> Path:
    path, name = Path(path_or_name), str(path_or_name)
    if isinstance(path_or_name, Path) or path.suffix in (".yaml", ".yml") or len(path.parts) != 1:
        return path
    found = configs_folder() / f"{name}.yaml"
    if not found.is_file():
        message = f"there is no study {name!r} in {configs_folder()}{nearest(name, study_names())}"
        raise ConfigError([Problem(None, "", message)])
    return found


def _shown(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
