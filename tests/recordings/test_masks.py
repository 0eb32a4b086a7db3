"""What masks hide, and what they must leave to be seen."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.files import as_text, shown_file, shown_files
from tests.recordings.masks import ROOT, mask, mask_column, mask_json, mask_output, mask_script

TMP = Path("/tmp/ns-x1y2z3")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"{TMP}/here/out: done", "<tmp>/here/out: done"),
        (f"{sys.executable} -m northstar.any.worker /job.json", "<python> -m northstar.<module> /job.json"),
        (f"python3 {ROOT}/src/northstar/any/step.py 1", "python3 <code>/northstar/<module>.py 1"),
        (f"cd {ROOT}/tests", "cd <repository>/tests"),
        ("/x/northstar-0.1.0-0123456789ab/northstar/any.py", "/x/northstar-<code>/northstar/<module>.py"),
        pytest.param(f"done  {socket.gethostname()}:{os.getpid()}", "done  <host>:<pid>", id="process"),
        ("is written by process 123", "is written by process <pid>"),
        ("http://127.0.0.1:43210/v1", "http://127.0.0.1:<port>/v1"),
        ("on 2026-11-27T11:22:39+00:00", "on <time>"),
        ("northstar 0.1.0", "northstar <version>"),
        ("--name=northstar-worker-77-0a1b2c", "--name=northstar-worker-<random>"),
        ("superseded/2026-11-27T11-22-39/output.jsonl", "superseded/<time>/output.jsonl"),
        ("33.33333333333333", "33.33333333"),
        ("programs run in Landlock (Python 3.11.7)", "programs run in <sandbox>"),
        ("docker run\n    --user=0:0\n    --env=HOME=/tmp\n    image", "docker run\n    --user=<uid>\n    image"),
    ],
)
def test_what_differs_from_run_to_run_and_place_to_place_is_masked(text: str, masked: str) -> None:
    assert mask(text, TMP) == masked


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:9/v1",
        "grading: 6/6; smoke 6/6 33.3%",
        "++request_timeout (14400 s), 0.95, 99.12%",
        "the process ended with status 3",
        "programs run in no sandbox, with your own rights",
        "northstar evaluates",
        "<tmp>/here/out/eval-logs/jobs/001/smoke-rs0/job.json",
    ],
)
def test_what_has_a_meaning_is_not(text: str) -> None:
    assert mask(text, TMP) == text


def test_of_progress_the_last_line_is_kept() -> None:
    said = "starting …\nasking: 1/6, 5 in flight; smoke 1/6\nnote: x\ngrading: 6/6; smoke 6/6 50.0%\nnote: y\n"
    assert mask_output(said, TMP) == "note: x\ngrading: 6/6; smoke 6/6 50.0%\nnote: y\n"


def test_of_progress_that_ends_in_the_middle_nothing_is_kept() -> None:
    assert mask_output("starting …\nasking: 1/6, 5 in flight; smoke 1/6\nerror: no\n", TMP) == "error: no\n"
    assert mask_output("starting …\n", TMP, killed=True) == ""


def test_what_a_server_that_starts_had_logged_by_then_is_chance() -> None:
    assert mask_output("starting generic … no GPU\nerror: no\n", TMP) == "starting generic …\nerror: no\n"


def test_the_share_of_what_was_graded_after_a_resume_is_masked() -> None:
    said = "grading: 8/8 (6 from before); aime24 8/8 50.0% [16.5, 83.5] of 4 graded\n"
    assert mask_output(said, TMP) == "grading: 8/8 (6 from before); aime24 8/8 <share>\n"


def test_boxes_are_as_wide_as_what_is_in_them() -> None:
    said = "╭─ Options ──────╮\n│ --help   -h    Show.   │\n╰────────────────╯\n"
    assert mask_output(said, TMP) == "[Options]\n  --help  -h  Show.\n\n"


def test_seconds_in_a_table_are_masked_and_nothing_else_in_it() -> None:
    table = "mode   | gen_seconds | accuracy\npass@1 | 12          | 50.00%  \n\nmode,gen_seconds\npass@1,7\n7,8,9\n"
    masked = "mode   | gen_seconds | accuracy\npass@1 | *           | 50.00%  \n\nmode,gen_seconds\npass@1,*\n7,8,9\n"
    assert mask_column(table, "gen_seconds") == masked


def test_lines_of_scripts_are_joined_since_they_are_cut_by_the_length_of_paths() -> None:
    assert mask_script("srun --nodes=1 \\\n    python3 \\\n    /x\n", TMP) == "srun --nodes=1 python3 /x\n"


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"started": "2026", "host": "vm"}, {"started": "<time>", "host": "<varies>"}),
        ({"ended": None, "rows": 3}, {"ended": None, "rows": 3}),
        ({"generation_end_time": 1.5, "tokens": 5}, {"generation_end_time": "<time>", "tokens": 5}),
        ([{"output_dir": f"{TMP}/out"}], [{"output_dir": "<tmp>/out"}]),
        ({"python": "3.11.7", "name": "aime24"}, {"python": "<version>", "name": "aime24"}),
        ({"mean": 0.3333333333333333}, {"mean": 0.3333333333}),
    ],
)
def test_in_json_values_are_masked_by_their_keys(value: Any, masked: Any) -> None:
    assert mask_json(value, TMP) == masked


def test_json_is_shown_in_lines_of_as_much_as_fits() -> None:
    assert as_text({"a": [1, 2], "b": {}}) == '{"a": [1, 2], "b": {}}'
    long = {"name": "n" * 60, "other": "o" * 60, "more": 1}
    assert as_text(long) == '{\n "name": "' + "n" * 60 + '",\n "other": "' + "o" * 60 + '", "more": 1\n}'


def test_a_journal_is_shown_in_the_order_of_its_rows(tmp_path: Path) -> None:
    journal = tmp_path / "output.jsonl.journal"
    journal.write_text('{"crc":"1","journal":2}\n{"crc":"2","row":1}\n{"crc":"3","row":0}\n')
    shown = shown_file(journal, tmp_path, plans=True).splitlines()
    assert shown == [
        '{"crc": "<varies>", "journal": 2}',
        '{"crc": "<varies>", "row": 0}',
        '{"crc": "<varies>", "row": 1}',
    ]


def test_all_written_files_are_named_and_equal_ones_are_shown_once(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for name in ("a.json", "b.json", "c.log"):
        (tmp_path / "here" / name).write_text("1")
    shown = list(shown_files(tmp_path, ["*.json"], plans=True))
    assert shown == ["=== files\na.json\nb.json\nc.log\n", "=== a.json\n1\n", "=== b.json: as a.json\n"]
