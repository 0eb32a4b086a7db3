"""What a table's reader should know of the runs behind it, by their run.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json


def known_by_name_only(output_dir: Path) -> list[str]:
    """What is to be said of models whose change nobody would notice, a sentence each."""
    if not (output_dir / RUN_JSON).exists():
        return []
    runs: list[dict[str, Any]] = read_run_json(output_dir / RUN_JSON).get("runs", [])
    last: Mapping[str, Any] = next(
        (run for run in reversed(runs) if run.get("known_by_name_only") or any(_servers(run))), {}
    )
    known: dict[str, Any] = dict(last.get("known_by_name_only", {}))
    for facts in _servers(last):
        found = facts.get("known_by_name_only")
        known |= found if isinstance(found, Mapping) else {}
    return [
        f"{model} is known by its name only ({why}): if another model takes its place, nothing here shows it."
        for model, why in known.items()
    ]


def _servers(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a run noted of the servers that it asked; of a run with nothing left to ask, nothing."""
    named = [facts for name, facts in run.items() if name == "server" or name.startswith("judge ")]
    return [facts for facts in named if isinstance(facts, Mapping) and facts]


def left_to_the_server(output_dir: Path) -> list[str]:
    """What of the settings that run.json names was not sent, since a server takes none, a sentence each."""
    left: dict[str, set[str]] = {}
    for run in read_run_json(output_dir / RUN_JSON).get("runs", []):
        for name, facts in run.items():
            if name == "server" or name.startswith("judge "):
                not_sent = facts.get("not_sent") if isinstance(facts, Mapping) else None
                named = [each for each in not_sent if isinstance(each, str)] if isinstance(not_sent, list) else []
                left.setdefault("the model" if name == "server" else name, set()).update(named)
    return [
        f"{who} was sent no {' and no '.join(sampling)}, since its server takes none: the server's own holds, not what "
        "run.json names among the settings."
        for who, fields in left.items()
        if (sampling := sorted(fields & {"temperature", "top_p"}))
    ]
