"""A conversation with tools that is cut off in its middle goes on from its last answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import Ns
from tests.integration.killing import kill_after

ROWS = 4


def records(output: Path) -> list[dict[str, Any]]:
    """Without their times."""
    lines = (output / "eval-results/bfcl_v3.multi_turn_base/output.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    return [{key: value for key, value in record.items() if not key.endswith("_time")} for record in kept]


def test_a_conversation_that_was_killed_asks_nothing_again_and_ends_as_if_it_had_not_been(
    ns: Ns, bfcl_data: Path, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    log = tmp_path / "log"
    address = start_mock("--replay", bfcl_data / "bfcl_v3/test.jsonl", "--delay", 0.3, "--log", log)
    words = ["eval", "--benchmarks=bfcl_v3.multi_turn_base", "--model=mock", f"--server_address={address}"]
    words += [f"--data_dir={bfcl_data}", "++use_client_parsing=False", f"++max_samples={ROWS}"]
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
