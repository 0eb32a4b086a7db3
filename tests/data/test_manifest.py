"""What a manifest says comes back; older ones are read as well."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.manifest import Manifest, manifest_path, read_manifest

SAID = Manifest("gpqa", "main", "hub", "o/n", "main.csv", "f" * 40, "0" * 64, "1" * 64, 1, "2026-01-01", "0.1.0")


def test_its_facts_come_back(tmp_path: Path) -> None:
    manifest = dataclasses.replace(SAID, facts={"choice_shuffle_seed": 42})
    manifest_path(tmp_path / "main.jsonl").write_bytes(manifest.to_json())
    assert read_manifest(tmp_path / "main.jsonl") == manifest


def test_one_that_was_written_before_there_were_facts_has_none(tmp_path: Path) -> None:
    content = json.loads(SAID.to_json())
    del content["facts"]
    manifest_path(tmp_path / "main.jsonl").write_text(json.dumps(content))
    assert read_manifest(tmp_path / "main.jsonl") == SAID


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "main.jsonl") is None


def test_one_that_is_damaged_is_named(tmp_path: Path) -> None:
    manifest_path(tmp_path / "main.jsonl").write_text("{}")
    with pytest.raises(NorthstarError, match=r"cannot read .*main\.manifest\.json"):
        read_manifest(tmp_path / "main.jsonl")
