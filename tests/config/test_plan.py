"""`--num_chunks` and `--chunk_ids`: what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.config.chunking import parse_chunks
from northstar.config.plan import BenchmarkPlan, Chunks, GenerateStage, Growth, Plan, ServerPlan, ShardKey
from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError


@pytest.mark.parametrize(
    ("count", "ids", "chunks"),
    [
        (None, None, Chunks(count=1, ids=(0,))),
        (3, None, Chunks(count=3, ids=(0, 1, 2))),
        (8, "0,3..5", Chunks(count=8, ids=(0, 3, 4, 5))),
        (8, " 3-5 , 0 ", Chunks(count=8, ids=(0, 3, 4, 5))),
        (8, "5,5,4-5", Chunks(count=8, ids=(4, 5))),
    ],
)
def test_chunk_ids_are_numbers_and_ranges(count: int | None, ids: str | None, chunks: Chunks) -> None:
    assert parse_chunks(count, ids) == chunks


@pytest.mark.parametrize(
    ("count", "ids", "said"),
    [
        (None, "0", "needs --num_chunks"),
        (0, None, "must lie between 1 and"),
        (-2, "0", "must lie between 1 and"),
        (4, "4", "between 0 and 3"),
        (4, "0-4", "between 0 and 3"),
        (4, "2-1", "runs backwards; write 1-2"),
        (4, "", "numbers like 0,3"),
        (4, "a", "numbers like 0,3"),
        (4, "-1", "numbers like 0,3"),
        (4, "1-", "numbers like 0,3"),
    ],
)
def test_wrong_chunks_are_refused_with_a_reason(count: int | None, ids: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_chunks(count, ids)


@given(st.integers(1, 50), st.text("0123456789,.- ", max_size=12))
def test_chunks_lie_within_their_number_or_are_refused(count: int, ids: str) -> None:
    try:
        chunks = parse_chunks(count, ids)
    except UsageError:
        return
    assert chunks.ids == tuple(sorted(set(chunks.ids)))
    assert set(chunks.ids) <= set(range(count))


def test_a_plan_survives_the_way_to_another_machine_as_json() -> None:
    plan = Plan(
        output_dir=Path("/out"),
        generate=GenerateStage(
            server=ServerPlan(type="openai", model="m"),
            benchmarks=(
                BenchmarkPlan(name="aime24", split="test", seeds=(None,), settings=EvalSettings(max_samples=2)),
            ),
            data_dir=Path("/data"),
            chunks=Chunks(count=4, ids=(1, 2)),
        ),
    )
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def _growing() -> GenerateStage:
    settings = EvalSettings()
    return GenerateStage(
        server=ServerPlan(type="openai", model="m"),
        benchmarks=(
            BenchmarkPlan(
                name="aime24",
                split="test",
                seeds=tuple(range(9)),
                settings=settings,
                growth=Growth(least=4, precision=1),
            ),
            BenchmarkPlan(name="gpqa", split="diamond", seeds=(0, 1), settings=settings),
        ),
        data_dir=Path("/data"),
    )


def test_a_job_of_a_range_of_seeds_may_ask_all_of_them() -> None:
    stage = _growing().narrowed([ShardKey(benchmark="aime24", seed=seed) for seed in range(4)])
    assert [part.name for part in stage.benchmarks] == ["aime24"]
    assert stage.benchmarks[0].seeds == tuple(range(9))
    assert stage.only == ()


def test_a_range_of_seeds_beside_a_part_of_other_seeds_may_ask_all_of_its_own() -> None:
    keys = [ShardKey(benchmark="aime24", seed=0), ShardKey(benchmark="gpqa", seed=1)]
    stage = _growing().narrowed(keys)
    assert [part.seeds for part in stage.benchmarks] == [tuple(range(9)), (1,)]


def test_a_plan_without_a_range_reads_as_before() -> None:
    stored = _growing().model_dump(mode="json")["benchmarks"]
    assert stored[0]["growth"] == {"least": 4, "precision": 1.0}
    assert "growth" not in stored[1]
