"""``check``: is every study well written? Nothing is trained, and no heavy library is imported."""

from __future__ import annotations

from argparse import Namespace

from experiments.cli.studies import every_name, load_all


def check_studies(arguments: Namespace) -> int:
    """Check the studies named, or all of them, and say how much they hold."""
    studies = load_all(arguments.studies or every_name())
    variants = sum(len(study.variants) for study in studies)
    runs = sum(study.count() for study in studies)
    claims = sum(len(study.claims) for study in studies)
    subject = studies[0].file if len(studies) == 1 else f"{len(studies)} studies"
    counts = ", ".join(map(_counted, (variants, runs, claims), ("variant", "run", "claim")))
    print(f"{subject}: all well; {counts}")
    return 0


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
