"""Which judgements a judge has to make: of generations that arrive, of outputs that are there, and none twice."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from northstar.benchmarks.registry import find_benchmark
from northstar.config.plan import JudgedBenchmark, JudgeStage, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.core.records import Generation
from northstar.engine.judging import Judging, judging_folder, open_judging
from northstar.engine.open_shard import OpenShard
from northstar.results.layout import Shard, benchmark_folder, judged_folder
from tests.engine.open_shards import opened

ELSEWHERE = ServerPlan(type="openai", model="j", address="http://h:1/v1", role="judge")
STARTED = ServerPlan(type="llamacpp", model="smollm2", role="judge")


def judging(output_dir: Path, server: ServerPlan = ELSEWHERE) -> Judging:
    benchmarks = (JudgedBenchmark(name="hle", seeds=(0, 1)),)
    stage = JudgeStage(server=server, prompt="judge", settings=EvalSettings(), benchmarks=benchmarks)
    return Judging(stage, output_dir, output_dir / "logs", {"hle"})


def write_output(output_dir: Path, rows: int, seed: int = 0) -> None:
    folder = benchmark_folder(output_dir, "hle")
    folder.mkdir(parents=True, exist_ok=True)
    line = {"problem": "1 + 1?", "expected_answer": "2", "generation": "2", "predicted_answer": "2"}
    lines = (json.dumps({"id": f"q{row}", **line}) + "\n" for row in range(rows))
    (folder / f"output-rs{seed}.jsonl").write_text("".join(lines))


def due_rows(judge: Judging) -> list[tuple[int | None, int]]:
    """(seed, row) of all that may be judged now."""
    judge.arrivals.close()

    async def take_all() -> list[tuple[int | None, int]]:
        found = []
        while (due := await judge.arrivals.take()) is not None:
            found.append((due.shard.shard.seed, due.row))
        return found

    return asyncio.run(take_all())


def open_for(
    judge: Judging, shards: list[Shard], generating: list[OpenShard], stack: ExitStack, benchmark: str = "hle"
) -> None:
    known = replace(find_benchmark("hle"), name=benchmark)
    asyncio.run(open_judging(judge, known, shards, generating, stack, Locks(stack)))


def test_every_row_of_an_output_is_judged(tmp_path: Path) -> None:
    for seed in (0, 1):
        write_output(tmp_path, 2, seed)
    judge = judging(tmp_path)
    with ExitStack() as stack:
        open_for(judge, [Shard("hle", seed, range(2)) for seed in (0, 1)], [], stack)
        assert judge.counters.benchmarks["hle"].total == 4
        assert due_rows(judge) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_what_is_judged_by_this_judge_is_not_judged_again(tmp_path: Path) -> None:
    write_output(tmp_path, 3)
    shards = [Shard("hle", 0, range(3))]
    with ExitStack() as stack:
        first = judging(tmp_path)
        open_for(first, shards, [], stack)
        first.shards[0].journal.add_generation(1, Generation(generation="Judgement: Yes"))
    with ExitStack() as stack:
        second = judging(tmp_path)
        open_for(second, shards, [], stack)
        assert second.arrivals.left == 2
        assert due_rows(second) == [(0, 0), (0, 2)]


def test_while_the_model_answers_only_what_is_graded_is_judged_and_the_rest_as_it_comes(tmp_path: Path) -> None:
    folder = benchmark_folder(tmp_path, "hle")
    folder.mkdir(parents=True)
    generating = opened(folder, 4, benchmark="hle")
    for row in (0, 1):
        generating.journal.add_generation(row, Generation(generation="2"))
    generating.journal.add_grade(1, {"symbolic_correct": True})
    judge = judging(tmp_path)
    with ExitStack() as stack:
        stack.callback(generating.journal.close)
        open_for(judge, [generating.shard], [generating], stack)
        assert judge.arrivals.left == 4
        judge.generated(generating, 3)
        assert due_rows(judge) == [(0, 1), (0, 3)]
        assert judge.shards[0].rows.row(1)["generation"] == "2"


def test_a_generation_of_a_benchmark_that_this_judge_has_not_is_none_of_its(tmp_path: Path) -> None:
    judge = judging(tmp_path)
    other = opened(tmp_path, 1, benchmark="aime24")
    judge.generated(other, 0)
    other.journal.close()
    assert due_rows(judge) == []


def test_two_judges_have_folders_of_their_own_and_neither_sees_the_others_judgements(tmp_path: Path) -> None:
    write_output(tmp_path, 1)
    shards = [Shard("hle", 0, range(1))]
    for judge in (judging(tmp_path), judging(tmp_path, STARTED)):
        with ExitStack() as stack:
            open_for(judge, shards, [], stack)
            assert judge.shards[0].folder == judged_folder(benchmark_folder(tmp_path, "hle"), judge.plan.name)
            judge.shards[0].journal.add_generation(0, Generation(generation="Judgement: No"))
            assert due_rows(judge) == [(0, 0)]


def test_a_judge_whose_server_is_started_here_waits_for_the_models(tmp_path: Path) -> None:
    assert judging(tmp_path).beside
    assert not judging(tmp_path, STARTED).beside


def test_an_output_that_lost_rows_is_refused_before_the_judge_is_asked(tmp_path: Path) -> None:
    write_output(tmp_path, 2)
    with ExitStack() as stack, pytest.raises(NorthstarError, match=r"has 2 rows, not 3 as asked; was it changed by"):
        open_for(judging(tmp_path), [Shard("hle", 0, range(3))], [], stack)


def test_while_another_process_judges_the_same_it_is_refused(tmp_path: Path) -> None:
    write_output(tmp_path, 1)
    shards = [Shard("hle", 0, range(1))]
    with ExitStack() as one, ExitStack() as other:
        open_for(judging(tmp_path), shards, [], one)
        with pytest.raises(NorthstarError):
            open_for(judging(tmp_path), shards, [], other)


def test_where_judgements_cannot_be_written_it_is_said_where(tmp_path: Path) -> None:
    benchmark_folder(tmp_path, "hle").parent.mkdir(parents=True)
    benchmark_folder(tmp_path, "hle").write_text("no folder")
    with pytest.raises(NorthstarError, match="hle"):
        judging_folder(tmp_path, "hle", judging(tmp_path).plan)
