"""A prompt of which the server dies each time: it costs its own samples, and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_hosted_servers import MOCK, ROOT, last_run, samples

import northstar
from northstar.errors import NorthstarError
from northstar.running import Evaluation, SamplesLeftOpen
from northstar.servers.hosting import replica

OF_ONE_ROW = "What is 5 - 13?"
"""The fifth of smoke's 24 rows."""
OF_ALL_ROWS = ""
OF_NONE = "What is love?"


@pytest.fixture(autouse=True)
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where `python -m tests.mock_server` is found
    monkeypatch.setattr(replica, "LONGEST_PAUSE", 0.0)


def evaluate(folder: Path, deadly: str, *overrides: str, **options: Any) -> Evaluation:
    """smoke's 24 rows with 4 seeds each, by a server that is ended by such a prompt."""
    server = folder / "serve.sh"
    server.write_text(f'#!/bin/sh\nexec {MOCK} --delay 0.05 --deadly "{deadly}" "$@"\n')
    server.chmod(0o755)
    return northstar.evaluate(
        "smoke:4",
        output_dir=folder / "out",
        model="mock",
        server_type="generic",
        server_entrypoint=str(server),
        overrides=["++max_concurrent_requests=32", *overrides],
        progress=False,
        **options,
    )


def its_samples() -> list[str]:
    return [f"smoke-05 of smoke/output-rs{seed}" for seed in range(4)]


@pytest.mark.parametrize("replicas", [1, 2])
def test_all_other_samples_are_answered_and_its_own_stay_open(tmp_path: Path, replicas: int) -> None:
    with pytest.raises(SamplesLeftOpen) as left:
        evaluate(tmp_path, OF_ONE_ROW, server_replicas=replicas, server_gpus=0)
    assert str(left.value).startswith(
        "4 of 96 samples got no answer (the server ended each time it was asked smoke-05 of smoke/output-rs"
    )
    assert left.value.evaluation.stats.generated == 92
    run = last_run(tmp_path / "out")
    assert sorted(run["ended_server"]) == its_samples()
    assert 6 <= len(run["server_restarts"]) <= 10  # two with others, four alone, and some to find out


def test_they_are_asked_again_by_the_next_run(tmp_path: Path) -> None:
    with pytest.raises(SamplesLeftOpen):
        evaluate(tmp_path, OF_ONE_ROW)
    mended = evaluate(tmp_path, OF_NONE)
    assert (mended.stats.resumed, mended.stats.new_generations, mended.stats.open) == (92, 4, 0)
    assert len(samples(tmp_path / "out")) == len(set(samples(tmp_path / "out"))) == 96


def test_they_are_errors_where_the_user_wants_that(tmp_path: Path) -> None:
    result = evaluate(tmp_path, OF_ONE_ROW, "++unanswered=record_error")
    assert (result.stats.generated, result.stats.open) == (96, 0)
    files = (tmp_path / "out/eval-results/smoke").glob("output-rs*.jsonl")
    records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert [record["id"] for record in records if "error" in record] == ["smoke-05"] * 4


def test_a_server_that_dies_of_everything_is_given_up_on_as_soon_as_ever(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"ended with status 3 \(after 3 restarts in a row\)"):
        evaluate(tmp_path, OF_ALL_ROWS)
    run = last_run(tmp_path / "out")
    assert (len(run["server_restarts"]), run["ended_server"]) == (3, [])
