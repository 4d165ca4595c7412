"""The scoreboard: every claim of every study with both verdicts, grouped by topic."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from experiments.language.tuned_form import tuned_form
from experiments.protocols import JUDGED_PROTOCOLS, PROTOCOLS, TUNED
from experiments.report.claim_views import ClaimView, Side, claim_views
from experiments.report.measured_speed import SpeedTable, fit_seconds, speed_table
from experiments.report.page import NOTHING_YET
from experiments.report.slide_findings import SlideFinding, slide_findings, strongest
from experiments.report.wording import (
    LOOKS,
    NO_TUNED_FORM,
    NOT_ASKED,
    Look,
    duration,
    percent,
    plural,
    protocol_heading,
)

if TYPE_CHECKING:
    import pandas as pd

    from experiments.analysis import ClaimRow
    from experiments.language.study import Study

_TOPICS = ("Better generalization", "Better learning", "Optimization", "Architecture", "Data")
_OTHER = "Other studies"


@dataclass(frozen=True)
class Card:
    """One study on the scoreboard."""

    name: str
    title: str
    question: str
    topic: str
    link: str
    variants: int
    runs: int
    planned: int
    diverged: int
    failed: int
    seconds: float
    fit_seconds: float
    claims: tuple[ClaimView, ...]
    findings: tuple[SlideFinding, ...]
    environment: Mapping[str, Any]

    @property
    def done(self) -> str:
        """Number of finished runs, with that of the planned ones where some are missing."""
        return f"{self.runs:,}" if self.runs >= self.planned else f"{self.runs:,} of {self.planned:,}"


@dataclass(frozen=True)
class BoardMark:
    """One verdict in a row."""

    protocol: str
    heading: str
    look: Look
    forest: Any
    effect: str
    n: int
    opposite: str


@dataclass(frozen=True)
class BoardRow:
    """One claim; ``rates_disagree`` where its verdicts at the slides' rate and at the best rates do."""

    study: str
    title: str
    link: str
    says: str
    marks: tuple[BoardMark, ...]
    words: Mapping[str, str]
    n: int
    clarity: float
    opposite: float
    rates_disagree: bool


@dataclass(frozen=True)
class Topic:
    """The claims of the studies under one heading."""

    name: str
    anchor: str
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True)
class VerdictShare:
    """Number of claims with a verdict, and their part of a bar of 1,000 units."""

    look: Look
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class Count:
    """The verdicts under one protocol."""

    heading: str
    shares: tuple[VerdictShare, ...]


@dataclass(frozen=True)
class TopRow:
    """A finding in the list on top of the scoreboard."""

    finding: SlideFinding
    title: str
    link: str


@dataclass(frozen=True)
class Board:
    """Variables of the scoreboard's template; ``protocols`` are the columns with verdicts."""

    header: str
    notes: tuple[str, ...]
    counts: tuple[Count, ...]
    top: tuple[TopRow, ...]
    topics: tuple[Topic, ...]
    rows: int
    studies: tuple[Card, ...]
    speed: SpeedTable | None
    verdicts: tuple[str, ...] = tuple(LOOKS)
    protocols: tuple[str, ...] = PROTOCOLS


def make_card(
    study: Study, folder: str, runs: pd.DataFrame, rows: Sequence[ClaimRow], environment: Mapping[str, Any]
) -> Card:
    """Return what the scoreboard shows of one study.

    Args:
        study: The study.
        folder: Name of its folder in the results.
        runs: Its runs, as ``read_runs`` gives them.
        rows: The verdicts on its claims.
        environment: Content of its environment.json.
    """
    finished = runs[runs["error"] == ""]
    return Card(
        name=study.name,
        title=study.title,
        question=study.question,
        topic=study.topic or _OTHER,
        link=f"{quote(folder)}/report.html",
        variants=len(study.variants),
        runs=len(finished),
        planned=sum(variant.repeats * len(variant.protocols) for variant in study.variants),
        diverged=int(finished["diverged"].sum()),
        failed=len(runs) - len(finished),
        seconds=float(finished["seconds"].sum()) if "seconds" in finished else 0.0,
        fit_seconds=fit_seconds(study, finished),
        claims=claim_views(rows, study.claims, tuned_form(study).reasons),
        findings=slide_findings(study, rows),
        environment=environment,
    )


def make_board(cards: Sequence[Card], changed: Mapping[str, int] | None = None) -> Board:
    """Build the scoreboard from the cards of all studies.

    Args:
        cards: One for each study.
        changed: Protocol to number of verdicts that differ if p-values are adjusted over all studies.
    """
    protocols = _protocols(cards)
    topics = tuple(
        _topic(name, [card for card in cards if card.topic == name], protocols) for name in _topic_names(cards)
    )
    topics = tuple(topic for topic in topics if topic.rows)
    return Board(
        header=_header(cards),
        notes=(*_notes(cards), *_adjusted_note(changed or {})),
        counts=tuple(_counts(cards)),
        top=tuple(_top(cards)),
        topics=topics,
        rows=sum(len(topic.rows) for topic in topics),
        studies=tuple(cards),
        speed=speed_table() if cards else None,
        protocols=protocols,
    )


def _protocols(cards: Sequence[Card]) -> tuple[str, ...]:
    """Return the protocols with a column: that of tuned rates only where some claim was judged under it."""
    tuned = any(side.protocol == TUNED for card in cards for claim in card.claims for side in claim.sides)
    return JUDGED_PROTOCOLS if tuned else PROTOCOLS


def _topic_names(cards: Sequence[Card]) -> list[str]:
    present = dict.fromkeys(card.topic for card in cards)
    known = [topic for topic in _TOPICS if topic in present]
    return known + [topic for topic in present if topic not in (*_TOPICS, _OTHER)] + [_OTHER] * (_OTHER in present)


def _topic(name: str, cards: Sequence[Card], protocols: Sequence[str]) -> Topic:
    rows = tuple(_row(card, claim, protocols) for card in cards for claim in card.claims)
    return Topic(name, f"topic-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}", rows)


def _row(card: Card, claim: ClaimView, protocols: Sequence[str]) -> BoardRow:
    sides = {side.protocol: side for side in claim.sides}
    opposite = [side.opposite for side in claim.sides if not math.isnan(side.opposite)]
    return BoardRow(
        study=card.name,
        title=card.title,
        link=f"{card.link}#{claim.anchor}",
        says=claim.says,
        marks=tuple(_mark(protocol, sides.get(protocol), claim) for protocol in protocols),
        words={protocol: sides[protocol].look.word if protocol in sides else "" for protocol in JUDGED_PROTOCOLS},
        n=max((side.n for side in claim.sides), default=0),
        clarity=max((side.clarity for side in claim.sides), default=0.0),
        opposite=max(opposite, default=0.0),
        rates_disagree=claim.rates_disagree,
    )


def _mark(protocol: str, side: Side | None, claim: ClaimView) -> BoardMark:
    if side is None and protocol == TUNED and claim.not_tuned:
        return BoardMark(protocol, protocol_heading(protocol), NO_TUNED_FORM, None, claim.not_tuned, 0, "")
    if side is None:
        return BoardMark(protocol, protocol_heading(protocol), NOT_ASKED, None, "", 0, "")
    opposite = "" if math.isnan(side.opposite) else f"{percent(side.opposite)} of single runs show the opposite"
    return BoardMark(protocol, side.heading, side.look, side.forest, side.effect, side.n, opposite)


def _top(cards: Sequence[Card]) -> Iterator[TopRow]:
    by_name = {card.name: card for card in cards}
    for finding in strongest(card.findings for card in cards):
        card = by_name[finding.study]
        yield TopRow(finding, card.title, f"{card.link}#claim-{finding.claim}")


def _counts(cards: Sequence[Card]) -> list[Count]:
    counts = []
    for protocol in JUDGED_PROTOCOLS:
        found = Counter(s.look.word for card in cards for c in card.claims for s in c.sides if s.protocol == protocol)
        if found:
            heading = "Tuned rates" if protocol == TUNED else f"{protocol.capitalize()} data"
            counts.append(Count(heading, _shares(found)))
    return counts


def _shares(found: Counter[str]) -> tuple[VerdictShare, ...]:
    shares, start = [], 0.0
    for word, look in LOOKS.items():
        width = 1000 * found[word] / found.total()
        shares.append(VerdictShare(look, found[word], round(start, 1), round(width, 1)))
        start += width
    return tuple(shares)


def _header(cards: Sequence[Card]) -> str:
    if not cards:
        return ""
    seconds = sum(card.seconds for card in cards)
    studies = "1 study" if len(cards) == 1 else f"{len(cards)} studies"
    parts = [f"{studies}, {plural(sum(card.runs for card in cards), 'run')}"]
    parts += environment_words([card.environment for card in cards])
    trained = f"{duration(seconds)} of training"
    by_fit = sum(card.fit_seconds for card in cards)
    if by_fit > seconds > 0:
        trained += f", for which model.fit would take about {duration(by_fit)}"
    return " · ".join([*parts, trained]) + "."


def environment_words(environments: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return dates, devices and versions as texts; those that differ between studies are listed once each."""
    found = [environment for environment in environments if environment]
    dates = sorted({str(e["finished"])[:10] for e in found if e.get("finished")})
    parts = [" to ".join(dict.fromkeys((dates[0], dates[-1])))] if dates else []
    parts += _listed(str(e["device"]) for e in found if e.get("device"))
    names = {"tensorflow": "TensorFlow", "keras": "Keras", "python": "Python"}
    versions = [e["versions"] for e in found if isinstance(e.get("versions"), Mapping)]
    parts += _listed(", ".join(f"{name} {v[key]}" for key, name in names.items() if key in v) for v in versions)
    return parts


def _listed(texts: Any) -> list[str]:
    different = list(dict.fromkeys(text for text in texts if text))
    return [" / ".join(different)] if different else []


def _adjusted_note(changed: Mapping[str, int]) -> list[str]:
    if not any(changed.values()):
        return []
    counts = ", ".join(f"{count} under {protocol}" for protocol, count in changed.items() if count)
    return [
        "A verdict takes all claims of its study into account (Benjamini–Hochberg at 5 %). With the claims of all "
        f"studies together, some verdicts would differ: {counts} (q_board in scoreboard.csv)."
    ]


def _notes(cards: Sequence[Card]) -> list[str]:
    runs, failed = sum(card.runs for card in cards), sum(card.failed for card in cards)
    diverged, planned = sum(card.diverged for card in cards), sum(card.planned for card in cards)
    if not cards:
        return [NOTHING_YET]
    notes = []
    if not runs:
        notes.append(f"No run has finished{': all ' + plural(failed, 'run') + ' failed' if failed else ' yet'}.")
    elif diverged == runs:
        notes.append("Every run diverged: only claims about divergence have verdicts.")
    elif runs < planned:
        notes.append(f"Results are partial: {runs:,} of {planned:,} runs have finished.")
    if failed and runs:
        notes.append(f"{plural(failed, 'run')} failed and will be tried again by the next run.")
    return notes
