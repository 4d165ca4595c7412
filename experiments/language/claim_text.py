"""The text of a claim, cut into tokens and read from left to right. What the tokens mean is in ``expressions``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn


class ClaimSyntaxError(Exception):
    """A claim that cannot be read: what was expected, and the column (from 1) where something else was found."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<reference>[A-Za-z_]\w*(?:-\w+)*(?:\[[^\]]*\])?(?:\.\w+)+)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_]\w*(?:-\w+)*)
  | (?P<symbol><=|>=|==|\+-|±|[<>+\-−*/()])
  )""",
    re.VERBOSE,
)
_SYMBOLS = {"+-": "±", "−": "-"}
_NEAR_SYMBOLS = {"=>": ">=", "=<": "<=", "≥": ">=", "≤": "<=", "=": "=="}


@dataclass(frozen=True)
class Token:
    """One word, number, symbol or reference.

    Attributes:
        kind: "reference", "number", "word", "symbol", or "end".
        text: As written; symbols in their usual form.
        column: Where it starts, from 1.
    """

    kind: str
    text: str
    column: int


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            column = position + len(text[position:]) - len(text[position:].lstrip()) + 1
            raise ClaimSyntaxError(_no_meaning(text[column - 1 :]), column)
        found = match[match.lastgroup]
        yield Token(match.lastgroup, _SYMBOLS.get(found, found), match.start(match.lastgroup) + 1)
        position = match.end()
    yield Token("end", "", len(text) + 1)


def _no_meaning(rest: str) -> str:
    for written, meant in _NEAR_SYMBOLS.items():
        if rest.startswith(written):
            return f"{written!r} has no meaning in a claim; did you mean {meant!r}?"
    return f"{rest[0]!r} has no meaning in a claim"


class ClaimText:
    """The tokens of one claim and the position of reading.

    Args:
        text: The claim.

    Attributes:
        position: Index of the next token; set it back to read again.

    Raises:
        ClaimSyntaxError: A character has no meaning in a claim.
    """

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self.position = 0

    @property
    def next(self) -> Token:
        """The next token."""
        return self._tokens[self.position]

    @property
    def second(self) -> Token:
        """The token after the next one; the end where there is none."""
        return self._tokens[min(self.position + 1, len(self._tokens) - 1)]

    def fail(self, expected: str) -> NoReturn:
        """Raise a ``ClaimSyntaxError`` at the next token."""
        found = repr(self.next.text) if self.next.text else "the end of the claim"
        raise ClaimSyntaxError(f"expected {expected}, found {found}", self.next.column)

    def take(self, kind: str, *texts: str) -> str | None:
        """Read the next token if it is of this kind and, where texts are given, one of these; else return None."""
        token = self.next
        if token.kind != kind or (texts and token.text not in texts):
            return None
        self.position += 1
        return token.text

    def need(self, kind: str, *texts: str, expected: str | None = None) -> str:
        """Read the next token like ``take``, or raise a ``ClaimSyntaxError``."""
        text = self.take(kind, *texts)
        if text is None:
            self.fail(expected or " or ".join(repr(text) for text in texts))
        return text

    def number(self, *, signed: bool = False) -> float:
        """Read a number, with a sign in front of it if ``signed``."""
        sign = self.take("symbol", "+", "-") if signed else None
        value = float(self.need("number", expected="a number"))
        if not math.isfinite(value):
            raise ClaimSyntaxError("the number is too large", self.next.column)
        return -value if sign == "-" else value

    def end(self) -> None:
        """Check that nothing is left."""
        if self.next.kind != "end":
            self.fail("the end of the claim")
