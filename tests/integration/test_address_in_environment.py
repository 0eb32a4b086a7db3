"""OPENAI_BASE_URL, which OpenAI's own clients read: where it counts, and where it is said that it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns

Start = Callable[..., str]
KEYS = ("OPENAI_API_KEY", "MODEL_API_KEY", "JUDGE_API_KEY")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


def test_a_model_is_asked_at_the_environments_address_and_it_is_said(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    address = start_mock()
    asked = ("eval", "--benchmarks=smoke:1", f"--output_dir={tmp_path}", "--model=mock")
    planned = ns(*asked, "--dry_run", OPENAI_BASE_URL=address)
    assert planned.returncode == 0, planned.stderr
    assert f"note      mock is asked at {address} (OPENAI_BASE_URL)." in planned.stdout
    done = ns(*asked, OPENAI_BASE_URL=address)
    assert done.returncode == 0, done.stderr
    assert f"mock is asked at {address} (OPENAI_BASE_URL)." in done.stderr


def test_without_a_model_the_embedded_one_runs_and_it_is_said_that_the_address_is_not_used(
    ns: Ns, tmp_path: Path
) -> None:
    asked = ("eval", "--benchmarks=smoke:1", f"--output_dir={tmp_path}", "--dry_run")
    planned = ns(*asked, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert planned.returncode == 0, planned.stderr
    said = "OPENAI_BASE_URL is not used: smollm2 is started here. --server_type=openai asks there."
    assert said in planned.stdout


def test_a_judge_does_not_follow_the_model_there(ns: Ns, tmp_path: Path, data_dir: Path) -> None:
    (data_dir / "hle").mkdir(parents=True)
    row = '{"id": "1", "problem": "What is 1 + 1?", "expected_answer": "2", "category": "math", "answer_type": "exact"}'
    (data_dir / "hle/text.jsonl").write_text(row + "\n")
    asked = ("eval", "--benchmarks=hle", f"--output_dir={tmp_path}", "--model=mock", "--dry_run")
    planned = ns(*asked, OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_API_KEY="abc")
    assert planned.returncode == 0, planned.stderr
    assert "judged by o3-mini-20250131 at https://api.openai.com/v1" in planned.stdout
