"""Variants at their own best rates, from runs.csv to tables, pages, figure and scoreboard."""

import csv

import pytest

from experiments.analysis import analyse, read_runs
from experiments.language import parse_study
from experiments.protocols import STORED_PROTOCOLS, TUNED
from experiments.report.figures.rate_figures import rate_figures
from experiments.report.figures.results import Results
from tests.report.conftest import STUDY
from tests.report.reading import check_policy, read_page, study_data
from tests.report.synthetic import add_tuned, write_results, write_site

BEST = {"baseline": 1.0, "dropout": 3.16}


@pytest.fixture(scope="module")
def tuned_site(tmp_path_factory):
    """A study of which two variants are tuned, and one that is not; at its best rate dropout loses clearly."""
    out = tmp_path_factory.mktemp("tuned")
    study, other = (parse_study(STUDY, name=name, file=f"configs/{name}.yaml") for name in ("dropout", "other"))
    folder = write_results(study, out)
    add_tuned(study, folder, BEST, {"baseline": 0.9, "dropout": 0.1})
    write_results(other, out)
    write_site([study, other], out)
    return out


def analysis_of(out):
    study = parse_study(STUDY, name="dropout", file="configs/dropout.yaml")
    return analyse(study, read_runs("dropout", out, protocols=STORED_PROTOCOLS))


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_only_claims_with_a_tuned_form_are_judged_at_the_best_rates(tuned_site):
    rows = [row for row in rows_of(tuned_site / "dropout/claims.csv") if row["protocol"] == TUNED]
    assert [(row["claim"], row["verdict"], row["n"]) for row in rows] == [("1", "contradicted", "6")]
    assert {row["protocol"] for row in rows_of(tuned_site / "other/claims.csv")} == {"published", "fresh"}


def test_a_variant_that_keeps_its_rate_has_its_runs_of_fresh(tuned_site):
    analysis = analysis_of(tuned_site)
    means = analysis.summary[analysis.summary["metric"] == "fresh_test_accuracy"].set_index(["variant", "protocol"])
    assert means["mean"]["baseline", TUNED] == means["mean"]["baseline", "fresh"]
    assert means["mean"]["dropout", TUNED] == pytest.approx(0.10025)
    assert set(analysis.runs["protocol"]) == {"published", "fresh"}
    assert [search.best.factor for search in analysis.tuned.searches] == [1.0, 3.16]


def test_rows_at_a_rate_that_is_not_chosen_any_more_do_not_count(tuned_site):
    study = parse_study(STUDY, name="dropout", file="configs/dropout.yaml")
    runs = read_runs("dropout", tuned_site, protocols=STORED_PROTOCOLS)
    at_other = (runs["protocol"] == TUNED) & (runs["variant"] == "dropout")
    runs.loc[at_other, "grid.learning_rate"] = 0.01
    assert not (analyse(study, runs).tuned.runs["variant"] == "dropout").any()


def test_the_table_of_rates_has_every_rate_that_was_tried(tuned_site):
    rows = rows_of(tuned_site / "dropout/rates.csv")
    assert len(rows) == 10 and {row["n"] for row in rows} == {"3"}
    assert [(row["variant"], row["factor"]) for row in rows if row["best"] == "1"] == [
        ("baseline", "1"),
        ("dropout", "3.16"),
    ]
    assert not (tuned_site / "other/rates.csv").exists()


def test_the_page_shows_rates_and_says_why_a_claim_has_no_tuned_form(tuned_site):
    page = read_page(tuned_site / "dropout/report.html")
    check_policy(page)
    text = page.text()
    assert "Each at its own best rate" in text and "its own" in text and "× 3.16" in text
    assert "No tuned form: It is not about scores on test or validation rows." in text
    assert "The slides’ rate and each at its own best disagree." in text
    lines = study_data(page)["rates"]["series"]
    assert [(line["name"], line["marked"], line["ringed"]) for line in lines] == [
        ("baseline", [2], [2]),
        ("dropout", [3], [2]),
    ]
    other = read_page(tuned_site / "other/report.html")
    assert "tuned form" not in other.by_id("claims").text() and study_data(other)["rates"] is None


def test_the_scoreboard_has_a_third_column_and_marks_what_disagrees(tuned_site):
    page = read_page(tuned_site / "index.html")
    rows = page.by_id("board").find("tr", data_study="dropout")
    assert [row.attributes["data-tuned"] for row in rows] == ["contradicted", "", "", ""]
    assert [row.attributes.get("data-rates") for row in rows] == ["disagree", None, None, None]
    (cell,) = (cell for cell in rows[1].find("td") if cell.attributes.get("data-protocol") == TUNED)
    assert "no tuned form" in cell.text() and "It is not about scores on test or validation rows." in cell.text()
    others = page.by_id("board").find("tr", data_study="other")
    texts = [cell.text() for row in others for cell in row.find("td") if cell.attributes.get("data-protocol") == TUNED]
    assert ["no tuned form" in text for text in texts] == [False, True, True, True]
    board = rows_of(tuned_site / "scoreboard.csv")
    assert [row["verdict_tuned"] for row in board if row["study"] == "dropout"] == ["contradicted", "", "", ""]


def test_the_figure_has_a_line_for_each_variant(tuned_site):
    ((name, figure),) = rate_figures(Results.of(analysis_of(tuned_site), tuned_site))
    assert name == "rates" and [text.get_text() for text in figure.legends[0].get_texts()][:2] == [
        "baseline",
        "dropout",
    ]
