"""Exact scripts: the rows, draws and orders of the project, so that their numbers are those of the Keras engine."""

import ast
import hashlib
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import experiments
from experiments.data import load_data
from experiments.errors import ExperimentsError
from experiments.script import exact_script
from experiments.script.borrowing import BORROWED, borrowed
from tests.model.cases import configuration
from tests.script.cases import ROWS, RUNS, printed_by, run_of


def rows_written(script):
    """Run the part of a script that makes the rows."""
    imports = "\n".join(line for line in script.splitlines() if re.match(r"(from sklearn|import numpy)", line))
    rows = script[script.index("# The rows") : script.index("# The network")]
    names = {}
    exec(imports + "\n" + rows, names)
    return names["rows"]


@pytest.mark.parametrize("protocol", ["published", "fresh"])
@pytest.mark.parametrize("name", ROWS)
def test_the_rows_of_the_script_are_those_of_the_run(name, protocol):
    data = load_data(ROWS[name], protocol, 1)
    written = rows_written(exact_script(run_of(ROWS[name], protocol)))
    expected = {
        "train": (data.x_train, data.y_train),
        "validation": (data.x_validation, data.y_validation),
        "test": (data.x_test, data.y_test),
        "fresh_test": (data.x_fresh, data.y_fresh),
    }
    if name == "multilabel":  # the many lines that its further rows take are not in the script
        del expected["fresh_test"]
    for set_name, (x, y) in expected.items():
        if x is None:
            assert set_name not in written
            continue
        np.testing.assert_allclose(written[set_name][0], x, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(written[set_name][1], y, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("module", BORROWED)
def test_what_scripts_borrow_is_public_and_stands_in_its_module(module):
    assert not [name for name in BORROWED[module] if name.startswith("_")]
    # Nothing private of the module is left without its definition either.
    defined = set(re.findall(r"^(_\w+)", (Path(experiments.__file__).parent / module).read_text(), re.MULTILINE))
    used = {node.id for node in ast.walk(ast.parse(borrowed(module))) if isinstance(node, ast.Name)}
    assert not defined & used


def test_what_an_exact_script_cannot_show_simply_is_refused():
    config = replace(configuration(weight_noise=0.1), ensemble=3)
    with pytest.raises(ExperimentsError, match="no exact script"):
        exact_script(run_of(config))


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    scripts = {name: exact_script(run_of(config)) for name, config in RUNS.items()}
    return printed_by(scripts, tmp_path_factory.mktemp("scripts"))


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_an_exact_script_gives_what_the_keras_engine_gives(name, printed):
    from experiments.run.networks import NetworkTrainer
    from experiments.run.programs import Programs

    run = run_of(RUNS[name])
    trainer = NetworkTrainer(run, Programs(), lambda done, total: None)
    trained = trainer.train(load_data(run.config, run.protocol, run.seed))
    record, by_start = trained.record, trained.scores
    # XLA orders the sums of an LSTM's loop by the flags of the process, and those of a worker are the project's own.
    if not run.config.ensemble and name != "recurrent":
        weights = record.weights if record.best_weights is None else record.best_weights
        digest = hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest()
        assert f"weights {digest}" in printed[name]
    expected = {
        f"{start}{set_name}_{metric}": value
        for start, by_set in by_start.items()
        for set_name, by_metric in by_set.items()
        for metric, value in by_metric.items()
    }
    scores = {column: float(value) for column, value in re.findall(r"^(\w+) = (\S+)$", printed[name], re.MULTILINE)}
    assert {"train_loss", "test_loss"} <= set(scores)
    for column, value in scores.items():
        # Up to the rounding of sums: the suite scores all rows at once, and a script in batches.
        assert math.isclose(value, expected[column], rel_tol=1e-5, abs_tol=1e-6), column
