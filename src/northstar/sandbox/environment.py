"""The Python environment of sandboxed programs: NumPy, SciPy and others, apart from Northstar's own packages.

Versions are pinned (requirements.txt), so that a program gets the same verdict everywhere. Where this Python allows it,
SciPy is a version that still has the functions of old programs (`scipy.integrate.simps`).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from northstar.data.environment import make_in, python_of
from northstar.sandbox.launch import Interpreter

VARIABLE = "NORTHSTAR_SANDBOX_ENV"
PACKAGES = ("numpy", "scipy", "sympy", "pandas", "h5py")
NAMES = ", ".join(PACKAGES)


def environment_folder() -> Path:
    """Return NORTHSTAR_SANDBOX_ENV, else a folder in the user's cache (for root, in one that others can read)."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    own = platformdirs.site_cache_path if os.geteuid() == 0 else platformdirs.user_cache_path
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(f"{sys.base_prefix} {_requirements()}".encode()).hexdigest()[:8]
    return own("northstar", appauthor=False) / f"sandbox-python{version}-{digest}"


def found_environment() -> Interpreter | None:
    """Return the environment if it exists."""
    folder = environment_folder()
    python = python_of(folder)
    return Interpreter(python, (folder, python.resolve().parents[1]), isolated=False) if python.exists() else None


def make_environment(report: Callable[[str], None] | None = None) -> Interpreter:
    """Return the environment, creating it if needed; `report` is called first. Raises NorthstarError."""
    folder = environment_folder()
    if report is not None and not python_of(folder).exists():
        report(f"making an environment with {NAMES} for programs in {folder} …")
    make_in(folder, _requirements(), NAMES, VARIABLE)
    found = found_environment()
    assert found is not None
    return found


def missing_packages(lacks: Sequence[str]) -> str:
    """Return a sentence about packages that the environment lacks, with a remedy."""
    named = f"Install them there, or unset {VARIABLE} to have an environment created."
    remedy = named if os.environ.get(VARIABLE) else "Remove that folder to have it created again."
    return f"the environment for programs in {environment_folder()} lacks {', '.join(lacks)}. {remedy}"


def environment_argv(environment: Interpreter) -> list[str]:
    """Return the start of a command that runs our own code in the environment, unsandboxed."""
    return [str(environment.python), "-I"]


def _requirements() -> str:
    return resources.files(__package__).joinpath("requirements.txt").read_text()
