"""The manifest beside a split's rows: what they are and where they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import read_whole


@dataclass(frozen=True)
class Manifest:
    """source: 'hub', 'packaged', or 'package' (of Python, in an environment of its own). date: UTC.

    sha256: of the rows file; source_sha256: of the file, or all files of the package, that it was made from. facts:
    what else decided the rows, such as the seed of a shuffle; manifests of older versions have none.
    """

    benchmark: str
    split: str
    source: str
    repo: str | None
    path: str
    revision: str | None
    source_sha256: str
    sha256: str
    rows: int
    date: str
    northstar: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False).encode() + b"\n"


def manifest_path(rows: Path) -> Path:
    """test.jsonl → test.manifest.json"""
    return rows.with_suffix(".manifest.json")


def read_manifest(rows: Path) -> Manifest | None:
    """The manifest of a rows file; None where there is none. Raises NorthstarError for one that can't be read."""
    path = manifest_path(rows)
    try:
        return parsed(read_whole(path), msgspec.json.Decoder(Manifest).decode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, Malformed) as error:
        raise NorthstarError(f"cannot read {path}: {error}. Prepare the benchmark again with --force.") from None
