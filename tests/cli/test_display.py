"""What is printed while a run is at work and no terminal is there."""

from collections import Counter

import pytest

from experiments.cli import display
from experiments.cli.display import PlainListener, make_console
from experiments.scheduler.executor import Finished
from experiments.scheduler.plan import Selection, make_plan
from experiments.session.progress import Tally
from tests.fakes import make_result, make_study


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [1000.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    return now


def test_a_study_has_one_line_with_what_came_out_and_how_long_it_took(capsys):
    verdicts = {"published": Counter(supported=7, contradicted=2, inconclusive=1, **{"no data": 1})}
    PlainListener(make_console()).study_written("dropout", verdicts | {"fresh": Counter(inconclusive=11)}, 38.4)
    assert capsys.readouterr().out == (
        "dropout: published 7 supported, 2 contradicted, 2 open; fresh 0 supported, 0 contradicted, 11 open; 38 s\n"
    )


def test_a_study_without_claims_has_its_line_too(capsys):
    PlainListener(make_console()).study_written("mine", {}, 0.0)
    assert capsys.readouterr().out == "mine: no claims\n"


def test_how_far_it_is_comes_every_half_minute(tmp_path, clock, capsys):
    plan = make_plan(make_study("a", "b"), tmp_path, Selection())
    tally, listener = Tally([plan]), PlainListener(make_console())
    tally.begin(workers=2)
    listener.begin(tally)
    for second in range(12):
        clock[0] += 10
        tally.finished(Finished(make_result(plan.groups[second][0]), 1.0))
        listener.update()
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" runs")[0] for line in lines] == ["3/12", "6/12", "9/12", "12/12"]
    assert all(" left, fake: " in line for line in lines)
