import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from experiments.analysis import judge
from experiments.analysis.decisions import benjamini_hochberg, holm
from tests.analysis.examples import noise, runs, study, together


def test_holm_on_a_known_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_out_what_has_no_p_value():
    adjusted = holm([0.01, math.nan, 0.04])
    assert adjusted[0] == pytest.approx(0.02) and math.isnan(adjusted[1]) and adjusted[2] == pytest.approx(0.04)
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_never_lowers_a_p_value_and_keeps_the_order(p_values):
    adjusted = holm(p_values)
    assert all(a >= p and a <= 1 for a, p in zip(adjusted, p_values, strict=True))
    assert sorted(adjusted) == pytest.approx([adjusted[i] for i in np.argsort(p_values)])


def test_benjamini_and_hochbergs_own_example_keeps_four():
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p_values += [0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]
    assert [q <= 0.05 for q in benjamini_hochberg(p_values)] == [True] * 4 + [False] * 11


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=10))
def test_benjamini_and_hochberg_are_never_stricter_than_holm_and_leave_out_nan(p_values):
    for p, q, adjusted in zip(p_values, benjamini_hochberg(p_values), holm(p_values), strict=True):
        assert (math.isnan(p) and math.isnan(q)) or p <= q * (1 + 1e-9) <= adjusted * (1 + 1e-8)


def columns(shifts, spread=1.0):
    """Runs whose column k has this mean and standard deviation, whatever the seed drew."""
    values = {f"dead_units.l{k}": shift + spread * stats.zscore(noise(k), ddof=1) for k, shift in enumerate(shifts)}
    return together(runs("a", **values))


def claims_about(shifts):
    return [f"a.dead_units.l{k} > 0" for k in range(len(shifts))]


def judged(shifts, further=(), **options):
    asked = study(["a"], [*claims_about(shifts), *further], protocols=("published",), **options)
    return judge(asked, columns(shifts))


ALMOST = 0.38
"""A mean of 30 standardized values with p = 0.046."""


def test_an_interval_on_one_side_is_a_verdict_alone_and_none_among_many_open_claims():
    (alone,) = judged([ALMOST])
    assert (alone.word, alone.q) == ("supported", pytest.approx(alone.effect.interval.p))
    among = judged([ALMOST, *[0.05] * 9])[0]
    assert among.effect.interval.low > 0 and among.q > 0.05
    assert among.word == "inconclusive"
    assert "among 10 claims some intervals do so by chance (q = 0.46" in among.sentence
    assert judged([ALMOST, *[3.0] * 9])[0].word == "supported"


def test_the_repeats_needed_are_those_of_the_level_that_the_other_claims_leave():
    alone, among = judged([0.3])[0], judged([0.3, *[0.05] * 9])[0]
    assert among.repeats_needed > alone.repeats_needed > 30

    def excludes(n, level):
        return stats.t.sf(0.3 * math.sqrt(n), n - 1) * 2 < level

    assert excludes(among.repeats_needed, 0.005) and not excludes(among.repeats_needed - 1, 0.005)


def test_a_verdict_held_back_whose_interval_is_small_finds_no_difference():
    found = judged([ALMOST, *[0.05] * 9], smallest_effects={"dead_units.l0": 2.0})[0]
    assert found.word == "no difference"
    assert "No difference of 2 or more" in found.sentence and "do so by chance" in found.sentence


def test_always_and_never_are_counts_and_leave_the_other_claims_alone():
    further = ["never(a.diverged)", "always(a.dead_units.l0 > -9)", "always(a.dead_units.l0 > 9)"]
    plain, beside = judged([ALMOST, 0.05]), judged([ALMOST, 0.05], further)
    assert [verdict.q for verdict in plain] == [verdict.q for verdict in beside[:2]]
    assert [verdict.word for verdict in beside[2:]] == ["supported", "supported", "contradicted"]
    assert all(math.isnan(verdict.effect.interval.p) and math.isnan(verdict.q) for verdict in beside[2:])


def test_equal_in_every_repeat_supports_at_least_as_good_among_other_claims():
    table = together(runs("a", test_accuracy=[0.9] * 30), runs("b", test_accuracy=[0.9] * 30))
    claims = ["a.test_accuracy >= b.test_accuracy", "a.test_accuracy > b.test_accuracy"]
    (at_least, better) = judge(study(["a", "b"], claims, protocols=("published",)), table)
    assert (at_least.word, better.word) == ("supported", "no difference")
    assert at_least.effect.interval.p == pytest.approx(2 * 0.5**30)


def test_few_of_the_verdicts_have_the_wrong_side():
    """Half of 20 claims are null: at most 5 % of the verdicts are expected to be wrong, of plain intervals more are."""
    wrong, plain = [], []
    rng = np.random.default_rng(0)
    for _ in range(400):
        p = stats.ttest_1samp(rng.normal(size=(30, 20)) + np.repeat([0.0, 0.8], 10), 0).pvalue
        for shares, adjusted in ((wrong, np.array(benjamini_hochberg(p.tolist()))), (plain, p)):
            shares.append((adjusted[:10] <= 0.05).sum() / max(1, (adjusted <= 0.05).sum()))
    assert np.mean(wrong) < 0.035 < np.mean(plain)


def looked_at(p_values, looks):
    """Verdicts on one claim whose values have these p-values after 30, 100 and 300 repeats."""
    values = np.empty(0)
    for n, p in zip((30, 100, 300), p_values, strict=True):
        further = stats.zscore(noise(n, n - len(values)), ddof=1)
        wanted = stats.t.isf(p / 2, n - 1) / math.sqrt(n)

        def surplus(shift, further=further, wanted=wanted, values=values):
            whole = np.append(values, further + shift)
            return whole.mean() / whole.std(ddof=1) - wanted

        values = np.append(values, further + optimize.brentq(surplus, -5, 5))
    table = together(runs("a", **{"dead_units.l0": values}))
    (found,) = judge(study(["a"], ["a.dead_units.l0 > 0"], protocols=("published",)), table, looks)
    return found


@pytest.mark.parametrize(
    ("p_values", "looks", "word", "look"),
    [
        ((0.001, 0.9, 0.9), (30, 100, 300), "supported", 30),
        ((0.009, 0.015, 0.9), (30, 100, 300), "supported", 100),
        ((0.009, 0.02, 0.03), (30, 100, 300), "supported", 300),
        ((0.009, 0.02, 0.033), (30, 100, 300), "inconclusive", 300),
        ((0.009, 0.02, 0.001), (30, 100), "inconclusive", 100),
        ((0.9, 0.9, 0.04), (), "supported", 0),
    ],
)
def test_each_look_has_a_level_of_its_own_and_the_first_that_decides_counts(p_values, looks, word, look):
    found = looked_at(p_values, looks)
    assert (found.word, found.look) == (word, look)
    assert found.effect.interval.n == (look or 300)


def test_a_count_is_settled_by_all_repeats():
    table = together(runs("a", test_accuracy=[0.9] * 60 + [0.1]))
    asked = study(["a"], ["always(a.test_accuracy > 0.5)"], protocols=("published",))
    (found,) = judge(asked, table, (30, 100))
    assert (found.word, found.look) == ("contradicted", 100)
