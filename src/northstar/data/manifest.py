"""The manifest beside a split's rows: their source, checksums and date."""

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
    """What a split's rows are and where they came from.

    Attributes:
        source: 'hub', 'github', 'packaged' (with Northstar), or 'package' (a Python package in an environment of its
            own).
        source_sha256: Checksum of the source file, or of all files of the package.
        sha256: Checksum of the rows file.
        date: When the rows were prepared, UTC.
        facts: What else determined the rows, such as the seed of a shuffle; absent from manifests of older versions.
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
    """Return the manifest's path: test.jsonl → test.manifest.json."""
    return rows.with_suffix(".manifest.json")


def read_manifest(rows: Path) -> Manifest | None:
    """Return the manifest of a rows file, None if there is none. Raises NorthstarError if it cannot be read."""
    path = manifest_path(rows)
    try:
        return parsed(read_whole(path), msgspec.json.Decoder(Manifest).decode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, Malformed) as error:
        raise NorthstarError(f"cannot read {path}: {error}. Prepare the benchmark again with --force.") from None
