"""metrics.json: of each benchmark's folder, and of all in eval-results, kept to what the outputs there say."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.core.parsing import Malformed, parsed_json
from northstar.core.regular import is_there, read_whole
from northstar.results.layout import METRICS_FILE, output_dir_of, results_folder


def write_metrics(folder: Path, numbers: Mapping[str, Any]) -> None:
    """Those of one benchmark, into its folder. Raises NorthstarError."""
    _write(folder / METRICS_FILE, {folder.name: numbers})


def enter_metrics(results: Path, metrics: Mapping[str, Any], gone: Collection[str] = ()) -> None:
    """Put benchmarks into eval-results' own, and take out those that are gone. Raises NorthstarError."""
    with _of_all(results) as held:
        for name in gone:
            held.pop(name, None)
        held |= metrics


def drop_metrics(folder: Path) -> None:
    """Take a benchmark out of eval-results' own, where there is one. Raises NorthstarError."""
    output_dir = output_dir_of(folder)
    if output_dir is not None and is_there((results := results_folder(output_dir)) / METRICS_FILE):
        enter_metrics(results, {}, (folder.name,))


def restore_metrics(folder: Path, kept: Path) -> None:
    """Put the numbers of a benchmark, from where they are kept, into eval-results' own. Raises NorthstarError."""
    output_dir = output_dir_of(folder)
    if output_dir is not None:
        enter_metrics(results_folder(output_dir), _read(kept))


@contextmanager
def _of_all(results: Path) -> Iterator[dict[str, Any]]:
    """What eval-results' own holds, locked; written back when the block ends."""
    path = results / METRICS_FILE
    with locked(path.with_name(".metrics.lock"), str(path), wait=True):
        held = _read(path)
        yield held
        _write(path, held)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=2).encode() + b"\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        held = parsed_json(read_whole(path))
    except FileNotFoundError:
        return {}
    except (OSError, Malformed) as error:
        raise NorthstarError(f"{path} cannot be read ({error}); move it away.") from None
    if not isinstance(held, dict):
        raise NorthstarError(f"{path} holds no benchmarks; move it away.")
    return held
