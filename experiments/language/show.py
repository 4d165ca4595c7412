"""Studies as text: a resolved configuration with its changes marked, and the copy that starts a new study."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from experiments.errors import ConfigError, Problem
from experiments.language.configuration import Configuration
from experiments.language.loader import StudyLoader
from experiments.language.names import wrong_file_name
from experiments.language.problems import expected
from experiments.language.study import Study, Variant
from experiments.language.table_sources import describe_tables

_STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TITLE = re.compile(r"^title:.*(?:\n[ \t]+\S.*)*$", re.MULTILINE)
_ABSENT = object()


class _Dumper(yaml.SafeDumper):
    """YAML dumper that quotes exactly the text that the loader would read as another type."""

    yaml_implicit_resolvers = StudyLoader.yaml_implicit_resolvers

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def show_study(study: Study, variant: Variant | None = None) -> str:
    """Write a resolved configuration as YAML that loads again.

    Args:
        study: The study.
        variant: The variant to show, with its changes against the base marked in comments; None for the base,
            followed by a list of what each variant changes.

    Returns:
        The text.
    """
    base = study.base.to_plain()
    if variant is None:
        return "\n".join([*_head(study, "base", study.base), *_lines(base, base), "", *_overview(study)]) + "\n"
    about = [f"# {' '.join(variant.about.split())}"] if variant.about else []
    changes = [f"#   {line}" for line in change_lines(variant)] or ["#   none: this is the base"]
    head = [*_head(study, variant.name, variant.config), *about, "# Changes against the base:", *changes]
    return "\n".join([*head, *_lines(variant.config.to_plain(), base)]) + "\n"


def change_lines(variant: Variant) -> list[str]:
    """Write each change of a variant in one line, ``model.drop: {Dropout: 0.4, after: hidden}``."""
    return [f"{path}: {inline(value)}" for path, value in variant.changes.items()]


def inline(value: Any) -> str:
    """Write a value as YAML in one line."""
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True)
    return text.strip().removesuffix("\n...")


def _head(study: Study, what: str, config: Configuration) -> list[str]:
    runs = f"{len(study.variants)} variants, {study.repeats} repeats, {' and '.join(study.protocols)}"
    title = " ".join(study.title.split())  # no line of it may leave the comment
    lines = [*describe_tables([config]), *study.left_out]
    return [f"# {title}", f"# {study.file}: {what} ({runs})", *(f"# {line}" for line in lines)]


def _overview(study: Study) -> Iterator[str]:
    yield "# Variants, each with its changes:"
    shown: set[str] = set()
    for variant in study.all_variants:
        if variant.group in shown:
            continue
        shown.add(variant.group)
        points = sum(other.group == variant.group for other in study.all_variants)
        grid = f" ({points} points, the first: {variant.name})" if variant.grid else ""
        yield f"#   {variant.group}{grid}{' (on request)' if variant.on_request else ''}"
        yield from (f"#     {line}" for line in change_lines(variant))


def _lines(config: Mapping[str, Any], base: Any, indent: str = "") -> Iterator[str]:
    """Write a mapping, comparing it with the base where that has a mapping too."""
    known = base if isinstance(base, Mapping) else {}
    for key, value in config.items():
        before = known.get(key, _ABSENT) if isinstance(base, Mapping) else value
        if isinstance(value, Mapping) and value:
            yield f"{indent}{inline(key)}:" + ("  # new" if not isinstance(before, Mapping) else "")
            yield from _lines(value, before if isinstance(before, Mapping) else None, indent + "  ")
        else:
            yield f"{indent}{inline(key)}: {inline(value)}{_mark(value, before)}"
    for key in known:
        if key not in config:
            yield f"{indent}# removed: {inline({key: known[key]})[1:-1]}"


def _mark(value: Any, before: Any) -> str:
    if before is _ABSENT:
        return "  # new"
    return "" if before == value else f"  # was {inline(before)}"


def check_new_name(name: str) -> None:
    """Check the name of a new study.

    Raises:
        ConfigError: The name cannot be a file name.
    """
    plain = _STUDY_NAME.fullmatch(name)
    message = wrong_file_name(name) if plain else expected("a name of letters, digits, '_' and '-'", name)
    if message:
        raise ConfigError([Problem(None, "", message)])


def new_study(study: Study, name: str) -> str:
    """Copy a study's text, comments and all, under a new name.

    Args:
        study: The study to start from.
        name: The new study's name: letters, digits, ``_`` and ``-``.

    Returns:
        The text of the new file, with a title line of its own and the new name in the commands of its comments.

    Raises:
        ConfigError: The name cannot be a file name.
    """
    check_new_name(name)
    title = "title: " + inline(f"{name}: my version of “{study.title}”")
    text = _TITLE.sub(lambda _: title, study.text, count=1)
    command = re.compile(rf"(experiments \w+|STUDY=)(\s*){re.escape(study.name)}(?![\w-])")
    return "".join(
        command.sub(rf"\g<1>\g<2>{name}", line) if line.startswith("#") else line
        for line in text.splitlines(keepends=True)
    )
