"""The committed table of signatures against the installed libraries, and what may stand in it."""

import pytest

from experiments.language.allowed import REFUSED, WITHHELD_ARGUMENTS
from experiments.language.signatures import TABLE_FILE, classes, first_argument, identifiers, kind_of, slot_of
from tools.generate_signatures import as_text, generate

KINDS = ("layers", "initializers", "regularizers", "constraints", "optimizers", "schedules", "losses", "metrics")


def test_the_table_is_that_of_the_installed_keras_and_scikit_learn():
    message = "run python -m tools.generate_signatures, then python -m experiments.language.schema"
    assert TABLE_FILE.read_text(encoding="utf-8") == as_text(generate()), message


@pytest.mark.parametrize("kind", [*KINDS, "sources", "scalers", "callbacks"])
def test_nothing_refused_is_in_the_table(kind):
    assert classes(kind)
    assert not set(classes(kind)) & set(REFUSED[kind])
    for signature in classes(kind).values():
        assert not (set(signature) - {"name"}) & set(WITHHELD_ARGUMENTS)


@pytest.mark.parametrize(
    "name",
    [
        "Lambda",
        "TFSMLayer",
        "TorchModuleWrapper",
        "JaxLayer",
        "FlaxLayer",
        "StringLookup",
        "TextVectorization",
        "Layer",
    ],
)
def test_what_runs_code_or_reads_files_is_refused(name):
    assert name in REFUSED["layers"]


@pytest.mark.parametrize("kind", [*KINDS, "sources", "scalers", "callbacks"])
def test_every_default_is_of_the_kind_its_argument_takes(kind):
    for name, signature in classes(kind).items():
        for argument, about in signature.items():
            default = about.get("default")
            if default is None or slot_of(argument) not in (None, "schedules"):
                continue
            wanted = kind_of(kind, name, argument, default)
            assert wanted.accepts(default), (name, argument, default, wanted.words)


def test_default_identifiers_are_known():
    for kind in KINDS:
        for signature in classes(kind).values():
            for argument, about in signature.items():
                nested, default = slot_of(argument), about.get("default")
                if nested and isinstance(default, str):
                    assert default in identifiers(nested) or default in classes(nested), (argument, default)


def test_first_arguments():
    assert first_argument("layers", "Dense") == "units"
    assert first_argument("regularizers", "L2") == "l2"
    assert first_argument("constraints", "NonNeg") is None


def test_sources_need_no_download_and_return_inputs_and_targets():
    from sklearn import datasets

    for name in classes("sources"):
        if name.startswith(("make_", "load_")):
            rows = getattr(datasets, name)(**({"return_X_y": True} if name.startswith("load_") else {}))
            assert len(rows) == 2, name
