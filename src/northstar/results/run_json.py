"""run.json as a file: read, validated and changed under its lock."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.core.parsing import Malformed, parsed_json
from northstar.core.regular import read_whole
from northstar.results.layout import RUN_JSON, logs_folder

FORMAT = 1


@contextmanager
def open_for_change(output_dir: Path) -> Iterator[dict[str, Any]]:
    """Lock run.json and yield its content; write it back if the block ends without an error."""
    path = output_dir / RUN_JSON
    with locked(logs_folder(output_dir) / ".run.lock", str(path), wait=True):
        content = read_run_json(path)
        yield content
        with whole_file(path) as file:
            file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def read_run_json(path: Path, *, remedy: str = "choose another --output_dir") -> dict[str, Any]:
    """Return run.json's content, or a new one if there is no file.

    Args:
        path: The file.
        remedy: What to do where it can't be read, for the error.

    Raises:
        NorthstarError: It is malformed, or of another layout.
    """
    try:
        content: Any = parsed_json(read_whole(path))
        if isinstance(content, dict) and content.get("run_json") == FORMAT:
            msgspec.convert(content, _RunJson)
            _check_results(content.get("results", {}))
            return content
    except (FileNotFoundError, NotADirectoryError):
        return {"run_json": FORMAT}
    except (OSError, Malformed, msgspec.ValidationError) as error:
        raise NorthstarError(f"cannot read {path}: {error}. Restore it, or {remedy}.") from None
    raise NorthstarError(f"{path} was not written by this version of Northstar; {remedy}.")


def ran_at_the_same_time(runs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two runs of run.json overlap; one without an end, perhaps killed, counts as over when it began."""
    spans = sorted((str(run.get("started", "")), str(run.get("ended") or run.get("started", ""))) for run in runs)
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


class _Run(msgspec.Struct):
    """The fields of a run that are read, with their types."""

    ending: str | None = None
    plan: dict[str, Any] | None = None
    results: tuple[str, ...] = ()
    judges: dict[str, dict[str, Any]] = {}
    known_by_name_only: dict[str, str] = {}


class _RunJson(msgspec.Struct):
    results: dict[str, Any] = {}
    runs: list[_Run] = []
    models: dict[str, dict[str, Any]] = {}
    answered_by: dict[str, dict[str, str]] = {}
    asked: dict[str, dict[str, Any]] = {}


def _check_results(results: Mapping[str, Any]) -> None:
    """Raise Malformed for results that have no settings."""
    for name, described in results.items():
        if not isinstance(described, Mapping):
            raise Malformed(f"its results '{name}' are {shortly(described)} instead of their settings")


def shortly(value: Any) -> str:
    """Format a value as JSON, shortened if it is long."""
    text = "not set" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "…"
