"""Explanations of verdicts: which text of a claim fits its verdict, and whether its test supports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

from experiments.analysis.decisions import decide
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
        runs: The runs from which the claims were judged.
        verdicts: On its claims.

    Returns:
        One explanation for each verdict under whose protocol the claim has any; none for a verdict without data. The
        tests of all explanations of the study under one protocol are judged together, apart from the claims.
    """
    explanations = []
    for protocol in dict.fromkeys(verdict.protocol for verdict in verdicts):
        evidence = Evidence(study, RunTable.of(study, runs, protocol))
        judged = [verdict for verdict in verdicts if verdict.protocol == protocol and verdict.word != "no data"]
        fitting = {verdict.number: _fitting(verdict) for verdict in judged if _written(verdict)}
        tests = {number: each.because for number, each in fitting.items() if each and each.because is not None}
        findings = {number: JUDGES[type(test)](test, evidence) for number, test in tests.items()}
        decisions = dict(zip(findings, decide(list(findings.values())), strict=True))
        for verdict in judged:
            if verdict.number not in fitting:
                continue
            explanation = _untested(verdict, fitting[verdict.number])
            if verdict.number in tests:
                test, decision = tests[verdict.number], decisions[verdict.number]
                planned = planned_repeats(study, test, protocol)
                explanation = replace(
                    explanation,
                    word=_WORDS[decision.word],
                    because=str(test),
                    sentence=describe(findings[verdict.number], decision, planned=planned),
                )
            explanations.append(explanation)
    return explanations


def _written(verdict: Verdict) -> list[Explanation]:
    return [each for each in verdict.claim.why if verdict.protocol in each.of]


def _fitting(verdict: Verdict) -> Explanation | None:
    return next((each for each in _written(verdict) if each.of[verdict.protocol] == verdict.word), None)


def _untested(verdict: Verdict, fitting: Explanation | None) -> JudgedExplanation:
    written_for = " or ".join(each.of[verdict.protocol] for each in _written(verdict))
    place = verdict.number, verdict.protocol
    if fitting is None:
        return JudgedExplanation(*place, "out of date", written_for=written_for)
    return JudgedExplanation(*place, "untested", fitting.text, written_for=written_for)
