"""Read YAML into data with places, by the rules of YAML 1.2 for plain scalars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import yaml

from experiments.errors import Place
from experiments.language.located import LocatedDict, LocatedList
from experiments.language.problems import Problems, found

LARGEST_FILE = 1_000_000
DEEPEST_NESTING = 50
_LARGEST_INTEGER = 2**63

_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StudyLoader(_BaseLoader):  # type: ignore[misc]
    """A safe loader whose plain scalars follow YAML 1.2: ``1e-3`` is a number, ``no`` and ``on`` are text."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    (
        "float",
        r"^(?:[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
):
    StudyLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def load_yaml(content: bytes | str, file: str, problems: Problems) -> Any:
    """Read one YAML document.

    Args:
        content: The file's bytes, or its text.
        file: The name that places carry.
        problems: Collects what is wrong: syntax, duplicate keys, anchors, aliases, tags, several
            documents, a file that is not UTF-8, empty, over 1 MB or nested over 50 deep.

    Returns:
        Located mappings and lists, and scalars; None if nothing could be read.
    """
    text = _text(content, file, problems)
    if text is None:
        return None
    try:
        return _Tree(file, problems).build(_events(text))
    except _UnreadableError as error:
        problems.add(error.place, "", str(error))
    except yaml.MarkedYAMLError as error:
        problems.add(*_syntax_problem(error, file, text.splitlines()))
    except yaml.YAMLError as error:
        problems.add(Place(file, 1, 1), "", f"not valid YAML: {str(error).splitlines()[0]}")
    return None


def _text(content: bytes | str, file: str, problems: Problems) -> str | None:
    if len(content) > LARGEST_FILE:
        problems.add(
            Place(file, 1, 1), "", f"the file has {len(content):,} bytes; a study has at most {LARGEST_FILE:,}"
        )
        return None
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            place = Place(file, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
            problems.add(place, "", "expected UTF-8 text, found bytes that are not text")
            return None
    control = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", content)
    if control:
        start = content[: control.start()]
        place = Place(file, start.count("\n") + 1, len(start) - start.rfind("\n"))
        problems.add(place, "", f"expected text, found the control character {control[0]!r}")
        return None
    return content


def _events(text: str) -> Iterator[yaml.Event]:
    loader = StudyLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _syntax_problem(error: yaml.MarkedYAMLError, file: str, lines: list[str]) -> tuple[Place, str, str]:
    """Return place, path and message of a syntax error; the usual mistakes are named in place of the parser's words."""
    place = _place(file, error.problem_mark or error.context_mark)
    start = _place(file, error.context_mark or error.problem_mark)
    problem, line = str(error.problem), lines[place.line - 1] if place.line <= len(lines) else ""
    if line[place.column - 1 : place.column] == "\t":
        return place, "", "not valid YAML: expected spaces for the indentation, found a tab"
    if "could not find expected ':'" in problem:  # the parser notices it in the next line
        text = lines[start.line - 1][start.column - 1 :].strip()
        return start, "", f"not valid YAML: expected 'key: value', found {found(text)}"
    if "mapping values are not allowed" in problem:
        return _stray_colon(place, line, lines)
    if problem == "did not find expected key" and "block mapping" in str(error.context):
        first = f"{start.line}:{start.column}"
        return place, "", f"not valid YAML: expected a key that is indented like the first one of its mapping, {first}"
    begun = f" that begins in line {start.line}" if start.line != place.line else ""
    context = f" ({error.context}{begun})" if error.context else ""
    return place, "", f"not valid YAML: {problem}{context}"


def _stray_colon(place: Place, line: str, lines: list[str]) -> tuple[Place, str, str]:
    """Return the problem of a ':' that begins no value: in a value, or after a line that the parser joins with its."""
    if ":" in line[: place.column - 1]:
        return place, "", "not valid YAML: a ':' inside a value; expected quotes around the whole value"
    number, above = next(
        ((number, text) for number in range(place.line - 1, 0, -1) if (text := lines[number - 1].strip())), (0, ":")
    )
    if ":" not in above:
        start = Place(place.file, number, lines[number - 1].index(above) + 1)
        return start, "", f"not valid YAML: expected 'key: value', found {found(above)}"
    start = Place(place.file, place.line, len(line) - len(line.lstrip()) + 1)
    return start, "", "not valid YAML: expected a key that is indented like those above it"


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)


class _UnreadableError(Exception):
    """An error after which the rest of the file cannot be read."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


class _Tree:
    """Builder of located data from parser events.

    It does not use ``yaml.compose``, which recurses: deep nesting would exhaust the stack before it can be refused.
    """

    def __init__(self, file: str, problems: Problems) -> None:
        self._file, self._problems = file, problems
        self._stack: list[tuple[LocatedDict | LocatedList, Place, list[tuple[str, Place]]]] = []
        self._root: Any = None
        self._documents = 0

    def build(self, events: Iterator[yaml.Event]) -> Any:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise _UnreadableError(self._mark(event), "expected one document, found a second one after '---'")
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor), self._mark(event))
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
                if len(self._stack) > DEEPEST_NESTING:
                    raise _UnreadableError(self._mark(event), f"nested more than {DEEPEST_NESTING} levels deep")
            elif isinstance(event, yaml.CollectionEndEvent):
                container, place, _ = self._stack.pop()
                self._attach(container, place)
        if self._documents == 0:
            self._add(
                Place(self._file, 1, 1), "the file is empty; expected a study with title, data, model and training"
            )
        return self._root

    def _node(self, event: Any) -> None:
        place = self._mark(event)
        if event.anchor is not None:
            self._add(place, f"anchors are not allowed, found '&{event.anchor}'; write the value where it is used")
        if event.tag is not None:
            self._add(place, f"tags are not allowed, found {event.tag!r}; write plain values")
        if isinstance(event, yaml.MappingStartEvent):
            self._open(LocatedDict(), place)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(LocatedList(), place)
        elif unprintable := _UNPRINTABLE.search(event.value):
            raise _UnreadableError(place, f"expected text, found the control character {unprintable[0]!a}")
        elif self._key_wanted():
            self._key(event.value, place)
        else:
            self._attach(self._scalar(event, place), place)

    def _alias(self, name: str, place: Place) -> None:
        message = f"aliases are not allowed, found '*{name}'; write the value out"
        if self._key_wanted():
            raise _UnreadableError(place, message)
        self._add(place, message)
        self._attach(None, place)

    def _open(self, container: LocatedDict | LocatedList, place: Place) -> None:
        if self._key_wanted():
            raise _UnreadableError(place, "expected a name as key, found a mapping or a list")
        self._stack.append((container, place, []))

    def _key_wanted(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1][0], LocatedDict) and not self._stack[-1][2]

    def _key(self, text: str, place: Place) -> None:
        if text in ("", "<<"):
            self._add(place, f"expected a name as key, found {text!r}")
        container = self._stack[-1][0]
        assert isinstance(container, LocatedDict)
        if text in container:
            first = container.key_places[text]
            self._add(place, f"{text!r} is written twice; the first is in line {first.line}")
        self._stack[-1][2].append((text, place))

    def _attach(self, value: Any, place: Place) -> None:
        if not self._stack:
            self._root = value
            return
        container, _, pending = self._stack[-1]
        if isinstance(container, LocatedList):
            container.append(value)
            container.places.append(place)
        else:
            key, key_place = pending.pop()
            container.put(key, value, key_place, place)

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Any:
        text = event.value
        tag = _RESOLVER.resolve(yaml.ScalarNode, text, event.implicit) if event.implicit[0] else None
        match tag:
            case "tag:yaml.org,2002:null":
                return None
            case "tag:yaml.org,2002:bool":
                return text.lower() == "true"
            case "tag:yaml.org,2002:int":
                return self._integer(text, place)
            case "tag:yaml.org,2002:float":
                return _float(text)
        return text

    def _integer(self, text: str, place: Place) -> int | None:
        value = _LARGEST_INTEGER if len(text) > 30 else int(text, 16 if text.startswith("0x") else 10)
        if abs(value) >= _LARGEST_INTEGER:
            self._add(place, f"expected a number of at most 64 bits, found {found(text)}")
            return None
        return value

    def _mark(self, event: yaml.Event) -> Place:
        return _place(self._file, event.start_mark)

    def _add(self, place: Place, message: str) -> None:
        self._problems.add(place, "", message)


def _float(text: str) -> float:
    """Return a float, also infinity and NaN, which published figures may be."""
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


# An escape such as "\e" in a YAML string would reach the terminal; bidirectional ones show a text in another order.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RESOLVER = StudyLoader("")
