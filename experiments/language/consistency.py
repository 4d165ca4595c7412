"""Contradictions: settings that are each valid and make no sense together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from experiments.language.allowed import EMBEDDED_ROWS
from experiments.language.located import LocatedDict, place_in
from experiments.language.metric_rules import check_metrics
from experiments.language.metrics import measured
from experiments.language.problems import Problems, found, nearest
from experiments.language.signatures import classes
from experiments.language.structure import sources_of

_DOWNLOADED_ROWS = {"mnist": 70_000, "fashion_mnist": 70_000}
_FIXED_ROWS = ("table", *EMBEDDED_ROWS, *_DOWNLOADED_ROWS)
_SETS = ("train", "validation", "test")
_WORSE_WHEN_HIGHER = ("loss", "error", "crossentropy", "mse", "mae", "mape", "msle", "hinge", "divergence", "kld")
_BETTER_WHEN_HIGHER = ("accuracy", "acc", "auc", "precision", "recall", "f1_score", "r2_score")
_CLIPPINGS = ("clipnorm", "clipvalue", "global_clipnorm")


def check_consistency(config: LocatedDict, problems: Problems) -> None:
    """Check a configuration whose parts are valid for contradictions between them.

    Args:
        config: A resolved configuration with places.
        problems: Where every contradiction is added.
    """
    _check_validation(config, problems)
    _check_monitors(config, problems)
    _check_learning_rate(config["training"], problems)
    _check_rows(config["data"], problems)
    _check_targets_to_reach(config, problems)
    check_metrics(config, problems)


def _check_validation(config: LocatedDict, problems: Problems) -> None:
    training = config["training"]
    if training["validate_on"] == "validation" and "validation" not in config["data"]["split"]:
        message = "'validation' needs data.split.validation, which is not there"
        problems.add(training.place_of("validate_on"), "training.validate_on", message)


def _check_monitors(config: LocatedDict, problems: Problems) -> None:
    callbacks = config["training"]["callbacks"]
    for slot, callback in callbacks.items():
        name, given = next(iter(callback.items()))
        signature = classes("callbacks")[name]
        if "monitor" not in signature:
            continue
        place = given.place_of("monitor") or callback.key_place_of(name) or callbacks.place_of(slot)
        monitor = given.get("monitor", signature["monitor"]["default"])
        path = f"training.callbacks.{slot}"
        _check_monitor(config, monitor, f"{path}.monitor", place, problems)
        mode = given.get("mode", signature["mode"]["default"])
        contradiction = _wrong_mode(monitor.removeprefix("val_"), mode)
        if contradiction:
            problems.add(
                given.place_of("mode"), f"{path}.mode", f"{monitor!r} {contradiction}, so mode {mode!r} is wrong"
            )


def _check_monitor(config: LocatedDict, monitor: str, path: str, place: Any, problems: Problems) -> None:
    names = measured(config)
    validated = config["training"]["validate_on"] != "none"
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


def _check_learning_rate(training: LocatedDict, problems: Problems) -> None:
    optimizer = training["optimizer"]
    if not isinstance(optimizer, LocatedDict):
        return
    given: LocatedDict = next(iter(optimizer.values()))
    clippings = [name for name in _CLIPPINGS if given.get(name) is not None]
    if len(clippings) > 1:
        message = f"Keras takes one of {' and '.join(clippings)}; write them as steps of training.gradients"
        problems.add(given.key_place_of(clippings[1]), "training.optimizer", message)
    plateau = [slot for slot, callback in training["callbacks"].items() if "ReduceLROnPlateau" in callback]
    if plateau and isinstance(given.get("learning_rate"), dict):
        message = "ReduceLROnPlateau cannot change a learning rate that follows a schedule"
        problems.add(training["callbacks"].key_place_of(plateau[0]), f"training.callbacks.{plateau[0]}", message)


def rows_of(source: LocatedDict) -> int | None:
    """Count the rows a source will have, None where that is not known from the configuration."""
    name, given = next(iter(source.items()))
    if name == "table":
        return len(given["x"])
    if name in EMBEDDED_ROWS:
        return EMBEDDED_ROWS[name] if given.get("n_class", 10) == 10 else None
    if name in _DOWNLOADED_ROWS:
        return _DOWNLOADED_ROWS[name]
    count = given.get("n_samples", classes("sources")[name].get("n_samples", {}).get("default"))
    return sum(count) if isinstance(count, list) else count


def _check_rows(data: LocatedDict, problems: Problems) -> None:
    sources = {slot: rows_of(source) for slot, source in sources_of(data).items()}
    split = data["split"]
    for where, amount in _amounts_by_slot(split):
        for slot in amount:
            if slot not in sources:
                message = f"there is no source {slot!r}{nearest(slot, sources)}"
                problems.add(amount.key_place_of(slot), f"data.split.{where}.{slot}", message)
    for slot, rows in sources.items():
        asked = [amount[slot] for _, amount in _amounts_by_slot(split) if slot in amount]
        _check_sum(asked, rows, f"source {slot!r}", split, problems)
    if all(rows is not None for rows in sources.values()):
        total = sum(rows for rows in sources.values() if rows is not None)
        asked = [split[where] for where in _SETS if where in split and not isinstance(split[where], dict)]
        whole = "the source" if len(sources) == 1 else "the sources together"
        _check_sum(asked, total, whole, split, problems)


def check_fresh_rows(data: LocatedDict, problems: Problems) -> None:
    """Check that repeats can have rows of their own, as the fresh protocol wants it.

    Args:
        data: The resolved ``data`` section of a variant that is run under ``fresh``.
        problems: Where a contradiction is added.
    """
    names = [next(iter(source)) for source in sources_of(data).values()]
    if data["split"].get("shuffle") or not all(name in _FIXED_ROWS for name in names):
        return
    message = (
        f"{' and '.join(dict.fromkeys(names))} gives every repeat the same rows in the same order, so 'fresh' would "
        "be 'published' once more; expected shuffle: true, or protocols: [published]"
    )
    problems.add(data.key_place_of("split"), "data.split", message)


def _amounts_by_slot(split: LocatedDict) -> Iterator[tuple[str, LocatedDict]]:
    for where in _SETS:
        if isinstance(split.get(where), LocatedDict):
            yield where, split[where]


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


def _check_targets_to_reach(config: LocatedDict, problems: Problems) -> None:
    words = config["record"]
    watched = config["training"]["validate_on"]
    sets = ["train"] if watched == "none" else ["train", watched]
    known = [f"{where}_{name}" for where in sets for name in measured(config)]
    for index, word in enumerate(words):
        for metric in word["epochs_until"] if isinstance(word, LocatedDict) else ():
            if metric not in known:
                place = word["epochs_until"].key_place_of(metric)
                message = f"{metric!r} has no value in each epoch{nearest(metric, known)}"
                problems.add(place, f"record.{index}.epochs_until.{metric}", message + _unwatched(metric, watched))


def _unwatched(metric: str, watched: str) -> str:
    where = metric.partition("_")[0]
    return (
        f" (training.validate_on is {found(watched)})" if where in ("test", "validation") and where != watched else ""
    )
