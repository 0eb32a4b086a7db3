"""When judges judge: beside the model or after it; and what a failure of either leaves to the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from northstar.config.plan import JudgedBenchmark, JudgeStage, ServerPlan
from northstar.config.settings import EvalSettings, RunSettings
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation
from northstar.engine import run_with_server, worker
from northstar.engine.counters import RunCounters
from northstar.engine.judging import Judging
from northstar.engine.open_shard import OpenShard
from northstar.engine.run_with_server import first_of
from northstar.engine.schedule.schedule import PendingSamples
from northstar.models.endpoint import Endpoint
from northstar.models.failures import ServerUnusable
from northstar.results.layout import benchmark_folder, judged_folder
from northstar.servers.server import RunningServer
from tests.engine.open_shards import Client, opened

MODEL = ServerPlan(type="openai", model="m", address="http://model:1/v1")
JUDGE = ServerPlan(type="openai", model="j", address="http://judge:1/v1", role="judge")
HOSTED_JUDGE = ServerPlan(type="llamacpp", model="smollm2", role="judge")

Solve = Callable[[int], Any]
"""Called with the number of a row; a coroutine function that answers it."""


class Run:
    """A model's shard of hle and a judge's, whose servers are there unless `missing`."""

    def __init__(self, output_dir: Path, judge: ServerPlan, rows: int = 3) -> None:
        self.output_dir, self.rows = output_dir, rows
        self.results = benchmark_folder(output_dir, "hle")
        stage = JudgeStage(
            server=judge,
            prompt="judge",
            settings=EvalSettings(),
            benchmarks=(JudgedBenchmark(name="hle", seeds=(0,)),),
        )
        self.judging = Judging(stage, output_dir, output_dir, {"hle"})
        self.missing: ServerPlan | None = None
        self.asked: list[str] = []
        """'model 0', 'judge 0', …: who was asked about which row, in order."""
        self.judged: list[int] = []
        """The rows whose judgement was given."""

    def __call__(self, model: Solve, judge: Solve) -> None:
        """Generate and judge. Raises what a run raises."""
        judgements = judged_folder(self.results, self.judging.plan.name)
        judgements.mkdir(parents=True)
        mine = opened(self.results, self.rows, self._solver("model", model), benchmark="hle")
        its = opened(judgements, self.rows, self._solver("judge", judge), benchmark="hle")
        self.judging.add(its, ())
        try:
            asyncio.run(self._generate(mine))
        except BaseExceptionGroup as errors:
            raise first_of(errors) from None
        finally:
            mine.journal.close()
            its.journal.close()

    async def _generate(self, shard: OpenShard) -> None:
        stage = SimpleNamespace(server=MODEL, run=RunSettings(), data_dir=self.output_dir, sandbox="auto")
        ready = SimpleNamespace(
            generate=stage, loaded=(), growing={}, plan=SimpleNamespace(output_dir=self.output_dir, job=None)
        )
        note = SimpleNamespace(add_description=_same_facts, server=lambda *_: None)
        counters = RunCounters(benchmarks={"hle": shard.counters})
        await worker._generate(
            cast(Any, ready), [shard], PendingSamples([shard]), [self.judging], counters, cast(Any, note), None
        )

    def _solver(self, who: str, solve: Solve) -> Any:
        async def solver(row: dict[str, Any], *_: Any) -> Generation:
            self.asked.append(f"{who} {row['id']}")
            await solve(row["id"])
            if who == "judge":
                self.judged.append(row["id"])
            return Generation(generation="5", generation_start_time=1.0, generation_end_time=2.0)

        return solver

    @asynccontextmanager
    async def running(self, plan: ServerPlan, *_: Any) -> AsyncIterator[Any]:
        if plan == self.missing:
            raise NorthstarError(f"no server answers at {plan.address}")
        yield RunningServer(endpoint=Endpoint(address=plan.address or "", model=plan.model or ""), facts={}, slots=1)

    @property
    def has_output(self) -> bool:
        return (self.results / "output-rs0.jsonl").exists()


async def _same_facts(facts: Mapping[str, Any], *_: Any) -> Mapping[str, Any]:
    return facts


@asynccontextmanager
async def _client(*_: Any) -> AsyncIterator[Any]:
    client: Any = Client()
    client.dialect = SimpleNamespace(facts=dict, notices=lambda *_, **__: [])
    yield client


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose judge is at an address."""
    return _with_servers(Run(tmp_path, JUDGE), monkeypatch)


@pytest.fixture
def after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that starts its judge's server."""
    return _with_servers(Run(tmp_path, HOSTED_JUDGE), monkeypatch)


def _with_servers(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(run_with_server, "running", run.running)
    monkeypatch.setattr(run_with_server, "_client", _client)
    return run


async def well(_: int) -> None:
    """Answers at once."""


async def broken(_: int) -> None:
    raise ServerUnusable("the key was revoked")


def test_a_judge_at_an_address_judges_while_the_model_still_answers(beside: Run) -> None:
    judged = asyncio.Event()

    async def wait_for_the_judge(row: int) -> None:
        if row == 2:
            await judged.wait()

    async def judge(_: int) -> None:
        judged.set()

    beside(wait_for_the_judge, judge)
    assert beside.judged == [0, 1, 2]


def test_a_judge_whose_server_is_started_waits_for_the_models_last_answer(after: Run) -> None:
    after(well, well)
    assert after.asked == ["model 0", "model 1", "model 2", "judge 0", "judge 1", "judge 2"]


@pytest.mark.parametrize("judge", [JUDGE, HOSTED_JUDGE], ids=["beside", "after"])
def test_a_judges_failure_is_raised_once_the_model_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judge: ServerPlan
) -> None:
    run = _with_servers(Run(tmp_path, judge), monkeypatch)
    with pytest.raises(NorthstarError, match=r"the key was revoked \(judge .*; no generation is lost\)"):
        run(well, broken)
    assert [each for each in run.asked if each.startswith("model")] == ["model 0", "model 1", "model 2"]
    assert run.has_output


def test_where_the_judge_cannot_be_reached_the_model_is_not_asked(beside: Run) -> None:
    beside.missing = JUDGE
    with pytest.raises(NorthstarError, match=r"no server answers at http://judge:1/v1 \(judge j"):
        beside(well, well)
    assert beside.asked == []


def test_the_models_failure_is_raised_once_its_answers_are_judged(beside: Run) -> None:
    failing = asyncio.Event()

    async def unusable_from_row_2(row: int) -> None:
        if row == 2:
            failing.set()
            await broken(row)

    async def judge(_: int) -> None:
        await failing.wait()
        for _ in range(100):  # turns of the event loop in which a failure that did not wait would stop the judge
            await asyncio.sleep(0)

    with pytest.raises(ServerUnusable, match="the key was revoked"):
        beside(unusable_from_row_2, judge)
    assert beside.judged == [0, 1]
    assert not beside.has_output


def test_a_judge_that_waits_for_the_model_is_not_started_where_that_failed(after: Run) -> None:
    with pytest.raises(ServerUnusable, match="the key was revoked"):
        after(broken, well)
    assert after.judged == []
