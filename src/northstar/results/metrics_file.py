"""metrics.json, of each benchmark's folder and of all of eval-results, kept in step with the outputs."""

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
from northstar.results.layout import metrics_files, metrics_path, output_dir_of, regrading_of, results_folder


def write_metrics(folder: Path, numbers: Mapping[str, Any], regrading: str = "") -> None:
    """Write the metrics of one benchmark, or of a regrading of it, into its folder. Raises NorthstarError."""
    _write(metrics_path(folder, regrading), {folder.name: numbers})


def enter_metrics(results: Path, metrics: Mapping[str, Any], gone: Collection[str] = (), regrading: str = "") -> None:
    """Update benchmarks in eval-results/metrics.json (or metrics@NAME.json) and remove those in `gone`.

    Raises NorthstarError.
    """
    with _all_metrics(metrics_path(results, regrading)) as content:
        for name in gone:
            content.pop(name, None)
        content |= metrics


def drop_metrics(folder: Path) -> None:
    """Remove a benchmark from eval-results/metrics.json and from the regradings' files. Raises NorthstarError."""
    output_dir = output_dir_of(folder)
    if output_dir is not None:
        results = results_folder(output_dir)
        for regrading, file in metrics_files(results).items():
            if is_there(file):
                enter_metrics(results, {}, (folder.name,), regrading)


def restore_metrics(file: Path, backup: Path) -> None:
    """Put the metrics in `backup`, of a benchmark's `file`, back into that of eval-results. Raises NorthstarError."""
    output_dir = output_dir_of(file.parent)
    if output_dir is not None:
        enter_metrics(results_folder(output_dir), _read(backup), regrading=regrading_of(file))


@contextmanager
def _all_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """Lock the metrics files of eval-results and yield the content of one; write it back when the block ends."""
    with locked(path.with_name(".metrics.lock"), str(path), wait=True):
        content = _read(path)
        yield content
        _write(path, content)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=2).encode() + b"\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = parsed_json(read_whole(path))
    except FileNotFoundError:
        return {}
    except (OSError, Malformed) as error:
        raise NorthstarError(f"{path} cannot be read ({error}); move it away.") from None
    if not isinstance(content, dict):
        raise NorthstarError(f"{path} is not a JSON object of benchmarks; move it away.")
    return content
