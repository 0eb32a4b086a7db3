"""`ns generate` as a whole: the same rows in the same order come out with their answers, whatever happens amid it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import northstar
from tests.conftest import Ns
from tests.integration.calling_model import calling_model

Start = Callable[..., str]
PROMPT = "user: 'What is {question}?'\n"


def rows_in(folder: Path, number: int, *, end: str = "\n", **more: Any) -> Path:
    path = folder / "rows.jsonl"
    lines = [json.dumps({"id": f"r{n}", "question": f"{n} + 1", **more}) + end for n in range(number)]
    path.write_bytes("".join(lines).encode())
    (folder / "p.yaml").write_text(PROMPT)
    return path


def words(folder: Path, address: str, *more: str, out: str = "out") -> list[str]:
    asked = [
        "--input_file",
        str(folder / "rows.jsonl"),
        "--output_dir",
        str(folder / out),
        f"--server_address={address}",
    ]
    return ["generate", *asked, "--model=mock", *(more or (f"++prompt_config={folder}/p.yaml",))]


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def events(log: Path, kind: str) -> list[dict[str, Any]]:
    noted = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [each for each in noted if each["event"] == kind]


def test_each_line_is_a_row_with_its_answer(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 5, generation="before", deep={"a": [1, None]})
    done = ns(*words(tmp_path, start_mock("--right=1"), f"++prompt_config={tmp_path}/p.yaml", "--num_random_seeds=2"))
    assert done.returncode == 0, done.stderr
    assert "output-rs1 | 5           | 20         | 0.00%" in done.stdout
    for seed in (0, 1):
        found = records(tmp_path / f"out/output-rs{seed}.jsonl")
        assert [each["id"] for each in found] == [f"r{n}" for n in range(5)]
        assert [each["generation"].split("boxed")[1] for each in found] == [f"{{{n + 1}}}" for n in range(5)]
        assert all(each["input_generation"] == "before" and each["deep"] == {"a": [1, None]} for each in found)


def test_one_greedy_answer_goes_to_output_jsonl(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 3, end="\r\n")
    assert ns(*words(tmp_path, start_mock("--right=1"))).returncode == 0
    assert [each["question"] for each in records(tmp_path / "out/output.jsonl")] == ["0 + 1", "1 + 1", "2 + 1"]


def test_chunks_are_joined_in_the_rows_order(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 7)
    address, prompt = start_mock("--right=1"), f"++prompt_config={tmp_path}/p.yaml"
    ns(*words(tmp_path, address, prompt, "--num_chunks=3", "--chunk_ids=1,2"))
    assert {file.name for file in (tmp_path / "out").glob("output*")} == {
        "output_chunk_1-of-3.jsonl",
        "output_chunk_2-of-3.jsonl",
    }
    assert ns(*words(tmp_path, address, prompt, "--num_chunks=3")).returncode == 0
    assert [each["id"] for each in records(tmp_path / "out/output.jsonl")] == [f"r{n}" for n in range(7)]


def test_a_dry_run_shows_the_first_request_and_writes_nothing(ns: Ns, tmp_path: Path) -> None:
    rows_in(tmp_path, 2)
    done = ns(*words(tmp_path, "http://localhost:9/v1"), "--dry_run")
    assert done.returncode == 0, done.stderr
    assert "[user]\nWhat is 0 + 1?" in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "more", "said"),
    [
        ('{"id": "r9", "question": "x"', (), "line 3: not a JSON object"),
        ('{"id": "r0", "question": "x"}', (), "line 3: its id 'r0' is also that of line 1"),
        ('{"id": "r9"}', (), "line 3: its field 'question', which the prompt asks for, is not there (it has id)."),
        ('{"id": "r9", "question": null}', (), "line 3: its field 'question', which the prompt asks for, is null."),
        ('{"id": "r9"}', ("++prompt_format=text", "++prompt_key=question"), "line 3: its 'question' must be a text"),
    ],
)
def test_a_bad_row_is_named_by_its_line_before_anything_is_asked(
    ns: Ns, tmp_path: Path, start_mock: Start, line: str, more: tuple[str, ...], said: str
) -> None:
    with rows_in(tmp_path, 2).open("a") as file:
        file.write(line + "\n")
    log = tmp_path / "log"
    done = ns(*words(tmp_path, start_mock("--log", log), *more))
    assert done.returncode == 1
    assert said in done.stderr
    assert events(log, "arrived") == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            ("++prompt_format=openai", "++prompt_config=math"),
            "the rows bring what is asked, and no prompt file is used",
        ),
        (("--num_random_seeds=2",), "missing ++prompt_config=FILE"),
        (("++prompt_format=chat",), "must be ns (a prompt file), openai"),
        (("++prompt_format=text", "--num_random_seeds=2", "--num_samples=3"), "two names of one number"),
        (("++prompt_format=text", "--judge_labels=a=1,b=0"), "--judge_labels needs --judge_model"),
        (("++prompt_format=text", "--extract=regex:("), "no regular expression"),
        (("++prompt_format=text", "++multi_turn_key=t", "++tools=python"), "does not go with ++multi_turn_key"),
        (("++prompt_format=text", "++python_tool.calls=2"), "add ++tools=python, or leave it out"),
        (("++prompt_format=text", "--extract=regex:x", "--extract_field=generation"), "a field of that name already"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    ns: Ns, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    rows_in(tmp_path, 1)
    done = ns(*words(tmp_path, "http://localhost:9/v1", *more))
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_rows_that_changed_between_two_runs_are_refused(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    path, address = rows_in(tmp_path, 2), start_mock("--right=1")
    assert ns(*words(tmp_path, address)).returncode == 0
    path.write_text(path.read_text().replace("1 + 1", "1 + 2"))
    done = ns(*words(tmp_path, address))
    assert done.returncode == 1
    assert "holds results of generate that were made differently:\n  data_sha256: " in done.stderr


def test_more_rows_of_the_same_file_keep_the_answers_that_are_there(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 4)
    log, prompt = tmp_path / "log", f"++prompt_config={tmp_path}/p.yaml"
    address = start_mock("--log", log)
    ns(*words(tmp_path, address, prompt, "++max_samples=2"))
    done = ns(*words(tmp_path, address, prompt))
    assert done.returncode == 0, done.stderr
    assert len(events(log, "arrived")) == 4
    assert [each["id"] for each in records(tmp_path / "out/output.jsonl")] == ["r0", "r1", "r2", "r3"]


def test_messages_texts_and_turns_are_sent_as_the_rows_have_them(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    asked = [{"role": "user", "content": "What is 1 + 1?"}, {"role": "assistant", "content": "2"}]
    row = {
        "messages": [*asked, {"role": "user", "content": "What is 2 + 2?"}],
        "turns": ["What is 3 + 3?", "What is 4 + 4?"],
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    log = tmp_path / "log"
    address = start_mock("--log", log)
    assert ns(*words(tmp_path, address, "++prompt_format=openai", out="a")).returncode == 0
    turns = ("++prompt_format=text", "++multi_turn_key=turns")
    assert ns(*words(tmp_path, address, *turns, out="b")).returncode == 0
    assert records(tmp_path / "a/output.jsonl")[0]["generation"].endswith(r"\boxed{4}")
    found = records(tmp_path / "b/output.jsonl")[0]
    assert [turn["generation"][-9:] for turn in found["turns"]] == [r"\boxed{6}", r"\boxed{8}"]
    assert found["id"] == 1


def test_what_is_extracted_has_a_field_of_its_own(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 3)
    more = (f"++prompt_config={tmp_path}/p.yaml", r"--extract=regex:boxed\{(\d+)\}", "--extract_field=number")
    done = ns(*words(tmp_path, start_mock("--right=1"), *more))
    assert done.returncode == 0, done.stderr
    assert [each["number"] for each in records(tmp_path / "out/output.jsonl")] == ["1", "2", "3"]


def test_another_extraction_is_refused_and_offers_no_regrading(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 3)
    asked = words(tmp_path, start_mock("--right=1"), f"++prompt_config={tmp_path}/p.yaml")
    assert ns(*asked).returncode == 0
    refused = ns(*asked, r"--extract=regex:boxed\{(\d+)\}")
    assert (refused.returncode, "ns regrade" in refused.stderr) == (1, False), refused.stderr
    assert "Choose another --output_dir, or --rerun_done to set those results aside" in refused.stderr


def test_a_judge_labels_each_answer(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 3)
    (tmp_path / "judge.yaml").write_text("user: 'Is it good? {question} {generation}'\n")
    judge = start_mock("--judge=0", "--says=good,bad")
    more = (
        *(f"++prompt_config={tmp_path}/p.yaml", "--judge_model=mock", f"--judge_server_address={judge}"),
        *("--judge_labels=good=1,bad=0", f"--extra_judge_args=++prompt_config={tmp_path}/judge.yaml"),
    )
    done = ns(*words(tmp_path, start_mock("--right=1"), *more))
    assert done.returncode == 0, done.stderr
    found = records(tmp_path / "out/output.jsonl")
    assert {each["judge_label"] for each in found} <= {"good", "bad"}
    assert all(each["judge"] == "mock" and "generation" in each for each in found)
    assert "judge_correct" in done.stdout


def test_python_has_the_same(tmp_path: Path, start_mock: Start) -> None:
    rows = rows_in(tmp_path, 2)
    done = northstar.generate(
        rows,
        output_dir=tmp_path / "out",
        model="mock",
        server_address=start_mock("--right=1"),
        overrides={"prompt_config": str(tmp_path / "p.yaml"), "inference": {"tokens_to_generate": 9}},
        progress=False,
    )
    assert [each["id"] for each in done.records()] == ["r0", "r1"]


def test_a_model_may_run_python(ns: Ns, tmp_path: Path) -> None:
    rows_in(tmp_path, 2)
    with calling_model("print(6 * 7)") as address:
        done = ns(*words(tmp_path, address, f"++prompt_config={tmp_path}/p.yaml", "++tools=python"))
    assert done.returncode == 0, done.stderr
    found = records(tmp_path / "out/output.jsonl")
    assert [each["generation"] for each in found] == ["It is 42."] * 2
    assert found[0]["steps"][0]["results"] == ["42"]


def test_parquet_goes_in_and_out(ns: Ns, tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 3)
    (tmp_path / "rows.jsonl").rename(tmp_path / "lines")
    rows = [{"id": n, "question": f"{n} + 1", "tags": ["a"]} for n in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.jsonl")
    done = ns(
        *words(tmp_path, start_mock("--right=1"), f"++prompt_config={tmp_path}/p.yaml", "--output_format=parquet")
    )
    assert done.returncode == 0, done.stderr
    found = pq.read_table(tmp_path / "out/output.parquet").to_pylist()
    assert [each["id"] for each in found] == [0, 1, 2]
    assert [each["generation"][-3:] for each in found] == ["{1}", "{2}", "{3}"]
    assert records(tmp_path / "out/output.jsonl")[0]["tags"] == ["a"]


@pytest.mark.slow
def test_kills_at_random_moments_change_neither_rows_nor_their_order(tmp_path: Path, start_mock: Start) -> None:
    rows_in(tmp_path, 60)
    log, rng = tmp_path / "log", random.Random(24)
    address = start_mock("--delay=0.1", "--right=1", "--log", log)
    command = [sys.executable, "-m", "northstar", *words(tmp_path, address, f"++prompt_config={tmp_path}/p.yaml")]
    command += ["--num_random_seeds=3", "++max_concurrent_requests=8"]
    for _ in range(12):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ})
        try:
            process.wait(0.7 + 1.5 * rng.random())
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    time.sleep(0.2)  # what was on its way is answered, and noted
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for seed in range(3):
        found = records(tmp_path / f"out/output-rs{seed}.jsonl")
        assert [each["id"] for each in found] == [f"r{n}" for n in range(60)]
        assert [each["generation"].split("boxed")[1] for each in found] == [f"{{{n + 1}}}" for n in range(60)]
