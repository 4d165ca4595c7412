"""Whatever a table of runs holds, every claim gets a verdict and a sentence."""

import math
import warnings

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from experiments.analysis import analyse, one_run_sentence
from experiments.analysis.result_tables import result_tables
from tests.analysis.examples import figure, runs, study, tidy, variant

CLAIMS = [
    "a.test_accuracy > b.test_accuracy",
    "a.test_accuracy < b.test_accuracy",
    "a.test_mse > b.test_mse",
    "a.test_mse < b.test_mse",
    "a.test_mse < 0.5 * b.test_mse",
    "a.test_accuracy >= b.test_accuracy - 0.02",
    "a.test_accuracy - b.test_accuracy > b.test_accuracy - a.test_accuracy",
    "a.test_mse == b.test_mse ± 0.5",
    "spread(a.test_mse) < spread(b.test_mse)",
    "always(a.test_mse < b.test_mse)",
    "never(a.diverged)",
    "usually(a.test_accuracy > 0.5)",
    "rate.test_mse increasing over rate",
    "rate.test_mse dips inside rate",
    "rate.test_accuracy peaks inside rate",
]
POINTS = [variant(f"rate[rate={rate}]", grid={"rate": rate}) for rate in (1, 2, 3)]
STUDY = study(
    ["a", "b", *POINTS],
    CLAIMS,
    published=[
        figure("a", "test_mse", 1.5),
        figure("a", "test_mse", math.nan),
        figure("b", "test_accuracy", 0.5, of=30),
    ],
    diagnosis={"metric": "accuracy", "target_error": 0.0, "margin": 0.05},
)
ERRORS = st.one_of(st.sampled_from([0.0, 1.0, 0.5, math.nan, math.inf, 1e-30, 1e30]), st.floats(0, 10))
SHARES = st.one_of(st.sampled_from([0.0, 1.0, 0.5, math.nan]), st.floats(0, 1))


@st.composite
def tables(draw):
    parts = []
    for name in ("a", "b", *(point.name for point in POINTS)):
        n = draw(st.integers(0, 4))
        errors, shares = (st.lists(numbers, min_size=n, max_size=n) for numbers in (ERRORS, SHARES))
        part = runs(
            name,
            draw(st.sampled_from(["published", "fresh"])),
            test_mse=draw(errors),
            test_accuracy=draw(shares),
            fresh_test_accuracy=draw(shares),
            train_accuracy=draw(shares),
            best_watched_accuracy=draw(shares),
            diverged=draw(st.sets(st.integers(0, 3))),
        )
        part["error"] = draw(st.lists(st.sampled_from(["", "", "ValueError"]), min_size=n, max_size=n))
        parts.append(part)
    return tidy(pd.concat(parts, ignore_index=True))


# A table takes long to judge, so a failing one is shown as it is found.
@pytest.mark.slow
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(tables())
def test_every_claim_gets_a_verdict_and_every_table_is_made(table):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        analysis = analyse(STUDY, table)
        result_tables(analysis)
    verdicts = analysis.verdicts
    assert len(verdicts) == 2 * len(CLAIMS)
    for verdict in verdicts:
        assert (verdict.word == "no data") == (verdict.effect.interval.n == 0)
        assert verdict.sentence and one_run_sentence(verdict, 0)
    mirrored = {"supported": "contradicted", "contradicted": "supported"}
    for first, second in ((0, 1), (2, 3)):
        assert verdicts[second].word == mirrored.get(verdicts[first].word, verdicts[first].word)
