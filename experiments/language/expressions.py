"""What a claim says, as frozen values; ``claim_parser`` reads them from the text of a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["<", ">", "<=", ">="]


@dataclass(frozen=True)
class Reference:
    """A metric of a variant, times a factor: ``dropout.test_accuracy`` or ``0.5 * full.epochs_run``."""

    variant: str
    metric: str
    column: int
    factor: float = 1.0

    def same_as(self, other: Reference) -> bool:
        """Whether the other one reads the same metric of the same variant, wherever it stands."""
        return (self.variant, self.metric) == (other.variant, other.metric)


@dataclass(frozen=True)
class Number:
    """A plain number in the place of a metric."""

    value: float


@dataclass(frozen=True)
class Difference:
    """What one variant has more than another in the same repeat: ``a.m - b.m``."""

    left: Reference
    right: Reference


Term: TypeAlias = Reference | Difference | Number


@dataclass(frozen=True)
class Comparison:
    """``left > right + offset`` (or ``<``, ``>=``, ``<=``)."""

    left: Term
    operator: Operator
    right: Term
    offset: float = 0.0

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 1 above, -1 below."""
        return 1 if self.operator in (">", ">=") else -1


@dataclass(frozen=True)
class Equivalence:
    """``left == right ± margin``."""

    left: Term
    right: Term
    margin: float

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 0, since it lies around it."""
        return 0


@dataclass(frozen=True)
class SpreadComparison:
    """``spread(left) < spread(right)`` (or ``>``): standard deviations over repeats."""

    left: Reference
    operator: Operator
    right: Reference

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 1 above, -1 below."""
        return 1 if self.operator == ">" else -1


@dataclass(frozen=True)
class Trend:
    """``grid.metric increasing over axis`` (or ``decreasing``)."""

    subject: Reference
    direction: Literal["increasing", "decreasing"]
    axis: str

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 1 above, -1 below."""
        return 1 if self.direction == "increasing" else -1


@dataclass(frozen=True)
class Shape:
    """``grid.metric peaks inside axis`` (or ``dips``)."""

    subject: Reference
    shape: Literal["peaks", "dips"]
    axis: str

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 1 above, -1 below."""
        return 1 if self.shape == "peaks" else -1


@dataclass(frozen=True)
class Flag:
    """A metric that is not zero, such as ``baseline.diverged``."""

    subject: Reference


@dataclass(frozen=True)
class Share:
    """``always(condition)``, ``never(condition)`` or ``usually(condition)``, in single repeats."""

    quantifier: Literal["always", "never", "usually"]
    condition: Comparison | Equivalence | Flag

    @property
    def side(self) -> int:
        """The side of "no effect" that supports the claim: 1 above one half, 0 where every repeat counts."""
        return 1 if self.quantifier == "usually" else 0


Expression: TypeAlias = Comparison | Equivalence | SpreadComparison | Trend | Shape | Share


def references(expression: Expression) -> tuple[Reference, ...]:
    """List the metrics that an expression reads, in the order they are written."""
    match expression:
        case Trend(subject=subject) | Shape(subject=subject):
            return (subject,)
        case Share(condition=Flag(subject=subject)):
            return (subject,)
        case Share(condition=Comparison() | Equivalence() as condition):
            return _term_references(condition.left) + _term_references(condition.right)
        case Comparison() | Equivalence() | SpreadComparison():
            return _term_references(expression.left) + _term_references(expression.right)
    raise TypeError(f"not an expression: {expression!r}")


def _term_references(term: Term) -> tuple[Reference, ...]:
    if isinstance(term, Reference):
        return (term,)
    return (term.left, term.right) if isinstance(term, Difference) else ()
