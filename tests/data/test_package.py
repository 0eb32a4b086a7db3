"""Rows of a package in an environment of its own, held against their checksum and their counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.environment import Environment
from northstar.data.package import digest_of, rows_of_package
from northstar.data.source import EnvironmentPackage, Line


def rows(package: Path) -> Iterator[Line]:
    yield from map(json.loads, (package / "data.jsonl").read_text().splitlines())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of three rows in a folder that looks like an environment."""
    folder = tmp_path / "env/lib/python3.99/site-packages/some_tools"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "data.jsonl").write_text('{"id": 1, "kind": "a"}\n{"id": 2, "kind": "a"}\n{"id": 3, "kind": "b"}\n')
    (folder / "check.py").write_text("pass\n")
    (tmp_path / "env/bin").mkdir()
    (tmp_path / "env/bin/python").write_text("")
    monkeypatch.setenv("NORTHSTAR_TOOLS_ENV", str(tmp_path / "env"))
    return folder


def source(package: Path) -> EnvironmentPackage:
    environment = Environment("tools", (("tools==1", ("00" * 32,)),))
    return EnvironmentPackage(environment, "some_tools", "1", digest_of(package), rows, {"kind": {"a": 2, "b": 1}})


def test_rows_are_read(package: Path, tmp_path: Path) -> None:
    lines = rows_of_package(source(package), tmp_path)
    assert [json.loads(line)["id"] for line in lines] == [1, 2, 3]


def test_compiled_files_do_not_count(package: Path, tmp_path: Path) -> None:
    before = source(package)
    (package / "__pycache__/check.pyc").write_text("compiled")
    assert rows_of_package(before, tmp_path)


def test_what_was_changed_is_refused_even_if_it_is_no_data(package: Path, tmp_path: Path) -> None:
    before = source(package)
    (package / "check.py").write_text("right = True\n")
    with pytest.raises(NorthstarError, match="wrong checksum"):
        rows_of_package(before, tmp_path)


def test_wrong_counts_are_named(package: Path, tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="1 row with the kind 'b', not 2"):
        rows_of_package(replace(source(package), counts={"kind": {"a": 2, "b": 2}}), tmp_path)


def test_a_package_that_is_not_there_is_named(package: Path, tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="lacks the package other"):
        rows_of_package(replace(source(package), package="other"), tmp_path)
