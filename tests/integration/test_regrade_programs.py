"""Programs of finished records run again in the sandbox, by tests that lie in the data folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import northstar
from northstar.data.attachments import Attachment, keep
from northstar.sandbox.environment import found_environment

CODE = {"right": "print(int(input()) * 2)", "wrong": "print(1)", "fails": "import nothing_there", "none": ""}


@pytest.fixture
def out(tmp_path: Path, data_dir: Path) -> Path:
    """Records that all say 'wrong', as a grader that has since been mended left them."""
    tests = json.dumps({"input": "4\n", "output": "8\n"}).encode() + b"\n"
    reference = keep(Attachment("double.jsonl", lambda: tests), data_dir, "livecodebench")
    folder = tmp_path / "out/eval-results/livecodebench"
    folder.mkdir(parents=True)
    lines = [
        {
            "id": name,
            "problem": "Double it.",
            "function": None,
            "tests": dict(reference),
            "difficulty": "easy",
            "generation": f"```python\n{code}\n```" if code else "I don't know.",
            "finish_reason": "stop",
            "generation_start_time": 1.0,
            "generation_end_time": 2.0,
            "completion": code,
            "graded_list": [False],
            "accuracy": False,
            "status": "wrong answer",
        }
        for name, code in CODE.items()
    ]
    (folder / "output.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    described = {"rows": len(CODE), "grader.name": "code_tests", "grader.timeout_seconds": 6.0}
    run = {"run_json": 1, "results": {"livecodebench.greedy": described}}
    (tmp_path / "out/run.json").write_text(json.dumps(run))
    return tmp_path / "out"


def test_programs_are_run_again(out: Path, data_dir: Path) -> None:
    regrading = northstar.regrade(out, data_dir=data_dir, progress=False)
    changes = regrading.changes["livecodebench"]
    assert [change.id for change in changes.first] == ["right"]
    graded = (out / "eval-results/livecodebench/regraded/regraded/output.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in graded] == ["passed", "wrong answer", "runtime error", "no code"]
    assert regrading.metrics["livecodebench"]["pass@1"]["accuracy"] == 25.0


def test_a_bundle_is_checked_where_its_tests_are(out: Path, data_dir: Path, tmp_path: Path) -> None:
    if found_environment() is None:
        pytest.skip("NO ENVIRONMENT FOR PROGRAMS: ns prepare_data livecodebench makes it")
    file = northstar.bundle(out, tmp_path / "table.nsb").file
    found = northstar.verify(file, data_dir=data_dir, progress=False)
    assert "livecodebench: 1 grade of 4 came out otherwise" in found.differences
    elsewhere = northstar.verify(file, data_dir=tmp_path / "nowhere", progress=False)
    assert (elsewhere.differences, elsewhere.unchecked) == ((), ("livecodebench",))
    assert "livecodebench: 4 not checkable: its tests aren't here: ns prepare_data livecodebench" in elsewhere.lines
