"""What a claim expects of the results. Each form is one class, which reads, checks and writes itself.

>>> claim = parse_claim("dropout.test_accuracy>baseline.test_accuracy+0.02")
>>> type(claim).__name__, [reference.variant for reference in claim.references]
('Comparison', ['dropout', 'baseline'])
>>> str(claim)
'dropout.test_accuracy > baseline.test_accuracy + 0.02'
>>> parse_claim("never(baseline.diverged)").condition.subject.metric
'diverged'

There is no ``eval`` and no other arithmetic. To add a form, write its class here and list it in ``FORMS``; judge it in
``experiments/analysis``; draw it in ``experiments/report`` where it needs a drawing of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from experiments.language.claim_text import ClaimSyntaxError, ClaimText
from experiments.language.claims import NamedVariant, check_points, check_sweep
from experiments.language.terms import Number, Reference, Term, read_term, written

Operator: TypeAlias = Literal["<", ">", "<=", ">="]


class Form:
    """A form of claim. ``check`` suits the forms that read single variants or points of a grid."""

    @classmethod
    def read(cls, text: ClaimText) -> Form | None:
        """Read the form; None, with nothing read, where the claim has another one."""
        raise NotImplementedError

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics that the claim reads, in the order in which they are written."""
        raise NotImplementedError

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 1 above, -1 below, 0 where the claim has no side."""
        return 0

    def check(self, variants: Sequence[NamedVariant]) -> list[str]:
        """Check the names in the claim against its study.

        Args:
            variants: The study's variants.

        Returns:
            One message for each problem, with the nearest valid name; empty where there is none.
        """
        return check_points([(reference.variant, reference.metric) for reference in self.references], variants)


@dataclass(frozen=True)
class Comparison(Form):
    """``left > right + offset``, also with ``<``, ``>=`` and ``<=``."""

    left: Term
    operator: Operator
    right: Term
    offset: float = 0.0

    @classmethod
    def read(cls, text: ClaimText) -> Comparison:
        """Read the form; the last of all, so that its message is that of a claim of no form."""
        left, column = read_term(text), text.next.column
        operator = text.need("symbol", "<", ">", "<=", ">=", expected="a comparison such as '>'")
        right = _right_side(left, column, text)
        sign = text.take("symbol", "+", "-")
        offset = 0.0 if sign is None else text.number() * (-1 if sign == "-" else 1)
        return cls(left, cast("Operator", operator), right, offset)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics of both sides."""
        return self.left.references + self.right.references

    def __str__(self) -> str:
        """Write the claim."""
        offset = f" {'-' if self.offset < 0 else '+'} {written(abs(self.offset))}" if self.offset else ""
        return f"{self.left} {self.operator} {self.right}{offset}"

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim."""
        return 1 if self.operator in (">", ">=") else -1


@dataclass(frozen=True)
class Equivalence(Form):
    """``left == right ± margin``."""

    left: Term
    right: Term
    margin: float

    @classmethod
    def read(cls, text: ClaimText) -> Equivalence | None:
        """Read the form; None where the claim has another one."""
        start = text.position
        left, column = read_term(text), text.next.column
        if not text.take("symbol", "=="):
            text.position = start
            return None
        right = _right_side(left, column, text)
        text.need("symbol", "±", expected="a margin such as '± 0.02'")
        return cls(left, right, text.number())

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics of both sides."""
        return self.left.references + self.right.references

    def __str__(self) -> str:
        """Write the claim."""
        return f"{self.left} == {self.right} ± {written(self.margin)}"


def _right_side(left: Term, column: int, text: ClaimText) -> Term:
    right = read_term(text)
    if isinstance(left, Number) and isinstance(right, Number):
        raise ClaimSyntaxError("a claim needs a metric, such as dropout.test_accuracy, on one side", column)
    if isinstance(left, Reference) and left.same_as(right):
        raise ClaimSyntaxError("both sides are the same metric of the same variant", column)
    return right


@dataclass(frozen=True)
class SpreadComparison(Form):
    """``spread(left) < spread(right)``, also with ``>``: standard deviations over repeats."""

    left: Reference
    operator: Operator
    right: Reference

    @classmethod
    def read(cls, text: ClaimText) -> SpreadComparison | None:
        """Read the form; None where the claim has another one."""
        if text.next.text != "spread":
            return None
        left = _read_spread(text)
        operator = text.need("symbol", "<", ">")
        return cls(left, cast("Operator", operator), _read_spread(text))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics of both sides."""
        return (self.left, self.right)

    def __str__(self) -> str:
        """Write the claim."""
        return f"spread({self.left}) {self.operator} spread({self.right})"

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim."""
        return 1 if self.operator == ">" else -1


def _read_spread(text: ClaimText) -> Reference:
    text.need("word", "spread")
    text.need("symbol", "(")
    reference = Reference.read(text)
    text.need("symbol", ")")
    return reference


@dataclass(frozen=True)
class Trend(Form):
    """``grid.metric increasing over axis``, or ``decreasing``."""

    subject: Reference
    direction: Literal["increasing", "decreasing"]
    axis: str

    @classmethod
    def read(cls, text: ClaimText) -> Trend | None:
        """Read the form; None where the claim has another one."""
        if text.next.kind != "reference" or text.second.text not in ("increasing", "decreasing"):
            return None
        subject, direction = Reference.read(text), text.need("word")
        text.need("word", "over")
        return cls(subject, cast('Literal["increasing", "decreasing"]', direction), _read_axis(text))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metric of the grid."""
        return (self.subject,)

    def check(self, variants: Sequence[NamedVariant]) -> list[str]:
        """Check that the grid has the axis, with two values or more, and the metric."""
        return check_sweep(self.subject.variant, self.subject.metric, self.axis, 2, variants)

    def __str__(self) -> str:
        """Write the claim."""
        return f"{self.subject} {self.direction} over {self.axis}"

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim."""
        return 1 if self.direction == "increasing" else -1


@dataclass(frozen=True)
class Shape(Form):
    """``grid.metric peaks inside axis``, or ``dips``."""

    subject: Reference
    shape: Literal["peaks", "dips"]
    axis: str

    @classmethod
    def read(cls, text: ClaimText) -> Shape | None:
        """Read the form; None where the claim has another one."""
        if text.next.kind != "reference" or text.second.text not in ("peaks", "dips"):
            return None
        subject, shape = Reference.read(text), text.need("word")
        text.need("word", "inside")
        return cls(subject, cast('Literal["peaks", "dips"]', shape), _read_axis(text))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metric of the grid."""
        return (self.subject,)

    def check(self, variants: Sequence[NamedVariant]) -> list[str]:
        """Check that the grid has the axis, with an inner value, and the metric."""
        return check_sweep(self.subject.variant, self.subject.metric, self.axis, 3, variants)

    def __str__(self) -> str:
        """Write the claim."""
        return f"{self.subject} {self.shape} inside {self.axis}"

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim."""
        return 1 if self.shape == "peaks" else -1


def _read_axis(text: ClaimText) -> str:
    return text.need("word", expected="the name of a grid's axis")


@dataclass(frozen=True)
class Flag(Form):
    """``baseline.diverged``: a metric that is not zero; only as the condition of a share."""

    subject: Reference

    @classmethod
    def read(cls, text: ClaimText) -> Flag | None:
        """Read the form; None where the condition has another one."""
        start, subject = text.position, read_term(text)
        if isinstance(subject, Reference) and text.next.text == ")":
            return cls(subject)
        text.position = start
        return None

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metric."""
        return (self.subject,)

    def __str__(self) -> str:
        """Write the condition."""
        return str(self.subject)


@dataclass(frozen=True)
class Share(Form):
    """``always(condition)``, ``never(condition)`` or ``usually(condition)``, in single repeats."""

    quantifier: Literal["always", "never", "usually"]
    condition: Comparison | Equivalence | Flag

    @classmethod
    def read(cls, text: ClaimText) -> Share | None:
        """Read the form; None where the claim has another one."""
        quantifier = text.take("word", "always", "never", "usually")
        if quantifier is None:
            return None
        text.need("symbol", "(")
        condition = Flag.read(text) or Equivalence.read(text) or Comparison.read(text)
        text.need("symbol", ")")
        return cls(cast('Literal["always", "never", "usually"]', quantifier), condition)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The metrics of the condition."""
        return self.condition.references

    def __str__(self) -> str:
        """Write the claim."""
        return f"{self.quantifier}({self.condition})"

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim; ``always`` and ``never`` count every repeat."""
        return 1 if self.quantifier == "usually" else 0


FORMS: tuple[type[Form], ...] = (Share, SpreadComparison, Trend, Shape, Equivalence, Comparison)
"""The forms of a claim, in the order in which a text is tried for them."""


def parse_claim(claim: str) -> Form:
    """Parse a claim.

    Args:
        claim: A claim in one of the forms of this module.

    Returns:
        The expression as a frozen value.

    Raises:
        ClaimSyntaxError: With the column where reading stopped and what was expected there.
    """
    text = ClaimText(claim)
    found = next(expression for form in FORMS if (expression := form.read(text)) is not None)
    text.end()
    return found
