"""The simulated tools and the official checkers, in their own environment, driven by messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.bfcl_v3 import BENCHMARK, official
from northstar.compute.pool import ComputePool, worker_elsewhere
from northstar.task.grader import ComputeError
from tests.benchmarks.bfcl_v3.reference import reference_turns

MATH = {"id": "multi_turn_base_0", "category": "multi_turn_base", "initial_config": {}, "involved_classes": ["MathAPI"]}
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def files(bfcl_data: Path) -> dict[str, Any]:
    """The entry of the first row that has a file system."""
    lines = (bfcl_data / "bfcl_v3/test.jsonl").read_text().splitlines()
    row = next(row for row in map(json.loads, lines) if row["id"] == "multi_turn_base_0")
    return {name: row[name] for name in ("id", "category", "initial_config", "involved_classes", "ground_truth")}


def asked(bfcl_data: Path, main: Callable[[Ask], Awaitable[Any]], timeout: float = 60) -> Any:
    """What `main` gives, which asks functions of one process."""
    assert BENCHMARK.helper is not None
    python = next((bfcl_data / "environments").glob("bfcl_v3-*/bin/python"))

    async def run() -> Any:
        async with ComputePool(1, worker_elsewhere(python, BENCHMARK.helper.file)) as pool:  # type: ignore[union-attr]
            return await main(lambda name, *given: pool.call(f"official:{name}", *given, timeout=timeout))

    return asyncio.run(run())


def executed(bfcl_data: Path, entry: dict[str, Any], *steps: list[Any]) -> Any:
    return asked(bfcl_data, lambda ask: ask("execute", entry, list(steps)))


def test_a_step_is_executed_in_the_state_that_the_steps_before_it_made(bfcl_data: Path, files: dict[str, Any]) -> None:
    go = [["cd", {"folder": "document"}], ["mkdir", {"dir_name": "temp"}]]
    listed = executed(bfcl_data, files, go, [["ls", {}]])
    assert json.loads(listed[0])["current_directory_content"] == ["final_report.pdf", "previous_report.pdf", "temp"]


def test_entries_share_no_state(bfcl_data: Path, files: dict[str, Any]) -> None:
    async def main(ask: Ask) -> Any:
        await ask("execute", files, [[["mkdir", {"dir_name": "left_behind"}]]])
        return await ask("execute", files, [[["ls", {}]]])

    assert "left_behind" not in asked(bfcl_data, main)[0]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("fly", {}, "Error during execution: name 'fly' is not defined"),
        ("add", {"a": 1}, "Error during execution: MathAPI.add() missing 1 required positional argument: 'b'"),
        ("add", {"a": 1, "b": 2, "c": 3}, "MathAPI.add() got an unexpected keyword argument 'c'"),
        ("__init__", {}, "Error during execution: name '__init__' is not defined"),
        ("_load_scenario", {}, "Error during execution: name '_load_scenario' is not defined"),
        ("__import__", {"name": "os"}, "Error during execution: name '__import__' is not defined"),
        ("open", {"file": "/etc/passwd"}, "Error during execution: name 'open' is not defined"),
        ("execute_multi_turn_func_call", {"func_call_list": ["1"]}, "is not defined"),
        ("__import__('os').system('true') or add", {"a": 1, "b": 2}, "is not defined"),
        ("add", {"a": "__import__('os').getpid()", "b": 2}, "must be numbers"),
    ],
)  # fmt: skip
def test_only_methods_of_the_simulated_classes_can_be_called(
    bfcl_data: Path, name: str, arguments: dict[str, Any], message: str
) -> None:
    (result,) = executed(bfcl_data, MATH, [[name, arguments]])
    assert message in result


def test_the_precision_that_a_call_sets_is_not_left_to_others(bfcl_data: Path) -> None:
    logarithm = ["logarithm", {"value": 2, "base": 3, "precision": 50}]

    async def main(ask: Ask) -> Any:
        before = await ask("execute", MATH, [[["percentage", {"part": 1, "whole": 3}]]])
        long = await ask("execute", MATH, [[logarithm]])
        return before, long, await ask("execute", MATH, [[["percentage", {"part": 1, "whole": 3}]]])

    before, long, after = asked(bfcl_data, main)
    assert len(long[0]) > 50
    assert before == after


def test_a_call_that_never_ends_is_stopped_and_the_next_is_answered(bfcl_data: Path) -> None:
    async def main(ask: Ask) -> Any:
        with pytest.raises(ComputeError, match=r"timed out after 3 s|memory"):
            await ask("execute", MATH, [[["logarithm", {"value": 2, "base": 3, "precision": 10**9}]]])
        return await ask("execute", MATH, [[["add", {"a": 1, "b": 2}]]])

    assert asked(bfcl_data, main, timeout=3) == ['{"result": 3}']


def test_the_reference_is_right_and_anything_else_wrong(bfcl_data: Path, files: dict[str, Any]) -> None:
    expected = files["ground_truth"]
    right = [
        [
            [["cd", {"folder": "document"}], ["mkdir", {"dir_name": "temp"}]],
            [["mv", {"source": "final_report.pdf", "destination": "temp"}]],
        ],
        [[["cd", {"folder": "temp"}], ["grep", {"file_name": "final_report.pdf", "pattern": "budget analysis"}]]],
        [[["sort", {"file_name": "final_report.pdf"}]]],
        [
            [
                ["cd", {"folder": ".."}],
                ["mv", {"source": "previous_report.pdf", "destination": "temp"}],
                ["cd", {"folder": "temp"}],
                ["diff", {"file_name1": "final_report.pdf", "file_name2": "previous_report.pdf"}],
            ]
        ],
    ]

    async def main(ask: Ask) -> Any:
        whole = await ask("check_turns", files, expected, right)
        nothing = await ask("check_turns", files, expected, [[] for _ in right])
        less = await ask("check_turns", files, expected, [right[0][:1], *right[1:]])
        unknown = await ask("check_turns", files, expected, [[[["fly", {}]]], *right[1:]])
        return whole, nothing, less, unknown

    whole, *wrong = asked(bfcl_data, main)
    assert whole == {"valid": True}
    assert [each["error_type"] for each in wrong] == [
        "multi_turn:empty_turn_model_response",
        "multi_turn:instance_state_mismatch",
        "multi_turn:instance_state_mismatch",
    ]


def test_values_that_the_checker_did_not_think_of_are_wrong_and_no_crash(bfcl_data: Path) -> None:
    function = {
        "name": "f",
        "description": "",
        "parameters": {"properties": {"a": {"type": "array", "items": {"type": "dict"}}}, "required": ["a"]},
    }
    expected = [{"f": {"a": [[{"b": ["x"]}]]}}]

    async def main(ask: Ask) -> Any:
        values: tuple[Any, ...] = ([{"b": "x"}], [{"b": {"c": []}}], [["b"]], [None], 5, None, {"a": 1})
        return [await ask("check_calls", "simple", [function], expected, [["f", {"a": value}]]) for value in values]

    right, *wrong = asked(bfcl_data, main)
    assert right == {"valid": True}
    assert [verdict["valid"] for verdict in wrong] == [False] * 6


TRAVEL = "multi_turn_base_151"
"""Its reference books a flight, which the simulated tool does by a module that it imports late."""


@pytest.fixture(scope="module")
def travel(bfcl_data: Path) -> dict[str, Any]:
    lines = (bfcl_data / "bfcl_v3/test.jsonl").read_text().splitlines()
    return next(row for row in map(json.loads, lines) if row["id"] == TRAVEL)


def turns_of(row: dict[str, Any], **changed: object) -> list[list[list[Any]]]:
    """The reference as a model's calls, a step a turn; arguments of book_flight changed."""
    booked = {"book_flight": changed}
    return [[[[name, given | booked.get(name, {})] for name, given in turn]] for turn in reference_turns(row)]


def test_a_tool_that_imports_late_does_its_work(bfcl_data: Path, travel: dict[str, Any]) -> None:
    booked = executed(bfcl_data, travel, *turns_of(travel)[0])[-1]
    assert json.loads(booked)["booking_status"] is True


@pytest.mark.parametrize(("date", "valid"), [("2024-11-10", True), ("1999-01-01", False), ("tomorrow", False)])
def test_another_date_is_another_state(bfcl_data: Path, travel: dict[str, Any], date: str, valid: bool) -> None:
    turns = turns_of(travel, travel_date=date)
    verdict = asked(bfcl_data, lambda ask: ask("check_turns", travel, travel["ground_truth"], turns))
    assert verdict["valid"] is valid
    assert valid or verdict["error_type"] == "multi_turn:instance_state_mismatch"


@pytest.mark.parametrize("lack", [ImportError, ModuleNotFoundError, PermissionError, MemoryError])
def test_what_the_process_lacks_is_no_result_of_a_call(lack: type[Exception]) -> None:
    def book_flight() -> None:
        raise lack

    tools = object.__new__(official._Tools)
    tools._methods = {"book_flight": book_flight}
    with pytest.raises(lack):
        tools.call("book_flight", {})
