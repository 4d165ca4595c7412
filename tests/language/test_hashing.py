"""The content hash: what counts, and what does not."""

import pytest

from tests.language.texts import OUTPUT, SECTIONS, make_study


def first_hash(**sections):
    return make_study(**sections).runs()[0].hash


BASE = first_hash()


@pytest.mark.parametrize(
    "sections",
    [
        {"head": "title: Another title\nquestion: Another question?\nsource: A deck\ntopic: Data"},
        {"more": "repeats: 8"},
        {"more": "protocols: [published]"},
        {"variants": "variants:\n  another_name: {}"},
        {"claims": "claims:\n  - {says: Well., expect: baseline.test_loss < 1}"},
        {"data": "# a comment\n" + SECTIONS["data"] + "   # another"},
        {"data": "data:\n  split: {test: 70, train: 30}\n  points: {make_moons: {random_state: 1, n_samples: 100}}"},
        {
            "training": "training: {validate_on: test, batch_size: 32, epochs: 10, metrics: [accuracy], "
            "loss: binary_crossentropy, optimizer: {Adam: {}}}"
        },
        {"model": SECTIONS["model"].replace("{units: 1, activation: sigmoid}", "{activation: sigmoid, units: 1}")},
    ],
)
def test_words_for_people_order_of_keys_and_comments_do_not_count(sections):
    assert first_hash(**sections) == BASE


@pytest.mark.parametrize(
    "sections",
    [
        {"data": SECTIONS["data"].replace("random_state: 1", "random_state: 2")},
        {"data": SECTIONS["data"].replace("train: 30", "train: 29")},
        {"model": SECTIONS["model"].replace("units: 5", "units: 6")},
        {"model": SECTIONS["model"].replace("hidden", "inner")},
        {"training": SECTIONS["training"].replace("epochs: 10", "epochs: 11")},
        {"more": "record: [weight_norm]"},
        {"more": "ensemble: 2"},
        {"more": "freeze: [hidden]"},
        {"more": "pretrain: {data.points.random_state: 2}"},
    ],
)
def test_what_changes_a_run_counts(sections):
    assert first_hash(**sections) != BASE


def test_the_order_of_layers_sources_callbacks_and_gradient_steps_counts():
    def pair(section, template, one, other):
        return first_hash(**{section: template % (one, other)}), first_hash(**{section: template % (other, one)})

    training = SECTIONS["training"]
    for first, second in (
        pair(
            "model",
            "model:\n  %s\n  %s\n  " + OUTPUT,
            "a: {Dense: 5}",
            "b: {Dense: 5}",
        ),
        pair("data", "data:\n  %s\n  %s\n  split: {train: 30, test: 70}", "a: make_moons", "b: make_circles"),
        pair("training", training + "\n  gradients: {%s, %s}", "a: {clipnorm: 1}", "b: {clipvalue: 1}"),
        pair("training", training + "\n  callbacks: {%s, %s}", "a: EarlyStopping", "b: ReduceLROnPlateau"),
        pair(
            "model",
            "model:\n  first: {Dense: 5}\n  block: {layers: {%s, %s}, skip: add}\n  " + OUTPUT,
            "a: {Dense: 5}",
            "b: {Dense: 5}",
        ),
    ):
        assert first != second


def test_seed_protocol_and_engine_count():
    study = make_study()
    hashes = [run.hash for engine in ("compiled", "keras") for run in study.runs(engine=engine)]
    assert len(set(hashes)) == len(hashes) == 12


def test_the_version_of_results_counts(monkeypatch):
    monkeypatch.setattr("experiments.language.hashing.RESULTS_VERSION", 999)
    assert first_hash() != BASE


def test_equal_configurations_of_different_variants_share_their_hash():
    study = make_study(variants="variants:\n  a: {}\n  b: {model.hidden.units: 5}")
    a, b = (study.runs(variants=[name], protocols=["published"])[0] for name in "ab")
    assert a.hash == b.hash


def test_the_hash_is_stable():
    # Results on disk depend on it: a change here needs a new RESULTS_VERSION.
    assert BASE == "6131bbc8dae17256"


def test_runs_come_by_variant_protocol_and_repeat():
    runs = make_study(variants="variants:\n  a: {}\n  b: {repeats: 1, protocols: [fresh]}").runs()
    listed = [(run.variant, run.protocol, run.repeat) for run in runs]
    assert listed == [
        *[("a", "published", repeat) for repeat in range(3)],
        *[("a", "fresh", repeat) for repeat in range(3)],
        ("b", "fresh", 0),
    ]
    assert all(run.seed == run.repeat and run.study == "tiny" and run.engine == "compiled" for run in runs)


def test_runs_can_be_chosen_by_variant_grid_protocol_and_number():
    study = make_study(variants="variants:\n  a: {}\n  g: {grid: {n: {model.hidden.units: [1, 2]}}}")
    names = {run.variant for run in study.runs(variants=["g"])}
    assert names == {"g[n=1]", "g[n=2]"}
    assert {run.variant for run in study.runs(variants=["g[n=2]"])} == {"g[n=2]"}
    assert {run.protocol for run in study.runs(protocols=["fresh"])} == {"fresh"}
    assert len(study.runs(variants=["a"], protocols=["fresh"], repeats=100)) == 100
