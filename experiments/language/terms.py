"""The terms of a claim: a metric of a variant, a number, or the difference or ratio of two metrics."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

from experiments.language.claim_text import ClaimText

_REFERENCE = re.compile(r"(?P<variant>[^.\[]+(?:\[[^\]]*\])?)\.(?P<metric>.+)")


@dataclass(frozen=True)
class Reference:
    """``variant[axis=value,…].metric``, or ``number * variant.metric``."""

    variant: str
    metric: str
    factor: float = 1.0

    @classmethod
    def read(cls, text: ClaimText) -> Reference:
        """Read a reference without a factor."""
        match = _REFERENCE.fullmatch(
            text.need("reference", expected="a metric of a variant, such as dropout.test_accuracy")
        )
        assert match is not None  # the token's own pattern is narrower
        return cls(match["variant"], match["metric"])

    def same_as(self, other: Term) -> bool:
        """Whether the other term is the same metric of the same variant, times any factor."""
        return isinstance(other, Reference) and (self.variant, self.metric) == (other.variant, other.metric)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics that the term reads."""
        return (self,)

    def __str__(self) -> str:
        """Write the term as in a claim."""
        factor = "" if self.factor == 1.0 else f"{written(self.factor)} * "
        return f"{factor}{self.variant}.{self.metric}"


@dataclass(frozen=True)
class Number:
    """``0.9``: a plain number in the place of a metric."""

    value: float

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics that the term reads: none."""
        return ()

    def __str__(self) -> str:
        """Write the term as in a claim."""
        return written(self.value)


@dataclass(frozen=True)
class Difference:
    """``a.metric - b.metric``: what one variant has more than another in the same repeat."""

    left: Reference
    right: Reference

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics that the term reads."""
        return (self.left, self.right)

    def __str__(self) -> str:
        """Write the term as in a claim."""
        return f"{self.left} - {self.right}"


@dataclass(frozen=True)
class Ratio:
    """``a.metric / b.metric``, or ``number *`` it: how many times one metric is another in the same repeat."""

    left: Reference
    right: Reference

    @property
    def factor(self) -> float:
        """The number before the ratio."""
        return self.left.factor

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics that the term reads."""
        return (self.left, self.right)

    def __str__(self) -> str:
        """Write the term as in a claim."""
        return f"{self.left} / {self.right}"


Term: TypeAlias = Reference | Difference | Ratio | Number


def read_term(text: ClaimText) -> Term:
    """Read a number, a reference, two references with ``-`` or ``/`` between, or one of these after ``number *``.

    There is no multiple of a difference.
    """
    factor = 1.0
    if text.next.kind == "number" or text.next.text in ("+", "-"):
        factor = text.number(signed=True)
        if not text.take("symbol", "*"):
            return Number(factor)
    left = Reference.read(text)
    if text.take("symbol", "/"):
        return Ratio(replace(left, factor=factor), Reference.read(text))
    if factor == 1.0 and text.next.text == "-" and text.second.kind == "reference":
        text.position += 1
        return Difference(left, Reference.read(text))
    return replace(left, factor=factor)


def written(number: float) -> str:
    """Write a number so that it is read as the same number again: ``1``, ``0.02``, ``1e-05``."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)
