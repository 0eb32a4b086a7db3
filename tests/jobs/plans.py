"""A plan of two benchmarks with two seeds each, one of them judged if wanted."""

from __future__ import annotations

from pathlib import Path

from northstar.config.plan import (
    BenchmarkPlan,
    Chunks,
    GenerateStage,
    JudgedBenchmark,
    JudgeStage,
    Plan,
    ServerPlan,
)
from northstar.config.settings import EvalSettings

AT_AN_ADDRESS = ServerPlan(type="openai", model="m", address="http://h:1/v1")


def plan(judge: ServerPlan | None = None, chunks: int = 1) -> Plan:
    judged = (JudgedBenchmark(name="hle", seeds=(0, 1)),)
    return Plan(
        output_dir=Path("/out"),
        generate=GenerateStage(
            server=AT_AN_ADDRESS,
            benchmarks=(
                BenchmarkPlan(name="hle", split="text", seeds=(0, 1), settings=EvalSettings()),
                BenchmarkPlan(name="aime24", split="test", seeds=(0, 1), settings=EvalSettings()),
            ),
            data_dir=Path("/data"),
            chunks=Chunks(count=chunks, ids=tuple(range(chunks))),
        ),
        judges=()
        if judge is None
        else (JudgeStage(server=judge, prompt="judge", settings=EvalSettings(), benchmarks=judged),),
    )
