"""Rules for metrics: each is one number, under a name that nothing else is stored by."""

from __future__ import annotations

from experiments.columns import CURVE_INDEX, RESERVED_METRICS
from experiments.errors import Place
from experiments.language.configuration import Component, Configuration
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


def check_metrics(config: Configuration, tree: LocatedDict, problems: Problems) -> None:
    """Check a resolved configuration's metrics.

    Args:
        config: The configuration.
        tree: The same with places.
        problems: Where every metric is added that is several numbers or has the name of something else.
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
    """Name the argument that makes a metric several numbers; an empty text where it is one."""
    name = identifiers("metrics").get(metric.name) or metric.name
    signature = classes("metrics").get(name, {})
    if "average" in signature and metric.get("average") is None:
        return "average"
    thresholds = metric.get("thresholds")
    # The thresholds of AUC are the points of its curve, which is one number again.
    return "thresholds" if isinstance(thresholds, list) and len(thresholds) > 1 and name != "AUC" else ""
