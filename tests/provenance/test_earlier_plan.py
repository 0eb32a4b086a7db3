"""A plan that the version before wrote into run.json is the same plan in today's shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from northstar.config.plan import BenchmarkPlan, GenerateStage, JudgedBenchmark, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings, RunSettings
from northstar.provenance.earlier_plan import is_unfinished, plan_of_today

MODEL = ServerPlan(type="openai", model="m", address="http://h:1/v1")
JUDGE = ServerPlan(type="openai", model="j", address="http://h:2/v1", role="judge")
RUN = RunSettings(max_retries=3)
TODAY = Plan(
    output_dir=Path("/out"),
    generate=GenerateStage(
        server=MODEL,
        benchmarks=(
            BenchmarkPlan(name="hle", split="text", seeds=(0, 1), settings=EvalSettings()),
            BenchmarkPlan(name="mine", split="test", seeds=(None,), settings=EvalSettings(max_samples=2)),
            BenchmarkPlan(name="aime24", split="test", seeds=(0,), settings=EvalSettings()),
        ),
        data_dir=Path("/data"),
        run=RUN,
    ),
    judges=(
        JudgeStage(
            server=JUDGE,
            prompt="judge",
            settings=EvalSettings(),
            benchmarks=(JudgedBenchmark(name="hle", seeds=(0, 1)), JudgedBenchmark(name="mine", seeds=(None,))),
        ),
    ),
    rerun_done=True,
)


def as_json(part: Any) -> Any:
    return part.model_dump(mode="json")


def settings(asked: EvalSettings, run: RunSettings) -> dict[str, Any]:
    """Both in one, as each benchmark had them."""
    return {**as_json(asked), **as_json(run)}


OLD_JUDGE = {"server": as_json(JUDGE), "prompt": "judge", "settings": settings(EvalSettings(), RunSettings())}
EARLIER: dict[str, Any] = {
    "output_dir": "/out",
    "data_dir": "/data",
    "server": as_json(MODEL),
    "benchmarks": [
        {
            "name": name,
            "split": split,
            "seeds": seeds,
            "settings": settings(EvalSettings(max_samples=rows), RUN),
            "judge": judge,
        }
        for name, split, seeds, rows, judge in (
            ("hle", "text", [0, 1], None, OLD_JUDGE),
            ("mine", "test", [None], 2, OLD_JUDGE),
            ("aime24", "test", [0], None, None),
        )
    ],
    "chunks": {"count": 1, "ids": [0]},
    "extra_benchmarks": [],
    "rerun_done": True,
    "sandbox": "auto",
    "only": [],
    "job": None,
}


def test_an_evaluation_with_its_judge() -> None:
    assert plan_of_today(EARLIER) == as_json(TODAY)


def test_a_plan_that_only_judges() -> None:
    parts = [{"name": name, "seeds": seeds, "judge": OLD_JUDGE} for name, seeds in (("hle", [0, 1]), ("mine", [None]))]
    kept = {name: EARLIER[name] for name in ("output_dir", "extra_benchmarks", "rerun_done", "job")}
    assert plan_of_today({**kept, "benchmarks": parts}) == as_json(TODAY.model_copy(update={"generate": None}))


def test_todays_a_jobs_and_a_damaged_one_stay_as_they_are() -> None:
    of_a_job = {"job": "jobs/001/smoke", "rerun_done": True}
    plans: list[dict[str, Any]] = [as_json(TODAY), of_a_job, {"benchmarks": 3}, {"benchmarks": []}]
    for plan in plans:
        assert plan_of_today(plan) == plan


def test_a_rerun_that_the_version_before_began_goes_on(tmp_path: Path) -> None:
    run = {"plan": EARLIER, "ending": "stopped"}
    (tmp_path / "run.json").write_text(json.dumps({"run_json": 1, "results": {}, "runs": [run]}))
    assert is_unfinished(tmp_path, as_json(TODAY))
