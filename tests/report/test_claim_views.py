from __future__ import annotations

import math

import pytest

from experiments.analysis import Effect, Interval
from experiments.language.expressions import parse_claim
from experiments.report.claim_views import effect_drawing, effect_text


def effect(unit="difference", estimate=0.02, low=0.01, high=0.03, n=30, expect="a.test_accuracy > b.test_accuracy"):
    return Effect.of_claim(parse_claim(expect), unit, Interval(estimate, low, high, n))


@pytest.mark.parametrize(
    ("unit", "estimate", "text"),
    [
        ("difference", 0.02, "+0.02 [0.01, 0.03]"),
        ("ratio", 0.45, "× 0.45 [0.01, 0.03]"),
        ("spread ratio", 0.45, "× 0.45 [0.01, 0.03]"),
        ("share", 0.9, "in 27 of 30 runs, share [0.01, 0.03]"),
        ("order", 0.9, "larger in 90 % of pairs, share [0.01, 0.03]"),
        ("slope", -0.5, "slope on ranks −0.5 [0.01, 0.03]"),
        ("ranks", 1.5, "+1.5 ranks [0.01, 0.03]"),
    ],
)
def test_an_effect_reads_as_its_unit_asks(unit, estimate, text):
    assert effect_text(effect(unit, estimate)) == text


def test_what_is_counted_from_a_margin_says_so():
    assert effect_text(effect(expect="a.m >= b.m - 0.01")) == "+0.02 [0.01, 0.03] from the margin"
    assert effect_text(effect("ratio", expect="a.m < 0.5 * b.m")).endswith("(line at 0.5)")
    assert effect_text(effect("order", 0.9, expect="a.m >= b.m - 0.01")).endswith("share [0.01, 0.03]")


def test_one_run_has_an_effect_without_an_interval():
    assert effect_text(effect(low=math.nan, high=math.nan, n=1)) == "+0.02"
    assert effect(low=math.nan, high=math.nan, n=1).clarity == 0


def test_nothing_run_has_neither_text_nor_drawing():
    nothing = effect(estimate=math.nan, low=math.nan, high=math.nan, n=0)
    assert effect_text(nothing) == ""
    assert effect_drawing(nothing, 1.0) is None


@pytest.mark.parametrize(
    ("expect", "unit", "estimate", "supports"),
    [
        ("a.m > b.m", "difference", 0.1, True),
        ("a.m < b.m", "difference", 0.1, False),
        ("a.m < b.m", "ratio", 0.5, True),
        ("a.m >= b.m - 0.02", "difference", 0.1, True),
        ("spread(a.m) < spread(b.m)", "spread ratio", 0.5, True),
        ("rate.m decreasing over rate", "slope", -0.5, True),
        ("rate.m dips inside rate", "difference", -0.1, True),
        ("usually(a.m > b.m)", "share", 0.9, True),
    ],
)
def test_right_of_the_line_supports_the_claim(expect, unit, estimate, supports):
    drawing = effect_drawing(effect(unit, estimate, estimate, estimate, expect=expect), 1.0)
    assert (drawing.effect > drawing.null) == supports


@pytest.mark.parametrize("expect", ["always(a.m > 0.9)", "never(a.diverged)"])
def test_a_claim_about_all_runs_has_no_side_to_draw(expect):
    assert effect_drawing(effect("share", 1.0, expect=expect), 1.0) is None


def test_halving_and_doubling_are_equally_far():
    half, twice = (effect("ratio", x, x, x) for x in (0.5, 2.0))
    assert half.reach == pytest.approx(twice.reach)


def test_the_margin_of_an_equivalence_is_in_view():
    assert effect(estimate=0.001, low=0.0, high=0.002, expect="a.m == b.m ± 0.05").reach == pytest.approx(0.055)


def test_an_interval_without_width_is_as_clear_as_can_be():
    assert effect(low=0.02, high=0.02).clarity == 1e6
    assert effect(low=0.0, high=0.04).clarity == pytest.approx(1.0)
