"""Laws of the language that hold for whatever people write."""

from __future__ import annotations

import random
from copy import deepcopy

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.errors import ConfigError
from experiments.language import parse_study
from experiments.language.expand import expand
from experiments.language.hashing import configuration_digest
from experiments.language.located import located, plain
from experiments.language.show import inline
from tests.language.texts import make_study, problems_of, study_text

RICH = {
    "data": "data:\n  web: {make_moons: {n_samples: 60, random_state: 3}}\n  phone: {make_circles: 40}\n"
    "  split: {train: {web: 30, phone: 5}, validation: {phone: 5}, test: {phone: 20}}\n"
    "  scale: {inputs: StandardScaler}\n  label_noise: 0.1",
    "model": "model:\n  hidden: {Dense: {units: 5, activation: relu, kernel_regularizer: {L2: 0.01}}, repeat: 3}\n"
    "  drop: {Dropout: 0.4, after: hidden}\n  noise: {GaussianNoise: 0.1, before: hidden.activation}\n"
    "  output: {Dense: 1}",
    "training": "training:\n  optimizer: {SGD: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}\n"
    "  loss: mse\n  metrics: [mae, AUC]\n  epochs: 10\n  validate_on: validation\n"
    "  callbacks: {stop: {EarlyStopping: {patience: 3}}, best: ModelCheckpoint}\n  gradients: {a: {clipnorm: 1}}",
}
CHANGES = {
    "model.hidden.units": st.integers(1, 100),
    "model.hidden.activation": st.sampled_from(["relu", "tanh", "sigmoid", {"LeakyReLU": 0.1}]),
    "model.hidden.kernel_regularizer": st.sampled_from([{"L2": 0.1}, "l1", {"L1L2": {"l1": 0.1, "l2": 0.2}}]),
    "model.output.use_bias": st.booleans(),
    "training.optimizer": st.sampled_from(["Adam", "sgd", {"SGD": 0.1}, {"Adam": {"beta_1": 0.5}}]),
    "training.epochs": st.integers(1, 1000),
    "training.batch_size": st.one_of(st.just("all"), st.integers(1, 100)),
    "data.points.noise": st.floats(0, 2),
    "data.label_noise": st.floats(0, 1),
    "data.scale.inputs": st.sampled_from(["StandardScaler", {"MinMaxScaler": [0, 1]}]),
}
changes = st.lists(
    st.sampled_from(sorted(CHANGES)).flatmap(lambda path: st.tuples(st.just(path), CHANGES[path])), max_size=6
)


def variants(*several):
    """Resolve variants, each given as a list of changes in order: a chain of ``from`` for each."""
    lines = []
    for index, steps in enumerate(several):
        previous = None
        for number, (path, value) in enumerate([*steps, ("training.validation_freq", 1)]):
            name = f"v{index}" if number == len(steps) else f"v{index}_{number}"
            start = f"from: {previous}, " if previous else ""
            lines.append(f"  {name}: {{{start}{path}: {inline(value)}}}")
            previous = name
    study = make_study(variants="variants:\n" + "\n".join(lines))
    by_name = {variant.name: variant for variant in study.variants}
    return [by_name[f"v{index}"].config for index in range(len(several))]


@given(changes, st.data())
@settings(max_examples=40, deadline=None)
def test_the_last_of_several_changes_of_one_place_counts(steps, data):
    path = data.draw(st.sampled_from(sorted(CHANGES)))
    first, last = data.draw(CHANGES[path]), data.draw(CHANGES[path])
    once, twice = variants([*steps, (path, last)], [*steps, (path, first), (path, last)])
    assert once == twice


@given(changes, st.randoms())
@settings(max_examples=40, deadline=None)
def test_changes_of_different_places_come_in_any_order(steps, order):
    distinct = list(dict(steps).items())
    shuffled = distinct.copy()
    order.shuffle(shuffled)
    one, other = variants(distinct, shuffled)
    assert one == other
    assert configuration_digest(one) == configuration_digest(other)


@given(changes)
@settings(max_examples=40, deadline=None)
def test_changes_do_not_leak_into_other_variants(steps):
    base = make_study().base
    _, untouched = variants(steps, [])
    assert untouched == base


@given(changes)
@settings(max_examples=40, deadline=None)
def test_a_resolved_configuration_resolves_to_itself(steps):
    (config,) = variants(steps)
    tree = config.to_plain()
    assert plain(expand("configuration", located(tree))) == tree
    sections = {
        key: yaml.safe_dump({key: tree[key]}, sort_keys=False).rstrip() for key in ("data", "model", "training")
    }
    assert make_study(**sections).base == config


def shuffled(value, rng, ordered=("data", "model", "callbacks", "gradients", "layers"), key=""):
    """Reorder the keys of all mappings in which the order means nothing."""
    if isinstance(value, list):
        return [shuffled(item, rng) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(name, shuffled(item, rng, key=name)) for name, item in value.items()]
    if key not in ordered:
        rng.shuffle(items)
    return dict(items)


@given(st.integers(0, 2**32), st.text("#: ab\n", max_size=20))
@settings(max_examples=40, deadline=None)
def test_the_hash_ignores_order_of_keys_layout_and_comments(seed, comment):
    text = study_text(**RICH)
    note = "".join(f"# {line}\n" for line in comment.splitlines())
    rewritten = note + yaml.safe_dump(shuffled(yaml.safe_load(text), random.Random(seed)), sort_keys=False, width=40)
    hashes = [parse_study(each, name="tiny", file="tiny.yaml").runs()[0].hash for each in (text, rewritten)]
    assert hashes[0] == hashes[1]


@given(st.one_of(st.text(), st.binary(max_size=200)))
@settings(max_examples=200, deadline=None)
def test_no_text_whatever_raises_anything_but_problems_with_places(content):
    for place, message in problems_of(content):
        assert place
        assert message


junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.floats(),
        st.sampled_from(["", "*", "a.b", "Dense", "hidden", "relu", "Adam", "make_moons", "x" * 200, "[red]"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["Dense", "units", "hidden", "repeat", "layers", "after", "split", "x"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


def places_in(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*path, key))


VICTIM = yaml.safe_load(
    study_text(
        **RICH,
        more="record: [weight_norm, {epochs_until: {train_mae: 0.8}}]\nfreeze: [hidden_1]\nensemble: 2\n"
        "pretrain: {data.web.random_state: 2, once: true}\nprotocols: [fresh]\ndiagnosis: {metric: mae, margin: 0.1}",
        variants="variants:\n  a: {}\n  b: {from: a, model.hidden_2.units: 3, model.*.activation: tanh, repeats: 2}\n"
        "  c: {grid: {n: {model.hidden.units: [1, 2], training.epochs: {x: 1, y: 2}}}}",
        claims="claims:\n  - {says: Well., expect: a.test_loss < 1}\n"
        "published:\n  - {variant: a, by: me, test_loss: 1}",
    )
)


def test_the_victim_is_healthy():
    assert problems_of(yaml.safe_dump(VICTIM, sort_keys=False)) == []


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_junk_anywhere_in_a_study_is_refused_without_a_crash(data):
    victim = deepcopy(VICTIM)
    *parents, last = data.draw(st.sampled_from([path for path in places_in(VICTIM) if path]))
    node = victim
    for key in parents:
        node = node[key]
    node[last] = data.draw(junk)
    text = yaml.safe_dump(victim, sort_keys=False, allow_unicode=True)
    try:
        parse_study(text, name="tiny", file="tiny.yaml")
    except ConfigError as error:
        assert all(problem.place is not None and problem.message for problem in error.problems), str(error)
