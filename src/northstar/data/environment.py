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
from northstar.data.archives import Archive

LONGEST_SECONDS = 1800
_OF_THE_DISK = tuple(map(os.strerror, (errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EDQUOT)))
"""Errors with which pip and uv report a folder that they cannot write."""


@dataclass(frozen=True)
class Environment:
    """Packages at exact versions, installed without their dependencies.

    Attributes:
        packages: 'name==version' → the sha256 of each file that may be installed for it, on any system.
        built: The same of packages that are published as sources alone: built with the setuptools among `packages`.
        archives: Files that the packages read, unpacked into the environment's folder.
    """

    name: str
    packages: tuple[tuple[str, tuple[str, ...]], ...]
    built: tuple[tuple[str, tuple[str, ...]], ...] = ()
    archives: tuple[Archive, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that names a virtual environment to use instead: NORTHSTAR_BFCL_V3_ENV."""
        return f"NORTHSTAR_{self.name.upper().replace('-', '_')}_ENV"

    @property
    def requirements(self) -> str:
        """The packages as a requirements file of pip and uv."""
        return _requirements(self.packages)

    @property
    def requirements_to_build(self) -> str:
        """The packages to build, in the same form; '' if there are none."""
        return _requirements(self.built) if self.built else ""

    @property
    def named(self) -> str:
        return ", ".join(name for name, _ in (*self.packages, *self.built))


def _requirements(packages: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    lines = [" ".join([name, *(f"--hash=sha256:{each}" for each in hashes)]) for name, hashes in packages]
    return "\n".join(lines) + "\n"


def environment_folder(environment: Environment, data_dir: Path) -> Path:
    """Return the folder that the variable names, else one in the data folder for this Python."""
    if chosen := os.environ.get(environment.variable):
        return Path(chosen).expanduser().absolute()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = f"{environment.requirements}{environment.requirements_to_build}"
    digest = hashlib.sha256(f"{sys.base_prefix} {packages}".encode()).hexdigest()[:8]
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
    make_in(
        folder,
        environment.requirements,
        environment.named,
        environment.variable,
        to_build=environment.requirements_to_build,
    )
    return folder


def make_in(folder: Path, requirements: str, named: str, variable: str, *, to_build: str = "") -> None:
    """Create a virtual environment in `folder` atomically, unless it exists.

    Args:
        folder: Where to create it.
        requirements: All packages, with checksums.
        named: What messages call the packages.
        variable: The environment variable that names another folder, for messages.
        to_build: The packages to build, with checksums.

    Raises:
        NorthstarError: The environment could not be created.
    """
    if python_of(folder).exists():
        return
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _build(building, requirements, to_build)
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


def _build(folder: Path, requirements: str, to_build: str) -> None:
    """Install with uv if available, else with venv and pip.

    No package is built, since that would run its code, but those of `to_build`: their sources are known by checksum.
    """
    uv = shutil.which("uv")
    if uv is not None:
        _run(uv, "venv", "-q", "--python", sys.executable, str(folder))
        install = [uv, "pip", "install", "-q", "--python", str(python_of(folder))]
        install += ["--compile-bytecode"]  # as pip does; later users may not have write access
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        install = [str(python_of(folder)), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    install += ["--no-deps", "--require-hashes"]
    written = folder / "requirements.txt"
    written.write_text(requirements)
    _run(*install, "--only-binary", ":all:", "-r", str(written))
    if to_build:
        written = folder / "requirements-built.txt"
        written.write_text(to_build)
        _run(*install, "--no-build-isolation", "-r", str(written))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=LONGEST_SECONDS)


def _failed(named: str, variable: str, folder: Path, why: str, *, of_disk: bool = False) -> str:
    remedy = "Check that folder" if of_disk else "Check the network (or PIP_INDEX_URL, UV_INDEX_URL)"
    another = "another folder, or " if of_disk else ""
    return (
        f"cannot create the environment with {named} in {folder} ({why}). {remedy}, or set {variable} to {another}a "
        "virtual environment that has these packages."
    )
