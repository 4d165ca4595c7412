"""Contradictions: settings that are each valid and make no sense together.

>>> import yaml
>>> from experiments.language.expand import expand
>>> from experiments.language.located import located
>>> study = '''
... data: {points: {make_moons: {n_samples: 100}}, split: {train: 80, test: 70}}
... model: {output: {Dense: 1}}
... training: {optimizer: Adam, loss: mse, epochs: 10, validate_on: validation}
... '''
>>> tree, problems = expand("configuration", located(yaml.safe_load(study))), Problems()
>>> check_consistency(Configuration.from_plain(tree), tree, problems)
>>> for problem in problems:
...     print(problem.path, problem.message)
training.validate_on 'validation' needs data.split.validation, which is not there
data.split 80 + 70 rows are asked for, the source has 100
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.column_types import CURVE_INDEX
from experiments.columns import RESERVED_METRICS
from experiments.errors import Place
from experiments.language.allowed import CLIPPINGS
from experiments.language.components import Component
from experiments.language.configuration import Configuration, DataSettings, TrainingSettings
from experiments.language.located import LocatedDict, place_in
from experiments.language.metrics import component_name, kernel_layers, loss_column, measured
from experiments.language.names import wrong_name
from experiments.language.output_layer import misfit
from experiments.language.problems import Problems, found, nearest
from experiments.language.signatures import classes, identifiers
from experiments.language.source_facts import classes_of, is_generator, rows_of
from experiments.language.table_sources import file_table

_SETS = ("train", "validation", "test")
_WORSE_WHEN_HIGHER = ("loss", "error", "crossentropy", "mse", "mae", "mape", "msle", "hinge", "divergence", "kld")
_BETTER_WHEN_HIGHER = ("accuracy", "acc", "auc", "precision", "recall", "f1_score", "r2_score")


def check_consistency(config: Configuration, tree: LocatedDict, problems: Problems) -> None:
    """Check a configuration whose parts are valid for contradictions between them.

    Args:
        config: A resolved configuration.
        tree: The same with places.
        problems: Collects the contradictions.
    """
    _check_validation(config, tree["training"], problems)
    _check_monitors(config, tree["training"]["callbacks"], problems)
    _check_learning_rate(config.training, tree["training"], problems)
    _check_loss(config, tree["training"].place_of("loss"), problems)
    _check_label_noise(config.data, tree["data"], problems)
    _check_rows(config.data, tree["data"]["split"], problems)
    _check_way_of_splitting(config.data, tree["data"]["split"], problems)
    _check_targets_to_reach(config, tree["record"], problems)
    _check_last_layer(config, tree["record"], problems)
    check_metrics(config, tree, problems)


def _check_validation(config: Configuration, training: LocatedDict, problems: Problems) -> None:
    if config.training.validate_on == "validation" and config.data.split.validation is None:
        message = "'validation' needs data.split.validation, which is not there"
        problems.add(training.place_of("validate_on"), "training.validate_on", message)


def _check_monitors(config: Configuration, slots: LocatedDict, problems: Problems) -> None:
    for slot, callback in config.training.callbacks.items():
        signature = classes("callbacks")[callback.name]
        if "monitor" not in signature:
            continue
        given: LocatedDict = slots[slot][callback.name]
        place = given.place_of("monitor") or slots[slot].key_place_of(callback.name) or slots.place_of(slot)
        monitor = callback.get("monitor", signature["monitor"]["default"])
        _check_monitor(config, monitor, f"{callback.path}.monitor", place, problems)
        mode = callback.get("mode", signature["mode"]["default"])
        contradiction = _wrong_mode(monitor.removeprefix("val_"), mode)
        if contradiction:
            message = f"{monitor!r} {contradiction}, so mode {mode!r} is wrong"
            problems.add(given.place_of("mode"), f"{callback.path}.mode", message)


def _check_monitor(config: Configuration, monitor: str, path: str, place: Place | None, problems: Problems) -> None:
    names = measured(config)
    validated = config.training.validate_on != "none"
    known = [*names, *((f"val_{name}" for name in names) if validated else ())]
    if monitor in known:
        return
    if not validated and monitor.removeprefix("val_") in names:
        message = f"{monitor!r} is not recorded, because training.validate_on is 'none'"
    else:
        message = f"{monitor!r} is not recorded{nearest(monitor, known)}"
    problems.add(place, path, message)


def _wrong_mode(metric: str, mode: str) -> str:
    if mode == "max" and metric.endswith(_WORSE_WHEN_HIGHER):
        return "is better when it is lower"
    if mode == "min" and metric.endswith(_BETTER_WHEN_HIGHER):
        return "is better when it is higher"
    return ""


def _check_label_noise(data: DataSettings, tree: LocatedDict, problems: Problems) -> None:
    if data.label_noise > 1 and classes_of(data):
        message = f"expected a probability up to 1 for targets that are classes, found {data.label_noise}"
        problems.add(tree.place_of("label_noise"), "data.label_noise", message)


def _check_loss(config: Configuration, place: Place | None, problems: Problems) -> None:
    loss, data = config.training.loss, config.data
    message = misfit(config.model, loss, classes=classes_of(data), one_hot=data.one_hot)
    if message:
        problems.add(place, loss.path, message)


def _check_learning_rate(training: TrainingSettings, tree: LocatedDict, problems: Problems) -> None:
    optimizer = training.optimizer
    clippings = [name for name in CLIPPINGS if optimizer.get(name) is not None]
    if len(clippings) > 1:
        place = tree["optimizer"][optimizer.name].key_place_of(clippings[1])
        message = f"Keras takes one of {' and '.join(clippings)}; write them as steps of training.gradients"
        problems.add(place, optimizer.path, message)
    plateau = [slot for slot, callback in training.callbacks.items() if callback.name == "ReduceLROnPlateau"]
    if plateau and isinstance(optimizer.get("learning_rate"), Component):
        message = "ReduceLROnPlateau cannot change a learning rate that follows a schedule"
        problems.add(tree["callbacks"].key_place_of(plateau[0]), f"training.callbacks.{plateau[0]}", message)


def _check_rows(data: DataSettings, split: LocatedDict, problems: Problems) -> None:
    sources = {slot: rows_of(source, data.folder) for slot, source in data.sources.items()}
    amounts = data.split.amounts
    by_slot = {where: amount for where, amount in amounts.items() if isinstance(amount, Mapping)}
    for where, amount in by_slot.items():
        for slot in amount:
            if slot not in sources:
                message = f"there is no source {slot!r}{nearest(slot, sources)}"
                problems.add(split[where].key_place_of(slot), f"data.split.{where}.{slot}", message)
    for slot, rows in sources.items():
        asked = [amount[slot] for amount in by_slot.values() if slot in amount]
        _check_sum(asked, rows, f"source {slot!r}", split, problems)
    if all(rows is not None for rows in sources.values()):
        total = sum(rows for rows in sources.values() if rows is not None)
        asked = [amount for amount in amounts.values() if not isinstance(amount, Mapping)]
        whole = "the source" if len(sources) == 1 else "the sources together"
        _check_sum(asked, total, whole, split, problems)


def _check_way_of_splitting(data: DataSettings, tree: LocatedDict, problems: Problems) -> None:
    """Check that stratification, groups, time order, shuffling and the amounts of the sets go together."""
    split, table = data.split, file_table(data)
    group, order = (table.get("group"), table.get("order")) if table else (None, None)
    shuffles = [f"group: {group}"] * (group is not None) + ["stratify: true"] * split.stratify
    if split.stratify and (table is None or classes_of(data) is None):
        message = "stratify needs a table from a file whose target is one column of classes"
        problems.add(tree.place_of("stratify"), "data.split.stratify", message)
    if order is not None and (split.shuffle or shuffles):
        message = f"order: {order} splits the rows by time, which {shuffles[0] if shuffles else 'shuffle: true'} breaks"
        problems.add(tree.place_of("shuffle"), "data.split", f"{message}; expected one of them")
    elif shuffles and not split.shuffle:
        problems.add(
            tree.place_of("train"), "data.split", f"{shuffles[0]} draws the sets; expected shuffle: true as well"
        )
    for name, amount in split.amounts.items():
        if shuffles and isinstance(amount, Mapping):
            message = f"{shuffles[0]} divides all rows at once; expected one amount instead of one by source"
            problems.add(tree.place_of(name), f"data.split.{name}", message)
        elif group is not None and isinstance(amount, int):
            message = f"group: {group} keeps groups of any size whole; expected a fraction of them, found {amount}"
            problems.add(tree.place_of(name), f"data.split.{name}", message)


def check_fresh_rows(data: DataSettings, place: Place | None, problems: Problems) -> None:
    """Check that repeats can have rows of their own, which the fresh protocol needs.

    Args:
        data: The resolved ``data`` section of a variant that is run under ``fresh``.
        place: The place of its split.
        problems: Collects the contradictions.
    """
    table = file_table(data)
    if table is not None and table.get("order") is not None:
        message = f"order: {table.get('order')} allows one split, so there is none for each repeat"
        problems.add(place, "data.split", f"{message}; expected protocols: [published]")
        return
    names = [source.name for source in data.sources.values()]
    if data.split.shuffle or any(map(is_generator, names)):
        return
    message = (
        f"{' and '.join(dict.fromkeys(names))} gives every repeat the same rows in the same order, so 'fresh' would "
        "be 'published' once more; expected shuffle: true, or protocols: [published]"
    )
    problems.add(place, "data.split", message)


def _check_sum(amounts: list[Any], rows: int | None, whose: str, split: LocatedDict, problems: Problems) -> None:
    if rows is None or not amounts:
        return
    fractions = math.fsum(amount for amount in amounts if isinstance(amount, float))
    counts = sum(amount for amount in amounts if isinstance(amount, int))
    if fractions > 1 + 1e-9:
        message = f"the fractions add up to {fractions:g}, which is more than 1"
    elif counts + math.floor(fractions * rows + 1e-9) > rows:
        asked = " + ".join(f"{amount:g}" for amount in amounts)
        message = f"{asked} rows are asked for, {whose} has {rows}"
    else:
        return
    place = place_in(split, next((where for where in reversed(_SETS) if where in split), ""))
    problems.add(place, "data.split", message)


def _check_targets_to_reach(config: Configuration, words: list[Any], problems: Problems) -> None:
    watched = config.training.validate_on
    sets = ["train"] if watched == "none" else ["train", watched]
    known = [f"{where}_{name}" for where in sets for name in measured(config)]
    for index, entry in enumerate(config.record.entries):
        for metric in entry.get("epochs_until", ()) if isinstance(entry, Mapping) else ():
            if metric not in known:
                place = words[index]["epochs_until"].key_place_of(metric)
                message = f"{metric!r} has no value in each epoch{nearest(metric, known)}"
                problems.add(place, f"record.{index}.epochs_until.{metric}", message + _unwatched(metric, watched))


def _check_last_layer(config: Configuration, words: list[Any], problems: Problems) -> None:
    last = next((layer.component.name for layer in reversed(kernel_layers(config))), None)
    for index, entry in enumerate(config.record.entries):
        if isinstance(entry, Mapping) and "ablation" in entry and last != "Dense":
            message = "the last layer with a kernel has to be a Dense layer; its inputs are the units that are removed"
            problems.add(words[index].key_place_of("ablation"), f"record.{index}.ablation", message)
        if entry == "linear_share" and last is None:
            problems.add(place_in(words, index), f"record.{index}", "there is no layer with a kernel")


def _unwatched(metric: str, watched: str) -> str:
    where = metric.partition("_")[0]
    return (
        f" (training.validate_on is {found(watched)})" if where in ("test", "validation") and where != watched else ""
    )


_TAKEN = (*RESERVED_METRICS, *CURVE_INDEX, "file", "allow_pickle")
"""Names of other curves, and parameters of the NumPy function that writes curves by name."""
_SEVERAL = {
    "average": "one number for each class; write average: macro, or micro or weighted",
    "thresholds": "one number for each threshold; name a metric with one threshold for each of them",
}


def check_metrics(config: Configuration, tree: LocatedDict, problems: Problems) -> None:
    """Check a resolved configuration's metrics.

    Args:
        config: The configuration.
        tree: The same with places.
        problems: Collects metrics that are several numbers or have the name of another column.
    """
    before: set[str] = set()
    for index, metric in enumerate(config.training.metrics):
        written, place = tree["training"]["metrics"], place_in(tree["training"]["metrics"], index)
        if metric.get("name") is not None:
            named = written[index][metric.name].place_of("name") or place
            _check_name(metric, config.training.loss, named, problems)
        name = component_name(metric)
        if name.casefold() in before:
            message = f"two metrics are called {name!r}; give one of them another name: {{name: …}}"
            problems.add(place, metric.path, message)
        before.add(name.casefold())
        several = _several(metric)
        if several:
            problems.add(place, metric.path, f"{metric.name} is {_SEVERAL[several]}")


def _check_name(metric: Component, loss: Component, place: Place | None, problems: Problems) -> None:
    name, path = metric.get("name"), f"{metric.path}.name"
    wrong = wrong_name(name, "a metric name")
    if wrong:
        problems.add(place, path, wrong)
    elif name in _TAKEN or name.startswith("val_") or _hides_loss(name, metric, loss):
        problems.add(place, path, f"{name!r} is stored for something else; choose another name")


def _hides_loss(name: str, metric: Component, loss: Component) -> bool:
    """Return whether another function than the loss has the name of the loss's column."""
    return name == loss_column(loss) != loss_column(metric)


def _several(metric: Component) -> str:
    """Return the argument that makes a metric several numbers; "" if the metric is one number."""
    name = identifiers("metrics").get(metric.name) or metric.name
    signature = classes("metrics").get(name, {})
    if "average" in signature and metric.get("average") is None:
        return "average"
    thresholds = metric.get("thresholds")
    # The thresholds of AUC are the points of its curve, which is one number again.
    return "thresholds" if isinstance(thresholds, list) and len(thresholds) > 1 and name != "AUC" else ""
