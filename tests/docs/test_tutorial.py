"""The tutorial, carried out line by line as a reader would, with short trainings."""

import re
import shlex
from pathlib import Path

import pytest
from matplotlib import pyplot

from experiments.cli.main import main
from tests.docs.blocks import ROOT, below, blocks

SHORTER = ((re.compile(r"(epochs[:=] ?)4000"), r"\g<1>3"), (re.compile(r"(repeats[= ])(5|10)\b"), r"\g<1>2"))


def shorter(text):
    for pattern, replacement in SHORTER:
        text = pattern.sub(replacement, text)
    return text


@pytest.fixture
def repository(tmp_path, monkeypatch, in_process):
    """A copy of what the tutorial touches, with three epochs in place of 4,000."""
    config = tmp_path / "configs" / "dropout.yaml"
    config.parent.mkdir()
    config.write_text(shorter((ROOT / "configs" / "dropout.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pyplot.switch_backend("agg")
    yield tmp_path
    pyplot.close("all")


class Reader:
    """Does what the blocks say, one after another."""

    def __init__(self, capfd):
        self._capfd = capfd
        self._names = {}
        self._printed = ""
        self._failed = False

    def shell(self, text):
        for line in text.splitlines():
            self.check()
            program, *arguments = shlex.split(line.removeprefix("python -m "))
            assert program == "experiments"
            self._failed = main(arguments) != 0
            self._printed = "".join(self._capfd.readouterr())

    def python(self, text):
        exec(compile(text, "docs/tutorial.md", "exec"), self._names)

    def yaml(self, text):
        below("claims" if text.startswith("  - ") else "variants", text, Path("configs/my_dropout.yaml"))

    def text(self, text):
        assert text.strip() in self._printed
        self._failed = False  # what went wrong is what the page says

    def check(self):
        assert not self._failed, self._printed

    def reads(self, language, text):
        if language != "text":
            self.check()
        getattr(self, language)(text)


@pytest.mark.slow
def test_every_step_of_the_tutorial_works(repository, capfd):
    reader = Reader(capfd)
    for language, text in blocks("docs/tutorial.md"):
        reader.reads(language, shorter(text))
    reader.check()
    results = repository / "results" / "tutorial"
    made = ["dropout/report.html", "mine.png", "compare.html", "my_dropout/report.html", "circles.png", "circles.html"]
    assert [name for name in made if not (results / name).is_file()] == []
    assert "A rate of 0.6 still beats no dropout." in (results / "my_dropout" / "report.html").read_text()
