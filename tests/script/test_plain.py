"""Plain scripts: the study's rows, public names of Keras, and scores such as the study's."""

import ast
import re

import numpy as np
import pytest

from experiments.data import load_data
from experiments.language import load_study, study_names
from experiments.script import plain_script
from tests.script.cases import ROWS, RUNS, printed_by, run_of

SETS = ("train", "validation", "test")


def rows_written(script):
    """Run the part of a script that makes the rows."""
    imports = re.findall(r"^(?:from sklearn|import (?:numpy|keras)).*", script, re.MULTILINE)
    rows = script[script.index("# Rows") : script.index("# Network")]
    names = {}
    exec("\n".join([*imports, rows]), names)
    return {name: (names[f"x_{name}"], names[f"y_{name}"]) for name in SETS if f"x_{name}" in names}


@pytest.mark.parametrize("protocol", ["published", "fresh"])
@pytest.mark.parametrize("name", ROWS)
def test_the_rows_of_the_script_are_those_of_the_run(name, protocol):
    written = rows_written(plain_script(run_of(ROWS[name], protocol)))
    data = load_data(ROWS[name], protocol, 1)
    for set_name in SETS:
        x, y = getattr(data, f"x_{set_name}"), getattr(data, f"y_{set_name}")
        assert (set_name in written) == (x is not None)
        if x is not None:
            assert written[set_name][0].shape == x.shape
            if protocol == "fresh" and name in ("classification", "low rank"):  # rows of the same kind, not the same
                continue
            np.testing.assert_allclose(written[set_name][0], x, rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(written[set_name][1].reshape(y.shape), y, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", study_names())
def test_every_shipped_variant_is_a_script_of_public_names(name):
    import keras

    study = load_study(name)
    for run in study.runs(variants=[variant.name for variant in study.all_variants], repeats=1):
        tree = ast.parse(plain_script(run))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert imported <= {"sklearn.datasets", "sklearn.preprocessing", "typing"}
        modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert modules <= {"keras", "numpy"}
        for used in {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}:
            if re.fullmatch(r"keras(\.\w+)+", used):
                assert not re.search(r"\.(_|src\b)", used)
                found = keras
                for part in used.split(".")[1:]:
                    found = getattr(found, part)


def test_the_script_of_the_dropout_variant_fits_on_a_slide():
    (run,) = load_study("dropout").runs(variants=["dropout"], protocols=["published"], repeats=1)
    script = plain_script(run)
    code = script.split('"""', 2)[2]
    assert len([line for line in code.splitlines() if line]) <= 30
    assert not re.search(r"^\s*(class|def) ", script, re.MULTILINE)


def test_repeated_layers_are_a_loop():
    script = plain_script(run_of(RUNS["repeated"]))
    assert "for _ in range(4):" in script
    assert script.count("keras.layers.Dense(") == 2


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    scripts = {name: plain_script(run_of(config)) for name, config in RUNS.items()}
    return printed_by(scripts, tmp_path_factory.mktemp("scripts"))


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_plain_script_scores_as_some_repeat_of_the_study_does(name, printed):
    from experiments.run.execute import execute

    config = RUNS[name]
    results = list(execute(run_of(config, seed=seed) for seed in range(12)))
    lines = re.findall(r"^((?:best )?\w+) (\{.*\})$", printed[name], re.MULTILINE)
    scores = {set_name: ast.literal_eval(text) for set_name, text in lines}
    assert {"train", "test"} <= set(scores)
    for set_name, by_metric in scores.items():
        for metric, value in by_metric.items():
            column = f"{set_name.replace(' ', '_')}_{metric}"
            repeats = [result.scalars[column] for result in results if column in result.scalars]
            if repeats:
                width = max(repeats) - min(repeats)
                assert min(repeats) - width <= value <= max(repeats) + width, column


def test_the_script_names_the_scores_of_claims_that_it_does_not_print():
    def left_out(study, variant):
        (run,) = load_study(study).runs(variants=[variant], protocols=["published"], repeats=1)
        return " ".join(plain_script(run).split('"""')[1].split())

    assert "squared error in the targets' original units" in left_out("data_scaling", "target_standardized")
    assert "mean scores of the members" in left_out("ensemble", "members_5")
    assert "the loss without penalties" in left_out("weight_regularization", "activity_before_relu")
    assert "the loss without penalties" not in left_out("dropout", "baseline")


def test_the_script_claims_the_rows_of_the_study_only_where_it_has_them():
    study = load_study("l1_and_l2")
    published, fresh = study.runs(variants=[study.variants[0].name], repeats=1)
    assert "The rows are those of repeat 0, published" in plain_script(published)
    assert "The rows are like those of repeat 0, fresh" in plain_script(fresh)
