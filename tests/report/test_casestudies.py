import csv
import math
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest

from experiments.analysis import ClaimRow
from experiments.errors import ExperimentsError
from experiments.language.expressions import parse_claim
from experiments.report.casestudies import disagreements, main, update_page, verdict_table

CLAIMS = [
    SimpleNamespace(expect=expect, expression=parse_claim(expect)) for expect in ("a.m > b.m", "a.m >= b.m - 0.01")
]
PAGE = """# Dropout
<!-- verdicts -->
old
<!-- /verdicts -->
between
<!-- figure: forest.png, paired differences -->
<!-- /figure -->
end
"""


def claim(protocol, verdict, **changes):
    texts = {"study": "dropout", "topic": "", "says": "A | B", "source": "", "sentence": ""}
    texts |= {"why": "Because.", "explanation": "untested"}
    numbers = dict.fromkeys(("p", "p_holm", "repeats_needed", "opposite_share", "left", "right"), math.nan)
    row = {"claim": 1, "effect": 0.02, "low": 0.01, "high": 0.03, "n": 30, "ties": 0, "diverged_or_never": 0}
    row |= {"protocol": protocol, "verdict": verdict, "unit": "difference", "expect": "a.m > b.m"}
    return ClaimRow(**(texts | numbers | row | changes))


@pytest.fixture
def folders(tmp_path):
    figures = tmp_path / "results" / "dropout" / "figures"
    figures.mkdir(parents=True)
    (figures / "forest.png").write_bytes(b"png")
    with (figures.parent / "claims.csv").open("w", newline="") as file:
        row = asdict(claim("published", "supported"))
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    pages = tmp_path / "casestudies"
    pages.mkdir()
    (pages / "dropout.md").write_text(PAGE)
    return tmp_path


def test_table_has_both_protocols_beside_each_other_and_reasons_below():
    table = verdict_table([claim("published", "supported"), claim("fresh", "contradicted", effect=-0.02)], CLAIMS)
    row = table.splitlines()[2]
    assert row.count("**supported**") == 1 and row.count("**contradicted**") == 1
    assert "−0.02" in row and "A \\| B" in row
    assert table.splitlines()[-1] == (
        "- *A \\| B* Because. On one data set (published), supported: – explanation untested. "
        "On fresh data, contradicted: – explanation untested."
    )


def test_a_table_with_tuned_rates_has_a_third_column():
    table = verdict_table([claim("fresh", "contradicted"), claim("tuned", "supported")], CLAIMS).splitlines()
    assert table[0] == "| claim | on one data set | on fresh data | each at its own best rate |"
    assert [line.count("|") for line in table[:2]] == [5, 5]
    assert table[2].count("**supported**") == 1


def test_a_difference_from_a_margin_is_called_so():
    assert "<br>difference 0.02 [" in verdict_table([claim("published", "supported")], CLAIMS)
    table = verdict_table([claim("published", "supported", expect="a.m >= b.m - 0.01")], CLAIMS)
    assert "<br>difference from the margin 0.02 [" in table


def test_a_tested_explanation_has_the_numbers_of_its_test():
    tested = {"explanation": "refuted", "because": "a.n < b.n", "because_sentence": "Ratio 1.2."}
    table = verdict_table([claim("fresh", "contradicted", **tested)], CLAIMS)
    assert table.splitlines()[-1].endswith("Because. On fresh data, contradicted: ✗ explanation refuted. Ratio 1.2.")


def test_an_explanation_that_is_out_of_date_counts_as_none():
    changed = {"why": "", "explanation": "out of date", "why_written_for": "contradicted"}
    table = verdict_table([claim("fresh", "inconclusive", **changed)], CLAIMS)
    assert table.splitlines()[-1] == "- Without an explanation so far: *A \\| B*"


def test_a_claim_that_does_not_hold_and_has_no_reason_is_listed():
    table = verdict_table([replace(claim("fresh", "inconclusive"), why="")], CLAIMS)
    assert table.splitlines()[-1] == "- Without an explanation so far: *A \\| B*"
    assert "Without" not in verdict_table([replace(claim("fresh", "no difference"), why="")], CLAIMS)


def test_page_keeps_its_text_and_gets_table_and_figure(folders):
    page = folders / "casestudies" / "dropout.md"
    update_page(page, folders / "results")
    text = page.read_text()
    assert "old" not in text and "between" in text and text.endswith("end\n")
    assert "![paired differences](figures/dropout.png)" in text
    assert (page.parent / "figures" / "dropout.png").read_bytes() == b"png"
    update_page(page, folders / "results")
    assert page.read_text() == text


def test_missing_results_and_figures_are_named(folders):
    page = folders / "casestudies" / "dropout.md"
    page.write_text(PAGE.replace("forest.png", "forst.png"))
    with pytest.raises(ExperimentsError, match=r"no figure 'forst.png'.*forest.png"):
        update_page(page, folders / "results")
    assert main(["--out", str(folders / "nowhere"), "--pages", str(page.parent)]) == 2


def test_published_figures_beyond_chance_are_listed_with_their_reason():
    row = {"variant": "l2", "metric": "test_accuracy", "value": "0.9", "by": "me", "mean": "0.94", "n": "30"}
    within = row | {"beyond_chance": "0", "note": ""}
    text = disagreements([row | {"beyond_chance": "1", "note": "another seed"}, within])
    assert text.count("l2, test_accuracy: 0.9 (me), ours 0.94 on average of 30. Another seed.") == 1
    assert disagreements([within]) == ""
