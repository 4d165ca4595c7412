"""Studies by name and by file; what loading does not import."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.errors import ConfigError
from experiments.study import load_study, study_names
from tests.study.texts import study_text

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
        "import sys\nfrom experiments.study import load_study, study_names\n"
        "[load_study(name).runs() for name in study_names()]\n"
        "heavy = ('tensorflow', 'keras', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'numpy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
