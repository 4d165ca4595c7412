"""Update the pages of ``casestudies/`` from results: the verdict table and one figure, between markers.

    python -m experiments.report.casestudies [--out results] [--pages casestudies]

The text between the markers of a page is replaced:

    <!-- summary -->                                     <!-- /summary -->
    <!-- verdicts -->                                    <!-- /verdicts -->
    <!-- figure: curves_accuracy.png, what it shows -->  <!-- /figure -->
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.analysis import ClaimRow, Effect, read_claim_rows
from experiments.errors import ExperimentsError
from experiments.language import load_study
from experiments.protocols import JUDGED_PROTOCOLS, PROTOCOLS, TUNED
from experiments.report.plain_summary import three_sentences
from experiments.report.wording import EXPLANATION_LOOKS, LOOKS, interval, number, protocol_heading
from experiments.store.files import write_if_changed

if TYPE_CHECKING:
    from experiments.language.expressions import Form
    from experiments.language.study import Claim
    from experiments.language.study_summary import StudySummary

_SUMMARY = re.compile(r"(<!-- summary -->\n).*?(<!-- /summary -->)", re.DOTALL)
_VERDICTS = re.compile(r"(<!-- verdicts -->\n).*?(<!-- /verdicts -->)", re.DOTALL)
_FIGURE = re.compile(r"(<!-- figure: (\S+), ([^\n]+?) -->\n).*?(<!-- /figure -->)", re.DOTALL)
_HEADS = {"published": "on one data set", "fresh": "on fresh data", "tuned": "each at its own best rate"}


def update_page(page: Path, out: Path) -> None:
    """Replace the verdict table and the figure of one page by those of its study's results.

    Args:
        page: ``casestudies/<study>.md``; its name names the study.
        out: The results folder.

    Raises:
        ExperimentsError: The study has no results, or not the figure that the page names.
    """
    study = out / page.stem
    claims = study / "claims.csv"
    if not claims.is_file():
        raise ExperimentsError(f"{page}: no results in {study}; run: python -m experiments run {page.stem}")
    rows, loaded = read_claim_rows(claims), load_study(page.stem)
    summary = summary_lines(loaded.summary, rows) if loaded.summary else ""
    table = verdict_table(rows, loaded.claims) + disagreements(_rows(study / "published.csv"))
    text = page.read_text(encoding="utf-8")
    text = _SUMMARY.sub(lambda match: f"{match[1]}{summary}{match[2]}", text)
    text = _VERDICTS.sub(lambda match: f"{match[1]}{table}{match[2]}", text)
    write_if_changed(page, _FIGURE.sub(lambda match: _figure(match, page, study), text))


def summary_lines(summary: StudySummary, rows: Sequence[ClaimRow]) -> str:
    """Write the three sentences on a study as a list in Markdown.

    Args:
        summary: What its file says.
        rows: The rows of claims.csv.
    """
    sentences = three_sentences(summary, rows)
    numbers = ", ".join(map(str, sentences.rests_on))
    claims = f"claim {numbers}" if len(sentences.rests_on) == 1 else f"claims {numbers}"
    return (
        f"- **The slides:** {sentences.slide}\n- **Our runs:** {sentences.found}\n"
        f"- **In practice:** {sentences.practice} (From {claims} of the table below.)\n"
    )


def verdict_table(rows: Iterable[ClaimRow], claims: Iterable[Claim]) -> str:
    """Write the verdicts of a study as a table in Markdown.

    Args:
        rows: The rows of claims.csv.
        claims: The claims of the study.

    Returns:
        One line a claim, with its protocols beside each other. Below it are the reasons for claims that do not hold,
        and a list of those without a reason.
    """
    expressions = {claim.expect: claim.expression for claim in claims}
    by_claim: dict[int, dict[str, ClaimRow]] = {}
    for row in rows:
        by_claim.setdefault(row.claim, {})[row.protocol] = row
    tuned = any(TUNED in verdicts for verdicts in by_claim.values())
    protocols = JUDGED_PROTOCOLS if tuned else PROTOCOLS
    lines = [
        f"| claim | {' | '.join(_HEADS[protocol] for protocol in protocols)} |",
        "|---" * (len(protocols) + 1) + "|",
    ]
    reasons, unexplained = [], []
    for verdicts in by_claim.values():
        first = next(iter(verdicts.values()))
        cells = " | ".join(_cell(verdicts.get(protocol), expressions.get(first.expect)) for protocol in protocols)
        lines.append(f"| {_escape(first.says)} | {cells} |")
        texts = dict.fromkeys(row.why for row in verdicts.values() if row.why)
        reasons += [_reason([row for row in verdicts.values() if row.why == text]) for text in texts]
        if any(row.verdict in ("contradicted", "inconclusive") and not row.why for row in verdicts.values()):
            unexplained.append(f"*{_escape(first.says)}*")
    if unexplained:
        reasons.append(f"- Without an explanation so far: {' '.join(unexplained)}")
    return "\n".join([*lines, *(["", *reasons] if reasons else [])]) + "\n"


def _reason(rows: Sequence[ClaimRow]) -> str:
    """Write the explanation of verdicts, and for each of them whether its test supports it."""
    says, why = _escape(rows[0].says), _escape(rows[0].why)
    return f"- *{says}* {why} {' '.join(map(_tested, rows))}"


def _tested(row: ClaimRow) -> str:
    look = EXPLANATION_LOOKS[row.explanation]
    verdict = f"{protocol_heading(row.protocol)}, {row.verdict}: {look.sign} {look.word}."
    return f"{verdict} {_escape(row.because_sentence)}".strip()


def disagreements(published: Iterable[Mapping[str, str]]) -> str:
    """Write the published figures that disagree with ours beyond chance, with the reason where the study has one.

    Args:
        published: The rows of published.csv.

    Returns:
        Lines in Markdown, empty where there is no disagreement.
    """
    lines = [
        f"- {row['variant']}, {row['metric']}: {row['value']} ({row['by']}), ours {number(float(row['mean']), 4)} on "
        f"average of {row['n']}. {_sentence(row['note'])}".rstrip()
        for row in published
        if row["beyond_chance"] == "1"
    ]
    return "\n".join(["\nPublished figures that ours disagree with beyond chance:\n", *lines, ""]) if lines else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _cell(row: ClaimRow | None, claim: Form | None) -> str:
    if row is None:
        return "–"
    look, effect = LOOKS[row.verdict], Effect.of_claim(claim, row.unit, row.interval)
    numbers = f"{number(row.effect, 3)} {interval(row.low, row.high)}".strip()
    margin = " from the margin" if effect.is_from_border else ""
    line = "" if effect.factor == 1 else f", line at {number(effect.factor, 3)}"
    return f"{look.sign} **{look.word}**<br>{row.unit}{margin} {numbers}{line}, n = {row.n}"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


def _figure(match: re.Match[str], page: Path, study: Path) -> str:
    source = study / "figures" / match[2]
    if not source.is_file():
        there = ", ".join(sorted(path.name for path in source.parent.glob("*.png"))) or "none"
        raise ExperimentsError(f"{page}: no figure '{match[2]}' in {source.parent}; there are: {there}")
    target = page.parent / "figures" / f"{page.stem}.png"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    return f"{match[1]}![{match[3]}](figures/{target.name})\n{match[4]}"


def main(arguments: list[str] | None = None) -> int:
    """Update all pages; return exit code 2 where a page could not be updated, which is named."""
    parser = argparse.ArgumentParser(prog="python -m experiments.report.casestudies", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--pages", type=Path, default=Path("casestudies"))
    options = parser.parse_args(arguments)
    pages = [page for page in sorted(options.pages.glob("*.md")) if page.stem != "README"]
    return max((_try_to_update(page, options.out) for page in pages), default=0)


def _try_to_update(page: Path, out: Path) -> int:
    try:
        update_page(page, out)
    except ExperimentsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
