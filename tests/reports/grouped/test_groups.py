"""The table of a group: members, what is missing, and the aggregate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from northstar.cli.app import main
from northstar.config.groups import AskedGroup, GroupMember
from northstar.core.errors import UsageError
from northstar.metrics.spread import interval_95
from northstar.reports.summarize import summarize_results
from tests.comparison.written_runs import write_run


def verdicts(*rows: Sequence[bool]) -> dict[str, list[bool]]:
    return {str(number): list(row) for number, row in enumerate(rows)}


HALF = verdicts(*[(True, False)] * 10, *[(True, True)] * 5, *[(False, False)] * 5)
MOST = verdicts(*[(True, True)] * 9, (False, False))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = write_run(tmp_path / "out", HALF, benchmark="aime24")
    return write_run(folder, MOST, benchmark="aime25")


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


WHOLE = "members: {aime24: {repeats: 2, weight: 3}, aime25: {repeats: 2}}\n"
LACKING = "members: {aime24: {repeats: 2}, aime25: {repeats: 4}, gpqa: {}}\nabsent: {sums: {why: not written yet}}\n"


def test_the_aggregate_is_the_mean_by_weight(out: Path, tmp_path: Path) -> None:
    summary = summarize_results(out, benchmarks=write(tmp_path, WHOLE))
    group = summary.groups["mine"]
    assert group["aggregate"] == pytest.approx(0.75 * 50 + 0.25 * 90)
    assert list(summary.metrics) == ["aime24", "aime25"]


def test_its_interval_is_propagated_from_those_of_its_members(out: Path, tmp_path: Path) -> None:
    half, most = (np.array(list(each.values()), dtype=float) for each in (HALF, MOST))
    group = summarize_results(out, benchmarks=write(tmp_path, WHOLE)).groups["mine"]
    intervals = [interval_95(each) for each in (half, most)]
    assert intervals[0] is not None
    assert intervals[1] is not None
    below = np.hypot(0.75 * (0.5 - intervals[0][0]), 0.25 * (0.9 - intervals[1][0]))
    above = np.hypot(0.75 * (intervals[0][1] - 0.5), 0.25 * (intervals[1][1] - 0.9))
    assert group["ci95"] == pytest.approx([60 - 100 * below, 60 + 100 * above])
    assert group["members"]["aime24"]["ci95"] == pytest.approx([100 * end for end in intervals[0]])


def test_of_a_part_there_is_no_aggregate(out: Path, tmp_path: Path) -> None:
    summary = summarize_results(out, benchmarks=write(tmp_path, LACKING))
    assert summary.groups["mine"]["aggregate"] is None
    assert summary.groups["mine"]["missing"] == ["gpqa", "sums"]
    assert "gpqa (no complete results); sums (Northstar doesn't have it: not written yet)" in summary.text()
    assert "fewer seeds than the group has: aime25 2 of 4." in summary.text()


def test_unless_it_is_asked_for(out: Path, tmp_path: Path) -> None:
    summary = summarize_results(out, benchmarks=write(tmp_path, LACKING), partial_groups=True)
    assert summary.groups["mine"]["aggregate"] == pytest.approx(70.0)
    assert summary.groups["mine"]["partial"]
    assert "missing: gpqa" in summary.text()


def test_a_group_of_which_nothing_is_there_is_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no results of 'gpqa'"):
        summarize_results(out, benchmarks=write(tmp_path, "members: {gpqa: {}}\n"))


def test_a_run_of_a_group_shows_it_without_being_asked(out: Path) -> None:
    members = (GroupMember(name="aime24", share=0.5, repeats=2), GroupMember(name="aime25", share=0.5, repeats=2))
    stored = AskedGroup(name="mine", members=members).model_dump()
    (out / "run.json").write_text(json.dumps({"run_json": 1, "runs": [{"plan": {"groups": [stored]}}]}))
    assert summarize_results(out).groups["mine"]["aggregate"] == pytest.approx(70.0)
    assert not summarize_results(out, benchmarks="aime24").groups


def test_a_judged_member_that_nobody_has_judged_is_missing(tmp_path: Path) -> None:
    out = write_run(tmp_path / "out", MOST, benchmark="imo-answerbench")
    group = summarize_results(out, benchmarks=write(tmp_path, "members: {imo-answerbench: {repeats: 2}}\n"))
    assert group.groups["mine"]["aggregate"] is None
    assert "imo-answerbench (not judged)" in group.text()
    named = write(tmp_path, "members: {imo-answerbench: {repeats: 2, metric: symbolic_correct}}\n")
    assert summarize_results(out, benchmarks=named).groups["mine"]["aggregate"] == pytest.approx(90.0)


def test_results_of_a_split_that_an_option_chose_are_found(tmp_path: Path) -> None:
    out = write_run(tmp_path / "out", MOST, benchmark="gpqa", settings={"split": "main"}, subset="x")
    group = write(tmp_path, "members: {gpqa.main: {repeats: 2}}\n")
    assert summarize_results(out, benchmarks=group).groups["mine"]["aggregate"] == pytest.approx(90.0)
    other = write(tmp_path, "members: {gpqa.extended: {repeats: 2}}\n")
    assert summarize_results(out, benchmarks=other).groups["mine"]["aggregate"] is None


def test_the_command_prints_it(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["summarize_results", str(out), f"--benchmarks={write(tmp_path, WHOLE)}"])
    lines = capsys.readouterr().out.splitlines()
    table = lines[next(n for n, line in enumerate(lines) if " group mine " in line) :]
    assert table[1].split(" | ")[0].strip() == "member"
    assert [line.split(" | ")[0].strip() for line in table[2:]] == ["aime24", "aime25", "aggregate"]
    assert " 60.00% " in table[4]
