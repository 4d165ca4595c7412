from __future__ import annotations

from experiments.analysis import compare_folders, compare_variants, read_runs
from experiments.report.comparison import write_comparison
from tests.report.reading import check_policy, read_page
from tests.report.synthetic import write_results


def test_variants_of_a_study_side_by_side(tmp_path, study):
    write_results(study, tmp_path)
    found = compare_variants(study, read_runs("dropout", tmp_path), ["baseline", "dropout", "wide"])
    page = read_page(write_comparison(found, tmp_path / "compare.html", title="<dropout> against baseline"))
    check_policy(page)
    assert page.find("h1")[0].text() == "<dropout> against baseline"
    assert len(page.find("tbody")[0].find("tr")) == len(found)
    assert {"higher", "lower", "equal", "open"} >= {
        v.text()[1:] for v in page.find("tbody")[0].find("abbr") if v.find("span")[1:]
    }


def test_two_folders_list_what_changed_and_count_what_did_not(tmp_path, study):
    write_results(study, tmp_path / "a")
    write_results(study, tmp_path / "b", epochs=40)
    found = compare_folders(tmp_path / "a", tmp_path / "b")
    page = read_page(write_comparison(found, tmp_path / "compare.html", title="a and b"))
    assert len(page.find("tbody")[0].find("tr")) == sum(not one.identical for one in found)


def test_equal_folders_have_a_page_that_says_so(tmp_path, study):
    write_results(study, tmp_path / "a")
    found = compare_folders(tmp_path / "a", tmp_path / "a")
    page = read_page(write_comparison(found, tmp_path / "compare.html", title="a and a"))
    assert "identical in every repeat" in page.text()
    assert "No difference to show" in page.text()
