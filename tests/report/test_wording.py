from __future__ import annotations

import math

import pytest

from experiments.report.wording import LOOKS, duration, interval, look, number, percent, plural, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.81427, "0.8143"),
        (-0.5, "−0.5"),
        (0.0, "0"),
        (12480.4, "12,480"),
        (0.000123, "0.000123"),
        (0.000031, "3.10·10⁻⁵"),
        (-2e7, "−2.00·10⁷"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_numbers_are_written_for_people(value, text):
    assert number(value) == text


def test_differences_carry_their_sign():
    assert [signed(x) for x in (0.029, -0.002, 0.0, math.nan)] == ["+0.029", "−0.002", "0", "–"]


def test_an_interval_without_ends_is_not_written():
    assert interval(0.021, 0.036) == "[0.021, 0.036]"
    assert interval(math.nan, math.nan) == interval(None, 1.0) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1234, "0.12 s"), (48.2, "48 s"), (192, "3.2 min"), (35 * 3600, "35 h"), (9 * 86400, "9 days"), (math.nan, "–")],
)
def test_durations_are_said_as_people_do(seconds, text):
    assert duration(seconds) == text


def test_shares_and_counts():
    assert percent(0.126) == "13 %"
    assert percent(math.nan) == "–"
    assert [plural(1, "run"), plural(1240, "run")] == ["1 run", "1,240 runs"]


def test_no_two_verdicts_look_or_read_alike():
    for part in ("css", "word", "sign"):
        assert len({getattr(one, part) for one in LOOKS.values()}) == len(LOOKS)
    assert look(None).word == "not run"
    assert look("supported").sign == "✓"
