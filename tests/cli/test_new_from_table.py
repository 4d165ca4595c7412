"""``new --data``: what it sees in a table, and the study that it writes."""

import shutil
from pathlib import Path

import pytest
from sklearn import datasets

from experiments.cli.main import main
from experiments.language import load_study
from experiments.tabular import locate
from experiments.tabular.first_look import look_at
from tests.tabular.tables import houses, with_cell, written

SHIPPED = ("iris", "wine", "breast_cancer", "diabetes", "digits", "linnerud")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, outside of which the table lies."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def new(capsys, data, *targets, name="mine"):
    code = main(["new", "--data", str(data), *(part for target in targets for part in ("--target", target)), name])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def table(folder, columns, file="houses.csv", encoding="utf-8"):
    (folder / file).write_text(written(columns), encoding=encoding)
    return folder / file


def test_it_prints_what_it_saw_and_writes_a_study_with_a_held_out_test_set(folder, capsys):
    code, text, _ = new(capsys, table(folder, houses()), "price")
    assert code == 0
    assert "houses.csv is copied to configs/houses.csv" in text
    assert "houses.csv: 40 rows, 2 numbers, 1 boolean, 1 category; price: regression" in text
    assert "number: area, rooms\n" in text
    assert "python -m experiments run mine" in text
    assert Path("configs/schema.json").is_file()
    study = load_study("mine")
    assert [variant.name for variant in study.variants] == [
        "baseline", "dropout", "weight_decay", "early_stopping", "small"
    ]  # fmt: skip
    assert study.protocols == ("published", "fresh")
    base = study.base
    assert base.training.validate_on == "validation"
    assert base.data.split.amounts == {"train": 0.6, "validation": 0.2, "test": 0.2}
    assert {reference.variant for claim in study.claims for reference in claim.expression.references} == {
        variant.name for variant in study.variants
    }
    assert "encoder: OneHotEncoder  # for town" in study.text


@pytest.mark.parametrize("name", SHIPPED)
def test_the_tables_of_scikit_learn_become_studies(name, folder, capsys):
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    targets = ["Weight", "Waist", "Pulse"] if name == "linnerud" else ["target"]
    frame.to_csv(folder / f"{name}.csv", index=False)
    code, text, _ = new(capsys, folder / f"{name}.csv", *targets)
    assert code == 0
    real = name in ("diabetes", "linnerud")
    assert ("regression" in text) == real
    base = load_study("mine").base
    units = base.model.layers[-1].component.get("units")
    assert units == {"iris": 3, "wine": 3, "breast_cancer": 1, "diabetes": 1, "digits": 10, "linnerud": 3}[name]
    assert base.data.split.stratify == (not real)


def test_columns_that_cannot_be_learned_from_are_left_out_with_the_reason(folder, capsys):
    columns = houses(
        house=range(7, 47),
        sold=[f"2024-03-{row % 28 + 1:02}" for row in range(40)],
        cents=[round(100 * price) for price in houses()["price"]],
        country=["DE"] * 40,
        note=[""] * 40,
        **with_cell("rooms", 5, ""),
    )
    code, text, _ = new(capsys, table(folder, columns), "price")
    assert code == 0
    reasons = {
        "house": "numbers the rows",
        "sold": "holds dates, such as '2024-03-01'; write order: sold if the rows are a series in time",
        "cents": "repeats the target 'price' row by row",
        "country": "has the value DE in every row",
        "note": "is empty",
    }
    for name, reason in reasons.items():
        assert f"left out: {name}, which {reason}" in text
    study = load_study("mine")
    source = study.base.data.sources["rows"]
    assert set(source.get("without")) == set(reasons)
    assert source.get("imputer").name == "SimpleImputer"


def test_a_file_in_another_encoding_is_read_and_the_study_names_it(folder, capsys):
    data = table(folder, houses(town=["Köln", "Düren"] * 20), encoding="cp1252")
    assert new(capsys, data, "price")[0] == 0
    assert "encoding: cp1252  # the file is not UTF-8" in load_study("mine").text


def test_rare_classes_are_not_stratified_and_names_with_any_sign_are_quoted(folder, capsys):
    columns = houses(price=None, **{"price: €": ["yes"] * 37 + ["no: # never"] * 3, "a 'b' #": range(0, 80, 2)})
    assert new(capsys, table(folder, columns), "price: €")[0] == 0
    study = load_study("mine")
    assert not study.base.data.split.stratify
    assert study.base.data.sources["rows"].get("target") == "price: €"
    assert study.claims[0].says == "The network predicts better than the most frequent class, yes."


def test_a_table_in_the_folder_of_the_studies_stays_where_it_is(folder, capsys):
    Path("configs/tables").mkdir(parents=True)
    data = table(Path("configs/tables"), houses())
    code, text, _ = new(capsys, data, "price")
    assert code == 0
    assert "is copied" not in text
    assert load_study("mine").base.data.sources["rows"].get("file") == "tables/houses.csv"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--data", "../houses.csv", "--target", "prize", "mine"], "no column 'prize'; did you mean 'price'?"),
        (
            ["--data", "../houses.csv", "--target", "town", "--target", "price", "mine"],
            "several targets must be numbers",
        ),
        (["--data", "../house.csv", "--target", "price", "mine"], "no file 'house.csv'; did you mean 'houses.csv'?"),
        (["--data", "../bad.csv", "--target", "price", "mine"], "../bad.csv: row 5, column 'area' holds a formula"),
        (["--data", "../houses.csv", "mine"], "a study of a table needs --target COLUMN as well"),
        (["--target", "price", "mine"], "a study of a table needs --data FILE as well"),
        (["mine"], "new needs the study to copy, or --data FILE and --target COLUMN"),
        (["dropout", "mine", "--data", "../houses.csv", "--target", "price"], "expected one of them"),
        (["--data", "../houses.csv", "--target", "price", "con"], "con"),
    ],
)
def test_what_is_wrong_is_exit_code_2_and_nothing_is_written(arguments, reason, folder, capsys):
    table(folder, houses())
    table(folder, houses(**with_cell("area", 5, "=B1")), "bad.csv")
    assert main(["new", *arguments]) == 2
    assert reason in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_another_table_of_the_same_name_is_never_overwritten(folder, capsys):
    assert new(capsys, table(folder, houses()), "price")[0] == 0
    assert new(capsys, table(folder, houses()), "price", name="again")[0] == 0
    before = Path("configs/houses.csv").read_bytes()
    code, _, errors = new(capsys, table(folder, houses(50)), "price", name="other")
    assert code == 2
    assert "configs/houses.csv is another table of the same name" in errors
    assert Path("configs/houses.csv").read_bytes() == before
    assert not Path("configs/other.yaml").exists()


def test_a_first_look_leaves_the_target_alone(folder):
    data = table(folder, houses(80, name=[f"house {row}" for row in range(80)]))
    with pytest.raises(Exception, match="'name' has 80 different texts"):
        look_at(locate(data.parent, data.name), ["name"])


@pytest.mark.slow
def test_the_study_is_built_trained_resumed_and_reported(folder, capsys):
    new(capsys, table(folder, houses(60, **{"town": ["", *houses(60)["town"][1:]]})), "price")
    assert main(["check", "mine", "--build"]) == 0
    short = ["--set", "training.epochs=2", "--repeats", "2", "--out", "results"]
    assert main(["run", "mine", *short]) == 0
    assert "20 runs in" in capsys.readouterr().out
    page = Path("results/mine/report.html").read_text()
    assert "splits of one table" in page
    assert main(["run", "mine", *short]) == 0
    assert "20 done, nothing to run" in capsys.readouterr().out
    table(Path("configs"), houses(50))
    assert main(["run", "mine", *short]) == 0
    printed = capsys.readouterr().out
    assert "mine: houses.csv has changed since its runs, which are trained anew" in printed
    assert "0 done, 20 to run" in printed
    shutil.rmtree("results/mine/figures")
    assert main(["report", "mine"]) == 0
    assert list(Path("results/mine/figures").glob("*.png"))
