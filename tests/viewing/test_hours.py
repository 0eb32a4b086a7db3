"""The overview says what the GPU hours of a run went for, from the times in its index."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from northstar.costs.times import answer_times, read_answer_times
from northstar.viewing.grid import ABSENT
from northstar.viewing.run import Run
from tests.viewing.invented_run import GrowingSeed, write_run
from tests.viewing.served import TOKEN, served


def overview(server: str) -> str:
    request = urllib.request.Request(server + "/", headers={"Cookie": f"northstar-{server.rpartition(':')[2]}={TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())


def write_run_json(folder: Path, **fields: Any) -> None:
    """Write a run of 8 GPUs that were held for 100 s, 10 of them to start, from 10 s before the first answer."""
    times = {"gpus": 8, "since": 1_799_999_990.0, "seconds": 100.0, "starting": 10.0, "idle": 0.0}
    made = {"started": "2027-01-15T07:59:50+00:00", "server": {"commands": ["vllm"]}, "server_time": times, **fields}
    (folder / "run.json").write_text(json.dumps({"run_json": 1, "runs": [made]}))


def test_the_overview_says_what_the_gpu_hours_went_for_and_what_would_save_most(tmp_path: Path) -> None:
    """Of 24 rows × 4 seeds the last answer ends after 29.5 s, so that 60.5 of the 100 s are left."""
    folder = write_run(tmp_path / "out")
    write_run_json(folder)
    with served(folder) as address:
        text = overview(address)
    assert "<h3>GPU hours</h3>" in text
    assert '<td>start, until the first request</td><td class="number">0.0222</td><td class="number">10%</td>' in text
    assert '<td>after the last answer</td><td class="number">0.134</td><td class="number">60%</td>' in text
    assert "++sandbox.workers) would save up to 0.134 GPU hours." in text


def test_a_folder_without_run_json_has_no_hours(tmp_path: Path) -> None:
    with served(write_run(tmp_path / "out")) as address:
        assert "GPU hours" not in overview(address)


def test_one_benchmark_alone_does_not_tell_the_hours_of_its_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out")
    write_run_json(folder)
    with served(folder / "eval-results" / "sums") as address:
        assert "GPU hours" not in overview(address)


def test_the_hours_follow_run_json_and_survive_a_broken_one(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out")
    write_run_json(folder, server_time=None)
    with served(folder) as address:
        assert "1 run is not counted: still going on" in overview(address)
        (folder / "run.json").write_text("{")
        assert "cannot read" in overview(address)


def test_the_index_has_the_times_that_the_records_have_also_of_journals(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", seeds=[0, 1])
    seed = GrowingSeed(folder, 2)
    for row in (5, 3, 7):
        seed.answer(row, graded=row != 7)
    seed.close()
    run = Run(folder)
    run.look()
    grid = run.grids["sums"]
    starts, ends = (grid.of_entries(name)[grid.verdicts != ABSENT] for name in ("began", "ended"))
    indexed, read = answer_times(starts, ends).spans, read_answer_times(folder).spans
    assert len(read) == 2 * 24 + 3
    assert np.array_equal(np.sort(indexed, axis=0), np.sort(read, axis=0))
