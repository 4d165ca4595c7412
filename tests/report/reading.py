"""Reading pages back: a strict little parser that fails on markup that does not close."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def walk(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def find(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if element.tag == tag and all(element.attributes.get(key) == value for key, value in wanted.items())
        ]

    def by_id(self, name: str) -> Element:
        (found,) = [element for element in self.walk() if element.attributes.get("id") == name]
        return found

    def text(self) -> str:
        parts = [child if isinstance(child, str) else child.text() for child in self.children]
        return re.sub(r"\s+", " ", "".join(parts)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag, attributes):
        element = Element(tag, {key: value or "" for key, value in attributes})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attributes):
        self._open[-1].children.append(Element(tag, {key: value or "" for key, value in attributes}))

    def handle_endtag(self, tag):
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data):
        self._open[-1].children.append(data)


def read_page(path: Path) -> Element:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader._open == [reader.root], "something is left open"
    return reader.root


def study_data(page: Element) -> dict:
    return json.loads("".join(page.by_id("study-data").children))


def check_policy(page: Element) -> None:
    """The page's policy lets its own style and script through and nothing else, and nothing in it asks for more."""
    (meta,) = [m for m in page.find("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in meta.attributes["content"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["img-src"] == "data:"
    (style,) = page.find("style")
    scripts = [script for script in page.find("script") if script.attributes.get("type") != "application/json"]
    assert policy["style-src"] == _hash(style)
    assert [policy["script-src"]] == [_hash(script) for script in scripts]
    for element in page.walk():
        assert not any(key.startswith("on") or key == "style" for key in element.attributes), element.attributes
        for key in ("src", "href", "action", "xlink:href"):
            link = element.attributes.get(key, "")
            assert not re.match(r"(?!data:image/png;)(?!data:,$)[a-zA-Z][a-zA-Z+.-]*:|//", link), link


def _hash(element: Element) -> str:
    text = "".join(child for child in element.children if isinstance(child, str))
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
