"""Hugging Face's .eval_results: a YAML file for each benchmark, for the model's repository; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError, UsageError
from northstar.data.source import GitHubFile, HubFile, HubFiles
from northstar.exporting.exported import Part, Run

FOLDER = ".eval_results"
_TASKS = {"hle": "hle", "gpqa": "gpqa_{split}"}
"""Benchmark → its task in the dataset's eval.yaml, where Hugging Face's documentation says so."""


def write_hub_results(run: Run, folder: Path) -> list[Path]:
    """Write .eval_results/BENCHMARK.yaml for each benchmark whose rows come from the hub; return the files.

    Raises NorthstarError if there is none.
    """
    files = []
    for part in run.parts:
        if (entry := _entry(run, part)) is not None:
            path = folder / FOLDER / f"{part.name}.yaml"
            path.parent.mkdir(exist_ok=True)
            with whole_file(path) as file:
                file.write(yaml.safe_dump([entry], sort_keys=False, allow_unicode=True).encode())
            files.append(path)
    if not files:
        raise NorthstarError(
            "no benchmark of this run has rows of a dataset on the Hugging Face Hub; nothing to write."
        )
    return files


def _entry(run: Run, part: Part) -> dict[str, Any] | None:
    if part.known is None:
        return None
    split = str(part.settings.get("split") or part.known.splits.default)
    try:
        source = part.known.source(split)
    except UsageError:
        return None
    file = source.files[0] if isinstance(source, HubFiles) else source
    if not isinstance(file, HubFile) or isinstance(file, GitHubFile):
        return None
    mode, name, value = _main(part)
    task = _TASKS.get(part.known.whole_name, part.known.whole_name.replace("-", "_")).format(split=split)
    entry: dict[str, Any] = {
        "dataset": {"id": file.repo, "task_id": task, **({"revision": file.revision} if file.is_pinned else {})},
        "value": round(value, 2),
    }
    if started := run.last.get("started"):
        entry["date"] = str(started)
    entry["notes"] = _notes(part, mode, name)
    return entry


def _main(part: Part) -> tuple[str, str, float]:
    """Return the mode, the name and the value of the main score: the mean over all seeds, in percent."""
    means = [mode for mode in part.modes if mode.startswith("pass@1") and mode[len("pass@1") :][:1] in ("", "[")]
    mode = means[-1]
    for name, value in part.modes[mode].items():
        if isinstance(value, float):
            return mode, name, value
        if isinstance(value, Mapping) and "accuracy" in value:
            return mode, name, value["accuracy"]
    raise NorthstarError(f"{part.name} has no score in {mode}.")


def _notes(part: Part, mode: str, metric: str) -> str:
    said = [f"{metric}, {mode}"]
    for words, key in (("temperature", "inference.temperature"), ("top_p", "inference.top_p")):
        if part.settings.get(key) is not None:
            said.append(f"{words} {part.settings[key]:g}")
    if part.settings.get("inference.tokens_to_generate") is not None:
        said.append(f"at most {part.settings['inference.tokens_to_generate']} tokens")
    return ", ".join([*said, "Northstar"])
