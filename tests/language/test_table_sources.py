"""Tables from files in a study: where the file may be, what the hash covers, and messages at their places."""

import pickle
import subprocess
import sys

import pytest

from experiments.errors import ConfigError
from experiments.language import load_study
from experiments.language.show import show_study
from experiments.language.table_sources import describe_tables
from tests.tabular.tables import houses, with_cell, written

STUDY = """title: Houses
question: What do houses cost?
data:
  houses: {table: {file: houses.csv, target: price, encoder: OneHotEncoder}}
  split: {train: 0.6, test: 0.4, shuffle: true}
model:
  output: {Dense: {units: 1}}
training: {optimizer: Adam, loss: mse, epochs: 2}
variants:
  baseline: {}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "houses.csv").write_text(written(houses()))
    return tmp_path / "mine"


def study(folder, *changes, name="study"):
    text = STUDY
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / f"{name}.yaml").write_text(text)
    return load_study(folder / f"{name}.yaml")


def problem(folder, *changes):
    with pytest.raises(ConfigError) as error:
        study(folder, *changes)
    return "\n".join(
        f"{found.place.line if found.place else '-'} {found.path}: {found.message}" for found in error.value.problems
    )


def hashes(study):
    return [run.hash for run in study.runs(repeats=1)]


def test_the_file_is_found_beside_the_study_from_any_folder(folder, monkeypatch, tmp_path):
    first = study(folder)
    monkeypatch.chdir(tmp_path)
    assert hashes(load_study("mine/study.yaml")) == hashes(first)
    config = pickle.loads(pickle.dumps(first.base))
    assert describe_tables([config]) == describe_tables([first.base])


def test_the_content_of_the_file_is_part_of_the_hash_and_its_place_is_not(folder, tmp_path):
    before = hashes(study(folder))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "houses.csv").write_bytes((folder / "houses.csv").read_bytes())
    assert hashes(study(tmp_path / "other")) == before
    (folder / "houses.csv").write_text(written(houses(**with_cell("area", 2, 1000))))
    assert hashes(study(folder)) != before


def test_show_prints_a_study_with_the_checksum_that_loads_again(folder):
    first = study(folder)
    text = show_study(first)
    assert "# houses.csv: 40 rows, 2 numbers, 1 boolean, 1 category; price: regression" in text
    checksum = next(line.split()[-1] for line in text.splitlines() if "sha256" in line)
    pinned = ("encoder: OneHotEncoder", f"encoder: OneHotEncoder, sha256: {checksum}")
    assert hashes(study(folder, pinned)) == hashes(first)
    (folder / "houses.csv").write_text(written(houses(30)))
    assert "data.houses.sha256: 'houses.csv' is not the file with this checksum" in problem(folder, pinned)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("/etc/passwd", "expected a path relative to the study's folder, found the absolute path"),
        ("C:/houses.csv", "found the absolute path"),
        ("../houses.csv", "leads out of the study's folder"),
        ("link.csv", "leads out of the study's folder"),
        ("link/houses.csv", "leads out of the study's folder"),
        ("house.csv", "there is no file 'house.csv'; did you mean 'houses.csv'?"),
        ("houses.xlsx", "is a spreadsheet; save its sheet as CSV"),
        ("study.yaml", "expected a file that ends in .csv, .tsv, .parquet"),
        (".", "there is no file"),
    ],
)
def test_a_file_elsewhere_is_refused_at_its_place(file, reason, folder, tmp_path):
    (tmp_path / "houses.csv").write_text(written(houses()))
    (folder / "link.csv").symlink_to(tmp_path / "houses.csv")
    (folder / "link").symlink_to(tmp_path, target_is_directory=True)
    found = problem(folder, ("file: houses.csv", f"file: {file}"))
    assert found.startswith("4 data.houses.file: ")
    assert reason in found


def test_a_file_of_more_than_200_megabytes_is_refused_unread(folder):
    with (folder / "houses.csv").open("r+b") as file:
        file.truncate(300_000_000)
    assert "has 300 MB; at most 200 MB are allowed" in problem(folder)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("target: price", "target: prize", "4 data.houses.target: there is no column 'prize'; did you mean 'price'?"),
        ("target: price", "target: 5", "data.houses.target: expected the name of a column or a list of them, found 5"),
        ("target: price, ", "", "data.houses: table needs 'target'"),
        ("file: houses.csv, target: price, encoder: OneHotEncoder", "x: [[1]]", "data.houses: table needs 'y'"),
        (
            "target: price",
            "target: price, x: [[1]], y: [1]",
            "'file' belongs to a table from a file, 'x' to one written",
        ),
        (", encoder: OneHotEncoder", "", "data.houses.encoder: needed for the text in column 'town'"),
        ("encoder: OneHotEncoder", "encoder: OneHotEncode", "is not an encoder of categories; did you mean"),
        ("encoder: OneHotEncoder", "encoder: TargetEncoder", "TargetEncoder cannot be used in a study"),
        ("encoder: OneHotEncoder", "encoder: {OneHotEncoder: {drop: last}}", "expected 'first' or 'if_binary'"),
        ("encoder:", "separator: ';;', encoder:", "data.houses.separator: expected one character"),
        ("encoder:", "separator: ',', decimal: ',', encoder:", "data.houses.separator: is the decimal sign as well"),
        ("encoder:", "task: regresion, encoder:", "data.houses.task: expected 'regression' or 'classes'"),
        ("encoder:", "imputer: {SimpleImputer: {strategy: middle}}, encoder:", "expected one of 'mean', 'median'"),
        ("encoder:", "imputer: {SimpleImputer: {missing_values: 9}}, encoder:", "cannot be set: a value is missing"),
        ("shuffle: true}", "shuffle: true}\n  more: {make_moons: {}}", "is the only source of its rows"),
        ("0.6, test: 0.4", "30, test: 20", "30 + 20 rows are asked for, the source has 40"),
        ("encoder:", "group: rooms, encoder:", ""),
        (
            "price, encoder: OneHotEncoder}}\n  split: {train: 0.6",
            "price, encoder: OneHotEncoder, group: rooms}}\n  split: {train: 30",
            "group: rooms keeps groups of any size whole; expected a fraction of them, found 30",
        ),
        ("shuffle: true", "stratify: true", "stratify: true draws the sets; expected shuffle: true as well"),
        ("encoder:", "order: area, encoder:", "order: area splits the rows by time, which shuffle: true breaks"),
        (
            "OneHotEncoder}}\n  split: {train: 0.6, test: 0.4, shuffle: true",
            "OneHotEncoder, order: area}}\n  split: {train: 0.6, test: 0.4",
            "order: area allows one split, so there is none for each repeat; expected protocols: [published]",
        ),
        (
            "target: price, encoder: OneHotEncoder",
            "target: town",
            "",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_at_its_place(before, after, reason, folder):
    if reason:
        assert reason in problem(folder, (before, after))
    else:
        study(folder, (before, after))


def test_the_classes_of_a_table_are_those_that_the_output_must_have(folder):
    classes = [
        ("target: price, encoder: OneHotEncoder", "target: town"),
        ("loss: mse", "loss: sparse_categorical_crossentropy"),
    ]
    softmax = ("{units: 1}", "{units: 2, activation: softmax}")
    assert "'output' has 2 units for 3 classes" in problem(folder, *classes, softmax)
    study(folder, *classes, ("{units: 1}", "{units: 3, activation: softmax}"))


def test_a_variant_may_change_what_is_said_about_the_table(folder):
    leak = (
        "  baseline: {}",
        "  baseline: {}\n  small: {data.houses.without: [town]}\n  other: {data.houses.encoder: OrdinalEncoder}",
    )
    changed = study(folder, leak)
    assert len({run.hash for run in changed.runs(repeats=1, protocols=["fresh"])}) == 3
    assert len(describe_tables(variant.config for variant in changed.variants)) == 2


def test_a_study_without_a_table_imports_no_pandas(folder):
    code = (
        "import sys; from experiments.language import load_study; load_study({!r}); sys.exit('pandas' in sys.modules)"
    )
    (folder / "plain.yaml").write_text(
        STUDY.replace("{table: {file: houses.csv, target: price, encoder: OneHotEncoder}}", "load_iris")
    )
    study(folder)
    codes = [
        subprocess.run([sys.executable, "-c", code.format(str(folder / f"{name}.yaml"))], check=False).returncode
        for name in ("plain", "study")
    ]
    assert codes == [0, 1]
