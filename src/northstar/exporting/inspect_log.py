"""Inspect's log format: an .eval file for each benchmark, which `inspect view` opens."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from northstar.core.atomic import whole_file
from northstar.exporting.exported import Part, Run, records_in, seed_of
from northstar.exporting.inspect_samples import sample_of, summary_of, when
from northstar.reports.numbers.guessed import metrics_by_record
from northstar.version import __version__

_VERSION = 2
"""Of the log format, since Inspect 0.3.60."""
_LEVEL = 1
"""Of the compression: reading and packing go on at 100 MB/s."""
_UNKNOWN = "1970-01-01T00:00:00+00:00"
_SAMPLING = {
    "temperature": "inference.temperature",
    "top_p": "inference.top_p",
    "max_tokens": "inference.tokens_to_generate",
}
_encode = msgspec.json.Encoder().encode


def write_inspect(run: Run, folder: Path) -> list[Path]:
    """Write BENCHMARK.eval for each benchmark with records; return the files. A seed is an epoch."""
    written: list[Path] = []
    for part in run.parts:
        if part.files:
            files = [file for file in part.files if seed_of(file) is not None] or list(part.files)
            path = folder / f"{part.name}.eval"
            with whole_file(path) as file:
                _write(run, part, files, file)
            written.append(path)
    return written


def _write(run: Run, part: Part, files: list[Path], file: BinaryIO) -> None:
    metrics = metrics_by_record(files[0]) if part.known is None else part.known.metrics
    model = str(part.settings.get("model") or "unknown")
    scores = list(dict.fromkeys(("judge_correct", *metrics.scores)))
    ids: list[Any] = []
    total = 0
    tokens = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    times: list[float] = []
    found: set[str] = set()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as log,
        tempfile.TemporaryFile() as kept,
    ):
        for epoch, output in enumerate(files, start=1):
            for record in records_in(output):
                sample = sample_of(record, epoch, seed_of(output), model, scores, metrics.answer)
                log.writestr(f"samples/{sample['id']}_epoch_{epoch}.json", _encode(sample))
                kept.write((b",\n" if total else b"[") + _encode(summary_of(sample)))
                total += 1
                found |= sample["scores"].keys()
                for name, count in sample["output"]["usage"].items():
                    tokens[name] += count
                times = _reach(times, record)
                if epoch == 1:
                    ids.append(sample["id"])
        kept.write(b"]" if total else b"[]")
        _copy(kept, log, "summaries.json")
        header = _header(run, part, ids, len(files), [name for name in scores if name in found], model)
        begun = {key: header[key] for key in ("version", "eval", "plan")}
        log.writestr("_journal/start.json", _encode(begun))
        header["results"] |= {"total_samples": total, "completed_samples": total}
        header["stats"] = {
            "started_at": when(times[0]) if times else _UNKNOWN,
            "completed_at": when(times[1]) if times else _UNKNOWN,
            "model_usage": {model: tokens},
        }
        log.writestr("header.json", _encode(header))


def _reach(times: list[float], record: Mapping[str, Any]) -> list[float]:
    """Return the first start and the last end so far."""
    started, ended = record.get("generation_start_time") or 0.0, record.get("generation_end_time") or 0.0
    if not started:
        return times
    return [min(times[0], started), max(times[1], ended)] if times else [started, ended]


def _copy(kept: BinaryIO | Any, log: zipfile.ZipFile, name: str) -> None:
    kept.seek(0)
    with log.open(name, "w", force_zip64=True) as entry:
        while block := kept.read(1 << 20):
            entry.write(block)


def _header(run: Run, part: Part, ids: list[Any], epochs: int, scores: list[str], model: str) -> dict[str, Any]:
    settings = dict(part.settings)
    sampling = {name: settings[ours] for name, ours in _SAMPLING.items() if settings.get(ours) is not None}
    named = hashlib.sha256(
        json.dumps([run.name, part.name, settings], sort_keys=True, default=str).encode()
    ).hexdigest()
    return {
        "version": _VERSION,
        "status": "success",
        "eval": {
            "eval_id": named[:22],
            "run_id": named[22:44],
            "created": str(run.last.get("started") or _UNKNOWN),
            "task": part.name,
            "task_id": named[:22],
            "task_version": 0,
            "task_args": {},
            "dataset": {"name": part.name, "samples": len(ids), "sample_ids": ids, "shuffled": False},
            "model": model,
            "model_generate_config": sampling,
            "config": {"epochs": epochs},
            "packages": {"northstar": str(run.last.get("versions", {}).get("northstar", __version__))},
            "metadata": {"northstar": settings},
            "scorers": [{"name": name, "options": {}, "metrics": [], "metadata": {}} for name in scores],
        },
        "plan": {"name": "northstar", "steps": [], "config": sampling},
        "results": {"scores": [_score(part, name, len(ids)) for name in scores]},
    }


def _score(part: Part, name: str, rows: int) -> dict[str, Any]:
    """Return a score with each mode of metrics.json as a metric, 0..1 as Inspect has them."""
    values = {mode: numbers[name] / 100 for mode, numbers in part.modes.items() if isinstance(numbers.get(name), float)}
    return {
        "name": name,
        "scorer": name,
        "scored_samples": rows,
        "unscored_samples": 0,
        "params": {},
        "metrics": {mode: {"name": mode, "value": value, "params": {}} for mode, value in values.items()},
    }
