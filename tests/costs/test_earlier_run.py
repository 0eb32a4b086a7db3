"""An earlier run says how long answers are, how fast its server was at each load, and how long it took to start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.costs.earlier_run import earlier_run
from northstar.costs.expected import repeated_bill
from northstar.provenance import provenance
from northstar.results.layout import benchmark_folder

TIMES = {"gpus": 8, "seconds": 1000.0, "starting": 100.0, "idle": 0.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two seeds of ten rows, all at once for 100 s with 500 tokens each: 100 tokens a second at 20 in flight."""
    (tmp_path / "eval-logs").mkdir()
    provenance.register(tmp_path, {}, {"started": "2026-11-27T10:00:00Z"}, False)
    provenance.update_run(tmp_path, 0, {"server_time": TIMES, "ended": "2026-11-27T11:00:00Z"})
    mine = benchmark_folder(tmp_path, "aime24")
    mine.mkdir(parents=True)
    record = {"generation_start_time": 1000.0, "generation_end_time": 1100.0, "num_generated_tokens": 500}
    for seed in range(2):
        (mine / f"output-rs{seed}.jsonl").write_text("".join(json.dumps({"id": n} | record) + "\n" for n in range(10)))
    return mine


def test_lengths_speed_and_start_are_read_from_its_outputs(folder: Path, tmp_path: Path) -> None:
    found = earlier_run(tmp_path, [folder])
    assert (found.rows, found.seeds, len(found.lengths["aime24"])) == ({"aime24": 10}, {"aime24": 2}, 20)
    assert found.curve is not None
    assert found.curve.points == ((20.0, 100.0),)
    assert (found.gpus, found.start) == (8, 100.0)


def test_jobs_that_ran_at_the_same_time_do_not_tell_the_speed_of_one(folder: Path, tmp_path: Path) -> None:
    provenance.register(tmp_path, {}, {"started": "2026-11-27T10:30:00Z"}, False)
    found = earlier_run(tmp_path, [folder])
    assert found.curve is None
    assert found.why_not == "Its jobs ran at the same time, so that the speed of one server can't be told."


def test_a_run_again_costs_what_it_did_and_alone_its_seeds_cost_more(folder: Path, tmp_path: Path) -> None:
    """A seed alone has 10 in flight, at half the speed; each job waits 100 s for its server."""
    found = repeated_bill(tmp_path, [folder], gpus=None, tokens_per_second=None)
    assert found.pool == pytest.approx(8 * 200 / 3600)
    assert found.by_unit == pytest.approx(8 * 2 * 200 / 3600)
