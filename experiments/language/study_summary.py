"""The summary of a study for readers: what the slide says, which claims judge it, and what follows in practice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.language.located import LocatedDict, LocatedList, place_in
from experiments.language.problems import Problems


@dataclass(frozen=True)
class Basis:
    """A claim with the verdicts that an advice rests on.

    Attributes:
        claim: Position of the claim in its study, from 1.
        of: Protocol to verdict.
    """

    claim: int
    of: Mapping[str, str]


@dataclass(frozen=True)
class StudySummary:
    """Three sentences on a study; the middle one is made from verdicts.

    Attributes:
        slide: What the slide says.
        claims: Positions, from 1, of the claims that judge what the slide says.
        practice: What to do in practice.
        rests_on: The verdicts that the advice follows from.
    """

    slide: str
    claims: tuple[int, ...]
    practice: str
    rests_on: tuple[Basis, ...]


def read_summary(section: Mapping[str, Any]) -> StudySummary:
    """Return the summary of a study.

    Args:
        section: The checked section of the file.
    """
    rests_on = tuple(Basis(basis["claim"], dict(basis["of"])) for basis in section["rests_on"])
    return StudySummary(section["slide"], tuple(section["claims"]), section["practice"], rests_on)


def check_summary(section: Any, claims: Any, problems: Problems) -> None:
    """Check that the claims that a summary names by their positions exist.

    Args:
        section: The section of the file; keys and types are checked elsewhere.
        claims: The section of the claims.
        problems: Collects the errors.
    """
    if not isinstance(section, LocatedDict):
        return
    count = len(claims) if isinstance(claims, LocatedList) else 0
    numbers, bases = section.get("claims"), section.get("rests_on")
    named = [
        (f"claims.{index}", number, place_in(numbers, index))
        for index, number in enumerate(numbers if isinstance(numbers, LocatedList) else ())
    ]
    named += [
        (f"rests_on.{index}.claim", basis["claim"], basis.place_of("claim"))
        for index, basis in enumerate(bases if isinstance(bases, LocatedList) else ())
        if isinstance(basis, LocatedDict) and "claim" in basis
    ]
    for path, number, place in named:
        if isinstance(number, int) and number > count:
            problems.add(place, f"summary.{path}", f"there is no claim {number}; the study has {count}")
