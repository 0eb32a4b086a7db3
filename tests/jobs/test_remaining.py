"""What of a plan is still to be submitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError
from northstar.engine.preflight.preflight import Ready
from northstar.engine.registration import Registration
from northstar.jobs.remaining import left_of
from northstar.provenance.identified import Models
from northstar.results.layout import Shard, judged_folder
from tests.jobs.plans import plan


def test_rows_that_are_there_are_not_submitted_cut_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "out/eval-results/smoke"
    folder.mkdir(parents=True)
    journal = folder / "output-rs0_chunk_0-of-2.jsonl.journal"
    header, answer = '{"journal":"header"}\n', '{"row":0,"generation":{}}\n'
    shards = {"smoke": [Shard("smoke", 0, range(8), chunk, 3) for chunk in range(3)]}
    whole = plan().model_copy(update={"output_dir": tmp_path / "out"})
    ready = Ready(whole, (), shards, Registration(whole.output_dir, {}, {}, None, Models()))
    journal.write_text(header + answer)
    with pytest.raises(NorthstarError, match=r"output-rs0_chunk_0-of-2, .* in other chunks; use the same --num_chunks"):
        left_of(ready, {}, anew=False)
    journal.write_text(header)
    assert left_of(ready, {}, anew=False).todo == shards["smoke"]  # no answer ties nobody
    assert journal.exists()  # planning only reads


def test_a_range_of_seeds_in_a_job_is_decided_there_and_not_submitted_again(tmp_path: Path) -> None:
    shards = {"smoke": [Shard("smoke", seed, range(24)) for seed in range(5)]}
    whole = plan().model_copy(update={"output_dir": tmp_path / "out"})
    registration = Registration(whole.output_dir, {}, {}, None, Models())
    ready = Ready(whole, (), shards, registration, growing={"smoke": cast(Any, None)})
    left = left_of(ready, {"smoke/output-rs0": "7"}, anew=False)
    assert left.todo == []
    assert left.notes == ("Jobs that wait or run already have 5 outputs: 7.",)


def test_verdicts_of_fewer_rows_are_no_reason_to_leave_the_judges_job_out(tmp_path: Path) -> None:
    judge = ServerPlan(type="llamacpp", model="j", role="judge")
    whole = plan(judge).model_copy(update={"output_dir": tmp_path / "out"})
    folder = tmp_path / "out/eval-results/hle"
    for place in (folder, judged_folder(folder, whole.judges[0].name)):
        place.mkdir(parents=True)
        (place / "output-rs0.jsonl").write_text('{"id":"a"}\n')
    shards = {"hle": [Shard("hle", 0, range(3))]}
    ready = Ready(whole, (), shards, Registration(whole.output_dir, {}, {}, None, Models()), grown={"hle": 1})
    left = left_of(ready, {}, anew=False)
    assert left.todo == shards["hle"]
    assert left.to_judge == {("j", "hle"): shards["hle"]}
