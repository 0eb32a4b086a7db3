"""LiveCodeBench from the hub to the table: the real problems with their public tests, invented ones with pickled ones.

The server answers with a program that knows the right outputs (or wrong ones): there are no reference solutions.
"""

from __future__ import annotations

import asyncio
import base64
import json
import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.livecodebench.splits import NAMED, RELEASES, ROWS
from tests.conftest import Ns
from tests.integration.conftest import Prepare
from tests.integration.invented_programs import invented, pickled, put
from tests.mock_server import Behaviour, serving

Record = dict[str, Any]

STDIN_ORACLE = """
import sys
known = {known!r}
sys.stdout.write(known[sys.stdin.read()])
"""
FUNCTION_ORACLE = """
class Solution:
    def {name}(self, *arguments):
        known = {known!r}
        return json.loads(known[json.dumps(arguments)])
"""


def oracle(record: Record, tests: list[dict[str, str]], spoil: Callable[[str], str] = lambda output: output) -> str:
    """An answer whose program gives each test's expected output, or a spoilt one."""
    name = json.loads(record["metadata"]).get("func_name")
    if name is None:
        code = STDIN_ORACLE.format(known={test["input"]: spoil(test["output"]) for test in tests})
    else:
        known = {json.dumps([json.loads(line) for line in test["input"].split("\n")]): test for test in tests}
        outputs = {key: spoil(test["output"]) for key, test in known.items()}
        code = FUNCTION_ORACLE.format(name=name, known=outputs)
    return f"First an aside:\n```\nnot this\n```\nSo:\n\n```python\n{code}\n```\n"


def rows_of(data_dir: Path, split: str) -> list[Record]:
    return [json.loads(line) for line in (data_dir / f"livecodebench/{split}.jsonl").read_text().splitlines()]


def evaluate(ns: Ns, answer: Callable[[str, int | None], str], out: Path, *words: str) -> str:
    """Run the tutorial's command against a server that answers so; what it printed."""

    async def run() -> str:
        async with serving(Behaviour(answer=answer, record=False)) as server:
            done = await asyncio.to_thread(
                ns,
                "eval",
                f"--output_dir={out}",
                f"--server_address={server.address}",
                "--model=mock",
                *words,
                timeout=500,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout + done.stderr

    return asyncio.run(run())


def records_of(out: Path, name: str = "output-rs0") -> list[Record]:
    path = out / f"eval-results/livecodebench/{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_private_tests_decide_and_every_ending_has_its_status(
    prepare: Prepare, ns: Ns, hub: Path, data_dir: Path, tmp_path: Path
) -> None:
    put(hub, {"test4.jsonl": [invented(number) for number in range(1, 9)]})
    assert prepare("livecodebench", "--split=test_v4_2410_2410").returncode == 0
    assert [row["id"] for row in rows_of(data_dir, "test_v4_2410_2410")] == [f"invented_{n}" for n in range(1, 9)]
    endings = {
        1: "print(int(input()) + 1)",
        2: "n = int(input())\nprint(n + 2 if n != 7 else 0)",
        3: "while True: pass",
        4: "kept = []\nwhile True: kept.append(bytearray(64 << 20))",
        5: "print(int(input()) // 0)",
        6: "import ctypes; ctypes.string_at(0)",
        7: "print(int(input()) + 7",
    }

    def answer(message: str, seed: int | None) -> str:
        number = next(n for n in range(1, 9) if f"Add {n} to" in message)
        return f"```python\n{endings[number]}\n```" if number in endings else "I can't do it."

    words = ("--benchmarks=livecodebench", "--split=test_v4_2410_2410", "++eval_config.timeout_seconds=4")
    said = evaluate(ns, answer, tmp_path / "out", *words, "++eval_config.memory_gigabytes=0.5")
    assert "programs run in bubblewrap" in said or "programs run in Landlock" in said
    found = [
        (record["graded_list"], record["status"], record.get("first_failed_test"), record.get("test_error", ""))
        for record in records_of(tmp_path / "out", "output")
    ]
    assert [(passed[0], status, number) for passed, status, number, _ in found] == [
        (True, "passed", None),
        (False, "wrong answer", 9),
        (False, "time limit", 1),
        (False, "memory limit", 1),
        (False, "runtime error", 1),
        (False, "runtime error", 1),
        (False, "runtime error", 1),
        (False, "no code", None),
    ]
    assert found[4][3] == "ZeroDivisionError: integer division or modulo by zero"
    assert found[5][3] == "killed by SIGSEGV"
    assert found[6][3] == "SyntaxError: '(' was never closed"
    run = json.loads((tmp_path / "out/run.json").read_text())
    assert run["runs"][0]["sandbox"]["tier"] in ("bubblewrap", "landlock")
    assert "12.50%" in said


def test_tests_lie_beside_the_rows_and_not_in_the_records(
    prepare: Prepare, ns: Ns, hub: Path, data_dir: Path, tmp_path: Path
) -> None:
    put(hub, {"test4.jsonl": [invented(1)]})
    prepare("livecodebench", "--split=test_v4_2410_2410")
    reference = rows_of(data_dir, "test_v4_2410_2410")[0]["tests"]
    lines = (data_dir / reference["file"]).read_text().splitlines()
    assert (len(lines), json.loads(lines[4])) == (31, {"input": "3\n", "output": "4"})
    assert "(up to date)" in prepare("livecodebench", "--split=test_v4_2410_2410").stdout
    (data_dir / reference["file"]).write_text("spoilt\n")
    done = ns(
        "eval", "--benchmarks=livecodebench", "--split=test_v4_2410_2410", f"--output_dir={tmp_path}/out", "--dry_run"
    )
    assert (done.returncode, lines[4] in done.stdout) == (0, False)


def test_tests_that_were_changed_are_not_graded_by(
    prepare: Prepare, ns: Ns, hub: Path, data_dir: Path, tmp_path: Path
) -> None:
    put(hub, {"test4.jsonl": [invented(1)]})
    prepare("livecodebench", "--split=test_v4_2410_2410")
    (data_dir / rows_of(data_dir, "test_v4_2410_2410")[0]["tests"]["file"]).write_text("spoilt\n")

    async def run() -> str:
        async with serving(Behaviour(answer=lambda message, seed: "```\nprint(1)\n```")) as server:
            words = ("--benchmarks=livecodebench", "--split=test_v4_2410_2410", f"--output_dir={tmp_path}/out")
            done = await asyncio.to_thread(ns, "eval", *words, f"--server_address={server.address}", "--model=mock")
            assert done.returncode == 1
            return done.stderr

    said = asyncio.run(run())
    assert "it has changed since it was prepared. Prepare it again with ns prepare_data livecodebench --force" in said


def test_a_pickle_that_is_no_text_is_named_and_not_opened(prepare: Prepare, hub: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.write_text, (tmp_path / "evil", "x"))

    spoilt = base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode()
    put(hub, {"test4.jsonl": [invented(1, private_test_cases=spoilt)]})
    done = prepare("livecodebench", "--split=test_v4_2410_2410")
    assert (done.returncode, (tmp_path / "evil").exists()) == (1, False)
    assert "test4.jsonl, record 1: not as expected (ValueError: the tests' pickle holds more than a text" in done.stderr
    assert "; they are of question invented_1)." in done.stderr


def test_a_run_without_walls_is_refused_before_anything_is_asked(
    prepare: Prepare, ns: Ns, hub: Path, tmp_path: Path
) -> None:
    put(hub, {"test4.jsonl": [invented(1)]})
    prepare("livecodebench", "--split=test_v4_2410_2410")
    words = ("--benchmarks=livecodebench", "--split=test_v4_2410_2410", f"--output_dir={tmp_path}/out", "--model=mock")
    address = "--server_address=http://127.0.0.1:9/v1"
    done = ns("eval", *words, address, "--sandbox=bubblewrap", PATH="/nonexistent")
    assert done.returncode == 1
    assert "cannot isolate programs that a model wrote (bubblewrap: bwrap is not installed" in done.stderr
    assert "set --sandbox=unsafe to run them with your own rights." in done.stderr
    assert not (tmp_path / "out/run.json").exists()
    done = ns("eval", *words, address, "--sandbox=none")
    assert (done.returncode, "unknown --sandbox='none'. Choose from auto, bubblewrap" in done.stderr) == (2, True)


def test_unsafe_is_what_was_asked_for_and_is_noted(prepare: Prepare, ns: Ns, hub: Path, tmp_path: Path) -> None:
    put(hub, {"test4.jsonl": [invented(1)]})
    prepare("livecodebench", "--split=test_v4_2410_2410")
    words = ("--benchmarks=livecodebench", "--split=test_v4_2410_2410", "--sandbox=unsafe")
    said = evaluate(ns, lambda message, seed: "```\nprint(int(input()) + 1)\n```", tmp_path / "out", *words)
    assert "programs run in no sandbox, with your own rights (Python 3." in said
    assert json.loads((tmp_path / "out/run.json").read_text())["runs"][0]["sandbox"]["tier"] == "unsafe"
    assert records_of(tmp_path / "out", "output")[0]["accuracy"] is True


def test_without_the_packages_that_programs_may_import_it_goes_on_and_says_so(
    prepare: Prepare, ns: Ns, hub: Path, tmp_path: Path
) -> None:
    put(hub, {"test4.jsonl": [invented(1)]})
    nowhere = {"NORTHSTAR_SANDBOX_ENV": "/proc/nowhere/env"}
    done = prepare("livecodebench", "--split=test_v4_2410_2410", **nowhere)
    assert done.returncode == 0, done.stderr
    assert "note: livecodebench: " in done.stderr
    assert "environment with numpy, scipy" in done.stderr.rpartition("note: livecodebench: ")[2]
    assert done.stderr.rstrip().endswith("Programs that import them will fail.")
    (tmp_path / "test_data.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    done = prepare("scicode", f"++scicode.targets={tmp_path}/test_data.h5", **nowhere)
    assert (done.returncode, "error: scicode: " in done.stderr) == (1, True), done.stderr


@pytest.mark.slow
def test_an_environment_that_lacks_packages_is_told_before_and_blames_no_program(
    prepare: Prepare, ns: Ns, hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hub, {"test4.jsonl": [invented(1)]})
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    monkeypatch.setenv("NORTHSTAR_SANDBOX_ENV", str(environment))
    assert prepare("livecodebench", "--split=test_v4_2410_2410").returncode == 0
    words = ("--benchmarks=livecodebench", "--split=test_v4_2410_2410", "--sandbox=unsafe")
    said = evaluate(ns, lambda message, seed: "```\nimport pandas\n```", tmp_path / "out", *words)
    assert f"the environment for programs in {environment} lacks numpy, scipy, sympy, pandas, h5py." in said
    assert records_of(tmp_path / "out", "output")[0]["grading_error"] == "the environment for programs lacks pandas"


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("test_v5_2408_2501x", "livecodebench has no split 'test_v5_2408_2501x'. Choose test_v5_2408_2502"),
        ("test_v9_2408_2501", "there is no release v9; choose v1 to v6"),
        ("test_v5_2413_2501", "2413 is not a month; write YYMM"),
        ("test_v5_2502_2408", "runs backwards: 2502 is after 2408"),
        ("test_v1_2408_2502", "release v1 has no contests in these months, only of 2305 to 2403"),
    ],
)
@pytest.mark.parametrize("command", ["prepare_data livecodebench", "eval --benchmarks=livecodebench --output_dir=out"])
def test_a_split_that_is_none_is_refused_and_said_why(ns: Ns, command: str, split: str, said: str) -> None:
    done = ns(*command.split(), f"--split={split}")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_the_default_split_is_where_users_look(ns: Ns) -> None:
    listed = ns("prepare_data", "--list").stdout
    assert "livecodebench problems of LeetCode" in " ".join(listed.split())
    assert ", test_v6_2408_2505 (454 rows, default)\n" in listed
    assert "test (65 rows, default), dev (15 rows), test_aai (80 rows)\n" in listed
    assert "splits: test (30 rows)\n" in listed
    assert "One split alone is NAME.SPLIT: ns prepare_data gpqa.main" in listed
    assert "default: each one's own" in " ".join(ns("eval", "--help", COLUMNS="200").stdout.split())


@pytest.fixture
def real(shared_data: Path) -> list[Record]:
    """The real problems, with their public tests; those that have none get a private one."""
    path = shared_data / "livecodebench/problems_v6_public_tests.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        if not json.loads(record["public_test_cases"]):
            record["private_test_cases"] = pickled([{"input": "1", "output": "2", "testtype": "stdin"}])
    return records


def put_real(hub: Path, real: list[Record]) -> None:
    files = {f"v{number}": path for number, (path, _, _) in enumerate(RELEASES, start=1)}
    by_file: dict[str, list[Record]] = {}
    for record in real:
        by_file.setdefault(files[record["release"]], []).append(record)
    put(hub, by_file)


@pytest.mark.shared_data
def test_the_real_splits_have_the_rows_that_they_are_known_for(
    prepare: Prepare, hub: Path, data_dir: Path, real: list[Record]
) -> None:
    put_real(hub, real)
    done = prepare("livecodebench")
    assert done.returncode == 0, done.stderr
    assert [len(rows_of(data_dir, split)) for split in NAMED] == [279, 315, 166, 454] == [*ROWS.values()]
    done = prepare("livecodebench", "--split=test_v6_2305_2504")
    assert done.returncode == 0, done.stderr
    assert len(rows_of(data_dir, "test_v6_2305_2504")) == 1055


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.0])
def test_the_tutorials_command_gives_its_table(
    prepare: Prepare, ns: Ns, hub: Path, tmp_path: Path, real: list[Record], share: float
) -> None:
    """Right programs score 100 %, spoilt ones 0 %."""
    put_real(hub, real)
    assert prepare("livecodebench").returncode == 0
    answers = {
        record["question_content"]: oracle(
            record, json.loads(record["public_test_cases"]), *([] if share else [spoilt])
        )
        for record in real
    }

    def answer(message: str, seed: int | None) -> str:
        return next(text for content, text in answers.items() if content.strip() in message)

    words = ["--cluster=local", "--benchmarks=livecodebench:2", "--split=test_v5_2410_2502"]
    words += ["++inference.tokens_to_generate=65536", "++inference.temperature=0.6", "++inference.top_p=0.95"]
    said = evaluate(ns, answer, tmp_path / "out", *words, "++system_message=")
    wrong = [record for record in records_of(tmp_path / "out") if record["accuracy"] != bool(share)]
    assert not wrong, [(record["id"], record["status"], record.get("test_error")) for record in wrong]
    table = [" ".join(line.split()) for line in said.splitlines() if line.startswith(("eval", "pass@"))]
    assert table[0] == "evaluation_mode | num_entries | avg_tokens | gen_seconds | accuracy"
    assert [line.split(" | ")[i] for line in table[1:] for i in (0, 1, 4)] == [
        *("pass@1[avg-of-2]", "166", f"{share:.2%}"),
        *("pass@2", "166", f"{share:.2%}"),
    ]


def spoilt(output: str) -> str:
    """Another value of the same kind."""
    try:
        value = json.loads(output)
    except ValueError:
        return output + " x"
    return json.dumps([value]) if not isinstance(value, int) else json.dumps(value + 1)
