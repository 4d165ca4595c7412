"""``environment.json``: with what the runs of a study were made."""

from __future__ import annotations

import json
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.keras_settings import PRECISION
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder

_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


@cache
def current_versions() -> dict[str, str]:
    """Name the versions that results may depend on, without importing what they belong to."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def write_environment(folder: StudyFolder, facts: dict[str, Any]) -> None:
    """Write what the runs of a study were made with.

    Args:
        folder: The study's folder.
        facts: What this call knows: device, workers, engine, seconds, and so on.
    """
    content = {
        **facts,
        "precision": PRECISION,
        "versions": current_versions(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "commit": _commit(),
    }
    write_atomically(folder.environment, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_environment(folder: StudyFolder) -> dict[str, Any]:
    """Read what the runs of a study were made with; {} where nothing was written or it cannot be read."""
    try:
        content = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def changed_environment(folder: StudyFolder, device: str | None) -> list[str]:
    """Say what differs between what a study's runs were made with and what is here now.

    Args:
        folder: The study's folder.
        device: Now: "CPU, 2 workers" or "GPU: NVIDIA H200", of which the number of workers changes no result; None
            where nobody asked for it.

    Returns:
        Parts of a sentence such as ``tensorflow 2.20.0, now 2.21.0``.
    """
    before = read_environment(folder)
    then = {**before.get("versions", {}), "precision": before.get("precision")}
    then["device"] = str(before.get("device", "")).partition(",")[0]
    now = {**current_versions(), "precision": PRECISION, "device": (device or "").partition(",")[0]}
    return [
        f"{name} {then[name]}, now {now[name]}" for name in now if then.get(name) and now[name] not in ("", then[name])
    ]


def _commit() -> str | None:
    """The commit of the checkout that the package lies in, marked where files differ from it."""
    checkout = Path(__file__).parents[2]
    if not (checkout / ".git").exists():
        return None
    try:
        command = ["git", "-C", str(checkout), "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
