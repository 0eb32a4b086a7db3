"""Whether prepared rows are still those of their benchmark's source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from northstar.core.parsing import Malformed, parsed_json
from northstar.core.regular import is_there
from northstar.data.gathering import facts_of, paths_of, sha256_of
from northstar.data.manifest import Manifest
from northstar.data.package import environment_is_there
from northstar.data.source import EnvironmentPackage, HubFiles, PackagedFile, Source, hub_files


def is_up_to_date(path: Path, manifest: Manifest, source: Source, data_dir: Path) -> bool:
    """Return whether the rows match the manifest and this source, with all attachments."""
    if not is_there(path) or (isinstance(source, EnvironmentPackage) and not environment_is_there(source, data_dir)):
        return False
    with path.open("rb") as rows:
        if hashlib.file_digest(rows, "sha256").hexdigest() != manifest.sha256 or not _is_of(manifest, source):
            return False
        rows.seek(0)
        try:
            return not isinstance(source, HubFiles) or all(
                (path.parent.parent / name).is_file() for line in rows for name in _attached_to(line)
            )
        except Malformed:  # rows of an older, less strict version
            return False


def _attached_to(line: bytes) -> list[str]:
    """List the attachment files that a row names, at any depth."""
    found: list[str] = []
    waiting = [parsed_json(line)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and value.keys() == {"file", "sha256", "bytes"}:
            found.append(value["file"])
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _is_of(manifest: Manifest, source: Source) -> bool:
    """Return whether the manifest matches the benchmark's current source."""
    if isinstance(source, PackagedFile):
        return _sha256(source.file.read_bytes()) == manifest.source_sha256
    if isinstance(source, EnvironmentPackage):
        return (manifest.repo, manifest.source_sha256) == (source.package, source.sha256)
    right = sha256_of(source) in (None, manifest.source_sha256) and _has_facts(manifest, source)
    return right and is_same_place(manifest, source)


def _has_facts(manifest: Manifest, source: Source) -> bool:
    """Return whether the rows were made with the same facts; facts of a finishing step are known only afterwards."""
    assert not isinstance(source, PackagedFile | EnvironmentPackage)
    mine = facts_of(source)
    if isinstance(source, HubFiles) and source.finishing is not None:
        return all(manifest.facts.get(name) == value for name, value in mine.items())
    return manifest.facts == mine


def has_changed(there: Manifest, now: Manifest, given: Mapping[str, Path]) -> bool:
    """Return whether the source's bytes, or those of a file that completes its rows, differ from the recorded ones.

    Files that the user has given this time may differ.
    """
    recorded = {} if given else {name: fact for name, fact in there.facts.items() if name.endswith("_sha256")}
    changed = any(now.facts.get(name, fact) != fact for name, fact in recorded.items())
    return changed or there.source_sha256 != now.source_sha256


def is_same_place(manifest: Manifest, source: Source) -> bool:
    """Return whether the benchmark still names the repository, file and commit (or branch) of the rows."""
    if isinstance(source, PackagedFile | EnvironmentPackage):
        return False
    first = hub_files(source)[0]
    pinned = first.revision if first.is_pinned else manifest.revision
    return (manifest.repo, manifest.path, manifest.revision) == (first.repo, paths_of(source), pinned)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
