"""No text from a YAML file or a file name becomes markup."""

from __future__ import annotations

import pytest

from experiments.report.site import write_scoreboard
from experiments.report.source import source_rows
from experiments.report.study_report import write_study
from tests.marks import cases
from tests.report.hostile import HARMLESS, STRINGS, study_of
from tests.report.reading import Element, check_policy, read_page, study_data
from tests.report.synthetic import write_results


@pytest.fixture(scope="module", params=cases({"without figures": False, "with figures": True}, ["without figures"]))
def sites(tmp_path_factory, study, request):
    found = {}
    for name, texts in (("hostile", STRINGS), ("harmless", HARMLESS)):
        out = tmp_path_factory.mktemp(name)
        one = study_of(study, texts)
        write_results(one, out, epochs=6)
        write_study(one, out, figures=request.param)
        write_scoreboard([one], out)
        found[name] = out
    return found


def skeleton(page: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Tags and attribute names in order: what is left when all texts are taken out."""
    return [(element.tag, tuple(element.attributes)) for element in page.walk()]


@pytest.mark.slow
@pytest.mark.parametrize("file", ["index.html", "dropout/report.html"])
def test_a_hundred_hostile_strings_leave_the_markup_as_it_is(sites, file):
    assert len(STRINGS) == len(set(STRINGS)) == 100
    hostile, harmless = (read_page(sites[name] / file) for name in ("hostile", "harmless"))
    assert skeleton(hostile) == skeleton(harmless)
    check_policy(hostile)


@pytest.mark.slow
def test_every_hostile_string_is_there_as_text(sites):
    page = read_page(sites["hostile"] / "dropout/report.html")
    shown = [claim.find("h3")[0].children[0] for claim in page.find("details")]
    # A parser makes U+FFFD of the one character that HTML has no way to write.
    assert [text.replace("\ufffd", "\0") for text in shown] == list(STRINGS)


def test_hostile_names_survive_in_the_data_of_the_charts(sites):
    page = read_page(sites["hostile"] / "dropout/report.html")
    assert [variant["name"] for variant in study_data(page)["variants"]] == list(STRINGS[::9])
    raw = (sites["hostile"] / "dropout/report.html").read_text()
    data = raw[raw.index('id="study-data">') :].partition(">")[2].partition("</script>")[0]
    assert data.endswith("}")
    assert "<" not in data


@pytest.mark.parametrize("text", STRINGS)
def test_the_yaml_is_shown_as_it_is(text):
    source = f"a: {text}\n{text}: 1 # {text}"
    assert ["".join(piece for _, piece in row) for row in source_rows(source)] == source.splitlines()
