"""Words and columns with their meanings."""

import pytest

from experiments.glossary import TERMS, VERDICT_WORDS
from experiments.report.page_words import about_column, about_word
from experiments.report.wording import EXPLANATION_LOOKS, LOOKS, NOT_ASKED


def test_every_verdict_and_every_word_for_an_explanation_has_a_meaning():
    looks = [*LOOKS.values(), *EXPLANATION_LOOKS.values(), NOT_ASKED]
    assert all(about_word(look.word) for look in looks)
    assert tuple(LOOKS) == VERDICT_WORDS


def test_a_word_is_found_in_any_case_and_before_a_comma():
    assert about_word("Repeats") == TERMS["repeats"].about
    assert about_word("p, Holm over the study") == TERMS["p"].about
    assert about_word("q, Benjamini–Hochberg over the study") == TERMS["q"].about
    assert about_word("something else") == ""


def test_anchors_are_different():
    assert len({term.anchor for term in TERMS.values()}) == len(TERMS)


@pytest.mark.parametrize(
    ("column", "about"),
    [
        ("test_accuracy", "accuracy (share of rows), on the test rows"),
        (
            "best_fresh_test_accuracy",
            "accuracy (share of rows), on 10,000 further rows that no training has seen, "
            "with the weights that a callback kept as the best",
        ),
        ("unit_norm_max.hidden", "unit norm max of hidden: largest of the units"),
        ("diverged", "diverged: 0 or 1"),
        ("accuracy_gap", "train minus test accuracy"),
    ],
)
def test_a_column_is_explained_in_plain_text(column, about):
    assert about_column(column) == about
