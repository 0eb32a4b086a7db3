"""run.json: what made the results of an output folder, and the check that a resume doesn't mix two kinds of them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.data.atomic import whole_file
from northstar.engine.loading import LoadedBenchmark
from northstar.engine.lock import locked
from northstar.engine.unit import logs_folder
from northstar.errors import NorthstarError
from northstar.prompts.prompt import Prompt
from northstar.servers.server import find_server_type

FORMAT = 1
_PACKAGES = ("northstar", "aiohttp", "math-verify", "latex2sympy2_extended", "sympy", "xllamacpp", "huggingface_hub")


def identity(loaded: LoadedBenchmark, seed: int | None, server: ServerPlan) -> dict[str, Any]:
    """All that may change a result of `loaded`, flat: {'model': …, 'inference.temperature': …, …}."""
    rows = {"split": loaded.plan.split, "data_sha256": loaded.rows.sha256, "rows": len(loaded.rows)}
    asked = model_identity(server, loaded.prompt, loaded.plan.settings, seed)
    if loaded.benchmark.tools:
        settings = loaded.plan.settings
        asked |= {"use_client_parsing": settings.use_client_parsing, "tool_parser": settings.tool_parser or ""}
    return rows | asked | _flat({"grader": loaded.grader.identity()})


def model_identity(server: ServerPlan, prompt: Prompt, settings: EvalSettings, seed: int | None) -> dict[str, Any]:
    """All that may change what a model, or a judge, answers, flat."""
    inference = settings.inference.model_dump(mode="json") | {"temperature": settings.inference.temperature_for(seed)}
    if settings.inference.endpoint_type == "chat":  # as it always was
        del inference["endpoint_type"]
    return _flat(
        {
            "model": server.model or "",
            "server": find_server_type(server.type).identity(server),
            "prompt": prompt.name,
            "prompt_sha256": prompt.sha256,
            "system_message": settings.system_message,
            "parse_reasoning": settings.parse_reasoning,
            "end_reasoning_string": settings.end_reasoning_string,
            "inference": inference,
            "chat_template_kwargs": settings.chat_template_kwargs,
            "context_overflow": None if settings.context_overflow == "fail" else settings.context_overflow,
        }
    )


def kind_of(seed: int | None) -> str:
    """Results of the greedy generation and of seeds differ in temperature, and lie beside each other."""
    return "greedy" if seed is None else "seeds"


@dataclass(frozen=True)
class Entry:
    """A run's entry in run.json. place: in the list of runs. before: name → the identity that it replaced, or None."""

    place: int
    before: Mapping[str, Mapping[str, Any] | None]


def register(
    output_dir: Path, identities: Mapping[str, Mapping[str, Any]], run: Mapping[str, Any], rerun: bool
) -> Entry:
    """Add this run to run.json.

    identities: {'aime24.seeds': identity, …}. Raises NorthstarError, with the difference shown, when the folder holds
    results of the same name that were made otherwise, unless `rerun`.
    """
    with _open_for_change(output_dir) as held:
        results: dict[str, Any] = held.setdefault("results", {})
        before = {name: results.get(name) for name, mine in identities.items() if results.get(name) != mine}
        for name, mine in identities.items():
            if name in results and not rerun and (differences := _differences(results[name], mine)):
                raise NorthstarError(_refusal(output_dir, name, differences))
            results[name] = dict(mine)
        held.setdefault("runs", []).append({**run, "results": sorted(identities)})
        return Entry(len(held["runs"]) - 1, before)


def forget(output_dir: Path, entry: Entry) -> None:
    """Undo in run.json what a run noted that made no result, but for names that other runs made or work on since."""
    with _open_for_change(output_dir) as held:
        runs = list(enumerate(held["runs"]))
        for name, before in entry.before.items():
            first = 0 if before is None else entry.place  # results that were set aside are those of earlier runs
            others = (run for number, run in runs[first:] if number != entry.place)
            if any(_holds_results(run) and name in run.get("results", ()) for run in others):
                continue
            if before is None:
                held["results"].pop(name, None)
            else:
                held["results"][name] = before


def _holds_results(run: Mapping[str, Any]) -> bool:
    """Whether a run made some, or may still."""
    counts = (run, *run.get("judges", {}).values())
    return run.get("ending") in (None, "done") or any(each.get("generated") for each in counts)


def knows(output_dir: Path, name: str) -> bool:
    """Whether run.json says how results of this name were made."""
    return name in _read(output_dir / "run.json").get("results", {})


def rows_asked(output_dir: Path, name: str) -> int | None:
    """How many rows results of this name have when they are whole; None where run.json doesn't say."""
    if not (output_dir / "run.json").exists():
        return None
    rows = _read(output_dir / "run.json").get("results", {}).get(name, {}).get("rows")
    return rows if isinstance(rows, int) else None


def check(output_dir: Path, identities: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises NorthstarError where `register` would."""
    for name, there, mine in _both(output_dir, identities):
        if differences := _differences(there, mine):
            raise NorthstarError(_refusal(output_dir, name, differences))


def changed(output_dir: Path, identities: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The names whose results there were made otherwise."""
    return {name for name, there, mine in _both(output_dir, identities) if _differences(there, mine)}


def is_unfinished(output_dir: Path, plan: Mapping[str, Any]) -> bool:
    """Whether a --rerun_done of this plan was begun, and neither it nor a run without the option got to its end."""
    begun = False
    for run in _read(output_dir / "run.json").get("runs", []):
        asked = run.get("plan") or {}
        if {**asked, "rerun_done": True} == {**plan, "rerun_done": True} and not run.get("put_back"):
            begun = run.get("ending") != "done" and (begun or bool(asked.get("rerun_done")))
    return begun


def _both(
    output_dir: Path, identities: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    results = _read(output_dir / "run.json").get("results", {})
    for name, mine in identities.items():
        if name in results:
            yield name, results[name], mine


def update_run(output_dir: Path, place: int, facts: Mapping[str, Any]) -> None:
    """Add facts to the run at `place`: how it ended, what the server was."""
    with _open_for_change(output_dir) as held:
        held["runs"][place].update(facts)


def this_run(argv: Iterable[str], plan: Mapping[str, Any]) -> dict[str, Any]:
    """What run.json tells of one invocation: when, where, with which versions, asked for what."""
    versions = {}
    for package in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "started": now(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "versions": versions,
        "command": list(argv),
        "plan": dict(plan),
    }


def now() -> str:
    """UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _open_for_change(output_dir: Path) -> Iterator[dict[str, Any]]:
    """run.json as a dict, locked; written back whole when the block ends without an error."""
    path = output_dir / "run.json"
    with locked(logs_folder(output_dir) / ".run.lock", str(path), wait=True):
        held = _read(path)
        yield held
        with whole_file(path) as file:
            file.write(json.dumps(held, indent=2, ensure_ascii=False).encode() + b"\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_text())
    except FileNotFoundError:
        return {"run_json": FORMAT}
    except (OSError, ValueError) as error:
        raise NorthstarError(f"cannot read {path}: {error}. Restore it, or choose another --output_dir.") from None
    if not isinstance(held, dict) or held.get("run_json") != FORMAT or not _has_its_parts(held):
        raise NorthstarError(f"{path} was not written by this version of Northstar; choose another --output_dir.")
    return held


def _has_its_parts(held: dict[str, Any]) -> bool:
    return isinstance(held.get("results", {}), dict) and isinstance(held.get("runs", []), list)


def _flat(parts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in parts.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        elif value is not None:
            flat[prefix + key] = value
    return flat


def _differences(there: Mapping[str, Any], now_: Mapping[str, Any]) -> list[str]:
    keys = [*there, *(key for key in now_ if key not in there)]
    return [
        f"{key}: {_shown(there.get(key))} there, {_shown(now_.get(key))} now"
        for key in keys
        if there.get(key) != now_.get(key)
    ]


def _shown(value: Any) -> str:
    text = "not set" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "…"


def _refusal(output_dir: Path, name: str, differences: list[str]) -> str:
    benchmark = name.rsplit(".", 1)[0]
    shown = "".join(f"\n  {line}" for line in differences)
    return (
        f"{output_dir} holds results of {benchmark} that were made otherwise:{shown}\n"
        "Choose another --output_dir, or --rerun_done to set those results aside and ask again."
    )
