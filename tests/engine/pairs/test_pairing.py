"""Which other answer stands beside a record, and what is refused."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from northstar.config.pairs import PairsOf
from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.engine.pairs.pairing import PairedRows, paired_rows
from northstar.results.layout import Shard, benchmark_folder, whole_path


class Mine:
    def __init__(self, *records: Row) -> None:
        self.records = records

    def row(self, number: int) -> Row:
        return self.records[number]


def record(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "problem": f"What is {name}?", "generation": f"it is {name}"} | more


def paired(folder: Path, mine: Row, *other: Row, stack: ExitStack) -> PairedRows:
    path = whole_path(benchmark_folder(folder, "smoke"), 0)
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in other))
    shard = Shard("smoke", 0, range(1))
    return paired_rows(Mine(mine), PairsOf(against=folder), shard, stack)


def test_the_other_runs_answer_to_the_same_row_stands_beside_it(tmp_path: Path) -> None:
    with ExitStack() as stack:
        rows = paired(tmp_path, record("q"), record("p"), record("q", generation="theirs"), stack=stack)
        row = rows.row(0)
    assert (row["answer_a"], row["answer_b"]) == ("theirs", "it is q")


@pytest.mark.parametrize("failed", [{"error": "refused"}, {"reasoning_unfinished": True}])
def test_what_failed_is_no_answer_on_either_side(tmp_path: Path, failed: Row) -> None:
    with ExitStack() as stack:
        row = paired(tmp_path, record("q", **failed), record("q", **failed), stack=stack).row(0)
    assert (row["answer_a"], row["answer_b"]) == ("", "")


def test_an_answer_to_another_problem_is_refused(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(NorthstarError, match="has another problem in row 'q' than this run"):
        paired(tmp_path, record("q"), record("q", problem="Another?"), stack=stack)


def test_a_run_that_lacks_a_row_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(NorthstarError, match=r"has no row 'q'\. .*name the run with fewer rows"):
        paired(tmp_path, record("q"), record("p"), stack=stack)
