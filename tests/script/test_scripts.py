"""What holds of both kinds of scripts."""

import ast
import doctest
import subprocess
import sys
from dataclasses import replace

import pytest

from experiments.script import exact_script, plain_script, rows, writing
from tests.model.cases import OUTPUT, configuration, dense
from tests.script.cases import RUNS, run_of

KINDS = {"plain": plain_script, "exact": exact_script}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", RUNS)
def test_a_script_is_formatted_and_uses_nothing_of_the_project(name, kind, tmp_path):
    file = tmp_path / "script.py"
    file.write_text(KINDS[kind](run_of(RUNS[name])), encoding="utf-8")
    modules = {node.module for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)}
    assert not any(module.startswith("experiments") for module in modules)
    ruff = [sys.executable, "-m", "ruff"]
    checked = subprocess.run([*ruff, "format", "--isolated", "--line-length=120", "--check", file], check=False)
    assert checked.returncode == 0
    checked = subprocess.run([*ruff, "check", "--isolated", "--select=F,E7,E9", file], check=False)
    assert checked.returncode == 0


def test_writing_scripts_needs_no_tensorflow():
    code = (
        "import sys; from experiments.script import exact_script, plain_script; "
        "from tests.script.cases import RUNS, run_of; "
        "[write(run_of(RUNS['dropout'])) for write in (exact_script, plain_script)]; "
        "sys.exit('tensorflow' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_names_cannot_break_out_of_the_script(kind):
    script = KINDS[kind](run_of(configuration(), variant='"""; raise SystemExit #\\'))
    assert isinstance(ast.parse(script).body[0].value, ast.Constant)
    model = {'x"); raise SystemExit #': dense(), "output": OUTPUT}
    config = replace(configuration(model), freeze=tuple(model)[:1])
    assert [node for node in ast.walk(ast.parse(KINDS[kind](run_of(config)))) if isinstance(node, ast.Raise)] == []


@pytest.mark.parametrize(
    "character", ["\0", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\u2028", "\u2029", "\u202e"]
)
@pytest.mark.parametrize("ensemble", [None, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_character_that_ends_lines_leaves_a_script_of_the_same_shape(kind, ensemble, character):
    def shape(text):
        config = replace(configuration(metrics=[{"AUC": {"name": text}}]), ensemble=ensemble)
        return [type(node) for node in ast.walk(ast.parse(KINDS[kind](run_of(config, variant=text))))]

    assert shape(f"a{character}b") == shape("ab")


@pytest.mark.parametrize("module", [rows, writing])
def test_the_examples_of_a_module_show_what_it_does(module):
    failed, attempted = doctest.testmod(module)
    assert attempted
    assert failed == 0
