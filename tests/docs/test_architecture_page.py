"""Every name in the architecture page and in CONTRIBUTING exists."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"]
SOURCES = [path for folder in ("experiments", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
#: Names of other projects, public names of the package, and words of the file formats.
FOREIGN = {"keras.Model", "model.fit", "experiments.compare", "concurrent.futures", "yaml.compose"}


@functools.cache
def defined():
    """Collect the names of modules, packages, functions, classes, their members, and constants."""
    names = set()
    for path in SOURCES:
        names |= {path.name, path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            if isinstance(node, ast.ClassDef):
                names |= {f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)}
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def quoted(page):
    """List what stands in backticks, without the commands and examples of YAML and JSON."""
    words = re.findall(r"`([^`\n]+)`", re.sub(r"^    .*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE))
    return [word.removesuffix("()") for word in words if not re.search(r"[\s{}*<>:#]", word)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_exist(page):
    paths = [word for word in quoted(page) if "/" in word and not word.startswith(("results/", "."))]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_are_defined(page):
    known = defined() | FOREIGN
    names = [word for word in quoted(page) if re.search(r"[A-Z]|_|\.[a-z]", word) and "/" not in word]
    assert names
    assert [name for name in names if name not in known and not re.search(r"\.(csv|yaml|html|md)$", name)] == []


def test_every_package_has_its_row():
    rows = re.findall(r"^\| `(\w+)` \|", PAGES[0].read_text(encoding="utf-8"), flags=re.MULTILINE)
    packages = {path.parent.name for path in (ROOT / "experiments").glob("*/__init__.py")}
    assert set(rows) == packages
