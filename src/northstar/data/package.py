"""Reads rows from a Python package that is installed in an environment of its own."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.data.conversion import convert
from northstar.data.environment import environment_folder, make_environment, python_of, site_packages
from northstar.data.source import EnvironmentPackage, Line


def rows_of_package(source: EnvironmentPackage, data_dir: Path) -> list[bytes]:
    """Return the source's rows as lines of JSON, creating its environment if needed. Raises NorthstarError."""
    environment = make_environment(source.environment, data_dir)
    folder = site_packages(environment) / source.package
    if not folder.is_dir():
        raise NorthstarError(f"{environment} lacks the package {source.package}; it needs {source.version}.")
    digest = digest_of(folder)
    if digest != source.sha256:
        raise NorthstarError(
            f"{folder} differs from version {source.version} of the package (wrong checksum). Remove {environment} "
            "and prepare the benchmark again."
        )
    where = f"{source.package} {source.version}"
    try:
        lines = list(convert(source.to_rows(folder), where, _as_it_is))
    except (OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise NorthstarError(f"{where} cannot be read ({type(error).__name__}: {error}).") from None
    _check_counts(source, lines)
    return lines


def digest_of(folder: Path) -> str:
    """Hash a folder: the sha256 of `sha256  path` lines of all its files, by name, without compiled ones."""
    digest = hashlib.sha256()
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in files):
        digest.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {name}\n".encode())
    return digest.hexdigest()


def environment_is_there(source: EnvironmentPackage, data_dir: Path) -> bool:
    """Return whether the environment that grades the rows exists."""
    return python_of(environment_folder(source.environment, data_dir)).exists()


def _as_it_is(row: Line, place: int) -> Line:
    del place
    return row


def _check_counts(source: EnvironmentPackage, lines: list[bytes]) -> None:
    for name, expected in source.counts.items():
        found = Counter(json.loads(line)[name] for line in lines)
        for value in sorted({*expected, *found}):
            if found[value] != expected.get(value, 0):
                raise NorthstarError(
                    f"{source.package} {source.version} has {counted(found[value], 'row')} with the {name} '{value}', "
                    f"not {expected.get(value, 0)}."
                )
