"""A rate search with real trainings: what is scored is the variant at its best rate, as if the study had it there."""

import pytest

from experiments.language import parse_study
from experiments.protocols import TUNED
from experiments.scheduler.plan import Selection
from experiments.session.run_studies import local_executor
from experiments.store.folder import StudyFolder
from experiments.store.table import read_rows
from tests.scheduler.test_tuned_plan import TEXT
from tests.session.watch import run


@pytest.mark.slow
def test_a_tuned_run_equals_that_of_a_variant_with_this_rate(tmp_path):
    study = parse_study(TEXT, name="rates", file="rates.yaml")
    run([study], tmp_path, selection=Selection(protocols=(TUNED,)), make_executor=local_executor, jobs=1, report=True)
    rows = read_rows(StudyFolder.of("rates", tmp_path).runs)
    tuned = [row for row in rows if row["protocol"] == TUNED]
    rates = {row["variant"]: row["grid.learning_rate"] for row in tuned}
    assert rates  # after three epochs, a rate above its own is better for one of the two at least

    optimizers = {"sgd": "SGD", "adam": "Adam"}
    at_rates = ((name, f"{optimizers[name]}: {{learning_rate: {rate}}}") for name, rate in rates.items())
    lines = (f"  {name}: {{training.optimizer: {{{optimizer}}}}}\n" for name, optimizer in at_rates)
    text = TEXT[: TEXT.index("variants:")] + "variants:\n" + "".join(lines)
    direct = parse_study(text, name="direct", file="direct.yaml")
    run([direct], tmp_path, selection=Selection(protocols=("fresh",)), make_executor=local_executor, jobs=1)
    expected = read_rows(StudyFolder.of("direct", tmp_path).runs)
    other = ("study", "protocol", "grid.learning_rate", "seconds")
    shown = [{key: cell for key, cell in row.items() if key not in other} for row in tuned]
    assert sorted(map(str, shown)) == sorted(str({k: v for k, v in row.items() if k not in other}) for row in expected)
    page = (tmp_path / "rates" / "report.html").read_text(encoding="utf-8")
    assert "Each at its own best rate" in page and (tmp_path / "rates" / "figures" / "rates.png").is_file()
