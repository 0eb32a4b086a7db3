"""A group through the commands: one run of its members, and the table of them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Ns

Start = Callable[..., str]
LACKING = "about: ours\nmembers:\n  smoke: {repeats: 2}\nabsent:\n  sums: {why: not written yet}\n"


def test_a_run_of_a_group_ends_in_its_table(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    group = tmp_path / "ours.yaml"
    group.write_text("members:\n  smoke: {repeats: 2}\n")
    out = tmp_path / "out"
    done = ns(
        "eval", f"--benchmarks={group}", f"--output_dir={out}", "--model=mock", f"--server_address={start_mock()}"
    )
    assert done.returncode == 0, done.stderr
    assert " group ours " in done.stdout
    (member,) = json.loads((out / "run.json").read_text())["runs"][0]["plan"]["groups"][0]["members"]
    assert (member["name"], member["repeats"], member["share"]) == ("smoke", 2, 1.0)
    group.unlink()  # the run knows what it asked
    again = ns("summarize_results", out, "--format=json")
    found = json.loads(again.stdout)["groups"]["ours"]
    assert found["aggregate"] == json.loads(again.stdout)["smoke"]["pass@1[avg-of-2]"]["symbolic_correct"]
    assert found["ci95"][0] <= found["aggregate"] < found["ci95"][1]


def test_a_part_of_a_group_is_said_before_the_run_and_has_no_aggregate(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    group = tmp_path / "ours.yaml"
    group.write_text(LACKING)
    out = tmp_path / "out"
    done = ns(
        "eval", f"--benchmarks={group}", f"--output_dir={out}", "--model=mock", f"--server_address={start_mock()}"
    )
    assert "note: ours lacks sums, which Northstar doesn't have" in done.stderr
    assert "missing: sums (Northstar doesn't have it: not written yet). No aggregate of the whole group" in done.stdout
    partial = json.loads(ns("summarize_results", out, "--partial_groups", "--format=json").stdout)["groups"]["ours"]
    assert partial["aggregate"] is not None
    assert partial["missing"] == ["sums"]


def test_prepare_data_takes_a_group(ns: Ns, tmp_path: Path) -> None:
    group = tmp_path / "ours.yaml"
    group.write_text(LACKING)
    done = ns("prepare_data", group)
    assert "smoke: 24 rows in" in done.stdout, done.stderr
    assert "note: ours lacks sums" in done.stderr
