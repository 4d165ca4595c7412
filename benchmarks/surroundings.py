"""Where it is measured: the peers' own environment, and a description of the machine without its name."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_VENV = ROOT / ".bench" / "venv"
_REQUIREMENTS = ROOT / "benchmarks" / "peers" / "requirements.txt"
_READY = _VENV / ".ready"
_VERSIONS = "import importlib.metadata as m, json, sys; print({p: m.version(p) for p in sys.argv[1:]})"


def peers_python() -> Path:
    """Give the interpreter of the peers' environment; install it where it is missing or its requirements changed."""
    python = _VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not _READY.is_file() or _READY.read_text() != _REQUIREMENTS.read_text():
        print("Installing PyTorch, JAX and scikit-learn into .bench/venv (once, some minutes) ...", flush=True)
        venv.create(_VENV, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", _REQUIREMENTS], check=True
        )
        _READY.write_text(_REQUIREMENTS.read_text())
    return python


def own_python() -> Path:
    """Give the interpreter of the suite itself."""
    return Path(sys.executable)


def machine() -> dict[str, str]:
    """Describe the machine: processor, cores, memory, system, Python; never its name."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Name the versions of all libraries that take part."""
    found = _versions(own_python(), ("tensorflow", "keras"))
    return found | _versions(peers_python(), ("torch", "jax", "scikit-learn"))


def _versions(python: Path, packages: tuple[str, ...]) -> dict[str, str]:
    import ast

    printed = subprocess.run([python, "-c", _VERSIONS, *packages], check=True, capture_output=True, text=True).stdout
    return dict(ast.literal_eval(printed))


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
