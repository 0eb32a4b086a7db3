"""Separate Python environments for parts of benchmarks whose packages conflict with Northstar's."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from northstar.core.errors import NorthstarError

LONGEST_SECONDS = 1800
_OF_THE_DISK = tuple(map(os.strerror, (errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EDQUOT)))
"""Errors with which pip and uv report a folder that they cannot write."""


@dataclass(frozen=True)
class Environment:
    """Packages at exact versions, installed without their dependencies.

    Attributes:
        packages: 'name==version' → the sha256 of each file that may be installed for it, on any system.
    """

    name: str
    packages: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def variable(self) -> str:
        """The environment variable that names a virtual environment to use instead: NORTHSTAR_BFCL_V3_ENV."""
        return f"NORTHSTAR_{self.name.upper().replace('-', '_')}_ENV"

    @property
    def requirements(self) -> str:
        """The packages as a requirements file of pip and uv."""
        lines = [" ".join([name, *(f"--hash=sha256:{each}" for each in hashes)]) for name, hashes in self.packages]
        return "\n".join(lines) + "\n"

    @property
    def named(self) -> str:
        return ", ".join(name for name, _ in self.packages)


def environment_folder(environment: Environment, data_dir: Path) -> Path:
    """Return the folder that the variable names, else one in the data folder for this Python."""
    if chosen := os.environ.get(environment.variable):
        return Path(chosen).expanduser().absolute()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(f"{sys.base_prefix} {environment.requirements}".encode()).hexdigest()[:8]
    return data_dir / "environments" / f"{environment.name}-python{python}-{digest}"


def python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def site_packages(folder: Path) -> Path:
    """Return the environment's package folder. Raises NorthstarError if `folder` is not an environment."""
    found = sorted(folder.glob("lib/python3.*/site-packages"))
    if not found:
        raise NorthstarError(f"{folder} is not a Python virtual environment.")
    return found[0]


def make_environment(environment: Environment, data_dir: Path) -> Path:
    """Return the environment's folder, creating the environment if it is missing. Raises NorthstarError."""
    folder = environment_folder(environment, data_dir)
    make_in(folder, environment.requirements, environment.named, environment.variable)
    return folder


def make_in(folder: Path, requirements: str, named: str, variable: str) -> None:
    """Create a virtual environment in `folder` atomically, unless it exists.

    Args:
        folder: Where to create it.
        requirements: All packages, with checksums.
        named: What messages call the packages.
        variable: The environment variable that names another folder, for messages.

    Raises:
        NorthstarError: The environment could not be created.
    """
    if python_of(folder).exists():
        return
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _build(building, requirements)
        if not python_of(folder).exists():  # another run may have created it meanwhile
            building.rename(folder)
    except OSError as error:
        raise NorthstarError(_failed(named, variable, folder, error.strerror or str(error), of_disk=True)) from None
    except subprocess.TimeoutExpired:
        raise NorthstarError(_failed(named, variable, folder, f"it took more than {LONGEST_SECONDS} s")) from None
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        of_disk = next((line for line in lines if any(reason in line for reason in _OF_THE_DISK)), "")
        why = of_disk or next((line for line in lines if "error" in line.lower()), lines[-1] if lines else f"{error}")
        raise NorthstarError(_failed(named, variable, folder, why.strip(), of_disk=bool(of_disk))) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _build(folder: Path, requirements: str) -> None:
    """Install with uv if available, else with venv and pip. Packages are never built: that would run their code."""
    uv = shutil.which("uv")
    if uv is not None:
        _run(uv, "venv", "-q", "--python", sys.executable, str(folder))
        install = [uv, "pip", "install", "-q", "--python", str(python_of(folder)), "--only-binary", ":all:"]
        install += ["--compile-bytecode"]  # as pip does; later users may not have write access
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        install = [str(python_of(folder)), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        install += ["--only-binary", ":all:"]
    written = folder / "requirements.txt"
    written.write_text(requirements)
    _run(*install, "--no-deps", "--require-hashes", "-r", str(written))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=LONGEST_SECONDS)


def _failed(named: str, variable: str, folder: Path, why: str, *, of_disk: bool = False) -> str:
    remedy = "Check that folder" if of_disk else "Check the network (or PIP_INDEX_URL, UV_INDEX_URL)"
    another = "another folder, or " if of_disk else ""
    return (
        f"cannot create the environment with {named} in {folder} ({why}). {remedy}, or set {variable} to {another}a "
        "virtual environment that has these packages."
    )
