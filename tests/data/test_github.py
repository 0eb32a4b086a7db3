"""Rows from a file of a GitHub repository: at a commit, fetched once, checked by a known or a recorded checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import northstar
from northstar.core.errors import NorthstarError
from northstar.data.github import fetch_raw
from northstar.data.source import GitHubFile
from tests.file_server import FileServer, serving_files

COMMIT = "0123456789" * 4
PATH = f"/them/rows/{COMMIT}/data/test.jsonl"
ROWS = b'{"key": 1, "prompt": "1 + 1?"}\n'
FILE = GitHubFile(
    "them/rows",
    "data/test.jsonl",
    revision=COMMIT,
    to_row=lambda line, _: {"id": line["key"], "problem": line["prompt"]},
)
MINE = f'''
from dataclasses import replace
from northstar.benchmarks.mathematics.aime25 import BENCHMARK as AIME25
from northstar.data.source import GitHubFile
from northstar.task.benchmark import Splits
ROWS = GitHubFile("them/rows", "data/test.jsonl", revision="{COMMIT}", to_row=lambda line, _: {{"id": line["key"]}})
BENCHMARK = replace(AIME25, name="mine", needs=(), splits=Splits({{"test": ROWS}}))
'''


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Stands in for raw.githubusercontent.com."""
    with serving_files() as files:
        monkeypatch.setenv("NORTHSTAR_GITHUB_ENDPOINT", files.address)
        files.files[PATH] = ROWS
        yield files


def test_rows_of_a_repository_are_prepared_with_its_commit_and_checksum(github: FileServer, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    [done] = northstar.prepare_data(["mine"], data_dir=tmp_path, extra_benchmarks=[tmp_path / "mine.py"])
    found = json.loads((tmp_path / "mine/test.manifest.json").read_text())
    assert (done.manifest.rows, found["source"], found["repo"], found["revision"]) == (1, "github", "them/rows", COMMIT)
    assert found["source_sha256"] == hashlib.sha256(ROWS).hexdigest()


def test_it_is_fetched_once(github: FileServer, tmp_path: Path) -> None:
    assert fetch_raw(FILE, tmp_path) == fetch_raw(FILE, tmp_path)
    assert github.asked == [PATH]


def test_force_fetches_it_again(github: FileServer, tmp_path: Path) -> None:
    fetch_raw(FILE, tmp_path)
    fetch_raw(FILE, tmp_path, force=True)
    assert github.asked == [PATH, PATH]


def test_another_file_than_the_pinned_one_is_refused(github: FileServer, tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="sent another file than the pinned data/test"):
        fetch_raw(replace(FILE, sha256="0" * 64), tmp_path)


def test_a_file_that_is_not_there_is_named_with_its_address(github: FileServer, tmp_path: Path) -> None:
    with pytest.raises(
        NorthstarError, match=f"there is no data/none.jsonl of them/rows .* at http.*/{COMMIT}/data/none"
    ):
        fetch_raw(replace(FILE, path="data/none.jsonl"), tmp_path)


def test_a_branch_is_no_revision_of_it() -> None:
    with pytest.raises(ValueError, match="must be a commit of 40 hex digits"):
        replace(FILE, revision="main")
