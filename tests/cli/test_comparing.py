"""``compare --page``: the comparison of the terminal as a page."""

from pathlib import Path

import pytest

from experiments.cli.main import main


@pytest.mark.parametrize(
    ("what", "heading"),
    [
        (("small", "baseline", "dropout", "rate"), "A small study: variants against baseline"),
        (("results", "results"), "Before: results/, after: results/"),
    ],
)
def test_a_comparison_is_also_a_page(trained, capsys, what, heading):
    assert main(["compare", *what]) == 0
    in_terminal = capsys.readouterr().out
    assert main(["compare", *what, "--page", "pages/compare.html"]) == 0
    assert capsys.readouterr().out == f"{in_terminal}{Path('pages/compare.html')}\n"
    assert f"<h1>{heading}</h1>" in Path("pages/compare.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_exit_code_2(trained, capsys):
    assert main(["compare", "small", "baseline", "dropout", "--page", "results"]) == 2
    assert "results" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir() if path.name.startswith(".tmp")] == []
