"""BFCL v3 as a user runs it: its table, a few rows, a crash in a conversation, and what is refused beforehand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.bfcl_v3.rows import COUNTS
from tests.conftest import Ns
from tests.integration.killing import kill_after
from tests.mock_server import Behaviour, serving

ROWS = 4


def test_the_command_runs_and_its_table_is_printed(
    ns: Ns, bfcl_data: Path, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    """The tutorial's settings, against a server that calls nothing."""
    done = ns(
        "eval", "--benchmarks=bfcl_v3.simple,bfcl_v3.multi_turn_base,bfcl_v3.irrelevance:2", "--model=mock",
        f"--server_address={start_mock()}", f"--data_dir={bfcl_data}", f"--output_dir={tmp_path}/out",
        "++inference.tokens_to_generate=65536", "++inference.temperature=0.6", "++inference.top_p=0.95",
        "++system_message=''", "++use_client_parsing=False", "++max_samples=3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    tables = [table.splitlines() for table in done.stdout.split("\n\n")]
    assert tables[0][0] == "-------------------- bfcl_v3.simple --------------------"
    assert [table[-1] for table in tables] == [
        "| simple                      | 3           | 0.00%    |",
        "| multi_turn_base             | 3           | 0.00%    |",
        "| irrelevance                 | 3           | 100.00%  | 100.00% |",
    ]
    assert (tmp_path / "out/eval-results/bfcl_v3.irrelevance/output-rs1.jsonl").exists()


def test_a_few_rows_are_of_every_category_and_give_every_number_of_the_table(
    ns: Ns, bfcl_data: Path, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    done = ns(
        "eval", "--benchmarks=bfcl_v3", "--model=mock", f"--output_dir={tmp_path}/out", f"--data_dir={bfcl_data}",
        f"--server_address={start_mock('--replay', bfcl_data / 'bfcl_v3/test.jsonl')}", "++use_client_parsing=False",
        "++max_samples=17",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out/eval-results/bfcl_v3/output.jsonl").read_text().splitlines()
    assert [json.loads(line)["category"] for line in lines] == list(COUNTS)
    assert "| overall_accuracy            | 17          | 100.00%  |" in done.stdout
    assert len(done.stdout.splitlines()) == 12


def test_a_template_that_shows_no_tools_is_known_before_another_benchmarks_answers_are_paid_for(
    ns: Ns, bfcl_data: Path, tmp_path: Path
) -> None:
    async def main() -> None:
        async with serving(Behaviour(template=True)) as server:
            done = await asyncio.to_thread(
                ns, "eval", "--benchmarks=smoke:4,bfcl_v3", "--model=mock", f"--server_address={server.address}",
                f"--data_dir={bfcl_data}", f"--output_dir={tmp_path}/out", "++tool_parser=hermes",
            )  # fmt: skip
            assert (done.returncode, server.arrived) == (1, 0), done.stderr
            assert "error: the chat template of mock shows no tools to the model" in done.stderr

    asyncio.run(main())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--benchmarks=bfcl_v3", "--model=m"), "no tool parser is known for the model 'm'"),
        (("--benchmarks=bfcl_v3", "--model=qwen3", "++tool_parser=hermse"), "Did you mean hermes?"),
        (("--benchmarks=bfcl_v3.simpel", "--model=qwen3"), "bfcl_v3 has no part 'simpel'. Did you mean simple?"),
        (("--benchmarks=bfcl_v3", "--model=qwen3", "++prompt_config=math"), "++prompt_config: bfcl_v3 sends"),
        (
            ("--benchmarks=bfcl_v3", "--model=qwen3", "++tool_parser=hermes", "++use_client_parsing=False"),
            "++tool_parser=hermes parses tool calls in Northstar, but ++use_client_parsing=False leaves that",
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(
    ns: Ns, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = ns("eval", *words, "--server_address=http://127.0.0.1:9/v1", f"--output_dir={tmp_path}/out")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def records(output: Path) -> list[dict[str, Any]]:
    """Without their times."""
    lines = (output / "eval-results/bfcl_v3.multi_turn_base/output.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    return [without_times(record) for record in kept]


def without_times(held: Any) -> Any:
    if isinstance(held, dict):
        return {key: without_times(value) for key, value in held.items() if not key.endswith("_time")}
    return [without_times(each) for each in held] if isinstance(held, list) else held


@pytest.mark.parametrize("reader", ["++use_client_parsing=False", "++inference.endpoint_type=responses"])
def test_a_conversation_that_was_killed_asks_nothing_again_and_ends_as_if_it_had_not_been(
    ns: Ns, bfcl_data: Path, tmp_path: Path, start_mock: Callable[..., str], reader: str
) -> None:
    log = tmp_path / "log"
    address = start_mock("--replay", bfcl_data / "bfcl_v3/test.jsonl", "--delay", 0.3, "--log", log)
    words = ["eval", "--benchmarks=bfcl_v3.multi_turn_base", "--model=mock", f"--server_address={address}"]
    words += [f"--data_dir={bfcl_data}", reader, f"++max_samples={ROWS}"]
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert ns(*words, f"--output_dir={undisturbed}").returncode == 0
    needed = log.read_text().count('"arrived"')
    log.write_text("")

    kill_after(3 * ROWS, log, *words, f"--output_dir={killed}", data_dir=bfcl_data)
    done = ns(*words, f"--output_dir={killed}")
    assert done.returncode == 0, done.stderr
    asked = log.read_text().count('"arrived"')
    assert needed <= asked <= needed + ROWS, "more was asked twice than was in flight"
    assert records(killed) == records(undisturbed)
    assert all(record["correct"] for record in records(killed))
