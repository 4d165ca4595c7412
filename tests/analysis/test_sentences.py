import math

import pytest

from experiments.analysis import judge
from experiments.analysis.effects import number, signed
from tests.analysis.examples import noise, runs, study, together


def sentence(claim, a, b, metric="test_accuracy", **options):
    table = together(runs("a", **{metric: a}, **options), runs("b", **{metric: b}))
    return judge(study(["a", "b"], [claim], protocols=("published",)), table)[0].sentence


def test_a_difference_is_said_with_its_interval():
    assert sentence("a.test_accuracy > b.test_accuracy", [0.8, 0.9, 0.7] * 10, [0.5, 0.5, 0.5] * 10) == (
        "a.test_accuracy 0.8 against b.test_accuracy 0.5 (means of 30). Difference +0.3 [+0.269, +0.331]."
    )


def test_a_ratio_is_said_as_one():
    text = sentence("a.test_mse < b.test_mse", [1.0, 1.1, 0.9] * 10, [2.0] * 30, "test_mse")
    assert text.startswith("a.test_mse 0.9967 against b.test_mse 2 (geometric means of 30). Ratio 0.4983 [0.")


def test_a_margin_is_said_with_what_it_comes_to():
    text = sentence("a.test_accuracy >= b.test_accuracy - 0.02", 0.8 + noise(0, scale=0.01), [0.8] * 30)
    assert "against b.test_accuracy − 0.02 = 0.78 (means of 30)" in text


def test_a_decided_effect_below_the_smallest_of_interest_says_so():
    claim, ends = "a.test_accuracy > b.test_accuracy", "The effect is smaller than 0.01, the smallest of interest."
    assert sentence(claim, 0.805 + noise(0, scale=0.001), [0.8] * 30).endswith(ends)
    assert not sentence(claim, 0.85 + noise(0, scale=0.001), [0.8] * 30).endswith(ends)


def test_more_than_a_thousand_repeats_are_no_number():
    on_the_line = 0.7801 + noise(0, scale=0.01) - noise(0, scale=0.01).mean()
    text = sentence("a.test_accuracy >= b.test_accuracy - 0.02", on_the_line, [0.8] * 30)
    assert text.endswith("No reasonable number of repeats would decide an effect of this size.")


def test_a_number_is_said_once():
    assert "against 0.5 (means" in sentence("a.test_accuracy > 0.5", noise(0), noise(1))


@pytest.mark.parametrize(
    ("claim", "part"),
    [
        ("always(a.diverged)", "a diverged in 2 of 30 repeats (true share [0.0"),
        ("always(a.test_accuracy > 0.5)", "The condition held in 28 of 30 repeats"),
        ("a.test_accuracy > b.test_accuracy", "The left side is larger in 28 of 30 untied pairs"),
    ],
)
def test_diverged_runs_are_said(claim, part):
    assert part in sentence(claim, [0.9] * 30, [0.8] * 30, diverged=[0, 1])


def test_always_and_never_say_what_they_leave_open():
    assert sentence("always(a.test_accuracy > 0.5)", [0.9] * 30, [0.8] * 30) == (
        "The condition held in all 30 repeats: at 95 % confidence it fails in fewer than 11.6 %."
    )
    assert sentence("never(a.diverged)", [0.9] * 100, [0.8] * 100) == (
        "a diverged in none of 100 repeats: at 95 % confidence it does in fewer than 3.62 %."
    )
    assert "true share" in sentence("usually(a.test_accuracy > 0.5)", [0.9] * 30, [0.8] * 30)


def test_numbers_are_short_and_signs_are_minus_signs():
    assert [number(x) for x in (0.123456, -2, math.inf, math.nan, 1e-7)] == ["0.1235", "−2", "∞", "–", "1e−07"]
    assert [signed(x) for x in (0.5, -0.5, 0.0)] == ["+0.5", "−0.5", "0"]
