from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.language.claim_text import ClaimSyntaxError
from experiments.language.claims import find_variant
from experiments.language.configuration import Configuration
from experiments.language.expressions import (
    Comparison,
    Equivalence,
    Flag,
    Shape,
    Share,
    SpreadComparison,
    Trend,
    parse_claim,
)
from experiments.language.terms import Difference, Number, Ratio, Reference


@dataclass(frozen=True)
class FakeVariant:
    name: str
    group: str = ""
    grid: dict[str, Any] = field(default_factory=dict)
    config: Configuration | None = None


def config(scaler=None, loss="binary_crossentropy", metrics=("accuracy",)):
    training = {"optimizer": "adam", "epochs": 1, "loss": loss, "metrics": list(metrics), "validate_on": "test"}
    return Configuration.from_plain(
        {
            "data": {"points": {"make_moons": {}}, "split": {"train": 30, "test": 70}, "scale": {"targets": scaler}},
            "model": {"hidden": {"Dense": {"units": 5}}},
            "training": training,
        }
    )


def study():
    plain = [FakeVariant(name, name, {}, config()) for name in ("baseline", "dropout")]
    regression = {"loss": "mean_squared_error", "metrics": ()}
    scaled = [
        FakeVariant("raw", "raw", {}, config(**regression)),
        FakeVariant("standard", "standard", {}, config({"StandardScaler": {}}, **regression)),
    ]
    rates = [FakeVariant(f"rate[rate={rate:g}]", "rate", {"rate": rate}, config()) for rate in (0.1, 0.2, 0.3)]
    return SimpleNamespace(variants=plain + scaled + rates)


def a(metric="m", variant="a", factor=1.0):
    return Reference(variant, metric, factor)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.m > b.m", Comparison(a(), ">", a("m", "b"))),
        ("a.m < 0.9", Comparison(a(), "<", Number(0.9))),
        ("a.m > -1e-3", Comparison(a(), ">", Number(-0.001))),
        ("a.m >= b.m - 0.02", Comparison(a(), ">=", a("m", "b"), -0.02)),
        ("a.m>=b.m-0.02", Comparison(a(), ">=", a("m", "b"), -0.02)),
        ("a.m <= b.m + 0.02", Comparison(a(), "<=", a("m", "b"), 0.02)),
        ("a.m == b.m ± 0.02", Equivalence(a(), a("m", "b"), 0.02)),
        ("a.m == 1 +- 1e-5", Equivalence(a(), Number(1), 1e-5)),
        ("a.m < 0.5 * b.m", Comparison(a(), "<", a("m", "b", 0.5))),
        (
            "a.m - b.m > c.m - d.m",
            Comparison(Difference(a(), a("m", "b")), ">", Difference(a("m", "c"), a("m", "d"))),
        ),
        (
            "a.m / b.m < 0.5 * c.m / d.m",
            Comparison(Ratio(a(), a("m", "b")), "<", Ratio(a("m", "c", 0.5), a("m", "d"))),
        ),
        (
            "a.m/b.m<0.5",
            Comparison(Ratio(a(), a("m", "b")), "<", Number(0.5)),
        ),
        ("spread(a.m) < spread(b.m)", SpreadComparison(a(), "<", a("m", "b"))),
        ("a.m increasing over rate", Trend(a(), "increasing", "rate")),
        ("a.m decreasing over rate", Trend(a(), "decreasing", "rate")),
        ("a.m peaks inside rate", Shape(a(), "peaks", "rate")),
        ("a.m dips inside rate", Shape(a(), "dips", "rate")),
        ("always(a.m > 0.9)", Share("always", Comparison(a(), ">", Number(0.9)))),
        ("never(a.diverged)", Share("never", Flag(a("diverged")))),
        ("usually(a.m > b.m)", Share("usually", Comparison(a(), ">", a("m", "b")))),
        ("a.weight_norm.hidden_1 < 3", Comparison(a("weight_norm.hidden_1"), "<", Number(3))),
        (
            "both[norm=1,value=0.5].m > b.m",
            Comparison(a("m", "both[norm=1,value=0.5]"), ">", a("m", "b")),
        ),
        ("rate[rate=0.4].m > 0", Comparison(a("m", "rate[rate=0.4]"), ">", Number(0))),
        ("with-dash.m > 0", Comparison(a("m", "with-dash"), ">", Number(0))),
        ("a.m_without_0.5>b.m.5", Comparison(a("m_without_0.5"), ">", a("m.5", "b"))),
    ],
)
def test_every_form_is_read_and_written(text, expected):
    assert parse_claim(text) == expected
    assert parse_claim(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "column", "part"),
    [
        ("", 1, "expected a metric"),
        ("a.m", 4, "expected a comparison"),
        ("a.m >", 6, "expected a metric"),
        ("a.m = b.m", 5, "'=' has no meaning in a claim; did you mean '=='?"),
        ("a.m => b.m", 5, "did you mean '>='?"),
        ("a.m > a.m", 5, "both sides are the same metric"),
        ("a > b", 1, "expected a metric of a variant, such as dropout.test_accuracy, found 'a'"),
        ("a.m == b.m", 11, "expected a margin"),
        ("a.m == b.m ± x", 14, "expected a number"),
        ("a.m > b.m and c.m > d.m", 11, "expected the end"),
        ("1 < 2", 3, "needs a metric"),
        ("spread(a.m) < b.m", 15, "expected 'spread'"),
        ("spread(a.m) == spread(b.m)", 13, "expected '<' or '>'"),
        ("always(a.m > 0.9", 17, "expected ')'"),
        ("a.m rising over rate", 5, "expected a comparison"),
        ("a.m increasing along rate", 16, "expected 'over'"),
        ("a.m peaks inside", 17, "axis"),
        ("__import__('os').system('x')", 12, "has no meaning"),
        ("a.m > 1e999", 12, "too large"),
    ],
)
def test_a_syntax_error_says_where_and_what(text, column, part):
    with pytest.raises(ClaimSyntaxError) as caught:
        parse_claim(text)
    assert caught.value.column == column
    assert part in caught.value.message


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        parse_claim(text)
    except ClaimSyntaxError as error:
        assert 1 <= error.column <= len(text) + 1


def test_references_come_in_written_order():
    assert [r.variant for r in parse_claim("a.m - b.m > c.m - d.m").references] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "text",
    [
        "dropout.test_accuracy > baseline.test_accuracy",
        "dropout.accuracy_gap < baseline.accuracy_gap",
        "rate[rate=0.20].test_accuracy > baseline.test_accuracy",
        "rate[rate=1e-1].fresh_test_accuracy > 0.5",
        "rate.test_accuracy peaks inside rate",
        "never(baseline.diverged)",
        "raw.test_mse_original > standard.test_mse_original",
        "raw.epochs_run < standard.epochs_run",
    ],
)
def test_valid_claims_pass(text):
    assert parse_claim(text).check(study().variants) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dropuot.test_accuracy > 0.5", "there is no variant 'dropuot'; did you mean 'dropout'?"),
        ("dropout.test_acuracy > 0.5", "'dropout' has no metric 'test_acuracy'; did you mean 'test_accuracy'?"),
        ("rate.test_accuracy > 0.5", "'rate' is a grid: name one of its points, such as 'rate[rate=0.1]'"),
        ("rate[rate=0.9].test_accuracy > 0.5", "there is no variant 'rate[rate=0.9]'; did you mean"),
        ("rte.test_accuracy peaks inside rate", "there is no grid 'rte'; did you mean 'rate'?"),
        ("rate.test_accuracy increasing over rat", "grid 'rate' has no axis 'rat'; did you mean 'rate'?"),
        ("rate.test_acc increasing over rate", "has no metric 'test_acc'"),
        ("always(dropuot.diverged)", "there is no variant 'dropuot'"),
        ("raw.test_mse > standard.test_mse", "compare 'test_mse_original'"),
        ("always(raw.test_loss > standard.test_loss)", "compare 'test_mse_original'"),
    ],
)
def test_wrong_names_are_reported_with_the_nearest(text, message):
    (problem,) = parse_claim(text).check(study().variants)
    assert message in problem


def test_all_wrong_names_come_at_once():
    assert len(parse_claim("x.test_accuracy > dropout.y").check(study().variants)) == 2


def test_a_shape_needs_an_inner_value():
    two = SimpleNamespace(variants=[v for v in study().variants if v.grid.get("rate", 0) <= 0.2])
    assert parse_claim("rate.test_accuracy increasing over rate").check(two.variants) == []
    assert "at least 3 values" in parse_claim("rate.test_accuracy peaks inside rate").check(two.variants)[0]


def test_numbers_of_grid_points_may_be_written_in_any_way():
    names = ["l2[factor=0.0001]", "norm[scaler=min max]"]
    assert find_variant("l2[factor=1e-4]", names) == "l2[factor=0.0001]"
    assert find_variant("norm[scaler=min max]", names) == "norm[scaler=min max]"
    assert find_variant("l2[factor=1e-5]", names) is None
