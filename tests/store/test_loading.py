import math

import numpy as np
import pytest

import experiments
from experiments.errors import ExperimentsError
from experiments.store import loading
from experiments.store.folder import StudyFolder
from experiments.store.loading import StoredHistories
from experiments.store.merge import merge
from experiments.store.staging import stage
from tests.fakes import make_result, make_study

STUDY = make_study("none", "nan", "rate[rate=0.4]", name="gaps")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    folder = StudyFolder.of(STUDY.name, out)
    made = [make_result(run) for run in STUDY.runs()]
    stage(folder.staging, made)
    merge(STUDY, folder)
    return out, made


def test_the_table_gives_back_every_number_exactly(results):
    out, made = results
    table = experiments.load_results("gaps", out=out)
    assert len(table) == len(made)
    rows = table.set_index(["variant", "protocol", "repeat"])
    for result in made:
        row = rows.loc[(result.run.variant, result.run.protocol, result.run.repeat)]
        assert row["test_accuracy"] == result.scalars["test_accuracy"]
        expected = result.scalars["test_loss"]
        assert row["test_loss"] == expected or (math.isnan(expected) and math.isnan(row["test_loss"]))


def test_variants_called_none_or_nan_are_names(results):
    out, _ = results
    table = experiments.load_results("gaps", out=out)
    assert list(table["variant"].unique()) == ["none", "nan", "rate[rate=0.4]"]
    assert table["grid.rate"].dropna().unique().tolist() == [0.4]
    assert (table["error"] == "").all()


def test_curves_have_a_readable_form(results):
    out, _ = results
    history = experiments.load_history("gaps", "none", out=out)
    assert set(history) == {"loss", "val_loss"}
    assert history["loss"].shape == (3, history.epochs)
    assert repr(history) == f"<History of gaps: none, published: 3 runs x {history.epochs} epochs: loss, val_loss>"


def test_missing_results_name_the_nearest(results):
    out, _ = results
    with pytest.raises(ExperimentsError, match="did you mean 'gaps'"):
        experiments.load_results("gasp", out=out)
    with pytest.raises(ExperimentsError, match=r"there are nan\.fresh, nan\.published"):
        experiments.load_history("gaps", "nun", out=out)


def test_curves_of_a_large_study_do_not_stay_in_memory(results, monkeypatch):
    out, _ = results
    places = {protocol: ("none", protocol) for protocol in ("published", "fresh")} | {0: ("missing", "fresh")}
    histories = StoredHistories("gaps", out, places)
    assert set(histories) == {"published", "fresh"}
    assert 0 not in histories
    first = histories["published"]
    assert histories["published"] is first
    monkeypatch.setattr(loading, "_KEPT_BYTES", first.curves.bytes)
    assert histories["fresh"].curves.bytes > 0
    again = histories["published"]
    assert again is not first
    assert all(np.array_equal(again[key], first[key], equal_nan=True) for key in first)
