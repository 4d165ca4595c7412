"""The verb ``new``: a copy of a study to start one's own, or a first study of a table."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import ExperimentsError

if TYPE_CHECKING:
    from experiments.tabular.first_look import FirstLook


def new_study(arguments: Namespace) -> int:
    """Write a study and the schema to ``configs/`` of the working directory, and print the next commands."""
    if (arguments.data is None) != (arguments.target is None):
        missing = "--target COLUMN" if arguments.target is None else "--data FILE"
        raise ExperimentsError(f"a study of a table needs {missing} as well")
    if (arguments.data is None) == (arguments.study is None):
        raise ExperimentsError("new needs the study to copy, or --data FILE and --target COLUMN; expected one of them")
    if arguments.data is not None:
        _study_of_table(Path(arguments.data), arguments.target, arguments.name)
        return 0
    from experiments.language import load_study
    from experiments.language.show import new_study as render

    path = _free_path(arguments.name)
    text = render(load_study(arguments.study), arguments.name)
    _write(path, text)
    _print_next(path)
    return 0


def _free_path(name: str) -> Path:
    """Return the path of a new study.

    Raises:
        ExperimentsError: The name is that of another study.
    """
    from experiments.language import study_names
    from experiments.language.names import case_twins, twins_message
    from experiments.language.show import check_new_name
    from experiments.language.study_folders import OWN_FOLDER

    check_new_name(name)
    twins = case_twins([*study_names(OWN_FOLDER), name])
    if twins:
        raise ExperimentsError(twins_message(*twins[0]))
    path: Path = OWN_FOLDER / f"{name}.yaml"
    if path.exists():
        raise ExperimentsError(f"{path} already exists; choose another name or edit it")
    return path


def _write(path: Path, text: str) -> None:
    from experiments.language.study_folders import shipped_folder
    from experiments.store.files import write_atomically

    schema, shipped = path.parent / "schema.json", shipped_folder() / "schema.json"
    if not schema.exists() and shipped.is_file():
        write_atomically(schema, shipped.read_text(encoding="utf-8"))
    write_atomically(path, text)


def _print_next(path: Path) -> None:
    print(f"{path} is yours to edit. Then:")
    print(f"  python -m experiments check {path.stem}")
    print(f"  python -m experiments run {path.stem}")


def _study_of_table(data: Path, target: list[str], name: str) -> None:
    """Look at a table, write a first study of it, and print what was seen."""
    from experiments.language.problems import nearest
    from experiments.language.table_study import study_of_table
    from experiments.tabular import TableError, locate
    from experiments.tabular.first_look import look_at

    path = _free_path(name)
    try:
        look = look_at(locate(data.resolve().parent, data.resolve().name), target)
    except TableError as error:
        hint = nearest(error.name, error.known) if error.known else ""
        raise ExperimentsError(f"{data}: {error}{hint}") from error
    file = _beside(data, path.parent)
    _write(path, study_of_table(look, file.relative_to(path.parent.resolve()).as_posix(), name))
    for line in _seen(look, data):
        print(line)
    _print_next(path)


def _beside(data: Path, folder: Path) -> Path:
    """Return the path of a table in the folder of the studies, where a table from elsewhere is copied.

    Raises:
        ExperimentsError: Another table has its name there.
    """
    from experiments.store.files import write_atomically

    if data.resolve().is_relative_to(folder.resolve()):
        return data.resolve()
    copy, content = folder / data.name, data.read_bytes()
    if copy.is_file() and copy.read_bytes() != content:
        raise ExperimentsError(f"{copy} is another table of the same name; rename {data} or move it to {folder}/")
    if not copy.exists():
        write_atomically(copy, content)
        print(f"{data} is copied to {copy}, because a study's table is beside its file.")
    return copy.resolve()


def _seen(look: FirstLook, data: Path) -> list[str]:
    """Write what the table looks like."""
    lines = [f"{data.name}: {look.table.description()}"]
    written = look.table.written
    if written is not None:
        separator = {"\t": "tab"}.get(written.separator, written.separator)
        lines.append(f"  written with separator {separator!r}, decimal sign {written.decimal!r}, {written.encoding}")
    for kind in dict.fromkeys(look.table.kinds.values()):
        names = [name for name, other in look.table.kinds.items() if other == kind]
        shown = ", ".join(names[:8]) + (f", … ({len(names)})" if len(names) > 8 else "")
        lines.append(f"  {kind}: {shown}")
    lines += [f"  left out: {column}, which {why}" for column, why in look.left_out.items()]
    classes = look.table.targets.classes
    if classes:
        counts = [int((look.table.targets.values == number).sum()) for number in range(len(classes))]
        pairs = sorted(zip(counts, classes, strict=True), reverse=True)
        lines.append("  rows of each class: " + ", ".join(f"{name} {count:,}" for count, name in pairs[:10]))
    return lines
