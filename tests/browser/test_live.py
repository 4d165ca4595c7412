"""The scoreboard of a run that is at work, in a real browser and opened from a file: it goes on by itself."""

from __future__ import annotations

import re
import time

import pytest

from experiments.language import parse_study
from experiments.report.page import start_page
from experiments.scheduler.plan import Selection, make_plan
from experiments.session.live import Live
from experiments.session.progress import Tally
from tests.browser.chromium import Browser
from tests.browser.test_pages import SHOWN, choose, pytestmark
from tests.report.conftest import STUDY
from tests.report.synthetic import write_results, write_site

__all__ = ["pytestmark"]
STATUS = "document.getElementById('live').textContent"
HIDDEN = "document.getElementById('live').hidden"


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    """The scoreboard with one study and with two."""
    out, pages = tmp_path_factory.mktemp("boards"), []
    studies = [parse_study(STUDY, name=name, file=f"configs/{name}.yaml") for name in ("dropout", "second")]
    for count in (1, 2):
        write_results(studies[count - 1], out, repeats=2)
        write_site(studies[:count], out)
        pages.append((out / "index.html").read_text(encoding="utf-8"))
    return pages


@pytest.fixture
def live(tmp_path):
    study = parse_study(STUDY, name="dropout", file="configs/dropout.yaml")
    one = Live(tmp_path, Tally([make_plan(study, tmp_path, Selection())]))
    one.begin()
    yield one
    one.close()


@pytest.fixture
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    errors = list(one.errors)
    one.close()
    assert errors == []


def wait_until(browser, script, wanted, seconds=30):
    end = time.monotonic() + seconds
    while (found := browser.run(script)) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.1)


@pytest.mark.slow
def test_a_run_is_followed_without_a_reload_and_filters_focus_and_place_stay(tmp_path, live, boards, browser):
    live.show(boards[0])
    browser.open((tmp_path / "index.html").as_uri(), height=500)
    assert "Running. Studies: 1 waiting · 0 of 84 runs" in browser.run(STATUS)
    browser.run("window.same = true")
    choose(browser, "filter-protocol", "fresh")
    choose(browser, "filter-text", "smaller gap")
    browser.run("document.getElementById('filter-text').focus()")
    shown = "document.querySelector('#board tr[data-study=dropout]:not([hidden])')"
    browser.run(f"{shown}.scrollIntoView({{behavior: 'instant'}})")
    row = f"{shown}.getBoundingClientRect().top"
    before = browser.run(row)
    live.show(boards[1])
    wait_until(
        browser, "new Set([...document.querySelectorAll('#board tr[data-study]')].map(r => r.dataset.study)).size", 2
    )
    assert browser.run("window.same")
    assert abs(browser.run(row) - before) < 5
    assert browser.run("document.activeElement.id") == "filter-text"
    assert browser.run("document.getElementById('filter-text').value") == "smaller gap"
    assert browser.run(SHOWN.format("says")) == ["A wide network has a smaller gap."] * 2
    visible = "[...document.querySelectorAll('#board [data-protocol]')].filter(c => c.offsetParent)"
    assert set(browser.run(f"{visible}.map(c => c.dataset.protocol)")) == {"fresh"}
    live.close()
    wait_until(browser, HIDDEN, True)
    frames = browser.run("document.querySelectorAll('iframe').length")
    looked = len(browser.requests())
    time.sleep(3)
    browser.settle()
    assert (frames <= 1, len(browser.requests())) == (True, looked)


def test_a_run_that_was_killed_is_said_not_to_be_running(tmp_path, live, browser):
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    (tmp_path / "index.html").write_text(
        re.sub(r'"beat": [\d.]+', f'"beat": {time.time() - 61}', page), encoding="utf-8"
    )
    browser.open((tmp_path / "index.html").as_uri())
    assert browser.run(STATUS).startswith("Not running. Studies: 1 waiting · 0 of 84 runs · last update")
    time.sleep(3)
    assert browser.run("document.querySelectorAll('iframe').length") == 0


def test_a_page_that_no_run_is_writing_looks_for_nothing(tmp_path, browser):
    (tmp_path / "index.html").write_text(start_page(), encoding="utf-8")
    browser.open((tmp_path / "index.html").as_uri())
    assert browser.run(HIDDEN)
    time.sleep(3)
    assert [url for url in browser.requests() if url.startswith("file:")] == [(tmp_path / "index.html").as_uri()]
