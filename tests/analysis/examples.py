"""Small studies and tables of runs made by hand, in the shape that the other rooms give."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from experiments.analysis.run_table import tidy
from experiments.column_lookup import column_of
from experiments.language.configuration import Configuration
from experiments.language.expressions import parse_claim


def config(
    *,
    source="make_moons",
    loss="binary_crossentropy",
    metrics=("accuracy",),
    scaler=None,
    validate_on="test",
    split=None,
    record=(),
):
    return Configuration.from_plain(
        {
            "data": {
                "points": {source: {}},
                "split": split or {"train": 30, "test": 70},
                "scale": {"targets": scaler},
            },
            "model": {"hidden": {"Dense": {"units": 5}}},
            "training": {
                "optimizer": "adam",
                "epochs": 1,
                "loss": loss,
                "metrics": list(metrics),
                "validate_on": validate_on,
            },
            "record": list(record),
        }
    )


def variant(name, *, grid=None, repeats=30, protocols=("published", "fresh"), **changes):
    group = name.partition("[")[0]
    settings = SimpleNamespace(**changes)
    return SimpleNamespace(
        name=name, group=group, grid=grid or {}, config=config(**vars(settings)), repeats=repeats, protocols=protocols
    )


def study(
    variants,
    claims=(),
    *,
    published=(),
    diagnosis=None,
    smallest_effects=None,
    protocols=("published", "fresh"),
    name="example",
):
    made = SimpleNamespace(
        name=name,
        topic="Better generalization",
        source="Better Deep Learning",
        protocols=protocols,
        variants=tuple(variant(v) if isinstance(v, str) else v for v in variants),
        claims=tuple(
            SimpleNamespace(says=f"It is said that {c}.", expect=c, source="", why=(), expression=parse_claim(c))
            for c in claims
        ),
        published=tuple(published),
        diagnosis=diagnosis,
    )
    made.showing = lambda names: made
    made.smallest_effect = lambda metric: (smallest_effects or {}).get(metric, column_of(metric).smallest_effect)
    return made


def figure(variant, metric, value, *, by="tutorial", of=1, statistic="mean", note=""):
    return SimpleNamespace(
        variant=variant, metric=metric, value=value, by=by, of=of, statistic=statistic, note=note, place=None
    )


def runs(variant, protocol="published", *, repeats=None, diverged=(), error=None, **columns):
    """A table of runs of one variant; each column is a list of values by repeat, or one value for all."""
    length = max((len(np.atleast_1d(values)) for values in columns.values()), default=0)
    table = pd.DataFrame({name: np.broadcast_to(values, length) for name, values in columns.items()})
    table["repeat"] = list(range(length)) if repeats is None else repeats
    table["variant"], table["protocol"] = variant, protocol
    table["diverged"] = table["repeat"].isin(list(diverged)).astype(int)
    table["error"] = error or ""
    return table


def together(*tables):
    return tidy(pd.concat(tables, ignore_index=True))


def noise(seed, n=30, scale=1.0):
    return np.random.default_rng(seed).normal(scale=scale, size=n)
