"""Rules for metrics: each is one number, under a name that nothing else is stored by."""

from __future__ import annotations

from typing import Any

from experiments.columns import CURVE_INDEX, RESERVED_METRICS
from experiments.errors import Place
from experiments.language.located import LocatedDict, place_in
from experiments.language.metrics import component_name, loss_column
from experiments.language.names import wrong_name
from experiments.language.problems import Problems
from experiments.language.signatures import classes, identifiers

_TAKEN = (*RESERVED_METRICS, *CURVE_INDEX, "file", "allow_pickle")
"""Names of other curves, and parameters of the NumPy function that writes curves by name."""
_SEVERAL = {
    "average": "one number for each class; write average: macro, or micro or weighted",
    "thresholds": "one number for each threshold; name a metric with one threshold for each of them",
}


def check_metrics(config: LocatedDict, problems: Problems) -> None:
    """Check a resolved configuration's metrics.

    Args:
        config: The configuration with places.
        problems: Where every metric is added that is several numbers or has the name of something else.
    """
    metrics = config["training"].get("metrics") or []
    before: set[str] = set()
    for index, metric in enumerate(metrics):
        place, path = place_in(metrics, index), f"training.metrics.{index}"
        _check_name(config, metric, place, path, problems)
        name = component_name(metric)
        if name.casefold() in before:
            problems.add(place, path, f"two metrics are called {name!r}; give one of them another name: {{name: …}}")
        before.add(name.casefold())
        several = _several(metric)
        if several:
            problems.add(place, path, f"{_class(metric)} is {_SEVERAL[several]}")


def _check_name(config: LocatedDict, metric: Any, place: Place | None, path: str, problems: Problems) -> None:
    given: LocatedDict = next(iter(metric.values())) if isinstance(metric, LocatedDict) else LocatedDict()
    name = given.get("name")
    if name is None:
        return
    wrong = wrong_name(name, "a metric name")
    if wrong:
        problems.add(given.place_of("name") or place, f"{path}.name", wrong)
    elif name in _TAKEN or name.startswith("val_") or _hides_loss(name, metric, config):
        message = f"{name!r} is stored for something else; choose another name"
        problems.add(given.place_of("name") or place, f"{path}.name", message)


def _hides_loss(name: str, metric: LocatedDict, config: LocatedDict) -> bool:
    """Return whether another function than the loss has the name of the loss's column."""
    return name == loss_column(config) != loss_column({"training": {"loss": metric}})


def _class(component: Any) -> str:
    return component if isinstance(component, str) else str(next(iter(component)))


def _several(metric: Any) -> str:
    """Name the argument that makes a metric several numbers; an empty text where it is one."""
    written = _class(metric)
    name = identifiers("metrics").get(written) or written
    signature = classes("metrics").get(name, {})
    given = next(iter(metric.values())) if isinstance(metric, LocatedDict) else {}
    if "average" in signature and given.get("average") is None:
        return "average"
    thresholds = given.get("thresholds")
    # The thresholds of AUC are the points of its curve, which is one number again.
    return "thresholds" if isinstance(thresholds, list) and len(thresholds) > 1 and name != "AUC" else ""
