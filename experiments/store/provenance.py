"""What the runs of a study were made from: ``study.yaml``, and ``environment.json`` with versions and device."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import ExperimentsError
from experiments.keras_settings import PRECISION
from experiments.language.located import plain
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

FORMAT = 2
"""Of the files of a results folder; raised when an older version of this project would read them wrongly.

In format 1, one file has the curves of all repeats of a variant. In format 2, each hundred repeats have a file.
"""

_TABLE = re.compile(r"^ +file: (.+)\n(?: +(?!file: ).*\n)*? +sha256: '?([0-9a-f]{64})", re.MULTILINE)
_OF_EARLIER = ("finished", "device", "runs", "precision", "versions")
_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


@cache
def current_versions() -> dict[str, str]:
    """Return the versions that results may depend on, without importing the packages."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def write_environment(folder: StudyFolder, facts: dict[str, Any], *, others_stay: bool) -> None:
    """Write ``environment.json``.

    Args:
        folder: The study's folder.
        facts: Device, workers, engine, seconds and the like of this call.
        others_stay: Whether the table has runs of earlier calls. Their environments stay in the list ``earlier``, where
            they differ from the present one.
    """
    content = {
        "format": FORMAT,
        **facts,
        "precision": PRECISION,
        "versions": current_versions(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "commit": _commit(),
    }
    before = read_environment(folder) if others_stay else {}
    earlier = _earlier(before)
    if before and any(before.get(name) != content.get(name) for name in ("versions", "precision", "device")):
        earlier.append({name: before.get(name) for name in _OF_EARLIER})
    if earlier:
        content["earlier"] = earlier
    write_atomically(folder.environment, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_environment(folder: StudyFolder) -> dict[str, Any]:
    """Read ``environment.json``; {} if there is none or it is unreadable."""
    try:
        content = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def refuse_newer_format(folder: StudyFolder) -> None:
    """Check that this version can read the files of a study. Folders from before the number have format 1.

    Args:
        folder: The study's folder.

    Raises:
        ExperimentsError: A newer version has written them.
    """
    found = read_environment(folder).get("format", 1)
    if not isinstance(found, int) or found > FORMAT:
        raise ExperimentsError(
            f"{folder.path} has files of format {found}; this version reads up to format {FORMAT}. Update this "
            "project, or give --out another folder"
        )


def changed_environment(folder: StudyFolder, device: str | None) -> list[str]:
    """List the differences between the recorded environments of a study and the present one.

    Args:
        folder: The study's folder.
        device: Such as "CPU, 2 workers" or "GPU: NVIDIA H200; CPU, 2 workers", or None if it was not determined. The
            number of workers changes no result and is ignored. A device differs if it trained recorded runs and trains
            none now.

    Returns:
        Parts of a sentence such as ``tensorflow 2.20.0, now 2.21.0``.
    """
    last = read_environment(folder)
    return list(dict.fromkeys(text for before in (*_earlier(last), last) for text in _differences(before, device)))


def _earlier(environment: dict[str, Any]) -> list[dict[str, Any]]:
    listed = environment.get("earlier")
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _differences(before: dict[str, Any], device: str | None) -> list[str]:
    then = {**(before.get("versions") or {}), "precision": before.get("precision")}
    now = {**current_versions(), "precision": PRECISION}
    devices = [_device_names(str(text)) for text in (before.get("device", ""), device or "")]
    if devices[1] and not set(devices[0]) <= set(devices[1]):
        then["device"], now["device"] = (" and ".join(names) for names in devices)
    return [f"{name} {then[name]}, now {now[name]}" for name in now if then.get(name) and now[name] != then[name]]


def _device_names(text: str) -> list[str]:
    return [part.partition(",")[0] for part in text.split("; ") if part]


def changed_tables(folder: StudyFolder, study: Study) -> list[str]:
    """List the tables from files whose content differs from that of the runs that are there.

    Args:
        folder: The study's folder.
        study: The study.

    Returns:
        Paths as the study names them.
    """
    try:
        recorded = folder.resolved.read_text(encoding="utf-8")
    except OSError:
        return []
    before = _checksums(recorded)
    now = _checksums(resolved_text(study)) if before else {}
    return [file for file in now if file in before and not now[file] & before[file]]


def _checksums(text: str) -> dict[str, set[str]]:
    """Return the checksums of each file of a table in a resolved study."""
    found: dict[str, set[str]] = {}
    for file, checksum in _TABLE.findall(text):
        found.setdefault(file.strip("'\""), set()).add(checksum)
    return found


def _commit() -> str | None:
    """Return the commit of the checkout that contains the package, marked as dirty if files differ from it."""
    checkout = Path(__file__).parents[2]
    if not (checkout / ".git").exists():
        return None
    try:
        command = ["git", "-C", str(checkout), "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def resolved_text(study: Study) -> str:
    """Return the text of ``study.yaml``: the study with every default written out.

    Args:
        study: With ``--set`` changes applied.

    Returns:
        YAML with the resolved base, and the changes of each variant against it. Named variants are also written in
        full; a grid point differs from its group in the values that its changes show.
    """
    import yaml

    content = {
        "title": study.title,
        "question": study.question,
        "source": study.source,
        "repeats": study.repeats,
        "protocols": list(study.protocols),
        "base": plain(study.base),
        "variants": {variant.name: _variant(variant) for variant in study.variants},
    }
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


def _variant(variant: Variant) -> dict[str, Any]:
    content = {
        "about": variant.about,
        "repeats": variant.repeats,
        "protocols": list(variant.protocols),
        "grid": plain(variant.grid),
        "changes": plain(variant.changes),
    }
    if not variant.grid:
        content["config"] = plain(variant.config)
    return {key: value for key, value in content.items() if value not in ("", {})}
