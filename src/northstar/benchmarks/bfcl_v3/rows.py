"""BFCL v3's rows, from the data files of the package bfcl-eval."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from northstar.core.records import Row

COUNTS = {
    # Long conversations come first, so that no run ends waiting for them.
    "multi_turn_long_context": 200,
    "multi_turn_miss_func": 200,
    "multi_turn_miss_param": 200,
    "multi_turn_base": 200,
    "live_multiple": 1053,
    "live_simple": 258,
    "live_parallel": 16,
    "live_parallel_multiple": 24,
    "live_irrelevance": 882,
    "live_relevance": 18,
    "simple": 400,
    "java": 100,
    "javascript": 50,
    "multiple": 200,
    "parallel": 200,
    "parallel_multiple": 200,
    "irrelevance": 240,
}
"""Category → number of rows, in the order in which they are asked."""

_FUNCTIONS_OF_CLASS = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}


def to_rows(package: Path) -> Iterator[Row]:
    """Yield all rows: `id`, `category`, `question` (messages per user turn), `function` (official descriptions).

    Rows with a reference have `ground_truth`. Rows with several turns also have `initial_config`, `involved_classes`
    and `missed_function`: turn → functions that appear only then, and are not in `function`.
    """
    data = package / "data"
    classes = {
        name: list(_lines(data / f"multi_turn_func_doc/{file}.json")) for name, file in _FUNCTIONS_OF_CLASS.items()
    }
    for category in COUNTS:
        answers = _answers(data / f"possible_answer/BFCL_v3_{category}.json")
        for entry in _lines(data / f"BFCL_v3_{category}.json"):
            row = {"id": entry["id"], "category": category, "question": entry["question"]}
            row |= _of_turns(entry, classes) if "involved_classes" in entry else {"function": entry["function"]}
            if answers is not None:
                row["ground_truth"] = answers[entry["id"]]
            yield row


def _of_turns(entry: dict[str, Any], classes: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    functions = [function for name in entry["involved_classes"] for function in classes[name]]
    missed: dict[str, list[dict[str, Any]]] = {}
    for turn, names in entry.get("missed_function", {}).items():
        missed[turn] = []
        for name in names:
            place = next(place for place, function in enumerate(functions) if function["name"] == name)
            missed[turn].append(functions.pop(place))
    return {
        "function": functions,
        "initial_config": entry["initial_config"],
        "involved_classes": entry["involved_classes"],
        **({"missed_function": missed} if missed else {}),
    }


def _answers(file: Path) -> dict[str, Any] | None:
    return {line["id"]: line["ground_truth"] for line in _lines(file)} if file.exists() else None


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
