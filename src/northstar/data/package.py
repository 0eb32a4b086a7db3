"""Rows from a Python package in an environment of its own."""

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
    """The source's rows as lines of JSON; its environment is made if need be. Raises NorthstarError."""
    environment = make_environment(source.environment, data_dir)
    folder = site_packages(environment) / source.package
    if not folder.is_dir():
        raise NorthstarError(f"{environment} has no package {source.package}: it should be {source.version} of it.")
    digest = digest_of(folder)
    if digest != source.sha256:
        raise NorthstarError(
            f"{folder} is not what version {source.version} of it holds: its checksum differs. Remove {environment} "
            "and prepare again."
        )
    where = f"{source.package} {source.version}"
    try:
        lines = list(convert(source.to_rows(folder), where, _as_it_is))
    except (OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise NorthstarError(f"{where} cannot be read ({type(error).__name__}: {error}).") from None
    _check_counts(source, lines)
    return lines


def digest_of(folder: Path) -> str:
    """The sha256 of `sha256  path` lines of all files in the folder, by name, compiled ones left out."""
    digest = hashlib.sha256()
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in files):
        digest.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {name}\n".encode())
    return digest.hexdigest()


def environment_is_there(source: EnvironmentPackage, data_dir: Path) -> bool:
    """Whether what grades the rows is where the rows are."""
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
                    f"{source.package} {source.version} has {counted(found[value], 'row')} of the {name} '{value}' "
                    f"where there should be {expected.get(value, 0)}."
                )
