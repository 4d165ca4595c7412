from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import analyse, read_runs
from experiments.report.chart_data import sweep_charts
from experiments.report.curve_charts import (
    Epochs,
    curve_metrics,
    layer_curves,
    learning_curves,
    read_histories,
)
from experiments.report.figures.curve_summary import summarise_curve, thin_out
from experiments.report.wording import rounded
from experiments.store.loading import load_history
from tests.report.reading import read_page, study_data
from tests.report.synthetic import write_results, write_site


@pytest.fixture(scope="module")
def results(tmp_path_factory, study):
    out = tmp_path_factory.mktemp("results")
    write_results(study, out)
    return out


@pytest.fixture(scope="module")
def data(results, study):
    write_site([study], results)
    return study_data(read_page(results / "dropout/report.html"))


def test_thinning_keeps_both_ends_and_the_limit():
    for length in (0, 1, 2, 399, 400, 401, 4000):
        kept = thin_out(length, 400)
        assert len(kept) == min(length, 400)
        if length:
            assert (kept[0], kept[-1]) == (0, length - 1)


def test_rounding_keeps_four_digits_and_no_infinity():
    assert rounded([0.123456, 12345.6, np.nan, np.inf]) == [0.1235, 12350.0, None, None]


def test_equal_lists_of_epochs_are_written_once():
    epochs = Epochs()
    curve = summarise_curve(np.ones((3, 5)))
    assert [epochs.line(curve)[0], epochs.line(curve)[0]] == [0, 0]
    assert epochs.lists == [[1, 2, 3, 4, 5]]


def test_a_drawn_curve_is_the_mean_of_the_stored_runs(data, results):
    stored = load_history("dropout", "dropout", "published", results)["val_accuracy"]
    index, mean, low, high = data["curves"]["lines"]["published"]["1"]["val_accuracy"]
    assert data["epochs"][index] == list(range(1, stored.shape[1] + 1))
    assert mean == pytest.approx(stored.mean(axis=0), rel=1e-3)
    assert all(a < b < c for a, b, c in zip(low, mean, high, strict=True))


def test_long_curves_are_thinned(tmp_path, study):
    write_results(study, tmp_path, epochs=3000, repeats=2)
    histories = read_histories(study, tmp_path)
    epochs = Epochs()
    curves = learning_curves(histories, curve_metrics(histories), epochs)
    assert {metric["key"] for metric in curves["metrics"]} == {"loss", "accuracy"}
    assert max(len(epochs.lists[line[0]]) for line in curves["lines"]["published"][0].values()) <= 400
    assert epochs.lists[0][0] == 1
    assert epochs.lists[0][-1] == 3000


def test_probes_are_lines_by_layer(results, study):
    layers = layer_curves(read_histories(study, results), Epochs())
    assert {word["key"] for word in layers["words"]} == {"weight_norm", "gradient_norm"}
    assert list(layers["lines"]["published"][0]["gradient_norm"]) == ["hidden", "output"]


def test_without_probes_there_is_no_section(study):
    assert layer_curves({}, Epochs()) is None
    assert learning_curves({}, [], Epochs()) is None


def test_a_sweep_shows_train_and_test_rows_and_marks_the_best(results, study):
    (chart,) = sweep_charts(analyse(study, read_runs("dropout", results)).headline_sweeps)
    assert [tick["label"] for tick in chart["ticks"]] == ["0.1", "0.3", "0.5", "0.7"]
    clear = [line for line in chart["lines"]["published"]["accuracy"]["series"] if not line.get("faint")]
    assert [line["name"] for line in clear] == ["test", "train"]
    assert clear[0]["marked"]
    assert "best at" in chart["lines"]["published"]["accuracy"]["note"]
    fresh = chart["lines"]["fresh"]["accuracy"]["series"]
    assert "10,000 fresh rows" in [line["name"] for line in fresh]


def test_slide_mode_tells_each_seed_alone_and_all_together(data, results):
    claim = data["slides"]["claims"][0]
    runs = read_runs("dropout", results)
    runs = runs[runs["protocol"] == "published"].set_index(["variant", "repeat"])["test_accuracy"]
    for seed in claim["seeds"]:
        right = runs["dropout", seed["seed"]] > runs["baseline", seed["seed"]]
        assert seed["word"] == ("looks right" if right else "looks wrong")
    assert len(claim["seeds"]) == 6
    assert claim["curve"]["key"] == "val_accuracy"
    runs_drawn = data["slides"]["lines"]["val_accuracy"][str(claim["variants"][0])]
    assert runs_drawn["repeats"] == [0, 1, 2, 3, 4, 5]


def test_slide_mode_has_at_most_100_seeds_and_the_verdict_of_all(tmp_path, study):
    write_results(study, tmp_path, epochs=2, repeats=103)
    write_site([study], tmp_path)
    slides = study_data(read_page(tmp_path / "dropout/report.html"))["slides"]
    assert [seed["seed"] for seed in slides["claims"][0]["seeds"]] == list(range(100))
    runs_drawn = slides["lines"]["val_accuracy"][str(slides["claims"][0]["variants"][0])]
    assert runs_drawn["repeats"] == list(range(100))
    assert len(runs_drawn["curves"]) == 100
    assert "of 103 seeds" in slides["claims"][0]["all"]["story"]


def test_the_base_and_what_claims_name_are_shown_first(data):
    looks = {variant["name"]: variant for variant in data["variants"]}
    assert looks["baseline"]["slot"] == 0
    assert all(looks[name]["on"] for name in ("baseline", "dropout", "wide"))
    assert not looks["rate[rate=0.1]"]["curves"]


def test_changes_are_marked_in_the_yaml(data, study):
    changed = [study.text.splitlines()[line - 1].strip() for line in data["source"][1]["changed"]]
    assert changed == ["model.drop: {Dropout: 0.4, after: hidden}"]
    replaced = [study.text.splitlines()[line - 1].strip() for line in data["source"][2]["replaced"]]
    assert replaced == ["hidden: {Dense: {units: 50, activation: relu}}"]
