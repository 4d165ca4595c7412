"""The site as a whole: what is written, what is left alone, and what pages say of results that are not whole."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from experiments.language.explanations import Explanation
from experiments.report import study_report
from tests.report.reading import check_policy, read_page, study_data
from tests.report.synthetic import write_results, write_site

MOST_BYTES = 3_000_000
SECTIONS = ["claims", "slide", "curves", "boundaries", "sweeps", "layers", "variants", "published", "flattery"]
SECTIONS += ["diagnosis", "yaml", "again", "words"]


@pytest.fixture(scope="module")
def site(tmp_path_factory, study, twin):
    out = tmp_path_factory.mktemp("results")
    for one in (study, twin):
        write_results(one, out)
    write_site([study, twin], out)
    return out


def test_every_page_is_well_formed_self_contained_and_small(site):
    pages = [site / "index.html", site / "dropout/report.html", site / "twin/report.html"]
    for path in pages:
        check_policy(read_page(path))
        assert path.stat().st_size < MOST_BYTES


def test_links_lead_to_files_and_anchors_that_exist(site):
    for path in (site / "index.html", site / "dropout/report.html"):
        for link in read_page(path).find("a"):
            file, _, anchor = link.attributes["href"].partition("#")
            target = (path.parent / file) if file else path
            assert target.is_file(), link.attributes
            if anchor:
                read_page(target).by_id(anchor)


def test_the_scoreboard_has_a_row_for_every_claim_under_its_topic(site, study):
    page = read_page(site / "index.html")
    rows = page.by_id("board").find("tr", data_study="dropout")
    assert [row.attributes["data-says"] for row in rows] == [claim.says for claim in study.claims]
    headings = [cell.text() for cell in page.by_id("board").find("th", scope="rowgroup")]
    assert headings == ["Better generalization", "Optimization"]
    assert {row.attributes["data-published"] for row in rows} <= {"supported", "contradicted", "inconclusive"}


def test_a_verdict_is_colour_and_word_and_sign(site):
    page = read_page(site / "index.html")
    signs = {"supported": "✓", "contradicted": "✗", "inconclusive": "?", "no data": "–"}
    verdicts = page.by_id("board").find("abbr", class_="verdict supported")
    assert verdicts
    for word, sign in signs.items():
        for verdict in page.by_id("board").find("abbr", class_=f"verdict {word.replace(' ', '-')}"):
            assert verdict.text() == f"{sign}{word}"


def test_the_scoreboard_says_what_was_run_when_on_what_and_how_long(site):
    text = read_page(site / "index.html").by_id("content").text()
    for part in (
        "2 studies, 168 runs",
        "2026-11-20",
        "CPU, 2 workers",
        "TensorFlow 2.21.0, Keras 3.15.1",
        "of training",
    ):
        assert part in text


def test_a_study_page_has_every_section(site):
    page = read_page(site / "dropout/report.html")
    for section in SECTIONS:
        page.by_id(section)
    assert "Does dropout help?" in page.text()


def test_a_claim_has_its_explanation_with_the_numbers_of_its_test(site):
    text = read_page(site / "dropout/report.html").by_id("claim-1").text()
    assert "Our reason." in text
    assert any(f"explanation {word}" in text for word in ("supported", "refuted", "undecided"))
    assert "dropout.accuracy_gap < baseline.accuracy_gap" in text


def test_an_explanation_of_another_verdict_is_called_out_of_date(tmp_path, study):
    why = (Explanation({"published": "contradicted"}, "Our reason."),)
    changed = replace(study, claims=(replace(study.claims[0], why=why), *study.claims[1:]))
    write_results(changed, tmp_path)
    write_site([changed], tmp_path)
    text = read_page(tmp_path / "dropout/report.html").by_id("claim-1").text()
    assert "Our reason." not in text
    assert "The text was written for the verdict “contradicted” and is not shown." in text


def test_a_study_page_begins_with_three_sentences(site):
    (sentences,) = read_page(site / "dropout/report.html").find("dl", class_="summary")
    text = sentences.text()
    assert "Dropout helps." in text
    assert "On its data set it holds; in general (fresh data)" in text
    assert "Use dropout." in text
    assert [link.attributes["href"] for link in sentences.find("a")] == ["#claim-1"]


def test_words_and_columns_explain_themselves(site):
    page = read_page(site / "dropout/report.html")
    marked = [*page.by_id("claim-1").find("abbr"), *page.find("thead")[0].find("abbr"), *page.find("a", class_="help")]
    assert all(element.attributes["title"] for element in marked)
    helped = {link.attributes["href"].removeprefix("#") for link in page.find("a", class_="help")}
    assert {"word-luck-meter", "word-flattery", "word-sweep"} <= helped
    assert "accuracy (share of rows), on the test rows" in page.text()


def test_the_numbers_of_a_claim_are_those_of_claims_csv(site):
    import pandas as pd

    row = pd.read_csv(site / "dropout/claims.csv").iloc[0]
    shown = read_page(site / "dropout/report.html").by_id("claim-1").text().replace("−", "-")
    assert f"{row.effect:+.3g}" in shown
    assert f"[{row.low:.3g}, {row.high:.3g}]" in shown


def test_a_drawing_with_a_meaning_has_words_for_it(site):
    for path in (site / "index.html", site / "dropout/report.html"):
        for svg in read_page(path).find("svg"):
            assert svg.attributes.get("aria-label") or svg.attributes.get("aria-hidden") == "true"


def test_pages_of_unchanged_results_are_left_alone(site, study, twin):
    pages = [site / "index.html", site / "dropout/report.html", site / "twin/report.html"]
    before = [path.stat().st_mtime_ns for path in pages]
    write_site([study, twin], site)
    assert [path.stat().st_mtime_ns for path in pages] == before


def test_a_page_is_written_anew_when_its_study_changes(tmp_path, study):
    write_results(study, tmp_path)
    write_site([study], tmp_path)
    before = (tmp_path / "dropout/report.html").read_text()
    write_results(study, tmp_path, repeats=4)
    write_site([study], tmp_path)
    assert (tmp_path / "dropout/report.html").read_text() != before


def test_a_page_of_a_table_that_was_replaced_meanwhile_is_written_anew(tmp_path, study, monkeypatch):
    study = replace(study, claims=())
    write_results(study, tmp_path, repeats=1)
    monkeypatch.setattr(study_report, "write_tables", lambda *_: write_results(study, tmp_path, repeats=2))
    study_report.write_study(study, tmp_path, figures=False)
    monkeypatch.undo()
    page = tmp_path / study.name / "report.html"
    assert "Not run yet" in read_page(page).text()
    before = page.read_bytes()
    study_report.write_study(study, tmp_path, figures=False)
    assert page.read_bytes() != before


def test_two_writings_of_one_result_are_equal(tmp_path, study):
    for name in ("a", "b"):
        write_results(study, tmp_path / name)
        write_site([study], tmp_path / name)
    for file in ("index.html", "dropout/report.html"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_nothing_at_all_is_a_page_that_says_so(tmp_path):
    write_site([], tmp_path)
    page = read_page(tmp_path / "index.html")
    check_policy(page)
    assert "No results yet" in page.text()


def test_a_study_without_runs_has_pages_that_say_so(tmp_path, study):
    write_site([study], tmp_path)
    assert "No run has finished yet" in read_page(tmp_path / "index.html").text()
    page = read_page(tmp_path / "dropout/report.html")
    assert "No results yet" in page.text()
    assert "no data" in page.by_id("claim-1").text()


def test_partial_results_are_called_partial(tmp_path, study):
    write_results(study, tmp_path, repeats=1)
    write_site([study], tmp_path)
    assert "partial: 14 of 84 runs" in read_page(tmp_path / "index.html").text()
    text = read_page(tmp_path / "dropout/report.html").text()
    assert (
        "partial: 14 of 84 runs have finished. Not run yet: baseline (10), dropout (10), wide (10), rate (40)." in text
    )


def test_failed_runs_are_counted_and_their_message_is_text(tmp_path, study):
    write_results(study, tmp_path, failed=["all"])
    write_site([study], tmp_path)
    assert "all 84 runs failed" in read_page(tmp_path / "index.html").text()
    page = read_page(tmp_path / "dropout/report.html")
    assert "84 runs failed: ValueError: <b>no</b>" in page.text()
    assert "Not run yet" not in page.text()
    assert "no data" in page.by_id("claim-1").text()


def test_results_that_all_diverged_are_drawn_and_said(tmp_path, study):
    write_results(study, tmp_path, diverged=["all"])
    write_site([study], tmp_path)
    assert "Every run diverged" in read_page(tmp_path / "index.html").text()
    page = read_page(tmp_path / "dropout/report.html")
    check_policy(page)
    assert "Every run diverged" in page.text()
    assert study_data(page)["curves"]["lines"]["published"]["0"]["loss"][1][-1] is not None


def test_some_diverged_runs_are_counted_in_the_table(tmp_path, study):
    write_results(study, tmp_path, diverged=["wide"])
    write_site([study], tmp_path)
    page = read_page(tmp_path / "dropout/report.html")
    assert "12 runs diverged; they count as the worst value" in page.text()


def test_nothing_here_imports_tensorflow(tmp_path):
    code = (
        "import sys; from pathlib import Path; from experiments.report.site import write_scoreboard; "
        f"write_scoreboard([], Path({str(tmp_path)!r})); "
        "assert not {'tensorflow', 'keras', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
