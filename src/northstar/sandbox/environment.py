"""The Python environment that programs run in: NumPy and its kin, apart from Northstar's own packages.

Versions are pinned, so that a program gets the same verdict everywhere. SciPy is one that still has what old programs
call (`scipy.integrate.simps`), where there is one for this Python.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from northstar.errors import NorthstarError
from northstar.sandbox.launch import Interpreter

VARIABLE = "NORTHSTAR_SANDBOX_ENV"
NAMES = ("numpy", "scipy", "sympy", "pandas", "h5py")
_TO_FETCH = "gdown==5.2.0"
"""Fetches from Google Drive, where SciCode's authors keep their targets; programs can reach no network with it."""
_WITH_OLD_SCIPY = ("numpy==1.26.4", "scipy==1.13.1", "sympy==1.13.3", "pandas==2.2.3", "h5py==3.12.1")
_NEWER = ("numpy==2.3.5", "scipy==1.16.3", "sympy==1.14.0", "pandas==2.3.3", "h5py==3.15.1")
LONGEST_SECONDS = 1800


def packages() -> tuple[str, ...]:
    """What is installed, for this version of Python."""
    return (*(_WITH_OLD_SCIPY if sys.version_info < (3, 13) else _NEWER), _TO_FETCH)


def environment_folder() -> Path:
    """NORTHSTAR_SANDBOX_ENV, else a folder of the user's cache; of root a cache that others can read."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    own = platformdirs.site_cache_path if os.geteuid() == 0 else platformdirs.user_cache_path
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(" ".join([sys.base_prefix, *packages()]).encode()).hexdigest()[:8]
    return own("northstar", appauthor=False) / f"sandbox-python{version}-{digest}"


def found_environment() -> Interpreter | None:
    """The environment, if it has been made."""
    folder = environment_folder()
    python = folder / "bin" / "python"
    if not python.exists():
        return None
    return Interpreter(python, (folder, python.resolve().parents[1]), isolated=False)


def make_environment(report: Callable[[str], None] | None = None) -> Interpreter:
    """The environment, made now unless it is there. report: told before it takes a while. Raises NorthstarError."""
    found = found_environment()
    if found is not None:
        return found
    folder = environment_folder()
    if report is not None:
        report(f"making an environment with {', '.join(NAMES)} for programs in {folder} …")
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _build(building)
        if not (folder / "bin" / "python").exists():  # another run may have been faster
            building.rename(folder)
    except OSError as error:
        raise NorthstarError(_sorry(folder, error.strerror or str(error))) from None
    except subprocess.TimeoutExpired:
        raise NorthstarError(_sorry(folder, f"it took more than {LONGEST_SECONDS} s")) from None
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        raise NorthstarError(
            _sorry(folder, lines[-1].strip() if lines else f"exit status {error.returncode}")
        ) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    found = found_environment()
    assert found is not None
    return found


def environment_words(environment: Interpreter) -> list[str]:
    """The beginning of a command that runs our own code in the environment, with the network and the user's rights."""
    return [str(environment.python), "-I"]


def _build(folder: Path) -> None:
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if uv is not None:
        _run(uv, "venv", "-q", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "-q", "--python", str(python), *packages())
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages())
    _run(str(python), "-c", f"import {', '.join(NAMES)}")


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=LONGEST_SECONDS)


def _sorry(folder: Path, why: str) -> str:
    return (
        f"the environment for programs ({', '.join(NAMES)}) could not be made in {folder}: {why}. Check the network "
        f"and the disk, or name a virtual environment that has these packages in {VARIABLE}."
    )
