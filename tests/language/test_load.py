"""Studies by name and by file; what loading does not import."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.errors import ConfigError, ExperimentsError
from experiments.language import known_names, load_study, study_names
from tests.language.texts import study_text

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "tiny.yaml").write_text(study_text(), encoding="utf-8")
    (tmp_path / "configs" / "broken.yaml").write_text("title: [", encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_is_looked_up_in_configs_of_the_current_directory(folder):
    study = load_study("tiny")
    assert (study.name, study.file) == ("tiny", "configs/tiny.yaml")
    assert study_names() == ("broken", "tiny")


def test_a_name_that_configs_lacks_is_that_of_a_shipped_study(folder):
    assert load_study("dropout").file == str(CHECKOUT / "configs" / "dropout.yaml")
    (folder / "configs" / "dropout.yaml").write_text(study_text(), encoding="utf-8")
    assert load_study("dropout").file == "configs/dropout.yaml"
    assert known_names()[:3] == ("broken", "dropout", "tiny")
    assert known_names().count("dropout") == 1


def test_a_path_is_taken_as_it_is(folder):
    other = folder / "other.yaml"
    other.write_text(study_text(), encoding="utf-8")
    assert load_study("other.yaml").file == "other.yaml"
    assert load_study(other).name == "other"
    assert load_study("configs/tiny.yaml").name == "tiny"


def test_without_configs_those_of_the_checkout_count(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "dropout" in study_names()
    assert load_study("dropout").name == "dropout"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tinny", "there is no study 'tinny' in configs; did you mean 'tiny'?"),
        ("nothing.yaml", "cannot be read: No such file or directory"),
        ("folder.yaml", "cannot be read"),
        ("broken", "configs/broken.yaml:2:1  not valid YAML"),
    ],
)
def test_what_cannot_be_loaded_says_why(folder, name, words):
    with pytest.raises(ConfigError) as caught:
        load_study(name)
    assert words in str(caught.value)


def test_the_text_is_kept_as_written(folder):
    text = "# About it\n" + study_text() + "# The end\n"
    (folder / "configs" / "tiny.yaml").write_text(text, encoding="utf-8")
    assert load_study("tiny").text == text


def test_loading_all_studies_imports_nothing_heavy():
    code = (
        "import sys\nfrom experiments.language import load_study, study_names\n"
        "[load_study(name).runs() for name in study_names()]\n"
        "heavy = ('tensorflow', 'keras', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'numpy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "name",
    ["...yaml", "..yaml", ".yaml", ".hidden.yaml", "dot..yaml", "space .yaml", "a\\b.yaml", "a:b.yaml", "a\nb.yaml"],
)
def test_a_file_whose_name_is_no_name_of_a_folder_is_no_study(folder, name):
    (folder / name).write_text(study_text(), encoding="utf-8")
    with pytest.raises(ConfigError, match="a folder cannot be called"):
        load_study(Path(name))


@pytest.mark.parametrize("name", ["con", "PRN", "aux", "Nul", "com1", "LPT9", "con.old", "nul .x"])
def test_a_file_with_the_name_of_a_device_of_windows_is_no_study(folder, name):
    (folder / f"{name}.yaml").write_text(study_text(), encoding="utf-8")
    with pytest.raises(ConfigError, match="is the name of a device on Windows"):
        load_study(Path(f"{name}.yaml"))


@pytest.mark.parametrize("name", ["console", "com10", "com", "a.b", "2 layers", "ä"])
def test_other_names_are_names_of_studies(folder, name):
    (folder / f"{name}.yaml").write_text(study_text(), encoding="utf-8")
    assert load_study(Path(f"{name}.yaml")).name == name


def test_studies_that_differ_only_in_letter_case_are_refused(folder):
    (folder / "configs" / "Tiny.yaml").write_text(study_text(), encoding="utf-8")
    if len(study_names()) < 3:
        pytest.skip("this file system takes the two for one file")
    for name in ("tiny", "Tiny"):
        with pytest.raises(ConfigError, match="'Tiny' and 'tiny' differ only in letter case"):
            load_study(name)


def test_more_runs_than_a_machine_can_hold_are_not_listed(folder):
    study = load_study("tiny")
    assert study.count(repeats=1_000_000) == 2_000_000
    with pytest.raises(ExperimentsError, match=r"tiny: 2,000,002 runs are asked for; at most 2,000,000 are allowed"):
        study.runs(repeats=1_000_001)
    assert study.count() == len(study.runs())
    assert study.count(protocols=["fresh"], repeats=5) == len(study.runs(protocols=["fresh"], repeats=5))
