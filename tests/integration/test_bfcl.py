"""BFCL v3 through the whole path: references score 100%, anything else 0%, and no model can stop a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan
from northstar.benchmarks.bfcl_v3.rows import COUNTS
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.engine.counters import RunCounters
from northstar.engine.worker import do
from northstar.reports.summarize import summarize_results
from tests.benchmarks.bfcl_v3.reference import LEFT_OUT, UNREACHABLE, Call
from tests.benchmarks.bfcl_v3.replay import Change, Replay, Row, as_they_are, reply, rows_of
from tests.mock_server import Behaviour, MockServer, serving

AST = [name for name in COUNTS if "relevance" not in name and "multi_turn" not in name]
MULTI_TURN = [name for name in COUNTS if "multi_turn" in name]
BY_SERVER = "++use_client_parsing=False"
BY_US = "++tool_parser=hermes"
Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(bfcl_data: Path) -> dict[str, list[Row]]:
    """Category → its rows."""
    found: dict[str, list[Row]] = {name: [] for name in COUNTS}
    for row in rows_of(bfcl_data / "bfcl_v3/test.jsonl"):
        found[row["category"]].append(row)
    return found


def run(
    data: Path, out: Path, behaviour: Behaviour, categories: Sequence[str], *settings: str
) -> tuple[dict[str, Records], MockServer]:
    """Category → the records of a run against such a server."""

    async def main() -> MockServer:
        async with serving(behaviour) as server:
            names = ",".join(f"bfcl_v3.{name}" for name in categories)
            mock = ServerOptions(model="mock", address=server.address)
            asked = EvalOptions(benchmarks=names, output_dir=out, data_dir=data, server=mock, overrides=settings)
            await do(make_plan(asked), RunCounters())
            return server

    server = asyncio.run(main())
    files = {name: out / f"eval-results/bfcl_v3.{name}/output.jsonl" for name in categories}
    return {name: [json.loads(line) for line in file.read_text().splitlines()] for name, file in files.items()}, server


def replayed(data: Path, out: Path, rows: list[Row], change: Change = as_they_are, *settings: str) -> Records:
    """The records of one category, whose model answers with the references, changed in that way."""
    category = rows[0]["category"]
    behaviour = Behaviour(reply=Replay(rows, change), record=False)
    records, _ = run(data, out, behaviour, [category], *(settings or (BY_SERVER,)))
    return records[category]


def ids(records: Records, *, correct: bool) -> set[str]:
    return {record["id"] for record in records if record["correct"] is correct}


@pytest.mark.slow
@pytest.mark.parametrize("category", ["parallel", "multi_turn_base"])
def test_references_are_right_over_the_responses_api(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], category: str
) -> None:
    settings = ("++inference.endpoint_type=responses", "++max_samples=20")
    records = replayed(bfcl_data, tmp_path, rows[category], as_they_are, *settings)
    assert len(records) == 20
    assert ids(records, correct=False) == set()


@pytest.mark.slow
@pytest.mark.parametrize("category", COUNTS)
def test_every_reference_is_right_but_those_that_the_checker_itself_refuses(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], category: str
) -> None:
    records = replayed(bfcl_data, tmp_path, rows[category])
    assert len(records) == COUNTS[category]
    assert ids(records, correct=False) == {row["id"] for row in rows[category]} & set(UNREACHABLE)


@pytest.mark.parametrize("category", COUNTS)
def test_calls_that_are_read_here_from_the_text_are_right_too(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], category: str
) -> None:
    records = replayed(bfcl_data, tmp_path, rows[category], as_they_are, BY_US, "++max_samples=8")
    assert len(records) == 8
    assert ids(records, correct=True) == {record["id"] for record in records}


def test_a_server_that_switches_models_in_a_conversation_is_noted(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]]
) -> None:
    reply = Replay(rows["multi_turn_base"], as_they_are)
    behaviour = Behaviour(reply=reply, record=False, models=("mock", "small"), switch_after=2)
    run(bfcl_data, tmp_path, behaviour, ["multi_turn_base"], BY_SERVER, "++max_samples=1")
    notes = summarize_results(tmp_path).notes
    assert any("1 of 1 generations (100 %) were answered by another model than the first, 'mock'" in n for n in notes)
    assert any("have another system_fingerprint than the first, 'fp_before'" in note for note in notes)


class SaysNothing(Replay):
    """A server that writes `nothing` in the place of no arguments; LEFT_OUT: not even that."""

    def __init__(self, rows: Sequence[Row], nothing: object) -> None:
        super().__init__(rows)
        self._nothing = nothing

    def __call__(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        message = super().__call__(messages, tools)
        for call in message.get("tool_calls", ()):
            if call["function"].pop("arguments") != "{}":
                raise AssertionError("the calls of these rows have arguments")
            if self._nothing is not LEFT_OUT:
                call["function"]["arguments"] = self._nothing
        return message


@pytest.mark.parametrize("nothing", ["", " ", "null", "[]", '""', '"{}"', None, [], {}, LEFT_OUT])
def test_calls_without_arguments_are_right_however_a_server_says_so(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], nothing: object
) -> None:
    behaviour = Behaviour(reply=SaysNothing(rows["live_relevance"], nothing), record=False)
    records, _ = run(bfcl_data, tmp_path, behaviour, ["live_relevance"], BY_SERVER)
    assert [record["correct"] for record in records["live_relevance"]] == [True] * COUNTS["live_relevance"]


def another_name(row: Row, calls: list[Call]) -> list[Call]:
    return [(f"{name}_", arguments) for name, arguments in calls]


def without_a_required_one(row: Row, calls: list[Call]) -> list[Call]:
    """Where none is required, one too many."""
    required = {each["name"].replace(".", "_"): each["parameters"]["required"] for each in row["function"]}
    return [
        (name, {key: value for key, value in given.items() if key != required[name][0]})
        if required.get(name)
        else (name, {**given, "another": 1})
        for name, given in calls
    ]


def another_value(row: Row, calls: list[Call]) -> list[Call]:
    return [(name, dict.fromkeys(given or ["another"], "none of what is allowed")) for name, given in calls]


def no_call(row: Row, calls: list[Call]) -> list[Call]:
    return []


def one_call_more(row: Row, calls: list[Call]) -> list[Call]:
    return [*calls, ("any_tool", {})]


@pytest.mark.slow
@pytest.mark.parametrize("change", [another_name, without_a_required_one, another_value, no_call, one_call_more])
@pytest.mark.parametrize("category", AST)
def test_a_single_turn_with_anything_wrong_scores_nothing(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], category: str, change: Change
) -> None:
    assert ids(replayed(bfcl_data, tmp_path, rows[category], change), correct=True) == set()


@pytest.mark.slow
@pytest.mark.parametrize("change", [another_name, no_call])
@pytest.mark.parametrize("category", MULTI_TURN)
def test_a_conversation_with_anything_wrong_scores_nothing(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], category: str, change: Change
) -> None:
    assert ids(replayed(bfcl_data, tmp_path, rows[category], change), correct=True) == set()


@pytest.mark.parametrize(
    ("category", "change"),
    [("irrelevance", one_call_more), ("live_irrelevance", one_call_more), ("live_relevance", no_call)],
)
def test_of_irrelevance_the_reverse(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]], category: str, change: Change
) -> None:
    assert ids(replayed(bfcl_data, tmp_path, rows[category], change), correct=True) == set()


Reply = Callable[[list[dict[str, Any]], list[dict[str, Any]]], dict[str, Any]]


def loops(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    return reply("", [(tools[0]["function"]["name"], {})])


def unknown_tools(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    return reply("", [("fly", {"to": "the moon"}), ("__import__", {"name": "os"}), ("exit", {}), ("", {})])


def broken_json(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    message = loops(messages, tools)
    message["tool_calls"][0]["function"]["arguments"] = '{"folder": '
    return message


def two_hundred_calls(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    return reply("", [(tool["function"]["name"], {}) for tool in (tools * 200)[:200]])


def odd_messages(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Calls that are none, of types that nobody expects."""
    function = {"name": tools[0]["function"]["name"], "arguments": None}
    calls = [None, 5, {"function": None}, {"function": {"name": 7}}, {"id": 3, "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def crashes(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """More digits than there is memory for, where there is a calculator."""
    huge = [("logarithm", {"value": 2, "base": 3, "precision": 10**12}), ("power", {"base": 10**9, "exponent": 10**9})]
    names = {tool["function"]["name"] for tool in tools}
    return reply("", [call for call in huge if call[0] in names])


def halves_of_characters(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Which JSON can hold, and no file or request; in values, and in the names that error messages repeat."""
    return reply("", [(tools[0]["function"]["name"], {"\ud83d": "\ud83d"}), ("echo", {"content": "\ud83d"})])


def deeply_nested(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """As deep as can just be read, or written, or not, in the one process or the other."""
    message = loops(messages, tools)
    depth = 900 + 10 * (len(messages[0]["content"]) % 10)
    message["tool_calls"][0]["function"]["arguments"] = '{"a": ' + "[" * depth + "]" * depth + "}"
    return message


@pytest.mark.parametrize(
    "reply",
    [
        *(loops, unknown_tools, broken_json, two_hundred_calls, odd_messages, halves_of_characters),
        deeply_nested,
    ],
)
def test_a_model_that_misbehaves_fails_its_entries_and_nothing_else(
    bfcl_data: Path, tmp_path: Path, reply: Reply
) -> None:
    categories = ["multi_turn_base", "multi_turn_miss_func", "multi_turn_long_context", "simple", "live_parallel"]
    records, _ = run(bfcl_data, tmp_path, Behaviour(reply=reply), categories, BY_SERVER, "++max_samples=4")
    assert [len(held) for held in records.values()] == [4] * 5
    assert not [record["id"] for held in records.values() for record in held if record["correct"]]
    if reply is loops:
        assert all(len(record["steps"]) == 21 for record in records["multi_turn_base"])
        assert {record["finish_reason"] for record in records["multi_turn_base"]} == {"step_limit"}


def test_a_call_that_crashes_the_tools_fails_its_entry_and_the_others_go_on(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]]
) -> None:
    """The first rows with a calculator crash; those of another category are answered by the same processes."""
    category = "multi_turn_base"
    first = next(number for number, row in enumerate(rows[category]) if "MathAPI" in row["involved_classes"])
    right = Replay(rows["multi_turn_miss_param"])

    def reply(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        try:
            return right(messages, tools)
        except (LookupError, StopIteration):
            return crashes(messages, tools)

    both = [category, "multi_turn_miss_param"]
    settings = (BY_SERVER, f"++max_samples={first + 1}", "++grading_workers=1")
    records, _ = run(bfcl_data, tmp_path, Behaviour(reply=reply), both, *settings)
    assert len(records[category]) == first + 1
    assert "the simulated tools gave no result" in records[category][first]["error"]
    assert ids(records["multi_turn_miss_param"], correct=False) == set()


def test_a_context_that_is_too_short_fails_the_entry_in_the_middle(
    bfcl_data: Path, tmp_path: Path, rows: dict[str, list[Row]]
) -> None:
    category = "multi_turn_long_context"
    behaviour = replace(Behaviour(reply=Replay(rows[category]), record=False), context=600)
    settings = (BY_SERVER, "++max_samples=40", "++inference.tokens_to_generate=20")
    records, _ = run(bfcl_data, tmp_path, behaviour, [category], *settings)
    cut = [record for record in records[category] if record.get("out_of_context")]
    assert 0 < len(cut) < 40
    assert not any(record["correct"] for record in cut)
    assert any(record.get("steps") for record in cut)
