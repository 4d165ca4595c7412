"""Pages while others train: what there is at which moment, and that nothing differs from pages made at the end."""

import json
import random
import re
import shutil
import signal
import sys
import time
from dataclasses import replace

import pytest

from experiments.errors import ConfigError
from experiments.language import parse_study
from experiments.scheduler.collect import Summary
from experiments.session.pages import Pages
from experiments.session.progress import Monitor, Tally
from experiments.session.reporting import outdated, write_reports
from tests.fakes import ObeyedConfiguration, folder_bytes
from tests.report.conftest import STUDY
from tests.report.reading import read_page
from tests.session.watch import Watcher, run, start, wait_until

NAMES = ("first", "second", "third")


def study_named(name, **config):
    """A study of the tests of pages, whose runs obey the words of the fake execution."""
    study = parse_study(STUDY.replace("repeats: 6", "repeats: 3"), name=name, file=f"configs/{name}.yaml")
    variants = (replace(variant, config=ObeyedConfiguration.of(variant.config, config)) for variant in study.variants)
    return replace(study, variants=tuple(variants))


def live_state(out):
    """What the scoreboard says of the run that is at work; None where it says nothing."""
    page = out / "index.html"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    found = re.search(r'id="live-data">(.*?)</script>', text)
    return json.loads(found[1]) if found else None


@pytest.mark.slow
def test_pages_made_on_the_way_are_those_made_at_the_end(tmp_path):
    studies = [study_named(name) for name in NAMES[:2]]
    summary, watcher = run(studies, tmp_path / "way", report=True)
    assert (summary.report_errors, sorted(watcher.pages)) == ([], ["first", "second"])
    run(studies, tmp_path / "end")
    for name in NAMES[:2]:
        shutil.copy(tmp_path / "way" / name / "environment.json", tmp_path / "end" / name)
    write_reports(studies, tmp_path / "end", 2, Summary(), Watcher())
    on_the_way, at_the_end = folder_bytes(tmp_path / "way"), folder_bytes(tmp_path / "end")
    assert on_the_way.keys() == at_the_end.keys()
    assert [name for name in at_the_end if on_the_way[name] != at_the_end[name]] == []


@pytest.mark.slow
def test_the_scoreboard_is_there_before_anything_trains_and_the_first_page_before_the_last_run(tmp_path):
    studies = [study_named(name, sleep=0.05) for name in NAMES]
    process = start(studies, tmp_path, tmp_path / "out", pages=True)
    wait_until((tmp_path / "out" / "index.html").is_file)
    state = live_state(tmp_path / "out")
    assert (state["done"], state["total"]) == (0, 126)
    assert [study["state"] for study in state["studies"]] == ["waiting"] * 3
    wait_until(lambda: live_state(tmp_path / "out")["done"])
    assert "running" in {study["state"] for study in live_state(tmp_path / "out")["studies"]}
    wait_until((tmp_path / "out" / "first" / "report.html").is_file)
    assert live_state(tmp_path / "out")["beat"] <= time.time()
    assert process.poll() is None
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert live_state(tmp_path / "out") is None


@pytest.mark.slow
def test_the_first_version_of_a_page_says_what_is_to_come(tmp_path):
    study = study_named("first")
    slow = (replace(v, config=v.config | {"sleep": 5.0}) if v.grid else v for v in study.variants)
    process = start([replace(study, variants=tuple(slow))], tmp_path, tmp_path / "out", pages=True)
    page = tmp_path / "out" / "first" / "report.html"
    wait_until(page.is_file)
    process.kill()
    process.communicate()
    text = read_page(page).text()
    there, missing = re.search(r"(\d+) of 42 runs have finished. Not run yet: rate \((\d+)\)\.", text).groups()
    assert int(there) + int(missing) == 42


def rows_and_pages(out):
    """Study to the number of rows in its table and of runs on its page."""
    found = {}
    for table in out.glob("*/runs.csv"):
        text = read_page(table.with_name("report.html")).text()
        found[table.parent.name] = (
            len(table.read_text().splitlines()) - 1,
            int(re.search(r"([\d,]+) runs?\b", text)[1]),
        )
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
@pytest.mark.parametrize("moment", range(10))
def test_ctrl_c_leaves_pages_of_all_that_was_finished(tmp_path, moment):
    studies = [study_named(name, sleep=0.05) for name in NAMES]
    process = start(studies, tmp_path, tmp_path / "out", pages=True)
    wait_until(lambda: (state := live_state(tmp_path / "out")) and state["done"] >= 1 + 13 * moment)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (130, "")
    assert "not up to date" not in said
    found = rows_and_pages(tmp_path / "out")
    assert found
    assert all(rows == shown for rows, shown in found.values())
    assert live_state(tmp_path / "out") is None
    board = read_page(tmp_path / "out" / "index.html").by_id("board-page")
    assert {row.attributes["data-study"] for row in board.find("tr") if "data-study" in row.attributes} == set(found)


@pytest.mark.slow
def test_a_kill_leaves_the_pages_that_were_written_and_the_next_run_ends_as_if_there_had_been_none(tmp_path):
    studies = [study_named(name, sleep=0.03) for name in NAMES]
    run(studies, tmp_path / "whole", report=True)
    choose, out = random.Random(5), tmp_path / "out"
    for _ in range(5):
        process = start(studies, tmp_path, out, pages=True)
        wait_until((out / "index.html").is_file)  # a busy machine needs more than a second for its imports
        time.sleep(4 * choose.random())
        process.kill()
        said, _ = process.communicate()
        read_page(out / "index.html")
        for name in re.findall(r"written (\w+)", said):
            assert "Not run yet" not in read_page(out / name / "report.html").text()
    run(studies, out, report=True)
    for leftover in out.glob(".tmp-*"):  # of a kill during a write; never deleted, since others may be writing there
        leftover.unlink()
    for name in NAMES:
        shutil.copy(tmp_path / "whole" / name / "environment.json", out / name)
    write_reports(studies, out, 2, Summary(), Watcher())
    assert folder_bytes(out) == folder_bytes(tmp_path / "whole")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A results folder with the pages of one study."""
    out = tmp_path_factory.mktemp("written")
    run([study_named("first")], out, report=True)
    return out


@pytest.mark.slow
def test_a_page_that_was_written_before_its_figures_is_up_to_date_after_ctrl_c(tmp_path):
    study = study_named("first")
    run([study], tmp_path)
    summary, watcher = Summary(), Watcher()
    pages = Pages(tmp_path, 1, [study], Monitor(summary, Tally([]), watcher), wanted=True)
    try:
        pages.request(study, complete=True)
        page = tmp_path / "first" / "report.html"
        wait_until(lambda: pages.poll() or page.is_file())
        pages.hurry()
    finally:
        pages.close()
    assert (watcher.lines, summary.pages, summary.report_errors) == ([], [page], [])
    assert outdated(study, tmp_path)


def times(out):
    return {path: path.stat().st_mtime_ns for path in out.rglob("*")}


@pytest.mark.slow
def test_nothing_to_do_touches_no_page(written):
    before = times(written)
    run([study_named("first")], written, report=True)
    assert times(written) == before


@pytest.mark.slow
def test_what_is_refused_leaves_the_pages_as_they_were(written):
    before = folder_bytes(written)
    with pytest.raises(ConfigError):
        run([study_named("second", refuse="units must be positive")], written, report=True)
    assert {name: content for name, content in folder_bytes(written).items() if name in before} == before


@pytest.mark.slow
def test_pages_of_studies_that_are_done_do_not_change_again(written):
    before = times(written / "first")
    _, watcher = run([study_named("first"), study_named("second")], written, report=True)
    assert (watcher.pages, times(written / "first")) == (["second"], before)
    assert not any(outdated(study_named(name), written) for name in NAMES[:2])


@pytest.mark.slow
def test_studies_before_a_refused_one_have_their_pages(tmp_path):
    with pytest.raises(ConfigError):
        run([study_named("first"), study_named("second", refuse="units must be positive")], tmp_path, report=True)
    assert rows_and_pages(tmp_path) == {"first": (42, 42)}
    assert "first" in read_page(tmp_path / "index.html").text()


def test_a_refused_first_run_leaves_no_scoreboard(tmp_path):
    with pytest.raises(ConfigError):
        run([study_named("first", refuse="units must be positive")], tmp_path, report=True)
    assert not (tmp_path / "index.html").exists()
