"""Explanations: the text under ``why`` of a claim, the verdicts that it explains, and the expression that tests it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from experiments.errors import Place
from experiments.language.claims import NamedVariant, find_variant
from experiments.language.expressions import Form
from experiments.language.problems import alternatives
from experiments.protocols import PROTOCOLS


@dataclass(frozen=True)
class Explanation:
    """Why a claim has some verdict.

    Attributes:
        of: Protocol to the verdict that the text explains.
        text: The explanation.
        because: Expression that holds if the explanation is right; None where there is none.
        places: Dotted path inside the entry to its place in the file: ``because``, ``of.fresh``.
    """

    of: Mapping[str, str]
    text: str
    because: Form | None = None
    places: Mapping[str, Place | None] = field(default_factory=dict, compare=False)


class JudgedVariant(NamedVariant, Protocol):
    """What a check of explanations needs of a variant."""

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that it runs under."""


def check_explanations(
    claim: Form, explanations: Sequence[Explanation], variants: Sequence[JudgedVariant]
) -> Iterator[tuple[int, str, str]]:
    """Check the names in the tests of explanations, and that each verdict of a claim is explained at most once.

    Args:
        claim: The claim; its own names are known.
        explanations: Those of the claim.
        variants: The study's variants.

    Yields:
        Number of the explanation, dotted path inside it, and message.
    """
    explained: set[tuple[str, str]] = set()
    judged = _protocols(claim, variants)
    for number, explanation in enumerate(explanations):
        for protocol, verdict in explanation.of.items():
            if protocol in PROTOCOLS and protocol not in judged:
                known = f"only under {alternatives(judged)}" if judged else "under no protocol"
                yield number, f"of.{protocol}", f"the claim is judged {known}"
            elif (protocol, verdict) in explained:
                yield number, f"of.{protocol}", f"an entry above explains {verdict!r} under {protocol!r} already"
            explained.add((protocol, verdict))
        if explanation.because is not None:
            for message in explanation.because.check(variants):
                yield number, "because", message


def _protocols(claim: Form, variants: Sequence[JudgedVariant]) -> list[str]:
    """Return the protocols under which all variants of a claim run."""
    names = [variant.name for variant in variants]
    asked = {find_variant(reference.variant, names) or reference.variant for reference in claim.references}
    compared = [variant for variant in variants if variant.name in asked or variant.group in asked]
    every = dict.fromkeys(protocol for variant in compared for protocol in variant.protocols)
    return [protocol for protocol in every if all(protocol in variant.protocols for variant in compared)]
