"""Two splits of a benchmark in one output folder, told apart by everything that reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import northstar
from tests.conftest import Ns

Start = Callable[..., str]

OWN = """
import dataclasses
from northstar.benchmarks.smoke import BENCHMARK as SMOKE
from northstar.task.benchmark import Splits
ROWS = SMOKE.splits.named["test"]
BENCHMARK = dataclasses.replace(SMOKE, name="mine", splits=Splits({"test": ROWS, "dev": ROWS}))
"""


@pytest.fixture
def words(start_mock: Start, tmp_path: Path) -> list[str]:
    """Of an `ns eval` of the user's own benchmark with two splits, without --benchmarks."""
    (tmp_path / "mine.py").write_text(OWN)
    own = f"--extra_benchmarks={tmp_path}/mine.py"
    return ["eval", own, f"--output_dir={tmp_path}/out", f"--server_address={start_mock()}", "--model=mock"]


def test_both_have_a_folder_a_table_and_an_entry_and_are_not_asked_again(
    ns: Ns, words: list[str], tmp_path: Path
) -> None:
    assert ns(*words, "--benchmarks=mine:2").returncode == 0
    done = ns(*words, "--benchmarks=mine:2,mine.dev:3")
    assert done.returncode == 0, done.stderr
    assert " mine " in done.stdout
    assert " mine.dev " in done.stdout
    metrics = json.loads((tmp_path / "out/eval-results/metrics.json").read_text())
    assert ("pass@2" in metrics["mine"], "pass@3" in metrics["mine.dev"]) == (True, True)
    run_json = json.loads((tmp_path / "out/run.json").read_text())
    assert {name: each["split"] for name, each in run_json["results"].items()} == {
        "mine.seeds": "test",
        "mine.dev.seeds": "dev",
    }
    assert ns(*words, "--benchmarks=mine:3", "--split=dev", "--server_address=http://127.0.0.1:9/v1").returncode == 0


def test_tables_and_judgements_are_asked_for_by_the_splits_name(
    ns: Ns, words: list[str], start_mock: Start, tmp_path: Path
) -> None:
    own = words[1]
    assert ns(*words, "--benchmarks=mine:1,mine.dev:1").returncode == 0
    shown = ns("summarize_results", f"{tmp_path}/out", "--benchmarks=mine.dev", own)
    assert (" mine.dev " in shown.stdout, " mine " in shown.stdout) == (True, False)
    judge = ("--judge_model=mock", f"--judge_server_address={start_mock()}")
    judged = ns("judge", f"{tmp_path}/out", "--benchmarks=mine.dev", own, *judge)
    assert judged.returncode == 0, judged.stderr
    assert [path.parent.name for path in tmp_path.glob("out/eval-results/*/judgements")] == ["mine.dev"]


def test_a_split_that_an_earlier_version_kept_under_the_plain_name_is_not_asked_again(
    ns: Ns, words: list[str], tmp_path: Path
) -> None:
    assert ns(*words, "--benchmarks=mine.dev:2").returncode == 0
    results, run_json = tmp_path / "out/eval-results", tmp_path / "out/run.json"
    (results / "mine.dev").rename(results / "mine")
    run_json.write_text(run_json.read_text().replace('"mine.dev.seeds"', '"mine.seeds"'))
    done = ns(*words, "--benchmarks=mine:2", "--split=dev", "--server_address=http://127.0.0.1:9/v1")
    assert done.returncode == 0, done.stderr
    assert not (results / "mine.dev").exists()


def test_a_benchmark_without_the_split_takes_its_own_and_a_note_says_so(ns: Ns, words: list[str]) -> None:
    done = ns(*words, "--benchmarks=mine,smoke", "--split=dev", "--dry_run")
    assert "note: smoke has no split 'dev'; its own is taken, test." in done.stderr


def test_python_hears_the_same_note_once_on_stderr_and_among_the_notices(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "smoke has no split 'dev'; its own is taken, test."
    result = northstar.evaluate(
        ["mine", "smoke"],
        split="dev",
        output_dir=tmp_path / "out",
        extra_benchmarks=[tmp_path / "mine.py"],
        model="mock",
        server_address=words[3].partition("=")[2],
    )
    assert result.counters.notices.count(note) == 1
    assert capsys.readouterr().err.count(note) == 1


def test_the_default_split_where_another_lies_under_the_plain_name_is_told_what_to_do(ns: Ns, words: list[str]) -> None:
    assert ns(*words, "--benchmarks=mine:2", "--split=dev").returncode == 0
    done = ns(*words, "--benchmarks=mine:2")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        '  split: "dev" there, "test" now',
        "To go on with those results, name their split: --benchmarks=mine.dev. For split test, choose another "
        "--output_dir, or --rerun_done to set those results aside and ask again.",
    ]
    assert ns(*words, "--benchmarks=mine.dev:2", "--server_address=http://127.0.0.1:9/v1").returncode == 0
