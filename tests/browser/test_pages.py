"""The pages in a real browser: no error, filters and switches that work, no overflow, contrast, print."""

from __future__ import annotations

import os

import pytest

from experiments.analysis import compare_variants, read_runs
from experiments.language import parse_study
from experiments.report.comparison import write_comparison
from tests.browser.chromium import Browser, find_chromium
from tests.browser.contrast import CONTRASTS
from tests.browser.screenshots import take
from tests.report.conftest import STUDY
from tests.report.hostile import STRINGS, study_of
from tests.report.synthetic import add_tuned, write_results, write_site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        find_chromium() is None and os.environ.get("REQUIRE_BROWSER") != "1",
        reason="no chromium here: the pages are not tried in a browser",
    ),
]

PAGES = (
    "index.html",
    "compare.html",
    "dropout/report.html",
    "diverged/report.html",
    "failed/report.html",
    "empty/report.html",
    "hostile/report.html",
    "many/report.html",
)
MANY = STUDY[: STUDY.index("summary:")] + "variants:\n  baseline: {}\n"
MANY += "".join(f"  width_{units}: {{model.hidden.units: {units}}}\n" for units in range(101, 131))
MANY += "".join(f"  drop_{rate}: {{model.drop: {{Dropout: 0.{rate}, after: hidden}}}}\n" for rate in range(10, 40))
OVERFLOWING = """[...document.body.querySelectorAll('*')].filter(e => {
  if (e.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let p = e.parentElement; p; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return false;
  return !e.closest('.skip');
}).map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    studies = {
        name: parse_study(STUDY, name=name, file=f"configs/{name}.yaml")
        for name in ("dropout", "diverged", "failed", "empty")
    }
    contradicted = STUDY.replace("wide.accuracy_gap < baseline", "wide.accuracy_gap > baseline")
    studies["contradicted"] = parse_study(contradicted, name="contradicted", file="configs/contradicted.yaml")
    write_results(studies["contradicted"], out)
    studies["hostile"] = study_of(parse_study(STUDY, name="hostile", file="configs/hostile.yaml"), STRINGS)
    studies["many"] = parse_study(MANY, name="many", file="configs/many.yaml")
    write_results(studies["many"], out, epochs=5, repeats=2)
    tuned = write_results(studies["dropout"], out)
    add_tuned(studies["dropout"], tuned, {"baseline": 1.0, "dropout": 3.16}, {"baseline": 0.9, "dropout": 0.1})
    write_results(studies["diverged"], out, diverged=["all"], repeats=3)
    write_results(studies["failed"], out, failed=["all"], repeats=1)
    write_results(studies["hostile"], out, epochs=5)
    write_site(list(studies.values()), out)
    found = compare_variants(studies["dropout"], read_runs("dropout", out), ["baseline", "dropout", "wide"])
    write_comparison(found, out / "compare.html", title="Variants against baseline")
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture
def show(browser, site):
    """Open a page, and see at the end of the test that nothing went wrong in it and nothing was fetched."""

    def open_page(page: str, **options) -> Browser:
        file, _, anchor = page.partition("#")
        browser.open((site / file).as_uri() + (f"#{anchor}" if anchor else ""), **options)
        return browser

    yield open_page
    assert browser.errors == []
    assert all(url.startswith(("file://", "data:")) for url in browser.requests())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [390, 1600])
def test_a_page_opens_without_an_error_and_without_overflow(show, page, width):
    browser = show(page, width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(OVERFLOWING) == []
    assert browser.run("typeof hacked") == "undefined"


@pytest.mark.parametrize("width", [390, 1000])
@pytest.mark.parametrize("page", ["dropout/report.html", "contradicted/report.html"], ids=["three protocols", "two"])
def test_a_claim_has_room_for_its_sentence_on_a_narrow_screen(show, page, width):
    browser = show(page, width=width)
    widths = browser.run("[...document.querySelectorAll('details.claim h3')].map(h => h.getBoundingClientRect().width)")
    assert all(found > width / 2 for found in widths)


@pytest.mark.parametrize("page", ["index.html", "dropout/report.html"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_contrast_in_both_themes(show, page, dark):
    browser = show(page, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    worst = browser.run(CONTRASTS)
    assert worst["texts"] > 50
    assert worst["dark"] == dark
    assert worst["below"] == []


@pytest.mark.parametrize("page", ["index.html", "dropout/report.html", "empty/report.html"])
def test_a_page_prints(show, page):
    assert show(page).pdf().startswith(b"%PDF")


def test_the_theme_is_switched_by_hand(show):
    browser = show("index.html")
    before = browser.run("getComputedStyle(document.body).backgroundColor")
    browser.run("document.getElementById('theme').click()")
    assert browser.run("getComputedStyle(document.body).backgroundColor") != before
    assert browser.run("document.getElementById('theme').textContent") == "Light"
    browser.run("document.getElementById('theme').click()")


SHOWN = "[...document.querySelectorAll('#board tr[data-study]')].filter(r => r.offsetParent).map(r => r.dataset.{})"


def choose(browser: Browser, field: str, value: str) -> None:
    browser.run(
        f"(() => {{ const f = document.getElementById('{field}'); f.value = {value!r};"
        "f.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_the_scoreboard_filters_by_study_verdict_and_text(show):
    browser = show("index.html")
    every = browser.run(SHOWN.format("study"))
    choose(browser, "filter-study", "dropout")
    assert set(browser.run(SHOWN.format("study"))) == {"dropout"}
    choose(browser, "filter-verdict", "supported")
    rows = browser.run(SHOWN.format("published")), browser.run(SHOWN.format("fresh"))
    assert all("supported" in pair for pair in zip(*rows, strict=True))
    choose(browser, "filter-text", "never diverges")
    assert len(browser.run(SHOWN.format("study"))) <= 1
    browser.run("document.getElementById('reset').click()")
    assert browser.run(SHOWN.format("study")) == every
    assert browser.run("document.getElementById('shown').textContent") == f"{len(every)} of {len(every)} claims shown"


def test_the_scoreboard_shows_one_protocol(show):
    browser = show("index.html")
    choose(browser, "filter-protocol", "fresh")
    cells = "[...document.querySelectorAll('#board [data-protocol]')]"
    visible = f"{cells}.filter(c => c.offsetParent).map(c => c.dataset.protocol)"
    assert set(browser.run(visible)) == {"fresh"}


def test_the_scoreboard_shows_where_the_slides_rate_and_each_at_its_own_best_disagree(show):
    browser = show("index.html")
    choose(browser, "filter-verdict", "rates")
    assert browser.run(SHOWN.format("says")) == ["Dropout raises test accuracy."]
    assert "disagree" in browser.run("document.querySelector('#board .badge').textContent")


def test_the_rates_are_drawn_with_the_best_and_the_own_one_marked(show):
    browser = show("dropout/report.html")
    count = "document.querySelectorAll('#rates-chart {}').length"
    drawn = {kind: browser.run(count.format(kind)) for kind in ("path.curve", ".ring")}
    assert drawn == {"path.curve": 4, ".ring": 2}  # two of the lines are in the legend


def test_the_scoreboard_sorts_inside_its_topics(show):
    browser = show("index.html")
    choose(browser, "filter-study", "dropout")
    choose(browser, "filter-sort", "says")
    says = browser.run(SHOWN.format("says"))
    assert says == sorted(says, key=str.lower)
    choose(browser, "filter-sort", "clarity")
    clarity = [float(value) for value in browser.run(SHOWN.format("clarity"))]
    assert clarity == sorted(clarity, reverse=True)


def test_a_table_sorts_by_the_column_that_is_clicked(show):
    browser = show("dropout/report.html")
    column = "[...document.querySelectorAll('#variants ~ .scroll tbody')][0]"
    browser.run("document.querySelectorAll('#variants ~ .scroll th button')[1].click()")
    values = [float(v) for v in browser.run(f"[...{column}.rows].map(r => r.cells[1].dataset.value)")]
    assert values == sorted(values)
    browser.run("document.querySelectorAll('#variants ~ .scroll th button')[1].click()")
    values = [float(v) for v in browser.run(f"[...{column}.rows].map(r => r.cells[1].dataset.value)")]
    assert values == sorted(values, reverse=True)


def test_many_variants_are_grouped_and_found_by_a_part_of_their_name(show):
    browser = show("many/report.html")
    heads = "[...document.querySelectorAll('#curves-legend summary')].map(s => s.textContent)"
    assert browser.run(heads) == ["nothing: the base (1)", "model.hidden.units (30)", "model.drop (30)"]
    lines = "document.querySelectorAll('#curves-panels figure')[0].querySelectorAll('svg[role=img] path.curve').length"
    rows = "[...document.querySelectorAll('#variants ~ .scroll tbody')][0].rows"
    visible = f"[...{rows}].filter(r => r.offsetParent).map(r => r.cells[0].textContent.trim())"
    assert len(browser.run(visible)) == 61
    browser.run(
        "(() => { const f = document.querySelector('.find-variant'); f.value = 'width 12';"
        "f.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert browser.run(visible) == [f"width_{units}" for units in (*range(112, 113), *range(120, 130))]
    browser.run("document.getElementById('curves-none').click()")
    browser.run("document.getElementById('curves-all').click()")
    assert browser.run(lines) == 11
    fields = "[...document.querySelectorAll('.find-variant')].map(f => f.value)"
    assert browser.run(fields) == ["width 12", "width 12"]


def test_a_page_of_few_variants_has_neither_search_nor_groups(show):
    browser = show("dropout/report.html")
    assert browser.run("document.querySelectorAll('.find-variant, #curves-legend details').length") == 0


def test_variants_are_switched_on_and_off(show):
    browser = show("dropout/report.html")
    lines = "document.querySelectorAll('#curves-panels figure')[0].querySelectorAll('svg[role=img] path.curve').length"
    assert browser.run(lines) == 3
    browser.run("document.querySelector('#curves-legend input').click()")
    assert browser.run(lines) == 2
    browser.run("document.getElementById('curves-none').click()")
    assert "No values to draw" in browser.run("document.getElementById('curves-panels').textContent")
    browser.run("document.getElementById('curves-all').click()")
    assert browser.run(lines) == 3


def test_a_curve_of_a_single_epoch_is_a_dot(browser, tmp_path):
    study = parse_study(STUDY, name="short", file="configs/short.yaml")
    write_results(study, tmp_path, epochs=1)
    write_site([study], tmp_path)
    browser.open((tmp_path / "short" / "report.html").as_uri())
    panel = "document.querySelector('#curves-panels svg[role=img]')"
    lines = browser.run(f"{panel}.querySelectorAll('path.curve').length")
    assert browser.run(f"{panel}.querySelectorAll('circle.point').length") == lines > 0
    assert browser.errors == []


def test_the_pointer_and_the_arrow_keys_read_values(show):
    browser = show("dropout/report.html")
    browser.run("document.getElementById('curves-panels').scrollIntoView({block: 'center', behavior: 'instant'})")
    browser.settle()
    svg = "document.querySelector('#curves-panels svg[role=img]')"
    box = browser.run(f"(r => [r.left, r.top, r.width, r.height])({svg}.getBoundingClientRect())")
    browser.point_at(box[0] + box[2] / 2, box[1] + box[3] / 2)
    read = "document.querySelector('#curves-panels output').textContent"
    assert "epoch" in browser.run(read)
    assert "baseline" in browser.run(read)
    browser.run(f"{svg}.focus()")
    browser.press("Home")
    assert browser.run(read).startswith("epoch 1 ")
    browser.press("ArrowRight")
    assert browser.run(read).startswith("epoch 2 ")


def test_slide_mode_shows_another_seed_and_another_claim(show):
    browser = show("dropout/report.html")
    told = "document.getElementById('slide-story').textContent + document.getElementById('slide-sentence').textContent"
    first = browser.run(told)
    choose(browser, "slide-seed", "3")
    assert browser.run("document.getElementById('slide-seed-shown').textContent") == "3"
    assert browser.run(told) != first
    choose(browser, "slide-claim", "1")
    assert "A wide network has a smaller gap" in browser.run(told)
    browser.run("document.getElementById('slide-another').click()")
    assert browser.run("document.getElementById('slide-seed-shown').textContent") != "3"


def test_sweeps_and_layers_are_drawn_and_change_with_their_metric(show):
    browser = show("dropout/report.html")
    for chart, field in (("sweep-0", "sweep-0-metric"), ("layers-chart", "layers-word")):
        drawn = f"document.querySelector('#{chart} svg[role=img]').innerHTML"
        before = browser.run(drawn)
        assert "curve" in before
        choose(browser, field, "1")
        assert browser.run(drawn) != before


def test_the_changes_of_a_variant_are_marked_in_the_yaml(show):
    browser = show("dropout/report.html")
    choose(browser, "source-variant", "2")
    marked = "[...document.querySelectorAll('.yaml .row.{}')].map(r => r.textContent.trim())"
    assert browser.run(marked.format("changed")) == ["model.hidden.units: 200"]
    assert browser.run(marked.format("replaced")) == ["hidden: {Dense: {units: 50, activation: relu}}"]


def test_a_link_to_a_claim_opens_it(show):
    show("index.html")
    browser = show("dropout/report.html#claim-2")
    assert browser.run("[2, 3].map(k => document.getElementById(`claim-${k}`).open)") == [True, False]
    browser.run("location.hash = '#claim-3'")
    browser.settle()
    assert browser.run("document.getElementById('claim-3').open")


def test_words_explain_themselves_on_hover_and_by_a_link(show):
    browser = show("dropout/report.html")
    titles = browser.run("[...document.querySelectorAll('abbr.verdict, thead abbr, a.help')].map(e => e.title)")
    assert len(titles) > 20
    assert all(titles)
    browser.run("document.querySelector('a.help[href=\"#word-luck-meter\"]').click()")
    browser.settle()
    assert browser.run("document.querySelector(':target dt').textContent") == "luck meter"
    assert browser.run("document.querySelector(':target dd').offsetHeight") > 0


def test_the_scoreboard_begins_with_the_slides_to_change(show):
    browser = show("index.html")
    link = "document.querySelector('.top a')"
    assert browser.run(f"{link}.textContent") == "A wide network has a smaller gap."
    assert browser.run(f"{link}.getAttribute('href')") == "contradicted/report.html#claim-2"
    top, board = (
        browser.run(f"document.querySelector('{part}').getBoundingClientRect().top") for part in (".top", "#board")
    )
    assert top < board


def test_the_keyboard_reaches_the_content_first(show):
    browser = show("dropout/report.html")
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "home"


def test_the_readmes_pictures_are_taken_by_a_command(site, tmp_path):
    for picture in take(site, tmp_path):
        assert picture.read_bytes().startswith(b"\x89PNG")
