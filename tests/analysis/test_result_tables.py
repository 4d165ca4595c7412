import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import (
    analyse,
    read_claim_rows,
    read_runs,
    scoreboard_table,
    summarize,
    verdicts_changed_by_the_board,
    write_scoreboard_table,
    write_tables,
)
from experiments.analysis.result_tables import result_tables
from tests.analysis.examples import figure, noise, runs, study, together, variant

CLAIMS = ["a.test_accuracy > b.test_accuracy", "never(a.diverged)", "rate.test_accuracy peaks inside rate"]


def example(name="example"):
    points = [variant(f"rate[rate={r}]", grid={"rate": r}, protocols=("published",)) for r in (0.1, 0.2, 0.3)]
    diagnosis = {"metric": "accuracy", "target_error": 0.0, "margin": 0.05}
    published = [figure("a", "test_accuracy", 0.9)]
    return study(["a", "b", *points], CLAIMS, published=published, diagnosis=diagnosis, name=name)


def table(n=10):
    tables = []
    for i, name in enumerate(("a", "b", "rate[rate=0.1]", "rate[rate=0.2]", "rate[rate=0.3]")):
        for protocol in ("published", "fresh") if i < 2 else ("published",):
            scores = 0.9 - 0.05 * i + noise(i, n, 0.01)
            columns = {"test_accuracy": scores, "fresh_test_accuracy": scores - 0.01, "train_accuracy": [1.0] * n}
            tables.append(runs(name, protocol, best_watched_accuracy=scores + 0.02, **columns))
    return together(*tables)


def write_runs(folder, runs_table, name="example"):
    (folder / name).mkdir(parents=True, exist_ok=True)
    runs_table.to_csv(folder / name / "runs.csv", index=False)


def write_all(studies, out):
    for one in studies:
        write_tables(analyse(one, read_runs(one.name, out)), out)
    write_scoreboard_table(out)


def test_every_table_is_written_and_a_second_time_touches_nothing(tmp_path):
    write_runs(tmp_path, table())
    write_all([example()], tmp_path)
    names = {path.name for path in (tmp_path / "example").iterdir()}
    assert names >= {
        "summary.csv",
        "claims.csv",
        "luck.csv",
        "published.csv",
        "flattery.csv",
        "diagnosis.csv",
        "sweeps.csv",
    }
    files = sorted(tmp_path.rglob("*.csv"))
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    write_all([example()], tmp_path)
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in files] == before


def test_the_scoreboard_has_both_verdicts_and_the_luck_of_every_claim(tmp_path):
    write_runs(tmp_path, table())
    write_all([example()], tmp_path)
    board = pd.read_csv(tmp_path / "scoreboard.csv")
    assert list(board["claim"]) == [1, 2, 3]
    assert list(board["verdict_published"]) == ["supported", "supported", "contradicted"]
    assert list(board["verdict_fresh"]) == ["supported", "supported", "no data"]
    first = board.iloc[0]
    assert first["effect_published"] == pytest.approx(0.05, abs=0.01)
    assert first["low_published"] < first["effect_published"] < first["high_published"]
    parts = [first[f"luck_{part}"] for part in ("test_rows", "training_rows", "trick")]
    assert sum(parts) == pytest.approx(first["luck_gain"])
    assert "sentence_fresh" in board and first["opposite_share_published"] == 0


def test_rows_of_claims_read_from_the_file_are_the_rows_that_were_analysed(tmp_path):
    analysis = analyse(example(), table())
    write_tables(analysis, tmp_path)
    assert repr(read_claim_rows(tmp_path / "example" / "claims.csv")) == repr(analysis.claim_rows)


def test_the_scoreboard_keeps_studies_that_were_not_written_again(tmp_path):
    for name in ("one", "two", "one@12ab34"):
        write_runs(tmp_path, table(), name)
        write_all([example(name)], tmp_path)
    assert set(pd.read_csv(tmp_path / "scoreboard.csv")["study"]) == {"one", "two"}
    assert len(scoreboard_table(tmp_path)) == 6


def test_the_scoreboard_adjusts_over_all_studies_beside_the_rule_of_one(tmp_path):
    shifts = {"one": [0.38], "two": [0.0] * 20}
    for name, means in shifts.items():
        values = {f"dead_units.l{k}": mean + stats.zscore(noise(k), ddof=1) for k, mean in enumerate(means)}
        write_runs(tmp_path, together(runs("a", **values)), name)
        write_all([study(["a"], [f"a.{column} > 0" for column in values], name=name)], tmp_path)
    board = pd.read_csv(tmp_path / "scoreboard.csv")
    assert list(board.columns)[-1] == "q_board_tuned"
    assert board["verdict_published"][0] == "supported" and board["q_published"][0] < 0.05
    np.testing.assert_allclose(
        board["q_board_published"], stats.false_discovery_control(board["p_published"]), rtol=1e-9
    )
    assert verdicts_changed_by_the_board(scoreboard_table(tmp_path)) == {"published": 1, "fresh": 0, "tuned": 0}


def test_a_table_of_an_older_version_is_read_without_the_columns_that_it_lacks(tmp_path):
    write_runs(tmp_path, table())
    write_all([example()], tmp_path)
    path = tmp_path / "example" / "claims.csv"
    pd.read_csv(path, dtype=str).drop(columns="q").to_csv(path, index=False)
    assert math.isnan(read_claim_rows(path)[0].q)
    assert len(scoreboard_table(tmp_path)) == 3


def test_studies_without_any_run_get_tables_that_say_so(tmp_path):
    write_all([example()], tmp_path)
    claims = pd.read_csv(tmp_path / "example" / "claims.csv")
    assert set(claims["verdict"]) == {"no data"} and len(claims) == 6
    assert pd.read_csv(tmp_path / "example" / "summary.csv").empty


@pytest.mark.parametrize("state", ["all failed", "all diverged", "one run", "no claims"])
def test_partial_results_give_tables(state):
    results, asked = table(), example()
    if state == "all failed":
        results["error"] = "ValueError: no"
    elif state == "all diverged":
        results["diverged"] = 1
    elif state == "one run":
        results = results[(results["variant"] == "a") & (results["repeat"] == 0)]
    else:
        asked.claims = ()
    tables = result_tables(analyse(asked, results))
    assert len(tables["claims"]) == (0 if state == "no claims" else 6)
    if state == "all failed":
        assert set(tables["claims"]["verdict"]) == {"no data"}
        assert (tables["summary"]["failed"] == 10).all()


def test_the_summary_has_a_row_for_each_metric():
    results = together(
        runs("a", test_accuracy=[0.7, 0.8, 0.9], overshoots=[1, 2, 3]),
        runs("b", test_accuracy=[0.5, math.nan, math.nan], test_mse=[1.0, math.inf, 2.0], diverged=[1]),
        runs("gone", test_accuracy=[0.1]),
    )
    summary = summarize(study(["a", "b"]), results).set_index(["variant", "metric"])
    row = summary.loc[("a", "test_accuracy")]
    assert (row["n"], row["mean"], row["std"]) == (3, pytest.approx(0.8), pytest.approx(0.1))
    assert row["low"] < 0.8 < row["high"] and row["median"] == 0.8
    assert summary.loc[("b", "test_accuracy"), "n"] == 1 and np.isnan(summary.loc[("b", "test_accuracy"), "low"])
    assert summary.loc[("b", "test_mse"), "mean"] == 1.5 and summary.loc[("b", "test_mse"), "diverged"] == 1
    assert ("a", "overshoots") in summary.index and ("a", "repeat") not in summary.index
    assert "gone" not in summary.index.get_level_values(0)


def test_runs_that_are_not_there_are_an_empty_table(tmp_path):
    assert read_runs("example", tmp_path).empty


def test_a_variant_called_none_stays_a_name(tmp_path):
    write_runs(tmp_path, together(runs("none", test_accuracy=[0.5])))
    assert list(read_runs("example", tmp_path)["variant"]) == ["none"]
