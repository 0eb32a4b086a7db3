"""The manifest beside a split's rows: what they are and where they came from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from northstar.errors import NorthstarError


@dataclass(frozen=True)
class Manifest:
    """What was prepared.

    source: 'hub' or 'packaged'. revision: the commit it is of. source_sha256: of the file that the rows were made
    from. sha256: of the rows file. date: UTC, ISO 8601. northstar: the version that prepared it. endpoint: the hub,
    where it was not the public one.
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
    endpoint: str | None = None

    def to_json(self) -> bytes:
        """As the file holds it; an endpoint only where there is one to tell."""
        held = asdict(self)
        if held["endpoint"] is None:
            del held["endpoint"]
        return json.dumps(held, indent=2, ensure_ascii=False).encode() + b"\n"


def manifest_path(rows: Path) -> Path:
    """test.jsonl → test.manifest.json"""
    return rows.with_suffix(".manifest.json")


def read_manifest(rows: Path) -> Manifest | None:
    """The manifest of a rows file; None where there is none. Raises NorthstarError for one that can't be read."""
    path = manifest_path(rows)
    try:
        held = json.loads(path.read_bytes())
        known = {field.name: held[field.name] for field in fields(Manifest) if field.name in held}
        return Manifest(**known)  # fields that a later version added are passed over
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise NorthstarError(
            f"cannot read {path}: {reason}; delete it and the rows beside it, and prepare the benchmark again."
        ) from None
