"""Pages as single files: templates with their styles and scripts inlined; the policy forbids all other content."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments.glossary import TERMS
from experiments.protocols import PROTOCOLS
from experiments.report import wording
from experiments.report.page_words import about_word

SCRIPTS = {"index.html": ("live.js", "page.js", "scoreboard.js"), "study.html": ("page.js", "chart.js", "study.js")}
"""The scripts of each page, in their order."""

NOTHING_YET = "No results yet: python -m experiments run --all writes them."
_EMPTY_BOARD = {
    "header": "",
    "notes": (),
    "counts": (),
    "top": (),
    "topics": (),
    "rows": 0,
    "studies": (),
    "speed": None,
    "protocols": PROTOCOLS,
}

_HERE = Path(__file__).parent
_INPUTS = re.compile(r'<meta name="inputs" content="([0-9a-f]{64})">')


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["terms"] = TERMS
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":"), "ensure_ascii": False}
    environment.filters |= {"about": about_word}
    environment.filters |= {
        name: getattr(wording, name)
        for name in ("number", "duration", "plural", "look", "protocol_heading", "protocol_label")
    }
    return environment


def render(template: str, scripts: tuple[str, ...], inputs: str, **context: Any) -> str:
    """Render a page.

    Args:
        template: Name of a file in templates/.
        scripts: Names of files in static/, put into the page in this order.
        inputs: Hash of the data that the page shows, from :func:`fingerprint`.
        context: The template's variables; every string is escaped.

    Returns:
        The page's HTML. Its content-security policy allows only its own style and script, by their hashes;
        the scoreboard may also show itself in a frame.
    """
    style = _asset("site.css")
    script = "\n".join(_asset(name) for name in scripts)
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    if "live.js" in scripts:  # during a run the page loads its own newer copy, from a file or a server
        policy += "; frame-src 'self' file:"
    page = _environment().get_template(template)
    return page.render(style=style, script=script, policy=policy, inputs=inputs, **context)


def start_page() -> str:
    """Render the scoreboard of a run that has just begun; imports neither pandas nor matplotlib."""
    return render("index.html", SCRIPTS["index.html"], fingerprint(b""), home="index.html", board=_EMPTY_BOARD)


def fingerprint(*parts: bytes) -> str:
    """Return the hash of the data of a page and of the templates, scripts and code of this package."""
    digest = hashlib.sha256(_own_sources())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def inputs_of(page: Path) -> str | None:
    """Return the hash of the inputs of an existing page; None where there is no such page."""
    try:
        with page.open(encoding="utf-8") as file:
            found = _INPUTS.search(file.read(4096))
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return found[1] if found else None


@cache
def _asset(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


@cache
def _own_sources() -> bytes:
    rooms = [_HERE, _HERE.parent / "analysis"]
    files = [
        path for room in rooms for path in sorted(room.rglob("*")) if path.suffix in (".py", ".html", ".css", ".js")
    ]
    files += [*sorted(_HERE.parent.glob("column*.py")), _HERE.parent / "glossary.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).digest()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
