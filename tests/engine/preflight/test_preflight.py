"""What is known of a plan before anything is written or asked."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from northstar.api.evaluation import make_plan
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.judging import JudgingOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError
from northstar.engine.preflight.preflight import Ready, preflight
from northstar.provenance.identified import identify_before_jobs

ADDRESS = "http://127.0.0.1:9/v1"
"""Nobody listens there."""


def smoke(folder: Path, *, rerun_done: bool = False) -> Plan:
    server = ServerOptions(model="m", address=ADDRESS)
    asked = EvalOptions(benchmarks="smoke:2", output_dir=folder / "out", server=server, num_chunks=2)
    return make_plan(replace(asked, rerun_done=rerun_done))


def looked_at(plan: Plan) -> Ready:
    with ExitStack() as stack:
        return preflight(plan, stack, identify_before_jobs)


def test_it_writes_nothing(tmp_path: Path) -> None:
    looked_at(smoke(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_it_knows_each_shard_and_how_many_are_done(tmp_path: Path) -> None:
    results = tmp_path / "out/eval-results/smoke"
    results.mkdir(parents=True)
    (results / "output-rs0_chunk_0-of-2.jsonl").write_text("{}\n")
    run = {"run_json": 1, "results": {}, "runs": []}
    (tmp_path / "out/run.json").write_text(json.dumps(run))
    with pytest.raises(NorthstarError, match=r"run\.json does not say how they were made"):
        looked_at(smoke(tmp_path))
    (results / "output-rs0_chunk_0-of-2.jsonl").unlink()
    ready = looked_at(smoke(tmp_path))
    assert [shard.stem for shard in ready.shards["smoke"]] == [
        f"output-rs{seed}_chunk_{chunk}-of-2" for seed in (0, 1) for chunk in (0, 1)
    ]
    assert (ready.done["smoke"], ready.to_ask("smoke")) == (0, True)


def test_what_is_done_is_asked_again_only_if_it_is_done_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.provenance.provenance.knows", lambda *_: True)
    results = tmp_path / "out/eval-results/smoke"
    results.mkdir(parents=True)
    for seed in (0, 1):
        (results / f"output-rs{seed}.jsonl").write_text("{}\n")
    assert not looked_at(smoke(tmp_path)).to_ask("smoke")
    assert looked_at(smoke(tmp_path, rerun_done=True)).to_ask("smoke")


def test_a_plan_that_only_judges_has_the_outputs_that_are_there(tmp_path: Path) -> None:
    from northstar.api.judging import plan_judging

    results = tmp_path / "eval-results/smoke"
    results.mkdir(parents=True)
    (results / "output-rs1.jsonl").write_text("{}\n" * 3)
    (results / "output-rs2.jsonl.journal").write_text("{}\n")
    plan = plan_judging(
        JudgingOptions(
            output_dir=tmp_path,
            benchmarks="smoke",
            judge=JudgeOptions(server=ServerOptions(model="j", address=ADDRESS)),
        )
    )
    shards = looked_at(plan).shards["smoke"]
    assert [(shard.seed, len(shard.rows)) for shard in shards] == [(1, 3)]
