"""Notes for a table's readers about the runs behind it, from their run.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json


def known_by_name_only(output_dir: Path) -> list[str]:
    """Return a sentence for each model that could be replaced without anybody noticing."""
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
    """Return what a run noted about the servers that it asked; [] for a run that asked none."""
    named = [facts for name, facts in run.items() if name == "server" or name.startswith("judge ")]
    return [facts for facts in named if isinstance(facts, Mapping) and facts]


def left_to_the_server(output_dir: Path) -> list[str]:
    """Return a sentence for each setting in run.json that was not sent because the server accepts none."""
    unsent: dict[str, set[str]] = {}
    for run in read_run_json(output_dir / RUN_JSON).get("runs", []):
        for name, facts in run.items():
            if name == "server" or name.startswith("judge "):
                not_sent = facts.get("not_sent") if isinstance(facts, Mapping) else None
                named = [each for each in not_sent if isinstance(each, str)] if isinstance(not_sent, list) else []
                unsent.setdefault("the model" if name == "server" else name, set()).update(named)
    return [
        f"{who} was sent no {' and no '.join(sampling)}, since its server accepts none: the server's own value "
        "applies, not the one in run.json."
        for who, fields in unsent.items()
        if (sampling := sorted(fields & {"temperature", "top_p"}))
    ]
