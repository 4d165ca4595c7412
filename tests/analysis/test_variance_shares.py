import numpy as np
import pandas as pd
import pytest

from experiments.analysis import analyse, seed_shares
from experiments.analysis.result_tables import result_tables
from tests.analysis.examples import noise, runs, study, together, variant

CLAIM = "a.test_accuracy > b.test_accuracy"


def table(seeds, both, *, n=30, column="fresh_test_accuracy"):
    """Runs whose difference has these standard deviations, under published and under fresh."""
    tables = []
    for protocol, spread, seed in (("published", seeds, 0), ("fresh", both, 1)):
        values = {"test_accuracy": noise(seed + 2, n), column: noise(seed, n, spread)}
        tables += [runs("a", protocol, **values), runs("b", protocol, **{name: [0.0] * n for name in values})]
    return together(*tables)


def shares(runs_table, claims=(CLAIM,), variants=("a", "b")):
    return seed_shares(study(variants, claims), runs_table)


def test_the_share_is_the_variance_of_seeds_over_that_of_seeds_and_data_on_the_same_rows():
    (found,) = shares(table(0.5, 1.0))
    assert found.share.estimate == pytest.approx(0.25 * noise(0).var() / noise(1).var())
    assert 0 < found.share.low < found.share.estimate < found.share.high <= 1
    assert found.published == pytest.approx(noise(0, scale=0.5).std(ddof=1))


def test_seeds_cannot_have_more_than_all_of_the_variance():
    (found,) = shares(table(3.0, 1.0))
    assert (found.share.estimate, found.share.high) == (1, 1)


@pytest.mark.slow
def test_the_interval_covers_the_share_of_skewed_differences_too():
    covered = []
    rng = np.random.default_rng(0)
    for _ in range(300):
        tables = []
        for protocol, spread in (("published", 0.5), ("fresh", 1.0)):
            skewed = spread * (rng.lognormal(0, 0.5, 30) - rng.lognormal(0, 0.5, 30))
            tables += [runs("a", protocol, fresh_test_accuracy=skewed, test_accuracy=skewed)]
        (found,) = shares(together(*tables), ["a.test_accuracy > 0"], ["a"])
        covered.append(found.share.low <= 0.25 <= found.share.high)
    assert 0.88 <= np.mean(covered) <= 0.99


@pytest.mark.parametrize(
    "results",
    [
        table(0.0, 1.0),
        table(1.0, 0.0),
        table(1.0, 1.0, n=4),
        together(runs("a", test_accuracy=noise(0)), runs("b", test_accuracy=noise(1))),
    ],
)
def test_without_spread_or_repeats_under_both_protocols_there_is_no_share(results):
    assert shares(results) == []


def test_the_protocols_are_compared_on_one_kind_of_rows_only():
    mixed = table(1.0, 1.0)
    mixed.loc[mixed["protocol"] == "published", "fresh_test_accuracy"] = np.nan
    assert shares(mixed) == []


def test_splits_of_one_table_have_no_share():
    digits = [variant(name, source="load_digits") for name in "ab"]
    assert shares(table(1.0, 1.0, column="train_accuracy"), variants=digits) == []


def test_the_shares_are_in_the_tables():
    analysis = analyse(study(["a", "b"], [CLAIM, "never(a.diverged)"]), table(0.5, 1.0))
    rows = {(row.claim, row.protocol): row.seed_share for row in analysis.claim_rows}
    (found,) = analysis.seed_shares
    assert rows[1, "fresh"] == pytest.approx(found.share.estimate)
    assert all(pd.isna(share) for place, share in rows.items() if place != (1, "fresh"))
    variance = result_tables(analysis)["variance"]
    assert list(variance["claim"]) == [1] and list(variance["seed_share"]) == [found.share.estimate]
