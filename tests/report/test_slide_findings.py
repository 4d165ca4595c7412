"""The list on top of the scoreboard: claims of slides that fresh data contradict, by clarity and size."""

import math
from types import SimpleNamespace

import pytest

from experiments.column_lookup import column_of
from experiments.language.expressions import parse_claim
from experiments.report.slide_findings import MOST_FINDINGS, MOST_OF_A_STUDY, slide_findings, strongest
from tests.report.test_casestudies import claim

ACCURACY, LOSS = "a.test_accuracy > b.test_accuracy", "a.test_mse < b.test_mse"


def study(*expects):
    return SimpleNamespace(
        claims=[SimpleNamespace(expect=expect, expression=parse_claim(expect)) for expect in expects],
        smallest_effect=lambda metric: column_of(metric).smallest_effect,
    )


def row(verdict="contradicted", protocol="fresh", expect=ACCURACY, **changes):
    return claim(protocol, verdict, expect=expect, **({"source": "A deck, a slide"} | changes))


def found(*rows, expects=(ACCURACY, LOSS)):
    return slide_findings(study(*expects), rows)


def test_the_strength_is_the_smaller_one_of_clarity_and_size():
    clear = found(row(effect=-0.03, low=-0.031, high=-0.029))
    unclear = found(row(effect=-0.03, low=-0.05, high=-0.01))
    assert [finding.strength for finding in (*clear, *unclear)] == pytest.approx([3.0, 1.5])


def test_a_ratio_is_measured_in_tenths():
    (finding,) = found(row(expect=LOSS, unit="ratio", effect=1.21, low=1.2, high=1.22))
    assert finding.strength == pytest.approx(math.log(1.21) / math.log(1.1))


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "supported"},
        {"verdict": "no difference"},
        {"protocol": "published"},
        {"source": "ours, beside the slide"},
    ],
    ids=str,
)
def test_what_is_no_contradicted_claim_of_a_slide_is_left_out(changes):
    assert found(row(**changes)) == ()


def test_one_counterexample_is_no_finding():
    expect = "never(a.diverged)"
    assert found(row(expect=expect, unit="share"), expects=(expect,)) == ()


def test_every_further_protocol_has_to_contradict_as_well():
    at_its_best = row("supported", protocol="tuned")
    assert found(row(), at_its_best) == ()
    assert len(found(row(), row("contradicted", protocol="tuned"))) == 1
    assert len(found(row(), row("no data", protocol="tuned"))) == 1


def test_the_list_has_ten_findings_and_two_of_a_study():
    rows = [
        row(claim=number, effect=-0.01 * number, low=-0.01 * number - 0.001, high=-0.01 * number)
        for number in range(1, 5)
    ]
    of_study = found(*rows)
    assert [finding.claim for finding in of_study] == [4, 3, 2, 1]
    top = strongest([of_study] * 7)
    assert (MOST_FINDINGS, MOST_OF_A_STUDY) == (10, 2)
    assert [finding.claim for finding in top] == [4] * 7 + [3] * 3
