"""Random damage to the text of a study: what typing, merging and half-finished editing do to a file."""

from __future__ import annotations

import random
import re

_WORD = re.compile(r"[\w.]+")
_VALUES = (
    "", "null", "true", "-1", "0", "1e400", ".nan", "99999999999999999999", "[]", "{}", "[[[[]]]]", "{a: {b: c}}",
    "'x'",
    "..", "/", "~", "é", "\u2028", "\t", "&a b", "*a", "!!int 3", "2026-01-01", "1:30", "0x1F", "a.b.c", "inf", "$x$",
    "a < b", "usually(a.b > 0)", "x" * 3000, "%s", "{0}", "<b>", "=1+1",
)  # fmt: skip


def mutated(text: str, seed: int) -> str:
    """Return the text with one to four random changes.

    Args:
        text: A valid study.
        seed: Chooses the changes.
    """
    draw = random.Random(seed)
    lines = text.split("\n")
    for _ in range(draw.randint(1, 4)):
        draw.choice(_CHANGES)(lines, draw)
    return "\n".join(lines)


def _delete(lines: list[str], draw: random.Random) -> None:
    at = draw.randrange(len(lines))
    del lines[at : at + draw.randint(1, 3)]
    lines.append("")


def _repeat(lines: list[str], draw: random.Random) -> None:
    lines.insert(draw.randrange(len(lines)), draw.choice(lines))


def _indent(lines: list[str], draw: random.Random) -> None:
    at = draw.randrange(len(lines))
    lines[at] = lines[at][2:] if draw.random() < 0.5 else f"  {lines[at]}"


def _other_word(lines: list[str], draw: random.Random) -> None:
    at, other = draw.randrange(len(lines)), draw.choice(_WORD.findall("\n".join(lines)) or ["a"])
    lines[at] = _with_word(lines[at], other, draw)


def _other_value(lines: list[str], draw: random.Random) -> None:
    at = draw.randrange(len(lines))
    lines[at] = _with_word(lines[at], draw.choice(_VALUES), draw)


def _typing_slip(lines: list[str], draw: random.Random) -> None:
    at = draw.randrange(len(lines))
    position = draw.randrange(len(lines[at]) + 1)
    lines[at] = (
        lines[at][:position] + draw.choice(":-{}[]#'\"*&!|>%@,? ax1.") + lines[at][position + draw.randint(0, 1) :]
    )


def _with_word(line: str, word: str, draw: random.Random) -> str:
    found = list(_WORD.finditer(line))
    if not found:
        return line + word
    chosen = draw.choice(found)
    return line[: chosen.start()] + word + line[chosen.end() :]


_CHANGES = (_delete, _repeat, _indent, _other_word, _other_value, _typing_slip)
