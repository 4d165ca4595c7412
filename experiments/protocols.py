"""The protocols of runs and of verdicts: published, fresh and tuned."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

Protocol: TypeAlias = Literal["published", "fresh"]

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
"""Protocols that a study can name, in the order of tables and pages."""

TUNED: Final = "tuned"
"""Protocol of a variant at its own best rate, on the rows of ``fresh``."""

TUNING: Final = "tuning"
"""Value of the column ``protocol`` of the runs that choose this rate; no score of theirs is reported."""

JudgedProtocol: TypeAlias = Literal["published", "fresh", "tuned"]

JUDGED_PROTOCOLS: tuple[JudgedProtocol, ...] = get_args(JudgedProtocol)
"""Protocols with verdicts."""

STORED_PROTOCOLS = (*JUDGED_PROTOCOLS, TUNING)
"""Values of the column ``protocol``, in the order of runs.csv."""
