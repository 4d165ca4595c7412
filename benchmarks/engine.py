"""Measure the compiled engine beside other ways to train the same networks, all in turns on this machine.

python -m benchmarks.engine            # some minutes; writes docs/benchmarks.md and benchmarks/results/
python -m benchmarks.engine --tiny     # a trial of the measurement itself, written nowhere
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.contestants import Contestant, Entry, Times, take_turns
from benchmarks.problems import problem, write_data
from benchmarks.ratios import Result, fit_cost, result
from benchmarks.speed_claims import Judged, judge_speed
from benchmarks.surroundings import ROOT, machine, own_python, peers_python, versions

COMPILED, FIT, ALONE = "compiled engine", "`model.fit`", "activation alone"
_OURS = {COMPILED: "compiled", FIT: "keras_fit", ALONE: "activation"}
_PEERS = {"PyTorch, eager": "torch_eager", "scikit-learn": "sklearn_mlp", "JAX, 30 seeds by `vmap`": "jax_vmap"}
_FIT_EPOCHS = 200
_RANDOM_LAYERS = ("wide", "wide+dropout", "wide+noise")


def engine_entries() -> list[Entry]:
    """List who trains what: every way on the wide and on the deep network, random layers in the compiled engine."""
    ways = [COMPILED, FIT, *_PEERS]
    entries = [
        Entry(way, name, _FIT_EPOCHS if way == FIT else problem(name).epochs)
        for name in ("wide", "deep")
        for way in ways
    ]
    return entries + [Entry(COMPILED, name, problem(name).epochs) for name in _RANDOM_LAYERS[1:]]


def claim_entries() -> list[Entry]:
    """List what the slides' sentences about speed are judged by."""
    stacks = ("stack+relu", "stack+sigmoid", "stack+dropout", "stack+batch_normalization")
    entries = [Entry(ALONE, name, 20_000) for name in stacks[:2]]
    entries += [Entry(COMPILED, name, problem(name).epochs) for name in (*stacks, "wide", "wide+dropout")]
    return (
        entries
        + [Entry(FIT, name, 20) for name in stacks]
        + [Entry(FIT, name, 100) for name in ("wide", "wide+dropout")]
    )


def measure(entries: Sequence[Entry], rounds: int) -> dict[Entry, Times]:
    """Start the contestants, let them take turns, and end them."""
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        ways = dict.fromkeys(entry.way for entry in entries)
        contestants = {way: _contestant(way, Path(folder)) for way in ways}
        try:
            return take_turns(contestants, entries, rounds)
        finally:
            for contestant in contestants.values():
                contestant.stop()


def _contestant(way: str, data: Path) -> Contestant:
    if way in _OURS:
        return Contestant(_OURS[way], own_python(), data)
    return Contestant(_PEERS[way], peers_python(), data)


def engine_results(times: Mapping[Entry, Times]) -> dict[str, dict[str, Result]]:
    """Sum up: problem to way to numbers, each beside the compiled engine on the same problem."""
    found: dict[str, dict[str, Result]] = {}
    for entry in times:
        reference = next(e for e in times if e.way == COMPILED and e.problem == entry.problem)
        found.setdefault(entry.problem, {})[entry.way] = result(entry, dict(times), reference)
    return found


def factor_results(times: Mapping[Entry, Times]) -> dict[str, Result]:
    """Sum up what random layers cost: problem to numbers, each beside the plain wide network."""
    compiled = {entry.problem: entry for entry in times if entry.way == COMPILED}
    return {name: result(compiled[name], dict(times), compiled["wide"]) for name in _RANDOM_LAYERS}


def _write(times: Mapping[Entry, Times], judged: Sequence[Judged], rounds: int) -> None:
    results, factors = engine_results(times), factor_results(times)
    where = {
        "machine": machine(),
        "versions": versions(),
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "rounds": rounds,
    }
    fits = [(results[name][FIT].seconds, Entry(FIT, name, _FIT_EPOCHS)) for name in ("wide", "deep")]
    _write_json("engine", where | {"results": results, "random_layers": factors, "fit_cost": fit_cost(*fits)})
    _write_json("speed_claims", where | {"claims": judged})
    texts = {name: tables.engine_table(name, results[name], FIT) for name in ("wide", "deep")}
    texts |= {
        "machine": tables.machine_line(machine(), versions(), rounds),
        "random_layers": tables.factor_table(factors),
        "speed_claims": tables.claims_table(judged),
    }
    tables.write_between_markers(ROOT / "docs" / "benchmarks.md", texts)


def _write_json(name: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, default=asdict)
    (ROOT / "benchmarks" / "results" / f"{name}.json").write_text(text.replace("Infinity", "null") + "\n")


def main() -> None:
    """Measure, print the tables, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds (default 7)")
    parser.add_argument("--tiny", action="store_true", help="a fiftieth of the epochs, two rounds, nothing written")
    options = parser.parse_args()
    rounds = 2 if options.tiny else options.rounds

    def sized(entries: list[Entry]) -> list[Entry]:
        return [replace(e, epochs=max(2, e.epochs // 50)) if options.tiny else e for e in entries]

    times = measure(sized(engine_entries()), rounds)
    judged = judge_speed(measure(sized(claim_entries()), rounds))
    for name in ("wide", "deep"):
        print("\n" + tables.engine_table(name, engine_results(times)[name], FIT))
    print("\n" + tables.factor_table(factor_results(times)) + "\n\n" + tables.claims_table(judged))
    if not options.tiny:
        _write(times, judged, rounds)


if __name__ == "__main__":
    main()
