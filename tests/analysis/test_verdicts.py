import math

import numpy as np
import pytest

from experiments.analysis import judge, one_run_sentence
from tests.analysis.examples import noise, runs, study, together, variant


def verdict(claim, table, variants=("a", "b"), protocol="published"):
    """The one verdict on a claim under one protocol."""
    (found,) = judge(study(variants, [claim], protocols=(protocol,)), table)
    return found


def two(left, right, metric="test_accuracy", **options):
    return together(
        runs("a", **{metric: left}, **{k: v for k, v in options.items() if k == "diverged"}),
        runs("b", **{metric: right}),
    )


def test_a_clear_gain_supports_and_contradicts():
    table = two(0.8 + noise(0, scale=0.01), 0.7 + noise(1, scale=0.01))
    assert verdict("a.test_accuracy > b.test_accuracy", table).word == "supported"
    found = verdict("a.test_accuracy < b.test_accuracy", table)
    assert found.word == "contradicted"
    assert found.effect.interval.estimate == pytest.approx(0.1, abs=0.01)
    assert found.effect.interval.low < 0.1 < found.effect.interval.high
    assert found.effect.unit == "difference" and found.repeats_needed is None and found.opposite_share == 0


def test_no_clear_gain_is_inconclusive_and_says_how_many_repeats_it_would_take():
    table = two(noise(0) + 0.25, np.zeros(30))
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert found.word == "inconclusive"
    assert 30 < found.repeats_needed < 1000
    assert f"About {found.repeats_needed} repeats" in found.sentence


@pytest.mark.parametrize(
    ("claim", "gain", "spread", "word"),
    [
        ("a.test_accuracy > b.test_accuracy", 0.0, 0.005, "no difference"),
        ("a.test_accuracy < b.test_accuracy", 0.0, 0.005, "no difference"),
        ("a.test_accuracy > b.test_accuracy", 0.0, 0.1, "inconclusive"),
        ("a.test_accuracy > b.test_accuracy", 0.005, 0.001, "supported"),  # small, but not open
        ("a.test_accuracy >= b.test_accuracy - 0.001", -0.001, 0.005, "inconclusive"),  # a margin of its own
        ("a.dead_units.hidden > b.dead_units.hidden", 0.0, 0.005, "inconclusive"),  # no size of interest is known
    ],
)
def test_an_open_claim_that_excludes_every_effect_of_interest_finds_no_difference(claim, gain, spread, word):
    metric = "dead_units.hidden" if "dead" in claim else "test_accuracy"
    seeds = noise(0, scale=spread)
    found = verdict(claim, two(0.8 + gain + seeds - seeds.mean(), np.full(30, 0.8), metric))
    assert found.word == word
    assert ("No difference of 0.01 or more" in found.sentence) == (word == "no difference")


def test_ratios_are_equal_within_a_tenth_and_studies_may_have_other_sizes():
    seeds = noise(0, scale=0.1)
    table = two(np.exp(seeds - seeds.mean()), np.ones(30), "test_mse")
    found = verdict("a.test_mse < b.test_mse", table)
    assert (found.word, found.repeats_needed) == ("no difference", None)
    assert "No difference of 10 % or more" in found.sentence
    own = study("ab", ["a.test_mse < b.test_mse"], protocols=("published",), smallest_effects={"test_mse": 0.01})
    assert [one.word for one in judge(own, table)] == ["inconclusive"]


def test_equal_in_a_few_repeats_is_no_equivalence():
    assert verdict("a.test_accuracy > b.test_accuracy", two([0.8] * 3, [0.8] * 3)).word == "inconclusive"
    assert verdict("a.test_accuracy > b.test_accuracy", two([0.8] * 6, [0.8] * 6)).word == "no difference"


def test_pairs_are_matched_by_repeat_and_not_by_row():
    seeds = noise(0)
    left = runs("a", test_accuracy=seeds[::-1] + 0.001, repeats=range(29, -1, -1))
    table = together(left, runs("b", test_accuracy=seeds))
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert found.word == "supported"
    assert found.effect.interval.estimate == pytest.approx(0.001)


def test_losses_are_compared_as_ratios():
    table = two(np.exp(noise(0, scale=0.1)), 2 * np.exp(noise(1, scale=0.1)), "test_mse")
    found = verdict("a.test_mse < b.test_mse", table)
    assert (found.effect.unit, found.word) == ("ratio", "supported")
    assert found.effect.interval.estimate == pytest.approx(0.5, rel=0.1)
    assert found.effect.interval.high < 1
    assert found.left == pytest.approx(np.exp(np.log(table.loc[table.variant == "a", "test_mse"]).mean()))


def test_a_factor_moves_the_border_of_a_ratio():
    table = two(np.exp(noise(0, scale=0.1)), 3 * np.exp(noise(1, scale=0.1)), "epochs_run")
    assert verdict("a.epochs_run < 0.5 * b.epochs_run", table).word == "supported"
    assert verdict("a.epochs_run < 0.2 * b.epochs_run", table).word == "contradicted"


def test_a_factor_is_shown_as_a_line_beside_the_ratio_of_the_sides():
    table = two(np.exp(noise(0, scale=0.1)), 4 * np.exp(noise(1, scale=0.1)), "epochs_run")
    found = verdict("a.epochs_run < 0.5 * b.epochs_run", table)
    assert found.word == "supported"
    assert found.effect.interval.estimate == pytest.approx(0.25, rel=0.1)
    assert (found.effect.null, found.effect.direction) == (0.5, "lower")
    assert "the claim draws the line at 0.5" in found.sentence
    same = verdict("a.epochs_run / b.epochs_run < 0.5", table)
    assert same.effect.interval.low == pytest.approx(found.effect.interval.low) and same.effect.null == 0.5
    other = verdict("0.5 * b.epochs_run > a.epochs_run", table)
    assert (other.word, other.effect.null) == ("supported", 2.0)


def test_a_comparison_of_ratios():
    rows = {
        name: runs(name, epochs_run=factor * np.exp(noise(k, scale=0.1)))
        for k, (name, factor) in enumerate({"a": 1, "b": 10, "c": 1, "d": 2}.items())
    }
    table = together(*rows.values())
    found = verdict("a.epochs_run / b.epochs_run < c.epochs_run / d.epochs_run", table, variants="abcd")
    assert (found.word, found.effect.unit) == ("supported", "ratio")
    assert found.effect.interval.estimate == pytest.approx(0.2, rel=0.15)
    assert (found.left, found.right) == (pytest.approx(0.1, rel=0.1), pytest.approx(0.5, rel=0.1))
    assert found.sentence.startswith("a.epochs_run / b.epochs_run 0.09945 against c.epochs_run / d.epochs_run 0.4934")


def test_a_ratio_of_two_that_never_arrive_is_left_out():
    never = np.where(np.arange(30) < 5, np.inf, 10.0)
    table = two(never, never, "epochs_until_test_accuracy")
    found = verdict("a.epochs_until_test_accuracy / b.epochs_until_test_accuracy < 2", table)
    assert (found.word, found.effect.interval.n) == ("supported", 25)


def test_a_loss_of_zero_falls_back_to_differences():
    table = two(np.zeros(30), 1 + noise(1, scale=0.1), "test_mse")
    found = verdict("a.test_mse < b.test_mse", table)
    assert (found.effect.unit, found.word) == ("difference", "supported")


def test_a_difference_of_gains():
    a, b, c = 0.1 + noise(0, scale=0.01), noise(1, scale=0.01), noise(2, scale=0.01)
    table = together(*(runs(name, test_accuracy=values) for name, values in {"a": a, "b": b, "c": c}.items()))
    claim = "a.test_accuracy - b.test_accuracy > b.test_accuracy - c.test_accuracy"
    found = verdict(claim, table, ("a", "b", "c"))
    assert found.word == "supported"
    assert found.effect.interval.estimate == pytest.approx(np.mean(a - b - (b - c)))


GAINS = "a.test_accuracy - b.test_accuracy > c.test_accuracy"


def three(*, both, left=()):
    """Runs whose gain is 0.3 in every repeat, but for diverged pairs and diverged left runs."""
    columns = {"a": [0.8] * 30, "b": [0.5] * 30, "c": [0.1] * 30}
    diverged = {"a": [*both, *left], "b": both, "c": []}
    return together(*(runs(name, test_accuracy=columns[name], diverged=diverged[name]) for name in columns))


def test_a_difference_of_two_diverged_runs_is_unknown_and_left_out():
    found = verdict(GAINS, three(both=[0, 1]), ("a", "b", "c"))
    assert (found.word, found.effect.unit, found.effect.interval.n) == ("supported", "difference", 28)
    assert (found.ties, found.worst, set(found.singles) & {0, 1}) == (0, 0, set())
    assert "Left out: 2 repeats in which both runs of a difference diverged or never got there." in found.sentence
    assert "repeats are there" not in found.sentence
    share = verdict(f"always({GAINS})", three(both=[0, 1]), ("a", "b", "c"))
    assert (share.word, share.effect.interval.n) == ("supported", 28) and "Left out: 2 repeats" in share.sentence


def test_a_difference_with_one_diverged_run_is_still_the_worst():
    found = verdict(GAINS, three(both=[0, 1], left=[2]), ("a", "b", "c"))
    assert (found.effect.unit, found.worst, found.effect.interval.n) == ("order", 1, 28)
    assert found.singles[2].outcome == -1


def test_differences_that_are_all_unknown_are_no_data():
    found = verdict(GAINS, three(both=range(30)), ("a", "b", "c"))
    assert found.word == "no data"
    assert found.sentence == "No data: both runs of a difference diverged or never got there in all 30 repeats."


def test_a_diverged_run_is_the_worst_value_and_the_order_decides():
    a, b = np.full(30, 0.9), np.full(30, 0.5)
    table = two(a, b, diverged=[3, 4])
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert (found.effect.unit, found.word, found.worst) == ("order", "supported", 2)
    assert found.effect.interval.estimate == pytest.approx(28 / 30)
    assert "2 of 30 have a run that diverged" in found.sentence
    assert found.opposite_share == pytest.approx(2 / 30)


def test_a_diverged_loss_is_infinitely_bad_even_where_a_number_is_written():
    table = two(np.full(30, 0.1), np.full(30, 0.2), "test_mse", diverged=range(30))
    assert verdict("a.test_mse > b.test_mse", table).word == "supported"


def test_two_diverged_runs_are_equal():
    table = together(
        runs("a", diverged=range(30), test_mse=[math.nan] * 30), runs("b", diverged=range(30), test_mse=[math.nan] * 30)
    )
    found = verdict("a.test_mse < b.test_mse", table)
    assert (found.word, found.ties) == ("inconclusive", 30)
    assert "Equal in all 30 pairs" in found.sentence


def test_a_target_never_reached_counts_as_infinitely_late():
    left, right = np.full(30, 10.0), np.full(30, 20.0)
    right[:3] = math.inf
    found = verdict(
        "a.epochs_until_test_accuracy < b.epochs_until_test_accuracy", two(left, right, "epochs_until_test_accuracy")
    )
    assert (found.effect.unit, found.word, found.worst) == ("order", "supported", 3)


def test_zero_spread_is_said_and_judged_by_the_number_of_repeats():
    table = two([66 / 70] * 30, [64 / 70] * 30)
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert found.word == "supported"
    assert found.effect.interval.low == found.effect.interval.high == pytest.approx(2 / 70)
    assert "in all 30 repeats" in found.sentence
    assert verdict("a.test_accuracy > b.test_accuracy", two([0.9] * 3, [0.8] * 3)).word == "inconclusive"


def test_equal_in_every_repeat_is_no_support():
    table = two([0.9] * 30, [0.9] * 30)
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert found.word == "no difference"
    assert "No difference at all in all 30 repeats" in found.sentence
    assert math.isnan(found.opposite_share)
    assert verdict("a.test_accuracy >= b.test_accuracy", table).word == "supported"


def test_one_run_gives_no_verdict():
    found = verdict("a.test_accuracy > b.test_accuracy", two([0.9], [0.8]))
    assert found.word == "inconclusive"
    assert "One run only" in found.sentence


def test_no_runs_is_no_data():
    found = verdict("a.test_accuracy > b.test_accuracy", together(runs("a"), runs("b")))
    assert found.word == "no data" and found.effect.interval.n == 0 and "no finished runs yet" in found.sentence
    assert verdict("a.test_accuracy > b.test_accuracy", two([0.9] * 9, [0.8] * 9), protocol="fresh").word == "no data"


def test_a_variant_without_the_protocol_is_said_not_to_be_run():
    variants = [variant("a", protocols=("published",)), "b"]
    found = verdict("a.test_accuracy > b.test_accuracy", two([0.9] * 9, [0.8] * 9), variants, protocol="fresh")
    assert found.word == "no data" and "not run under this protocol" in found.sentence


def test_failed_runs_are_left_out_and_missing_ones_said():
    good = runs("a", test_accuracy=0.9 + noise(0, 20, 0.01))
    bad = runs("a", test_accuracy=[0.0] * 10, repeats=range(20, 30), error="ValueError")
    table = together(good, bad, runs("b", test_accuracy=0.5 + noise(1, 30, 0.01)))
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert (found.word, found.effect.interval.n) == ("supported", 20)
    assert "Only 20 of 30 repeats are there" in found.sentence


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("a.test_accuracy == b.test_accuracy ± 0.02", "supported"),
        ("a.test_accuracy == b.test_accuracy ± 0.0001", "inconclusive"),
        ("a.test_accuracy == 0.5 ± 0.1", "contradicted"),
        ("a.test_accuracy >= b.test_accuracy - 0.02", "supported"),
        ("a.test_accuracy <= b.test_accuracy - 0.02", "contradicted"),
        ("a.test_accuracy > 0.5", "supported"),
        ("a.test_accuracy < 0.5", "contradicted"),
    ],
)
def test_margins_and_numbers(claim, word):
    table = two(0.8 + noise(0, scale=0.01), 0.8 + noise(1, scale=0.01))
    assert verdict(claim, table).word == word


def test_equivalence_decides_just_where_its_p_value_does():
    for shift in np.linspace(0, 0.03, 13):
        found = verdict("a.test_accuracy == 0.8 ± 0.015", two(0.8 + shift + noise(0, scale=0.02), np.zeros(30)))
        assert (found.word != "inconclusive") == (found.effect.interval.p < 0.05)


def test_equal_constants_are_equivalent():
    assert verdict("a.test_accuracy == 1 ± 0.00001", two([1.0] * 30, [0.0] * 30)).word == "supported"


def test_spreads_are_compared():
    table = two(noise(0), noise(1, scale=5))
    found = verdict("spread(a.test_accuracy) < spread(b.test_accuracy)", table)
    assert (found.effect.unit, found.word) == ("spread ratio", "supported")
    assert found.effect.interval.estimate == pytest.approx(noise(0).std(ddof=1) / noise(1, scale=5).std(ddof=1))
    assert math.isnan(found.opposite_share)
    assert verdict("spread(a.test_accuracy) > spread(b.test_accuracy)", table).word == "contradicted"


def test_a_side_that_never_varies_has_the_smaller_spread():
    found = verdict("spread(a.test_accuracy) < spread(b.test_accuracy)", two([0.9] * 30, noise(1)))
    assert (found.effect.unit, found.word) == ("order", "supported")
    assert (
        verdict("spread(a.test_accuracy) < spread(b.test_accuracy)", two([1.0] * 30, [2.0] * 30)).word == "inconclusive"
    )


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("always(a.test_accuracy > 0.5)", "supported"),
        ("always(a.test_accuracy > 0.8)", "contradicted"),
        ("never(a.diverged)", "supported"),
        ("always(a.diverged)", "contradicted"),
        ("never(a.test_accuracy > b.test_accuracy)", "contradicted"),
        ("usually(a.test_accuracy > b.test_accuracy)", "supported"),
        ("usually(a.test_accuracy > 0.8)", "inconclusive"),
        ("usually(a.diverged)", "contradicted"),
        ("always(a.test_accuracy == b.test_accuracy ± 1)", "supported"),
    ],
)
def test_shares_of_repeats(claim, word):
    table = two(0.8 + noise(0, scale=0.01), 0.7 + noise(1, scale=0.01))
    assert verdict(claim, table).word == word


def test_always_is_not_trusted_after_five_repeats():
    assert verdict("always(a.test_accuracy > 0.5)", two([0.9] * 5, [0.0] * 5)).word == "inconclusive"
    assert verdict("always(a.test_accuracy > 0.5)", two([0.9] * 6, [0.0] * 6)).word == "supported"


def grid(curve, seed=0, scale=0.01, values=(0.1, 0.2, 0.3, 0.4, 0.5)):
    """A grid whose metric follows a curve, and its runs."""
    points = [variant(f"rate[rate={value:g}]", grid={"rate": value}) for value in values]
    tables = [
        runs(point.name, test_accuracy=height + noise(seed + i, scale=scale))
        for i, (point, height) in enumerate(zip(points, curve, strict=True))
    ]
    return points, together(*tables)


@pytest.mark.parametrize(
    ("curve", "claim", "word"),
    [
        ([1, 2, 3, 4, 5], "increasing over rate", "supported"),
        ([1, 2, 3, 4, 5], "decreasing over rate", "contradicted"),
        ([5, 4, 3, 2, 1], "decreasing over rate", "supported"),
        ([1, 2, 3, 2, 1], "peaks inside rate", "supported"),
        ([1, 2, 3, 2, 1], "dips inside rate", "contradicted"),
        ([3, 2, 1, 2, 3], "dips inside rate", "supported"),
        ([1, 2, 3, 4, 5], "peaks inside rate", "contradicted"),
    ],
)
def test_trends_and_shapes(curve, claim, word):
    points, table = grid(curve)
    assert verdict(f"rate.test_accuracy {claim}", table, points).word == word


def test_a_monotone_curve_has_slope_one_on_ranks():
    points, table = grid([1, 2, 4, 8, 16])
    assert verdict("rate.test_accuracy increasing over rate", table, points).effect.interval.estimate == 1


def test_a_curve_that_rises_and_stays_rarely_looks_like_a_peak():
    words = []
    for seed in range(0, 600, 10):
        points, table = grid([-9, 0, 0, 0, 0], seed=seed, scale=1.0)
        words.append(verdict("rate.test_accuracy peaks inside rate", table, points).word)
    assert words.count("supported") <= 4  # 2.5 in a hundred are meant


def test_a_diverged_point_of_a_grid_ranks_last():
    points, table = grid([1, 2, 3, 4, 5])
    table.loc[(table["variant"] == "rate[rate=0.5]") & (table["repeat"] < 20), "diverged"] = 1
    found = verdict("rate.test_accuracy peaks inside rate", table, points)
    assert (found.effect.unit, found.word) == ("ranks", "supported")


def test_other_axes_are_averaged():
    points, tables = [], []
    for norm in (1, 2):
        for rate in (0.1, 0.2, 0.3):
            point = variant(f"both[norm={norm},rate={rate:g}]", grid={"norm": norm, "rate": rate})
            points.append(point)
            tables.append(runs(point.name, test_accuracy=100 * norm + rate + noise(0, scale=0.001)))
    found = verdict("both.test_accuracy increasing over rate", together(*tables), points)
    assert (found.word, found.effect.interval.estimate) == ("supported", 1)


def test_the_studys_own_rows_are_read_under_fresh_too():
    scores = {"test_accuracy": 0.5 + noise(0, 10, 0.01), "fresh_test_accuracy": 0.9 + noise(1, 10, 0.01)}
    found = verdict("a.own_test_accuracy < 0.6", runs("a", "fresh", **scores), protocol="fresh")
    assert found.word == "supported"


def test_fresh_reads_the_fresh_rows():
    fresh = {"test_accuracy": [0.5] * 10, "fresh_test_accuracy": 0.9 + noise(0, 10, 0.01)}
    table = together(runs("a", "fresh", **fresh), runs("a", "published", **fresh))
    assert verdict("a.test_accuracy > 0.8", table, protocol="fresh").word == "supported"
    assert verdict("a.test_accuracy > 0.8", table, protocol="published").word == "contradicted"


def test_original_units_of_targets_that_are_not_scaled_are_those_trained_in():
    table = together(
        runs("a", test_mse=1 + noise(0, scale=0.01)), runs("b", test_mse=[0.1] * 30, test_mse_original=[9.0] * 30)
    )
    assert verdict("a.test_mse_original < b.test_mse_original", table).word == "supported"


def test_adjusted_p_values_stand_beside_the_verdicts():
    claims = ["a.test_accuracy > b.test_accuracy", "a.test_accuracy > 0.79", "a.test_accuracy > 0.795"]
    table = two(0.8 + noise(0, scale=0.01), 0.7 + noise(1, scale=0.01))
    found = judge(study(["a", "b"], claims, protocols=("published",)), table)
    assert [v.number for v in found] == [1, 2, 3]
    assert all(v.p_holm >= v.q >= v.effect.interval.p for v in found)


def test_slide_mode_tells_each_run_and_how_many_would_have_said_the_opposite():
    table = two([0.9, 0.8, 0.7, 0.9], [0.8, 0.8, 0.8, 0.8])
    found = verdict("a.test_accuracy > b.test_accuracy", table)
    assert [single.outcome for single in found.singles.values()] == [1, 0, -1, 1]
    assert found.opposite_share == 0.25
    assert one_run_sentence(found, 0) == "Run 0: 0.9 against 0.8; the claim looks right."
    assert one_run_sentence(found, 2).endswith("the claim looks wrong.")
    assert one_run_sentence(found, 99) == "There is no run 99."
