from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.report.svg_drawings import forest, run_strip, signed_bars

numbers = st.floats(-1e6, 1e6)


def test_the_claims_side_is_right_whichever_way_the_claim_goes():
    more = forest(0.03, 0.01, 0.05, 0.0, reach=0.1)
    less = forest(-0.03, -0.05, -0.01, 0.0, reach=0.1, toward=-1)
    assert more == less
    assert more.null < more.low < more.effect < more.high


def test_what_reaches_too_far_is_cut_off_at_the_edge():
    drawing = forest(0.0, -5.0, 5.0, 0.0, reach=1.0)
    assert (drawing.low, drawing.effect, drawing.high) == (6, 88, 170)


def test_one_value_has_no_interval_but_a_place():
    drawing = forest(0.5, math.nan, math.nan, 0.0, reach=1.0)
    assert drawing.low == drawing.effect == drawing.high
    assert forest(math.nan, math.nan, math.nan, 0.0, reach=1.0) is None


@given(st.lists(numbers, max_size=40), st.lists(numbers, max_size=4))
def test_every_dot_and_diamond_lies_inside_the_strip(values, theirs):
    drawing = run_strip(values, theirs, [str(value) for value in theirs])
    assert len(drawing.dots) == len(values)
    for x, y in drawing.dots:
        assert 0 <= x <= 480
        assert 0 <= y <= drawing.floor
    assert all(0 <= x <= 480 for x, _ in drawing.theirs)


def test_what_is_not_finite_has_no_dot():
    assert len(run_strip([0.1, math.inf, math.nan], [math.nan], ["NaN of a deck"]).dots) == 1
    assert run_strip([math.inf], [], []).dots == ()


def test_bars_stand_on_both_sides_of_zero_on_one_scale():
    gain, loss, none = signed_bars([("a", "gain", 0.02), ("b", "loss", -0.01), ("c", "none", math.nan)])
    assert gain.x == 80
    assert loss.x + loss.width == pytest.approx(80)
    assert gain.width == pytest.approx(2 * loss.width)
    assert none.width == 0
