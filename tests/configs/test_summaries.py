"""What the shipped studies say in plain words: a summary each, and explanations most of which are tested."""

import pytest

from experiments.language import load_study, study_names
from experiments.language.tuned_form import tuned_form
from experiments.protocols import TUNED

STUDIES = [load_study(name) for name in study_names()]
LONGEST = 170


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_study_has_a_short_summary_that_rests_on_claims(study):
    assert study.summary is not None
    assert max(len(study.summary.slide), len(study.summary.practice)) <= LONGEST
    assert study.summary.slide.endswith(".")
    assert study.summary.practice.endswith(".")
    bases = [study.claims[basis.claim - 1] for basis in study.summary.rests_on]
    for basis, claim in zip(study.summary.rests_on, bases, strict=True):
        compared = [v for v in study.variants if {v.name, v.group} & {r.variant for r in claim.expression.references}]
        assert all(protocol in variant.protocols for variant in compared for protocol in basis.of if protocol != TUNED)
        assert TUNED not in basis.of or not tuned_form(study).reasons[basis.claim - 1]


def test_most_explanations_are_tested():
    explanations = [explanation for study in STUDIES for claim in study.claims for explanation in claim.why]
    assert len(explanations) > 50
    assert sum(explanation.because is not None for explanation in explanations) > len(explanations) / 2
