"""Tables from files as data sources: their options, the checksum in the configuration, and the checks of their content.

``table: {file: housing.csv, target: price}`` gets the argument ``sha256`` here, so that the hash of a run covers the
content of the file. The file itself is read by ``experiments.tabular``, which imports pandas: only for such a source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.language.allowed import TABLE_ARGUMENTS
from experiments.language.components import Component
from experiments.language.configuration import Configuration, DataSettings
from experiments.language.located import LocatedDict
from experiments.language.problems import Problems, nearest

if TYPE_CHECKING:
    from experiments.tabular import TableOptions, TypedTable

_WRITTEN_ROWS = ("x", "y")
_OF_FILES = tuple(argument for argument in TABLE_ARGUMENTS if argument not in _WRITTEN_ROWS)


def is_file_table(source: Component) -> bool:
    """Return whether a source is a table from a file, not one whose rows are written into the study."""
    return source.name == "table" and source.get("file") is not None


def file_table(data: DataSettings) -> Component | None:
    """Return the source that is a table from a file, which is the only source then; None without one."""
    return next(filter(is_file_table, data.sources.values()), None)


def table_of(source: Component, folder: str) -> TypedTable:
    """Read the table of a source.

    Args:
        source: A table from a file.
        folder: The folder of the study's file.

    Returns:
        The table, the same object for each call as long as the file stays as it is.

    Raises:
        TableError: It cannot be used, or the file has changed since the study was loaded.
    """
    from experiments.tabular import TableError, checksum_of, locate, read_table

    path = locate(Path(folder), source.arguments["file"])
    expected = source.get("sha256")
    if expected is not None and checksum_of(path) != expected:
        message = f"{source.arguments['file']!r} is not the file with this checksum; expected {checksum_of(path)}"
        raise TableError("sha256", message)
    return read_table(path, options_of(source))


def options_of(source: Component) -> TableOptions:
    """Return what a source says about its table."""
    from experiments.tabular import TableOptions

    given: dict[str, Any] = {key: _names(source.get(key)) for key in ("target", "inputs", "without", "categorical")}
    given |= {key: source.get(key) or "" for key in ("group", "order", "separator", "decimal", "encoding")}
    return TableOptions(**given, task=source.get("task"), fills_missing=source.get("imputer") is not None)


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def check_table_arguments(table: LocatedDict, path: str, problems: Problems) -> None:
    """Check that a table has the arguments of written rows or those of a file, and all that are needed.

    Args:
        table: The arguments, each valid by itself.
        path: Dotted path of the source.
        problems: Collects what is wrong.
    """
    of_file = [argument for argument in _OF_FILES if table.get(argument) is not None]
    written = [argument for argument in _WRITTEN_ROWS if table.get(argument) is not None]
    if of_file and written:
        message = (
            f"{of_file[0]!r} belongs to a table from a file, {written[0]!r} to one written here; expected one kind"
        )
        problems.add(table.key_place_of(of_file[0]), f"{path}.{of_file[0]}", message)
    needed = ("file", "target") if of_file else _WRITTEN_ROWS
    missing = [repr(argument) for argument in needed if table.get(argument) is None]
    if missing and not (of_file and written):
        place = table.key_place_of((of_file or written or ["x"])[0])
        forms = "" if of_file or written else " (or 'file' and 'target')"
        problems.add(place, path, f"table needs {', '.join(missing)}{forms}")
    if table.get("separator") is not None and table.get("separator") == (table.get("decimal") or "."):
        problems.add(table.place_of("separator"), f"{path}.separator", "is the decimal sign as well")


def with_checksums(data: LocatedDict, folder: str, problems: Problems) -> LocatedDict:
    """Add the checksum of its file to each table, and check the content.

    Args:
        data: The expanded ``data`` section, valid by itself.
        folder: The folder of the study's file.
        problems: Collects what is wrong with a table.

    Returns:
        The section, or a copy of it where it has a table from a file.
    """
    settings = DataSettings.from_plain(data, folder)
    for slot, source in settings.sources.items():
        if is_file_table(source):
            arguments: LocatedDict = data[slot]["table"]
            if len(settings.sources) > 1:
                message = "a table from a file is the only source of its rows; expected no other one beside it"
                problems.add(arguments.key_place_of("file"), f"data.{slot}", message)
            data = _checked(data, slot, source, folder, problems)
    return data


def _checked(data: LocatedDict, slot: str, source: Component, folder: str, problems: Problems) -> LocatedDict:
    from experiments.tabular import TableError, checksum_of, locate

    arguments: LocatedDict = data[slot]["table"]
    try:
        table = table_of(source, folder)
        _check_encoder(source, table)
    except TableError as error:
        place = arguments.place_of(error.argument) or arguments.place_of("file") or data.place_of(slot)
        hint = nearest(error.name, error.known) if error.known else ""
        problems.add(place, f"data.{slot}.{error.argument}", f"{error}{hint}")
        return data
    checksum = checksum_of(locate(Path(folder), arguments["file"]))
    pinned, component, copy = arguments.shallow(), data[slot].shallow(), data.shallow()
    pinned.put("sha256", checksum, *_places(arguments, "sha256"))
    component.put("table", pinned, *_places(data[slot], "table"))
    copy.put(slot, component, *_places(data, slot))
    return copy


def _places(mapping: LocatedDict, key: str) -> tuple[Any, Any]:
    return mapping.key_places.get(key), mapping.value_places.get(key)


def _check_encoder(source: Component, table: TypedTable) -> None:
    from experiments.tabular import TableError

    categories = [name for name, kind in table.kinds.items() if kind == "category"]
    if categories and source.get("encoder") is None:
        shown = ", ".join(map(repr, categories[:3])) + (", …" if len(categories) > 3 else "")
        column = "column" if len(categories) == 1 else "columns"
        message = (
            f"needed for the text in {column} {shown}; expected encoder: OneHotEncoder, or without: [{categories[0]}]"
        )
        raise TableError("encoder", message)


def describe_tables(configs: Iterable[Configuration]) -> list[str]:
    """Describe each table of some configurations in one line: rows, columns, and what is learned."""
    lines: Mapping[str, None] = dict.fromkeys(
        f"{source.arguments['file']}: {table_of(source, config.data.folder).description()}"
        for config in configs
        if (source := file_table(config.data)) is not None
    )
    return list(lines)
