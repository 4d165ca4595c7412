"""The language of claims: a small grammar of ours, parsed into frozen values. No ``eval``, no arithmetic at large.

claim      = share | spread | trend | shape | comparison
share      = ("always" | "never" | "usually") "(" (comparison | reference) ")"
spread     = "spread" "(" reference ")" ("<" | ">") "spread" "(" reference ")"
trend      = reference ("increasing" | "decreasing") "over" axis
shape      = reference ("peaks" | "dips") "inside" axis
comparison = term ("<" | ">" | "<=" | ">=") term [("+" | "-") number]
           | term "==" term ("±" | "+-") number
term       = number ["*" reference] | reference ["-" reference]
reference  = variant ["[" axis "=" value {"," axis "=" value} "]"] "." metric
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from experiments.language.expressions import (
    Comparison,
    Difference,
    Equivalence,
    Expression,
    Flag,
    Number,
    Reference,
    Shape,
    Share,
    SpreadComparison,
    Term,
    Trend,
)


class ClaimSyntaxError(Exception):
    """A claim that cannot be read: what was expected, and the column (from 1) where something else was found."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<reference>[A-Za-z_]\w*(?:-\w+)*(?:\[[^\]]*\])?(?:\.[A-Za-z_][\w]*)+)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_]\w*(?:-\w+)*)
  | (?P<symbol><=|>=|==|\+-|±|[<>+\-−*()])
  )""",
    re.VERBOSE,
)
_REFERENCE = re.compile(r"(?P<variant>[^.\[]+(?:\[[^\]]*\])?)\.(?P<metric>.+)")
_SYMBOLS = {"+-": "±", "−": "-"}
_NEAR_SYMBOLS = {"=>": ">=", "=<": "<=", "≥": ">=", "≤": "<=", "=": "=="}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            column = position + len(text[position:]) - len(text[position:].lstrip()) + 1
            raise ClaimSyntaxError(_no_meaning(text[column - 1 :]), column)
        found = match[match.lastgroup]
        yield _Token(match.lastgroup, _SYMBOLS.get(found, found), match.start(match.lastgroup) + 1)
        position = match.end()
    yield _Token("end", "", len(text) + 1)


def _no_meaning(rest: str) -> str:
    for written, meant in _NEAR_SYMBOLS.items():
        if rest.startswith(written):
            return f"{written!r} has no meaning in a claim; did you mean {meant!r}?"
    return f"{rest[0]!r} has no meaning in a claim"


class _Parser:
    """Recursive descent over the tokens of one claim."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _fail(self, expected: str) -> NoReturn:
        found = repr(self._token.text) if self._token.text else "the end of the claim"
        raise ClaimSyntaxError(f"expected {expected}, found {found}", self._token.column)

    def _take(self, kind: str, *texts: str) -> str | None:
        token = self._token
        if token.kind != kind or (texts and token.text not in texts):
            return None
        self._next += 1
        return token.text

    def _need(self, kind: str, *texts: str, expected: str | None = None) -> str:
        text = self._take(kind, *texts)
        if text is None:
            self._fail(expected or " or ".join(repr(text) for text in texts))
        return text

    def claim(self) -> Expression:
        expression = self._share() or self._spread() or self._about_a_term()
        if self._token.kind != "end":
            self._fail("the end of the claim")
        return expression

    def _share(self) -> Share | None:
        quantifier = self._take("word", "always", "never", "usually")
        if quantifier is None:
            return None
        self._need("symbol", "(")
        condition = self._condition()
        self._need("symbol", ")")
        return Share(quantifier, condition)  # type: ignore[arg-type]

    def _condition(self) -> Comparison | Equivalence | Flag:
        left = self._term()
        if isinstance(left, Reference) and self._token.text == ")":
            return Flag(left)
        return self._comparison(left)

    def _spread(self) -> SpreadComparison | None:
        if self._token.text != "spread":
            return None
        left = self._spread_side()
        operator = self._need("symbol", "<", ">")
        return SpreadComparison(left, operator, self._spread_side())  # type: ignore[arg-type]

    def _spread_side(self) -> Reference:
        self._need("word", "spread")
        self._need("symbol", "(")
        reference = self._reference()
        self._need("symbol", ")")
        return reference

    def _about_a_term(self) -> Expression:
        left = self._term()
        if isinstance(left, Reference) and left.factor == 1.0:
            if direction := self._take("word", "increasing", "decreasing"):
                self._need("word", "over")
                return Trend(left, direction, self._axis())  # type: ignore[arg-type]
            if shape := self._take("word", "peaks", "dips"):
                self._need("word", "inside")
                return Shape(left, shape, self._axis())  # type: ignore[arg-type]
        return self._comparison(left)

    def _axis(self) -> str:
        return self._need("word", expected="the name of a grid's axis")

    def _comparison(self, left: Term) -> Comparison | Equivalence:
        column = self._token.column
        operator = self._need("symbol", "<", ">", "<=", ">=", "==", expected="a comparison such as '>'")
        right = self._term()
        if isinstance(left, Number) and isinstance(right, Number):
            raise ClaimSyntaxError("a claim needs a metric, such as dropout.test_accuracy, on one side", column)
        if isinstance(left, Reference) and isinstance(right, Reference) and left.same_as(right):
            raise ClaimSyntaxError("both sides are the same metric of the same variant", column)
        if operator == "==":
            self._need("symbol", "±", expected="a margin such as '± 0.02'")
            return Equivalence(left, right, self._number())
        offset = 0.0
        if sign := self._take("symbol", "+", "-"):
            offset = self._number() * (-1 if sign == "-" else 1)
        return Comparison(left, operator, right, offset)  # type: ignore[arg-type]

    def _term(self) -> Term:
        if self._token.kind == "number" or self._token.text in ("+", "-"):
            return self._number_or_multiple()
        left = self._reference()
        following = self._tokens[self._next + 1 : self._next + 2]
        if self._token.text == "-" and following and following[0].kind == "reference":
            self._next += 1
            return Difference(left, self._reference())
        return left

    def _number_or_multiple(self) -> Term:
        value = self._number(signed=True)
        if not self._take("symbol", "*"):
            return Number(value)
        reference = self._reference()
        return Reference(reference.variant, reference.metric, reference.column, factor=value)

    def _number(self, *, signed: bool = False) -> float:
        sign = self._take("symbol", "+", "-") if signed else None
        value = float(self._need("number", expected="a number"))
        if not math.isfinite(value):
            raise ClaimSyntaxError("the number is too large", self._token.column)
        return -value if sign == "-" else value

    def _reference(self) -> Reference:
        column = self._token.column
        text = self._need("reference", expected="a metric of a variant, such as dropout.test_accuracy")
        match = _REFERENCE.fullmatch(text)
        assert match is not None  # the token's own pattern is narrower
        return Reference(match["variant"], match["metric"], column)


def parse_claim(text: str) -> Expression:
    """Read a claim such as ``dropout.test_accuracy > baseline.test_accuracy``.

    Args:
        text: The claim, in the grammar at the top of this module.

    Returns:
        The expression as frozen values.

    Raises:
        ClaimSyntaxError: With the column where reading stopped and what was expected there.
    """
    return _Parser(text).claim()
