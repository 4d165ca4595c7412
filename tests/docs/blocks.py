"""The code blocks of a page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each block of a page of the repository, in order."""
    return _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def below(section: str, snippet: str, study: str | Path) -> None:
    """Put a snippet below a heading of a study, as a reader would."""
    file = Path(study)
    text = file.read_text(encoding="utf-8")
    assert text.count(f"\n{section}:\n") == 1
    file.write_text(text.replace(f"\n{section}:\n", f"\n{section}:\n{snippet}"), encoding="utf-8")
