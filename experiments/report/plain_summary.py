"""The three sentences on top of a study's page: what the slide says, what the runs show, and what to do in practice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.protocols import JUDGED_PROTOCOLS, TUNED
from experiments.report.wording import protocol_phrase

if TYPE_CHECKING:
    from experiments.analysis import ClaimRow
    from experiments.language.study_summary import StudySummary

_ONE = {
    "supported": "it holds",
    "contradicted": "the opposite holds",
    "no difference": "it makes no difference that matters",
    "inconclusive": "the runs leave it open",
}
_MANY = {
    "supported": ("held", "held"),
    "contradicted": ("was contradicted", "were contradicted"),
    "no difference": ("made no difference that matters", "made no difference that matters"),
    "inconclusive": ("was left open", "were left open"),
}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class ThreeSentences:
    """The sentences; ``rests_on`` are the claims that the last one follows from.

    Attributes:
        slide: What the slide says.
        found: What the runs show, by protocol.
        practice: What to do; where a verdict has turned out otherwise, that the advice is out of date.
        rests_on: Positions of the claims that the advice rests on.
    """

    slide: str
    found: str
    practice: str
    rests_on: tuple[int, ...]


def three_sentences(summary: StudySummary, rows: Sequence[ClaimRow]) -> ThreeSentences:
    """Return the sentences on a study.

    Args:
        summary: What its file says.
        rows: The verdicts on its claims.
    """
    verdicts = {(row.claim, row.protocol): row.verdict for row in rows}
    return ThreeSentences(
        slide=summary.slide,
        found=_found(summary.claims, verdicts),
        practice=_practice(summary, verdicts),
        rests_on=tuple(dict.fromkeys(basis.claim for basis in summary.rests_on)),
    )


def _found(claims: Sequence[int], verdicts: Mapping[tuple[int, str], str]) -> str:
    parts = []
    for protocol in JUDGED_PROTOCOLS:
        words = [word for claim in claims if (word := verdicts.get((claim, protocol), "no data")) != "no data"]
        if words:
            parts.append(f"{protocol_phrase(protocol)} {_counted(words)}")
    if not parts:
        return "There are no results yet."
    text = "; ".join(parts)
    about = "" if len(claims) == 1 else f"Of the {_count(len(claims))} claims about it, "
    return f"{about}{text if about else text[0].upper() + text[1:]}."


def _counted(words: Sequence[str]) -> str:
    if len(words) == 1:
        return _ONE[words[0]]
    every = Counter(words)
    if len(every) == 1:
        return f"{'both' if len(words) == 2 else 'all'} {_MANY[words[0]][1]}"
    parts = [f"{_count(every[word])} {forms[every[word] > 1]}" for word, forms in _MANY.items() if every[word]]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else str(number)


def _practice(summary: StudySummary, verdicts: Mapping[tuple[int, str], str]) -> str:
    named = [
        (basis.claim, protocol, word, verdicts.get((basis.claim, protocol), "no data"))
        for basis in summary.rests_on
        for protocol, word in basis.of.items()
        if protocol != TUNED or (basis.claim, TUNED) in verdicts  # which a run may leave out
    ]
    if any(found == "no data" and word != "no data" for _, _, word, found in named):
        return "There are no results yet that advice could rest on."
    changed = [
        f"claim {claim} is {found}, not {word}, {protocol_phrase(protocol)}"
        for claim, protocol, word, found in named
        if found != word
    ]
    return f"The advice is out of date: {'; '.join(changed)}." if changed else summary.practice
