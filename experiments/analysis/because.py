"""Explanations of verdicts: which text of a claim fits its verdict, and whether its test supports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

from experiments.analysis.findings import Evidence, Word
from experiments.analysis.run_table import RunTable
from experiments.analysis.sentences import describe
from experiments.analysis.verdicts import JUDGES, Verdict, planned_repeats

if TYPE_CHECKING:
    from experiments.language.explanations import Explanation
    from experiments.language.study import Study

ExplanationWord: TypeAlias = Literal["supported", "refuted", "undecided", "untested", "out of date"]

_WORDS: Mapping[Word, ExplanationWord] = {
    "supported": "supported",
    "contradicted": "refuted",
    "no difference": "refuted",
    "inconclusive": "undecided",
    "no data": "untested",
}
"""Verdict on the test of an explanation to the word for the explanation."""


@dataclass(frozen=True)
class JudgedExplanation:
    """The explanation of a claim's verdict under one protocol.

    Attributes:
        number: Position of the claim in its study, from 1.
        protocol: The protocol.
        word: "out of date" if the verdict is none that a text was written for.
        text: The explanation; empty if it is out of date.
        because: The expression that tests it; empty without one.
        sentence: The numbers of the test in words.
        written_for: The verdicts that the texts were written for.
    """

    number: int
    protocol: str
    word: ExplanationWord
    text: str = ""
    because: str = ""
    sentence: str = ""
    written_for: str = ""


def explain(study: Study, runs: pd.DataFrame, verdicts: Sequence[Verdict]) -> list[JudgedExplanation]:
    """Return the explanations of verdicts, each judged like a claim under the protocol of its verdict.

    Args:
        study: The study.
        runs: Its runs, as ``read_runs`` returns them.
        verdicts: On its claims.

    Returns:
        One explanation for each verdict under whose protocol the claim has any; none for a verdict without data.
    """
    tables = {protocol: RunTable.of(study, runs, protocol) for protocol in study.protocols}
    explanations = []
    for verdict in verdicts:
        written = [each for each in verdict.claim.why if verdict.protocol in each.of]
        if written and verdict.word != "no data":
            explanations.append(_explain(verdict, written, Evidence(study, tables[verdict.protocol])))
    return explanations


def _explain(verdict: Verdict, written: Sequence[Explanation], evidence: Evidence) -> JudgedExplanation:
    number, protocol = verdict.number, verdict.protocol
    written_for = " or ".join(each.of[protocol] for each in written)
    fitting = next((each for each in written if each.of[protocol] == verdict.word), None)
    if fitting is None:
        return JudgedExplanation(number, protocol, "out of date", written_for=written_for)
    if fitting.because is None:
        return JudgedExplanation(number, protocol, "untested", fitting.text, written_for=written_for)
    finding = JUDGES[type(fitting.because)](fitting.because, evidence)
    sentence = describe(finding, planned=planned_repeats(evidence.study, fitting.because, protocol))
    return JudgedExplanation(
        number, protocol, _WORDS[finding.word], fitting.text, str(fitting.because), sentence, written_for
    )
