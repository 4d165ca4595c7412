"""``experiments.compare`` and its results, with training replaced by made-up numbers."""

import re

import numpy as np
import pytest

from experiments import compare as public
from experiments.errors import ConfigError, ExperimentsError
from experiments.functions import compare as comparing
from experiments.functions.compare import compare
from experiments.scheduler.collect import Summary
from experiments.scheduler.local import LocalExecutor
from experiments.store.folder import StudyFolder
from tests.scheduler.fake_execute import FUNCTIONS

X, Y = np.zeros((6, 2)), np.array([0, 1, 0, 1, 0, 1])
DATA = (X, Y), (X, Y)


def build_plain(seed):
    """A plain network."""
    raise AssertionError("nothing is trained here")


def build_dropout(seed):
    return build_plain(seed), 0.4


def build_dropout_again(seed):
    return build_plain(seed), 0.5


@pytest.fixture(autouse=True)
def nothing_is_trained(monkeypatch):
    monkeypatch.setattr(comparing, "LocalExecutor", lambda jobs, **_: LocalExecutor(jobs, functions=FUNCTIONS))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "LocalExecutor", lambda jobs, **_: LocalExecutor(jobs, functions=FUNCTIONS))
        models = {"plain": build_plain, "dropout": build_dropout}
        return compare(models, DATA, epochs=3, repeats=4, jobs=1, device="cpu", out=tmp_path_factory.mktemp("moons"))


def test_it_is_public():
    assert public is compare


def test_every_function_is_trained_with_every_seed(found):
    assert sorted(zip(found.runs.variant, found.runs.seed, strict=True)) == [
        (variant, seed) for variant in ("dropout", "plain") for seed in range(4)
    ]
    assert repr(found) == "<ComparedModels plain, dropout: 8 runs of 3 epochs>"
    assert {name: len(curves["loss"]) for name, curves in found.curves.items()} == {"plain": 4, "dropout": 4}


def test_a_claim_is_judged_as_in_a_study(found):
    verdict = found.verdict("dropout.test_accuracy > plain.test_accuracy")
    assert verdict.word not in ("", "no data")
    assert str(verdict) == f"{verdict.word}: {verdict.sentence}"
    assert verdict._repr_html_().startswith(f"<p><b>{verdict.word}</b>")
    one = found.runs.pivot(index="repeat", columns="variant", values="test_accuracy")
    assert verdict.effect.interval.estimate == pytest.approx((one.dropout - one.plain).mean())


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("dropuot.test_accuracy > plain.test_accuracy", "there is no variant 'dropuot'; did you mean 'dropout'?"),
        ("dropout.test_acuracy > 0.5", "'dropout' has no metric 'test_acuracy'; did you mean 'test_accuracy'?"),
        ("dropout.test_accuracy >", "column 24: expected"),
    ],
)
def test_a_claim_that_cannot_be_judged_says_why(found, claim, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        found.verdict(claim)


def test_the_page_is_one_file_with_the_claims_the_curves_and_the_code(found, tmp_path):
    found.verdict("dropout.test_accuracy > plain.test_accuracy")
    page = found.page(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "dropout.test_accuracy &gt; plain.test_accuracy" in page
    assert "def</span>" in page or "def build_dropout(seed):" in page
    assert "python -m experiments" not in page
    assert not re.search(r'(href|src)="(?!#|data:)', page)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_the_figure_has_a_line_and_a_row_for_each_variant(found):
    figure = found.plot()
    curves, strips = figure.axes
    assert len(curves.lines) == 4  # training and validation
    assert [label.get_text() for label in strips.get_yticklabels()] == ["plain", "dropout"]
    assert strips.get_xlabel() == "test accuracy (share of rows)"
    with pytest.raises(ExperimentsError, match="no column 'test_acuracy'; did you mean 'test_accuracy'"):
        found.plot("test_acuracy")


def test_a_notebook_shows_a_table(found):
    table = found._repr_html_()
    assert all(text in table for text in ("plain", "dropout", "test accuracy", "against plain"))
    mean = found.runs[found.runs.variant == "plain"].test_accuracy.mean()
    assert f"{mean:.4g}" in table


def test_what_is_done_stays_done_until_its_function_changes(tmp_path, capsys):
    out, options = tmp_path / "moons", {"epochs": 3, "repeats": 2, "jobs": 1, "device": "cpu"}
    first = compare({"plain": build_plain, "dropout": build_dropout}, DATA, out=out, **options)
    assert "0 done, 4 to run" in capsys.readouterr().out
    again = compare({"plain": build_plain, "dropout": build_dropout}, DATA, out=out, **options)
    assert "4 done, nothing to run" in capsys.readouterr().out
    assert again.runs.equals(first.runs)
    changed = compare({"plain": build_plain, "dropout": build_dropout_again}, DATA, out=out, **options)
    printed = capsys.readouterr().out
    assert "dropout: its function, the rows or an argument changed; its runs are trained anew" in printed
    assert "plain: its" not in printed
    assert "2 done, 2 to run" in printed
    kept = [table[table.variant == "plain"].hash.tolist() for table in (first.runs, changed.runs)]
    assert kept[0] == kept[1]
    compare({"plain": build_plain, "dropout": build_dropout_again}, ((X + 1, Y), (X, Y)), out=out, **options)
    assert "0 done, 4 to run" in capsys.readouterr().out


def test_rows_of_a_function_are_fresh_in_each_repeat():
    found = compare({"plain": build_plain}, lambda seed: DATA, epochs=1, repeats=2, jobs=1, device="cpu")
    assert set(found.runs.protocol) == {"fresh"}
    assert list(found.curves) == ["plain"]
    assert "against" not in found._repr_html_()


def test_results_without_a_folder_end_with_their_object():
    found = compare({"plain": build_plain}, DATA, epochs=1, repeats=1, jobs=1, device="cpu")
    place = found._out
    assert place.is_dir()
    del found
    assert not place.exists()


def test_the_folder_of_a_study_in_yaml_is_refused(tmp_path):
    folder = StudyFolder.of("dropout", tmp_path)
    folder.path.mkdir()
    folder.runs.write_text("precious")
    with pytest.raises(ExperimentsError, match="has the results of a study in YAML; name another folder"):
        compare({"plain": build_plain}, DATA, epochs=1, out=folder.path)
    assert folder.runs.read_text() == "precious"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"models": {}}, "models: expected a mapping of names to functions of a seed, found a mapping without entries"),
        ({"models": [build_plain]}, "models: expected a mapping of names to functions"),
        ({"models": {"a b": build_plain}}, "models.a b: expected a name of letters, digits and underscores"),
        (
            {"models": {"plain": 3}},
            "models.plain: expected a function of a seed that returns a compiled model, found int",
        ),
        ({"models": {"a": build_plain, "A": build_plain}}, "models: 'a' and 'A' differ only in letter case"),
        ({"epochs": 0}, "epochs: expected an integer of at least 1, found 0"),
        ({"epochs": True}, "epochs: expected an integer of at least 1, found true"),
        ({"repeats": 2.0}, "repeats: expected an integer of at least 1, found 2.0; write 2"),
        ({"batch_size": "some"}, "batch_size: expected an integer of at least 1, or 'all', found 'some'"),
        ({"validate_on": "dev"}, "validate_on: expected one of 'none', 'validation', 'test', found 'dev'"),
        ({"validate_on": "validation"}, "validate_on: 'validation' needs rows of that name in data"),
        ({"callbacks": "EarlyStopping"}, "callbacks: expected a list of Keras callbacks, found str"),
        ({"out": "con"}, "out: 'con' is the name of a device on Windows"),
        ({"data": X}, "data: expected ((x_train, y_train), (x_test, y_test))"),
        ({"data": (number for number in X)}, "data: expected ((x_train, y_train), (x_test, y_test))"),
    ],
)
def test_wrong_arguments_are_named(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    given = {"models": {"plain": build_plain}, "data": DATA, "epochs": 1} | arguments
    with pytest.raises(ExperimentsError) as caught:
        compare(given.pop("models"), given.pop("data"), **given)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_call_raises_and_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(comparing, "run_studies", lambda *_: Summary(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        compare({"plain": build_plain}, DATA, epochs=1, out=tmp_path / "moons")
    assert "interrupted; the same call goes on from here" in capsys.readouterr().out
