"""The schema for editors: current, valid, and telling right from wrong."""

import json

import jsonschema
import pytest

from experiments.language import study_names
from experiments.language.loader import load_yaml
from experiments.language.located import plain
from experiments.language.problems import Problems
from experiments.language.schema import SCHEMA_FILE, as_text, make_schema
from experiments.language.study_folders import configs_folder
from tests.language.texts import SECTIONS, study_text

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def errors(text):
    return list(VALIDATOR.iter_errors(plain(load_yaml(text, "a.yaml", Problems()))))


def test_the_schema_is_current():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == as_text(make_schema()), (
        "run python -m experiments.language.schema"
    )


def test_the_schema_is_valid_draft_07():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", study_names())
def test_every_shipped_config_is_valid_under_the_schema(name):
    path = configs_folder() / f"{name}.yaml"
    assert errors(path.read_text(encoding="utf-8")) == []


def test_the_base_of_the_tests_is_valid():
    assert errors(study_text()) == []


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        ("head", "titel: A title\nquestion: A question?"),
        ("more", "repeats: many"),
        ("model", "model:\n  hidden: {Dens: 5}"),
        ("model", "model:\n  hidden: {Dense: {unitz: 5}}"),
        ("model", "model:\n  drop: {Dropout: 1.4}"),
        ("model", "model:\n  hidden: {Dense: {units: 5, activation: reluu}}"),
        ("training", SECTIONS["training"].replace("Adam", "Adan")),
        ("training", SECTIONS["training"].replace("epochs: 10", "epochs: 0")),
        ("training", SECTIONS["training"] + "\n  callbacks: {stop: {EarlyStoping: {patience: 1}}}"),
        ("data", "data:\n  points: make_moon\n  split: {train: 30, test: 70}"),
        ("data", "data:\n  points: make_moons\n  split: {train: 30}"),
        ("claims", "claims:\n  - {says: Well.}"),
    ],
)
def test_an_editor_sees_what_is_wrong(section, wrong):
    assert errors(study_text(**{section: wrong}))


def test_every_key_has_a_description():
    for owner in (
        SCHEMA,
        *(
            SCHEMA["definitions"][name]
            for name in ("DataSection", "SplitSection", "ScaleSection", "TrainingSection", "DiagnosisSection")
        ),
    ):
        for key, about in owner["properties"].items():
            assert about.get("description"), key


def test_components_show_their_arguments_and_defaults():
    adam = SCHEMA["definitions"]["optimizers"]["anyOf"][1]["properties"]["Adam"]
    assert adam["description"].startswith("keras.optimizers.Adam(learning_rate=0.001")
    assert adam["anyOf"][0]["properties"]["beta_1"]["default"] == 0.9
