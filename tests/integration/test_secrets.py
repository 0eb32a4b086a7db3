"""Whatever a user or a server does with a key: it is in no file of the output folder, and on no screen."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import ROOT, Ns

Start = Callable[..., str]
KEY = "sk-planted/4fGh7Jk+9Np2Qr5St8Uv"
CLOUD = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYplanted"
PARTS = (
    "4fGh7J",
    "k+9Np2",
    "Qr5St8",
    "wJalrX",
    "bPxRfi",
    base64.b64encode(KEY.encode()).decode()[:12],
    quote(KEY, safe="")[8:24],
)
ENVIRONMENT = {"OPENAI_API_KEY": KEY, "MODEL_API_KEY": "", "AWS_SECRET_ACCESS_KEY": CLOUD}


@pytest.fixture(autouse=True)
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where `python -m tests.mock_server` is found


def leaks(output: Path, done: subprocess.CompletedProcess[str], parts: Sequence[str] = PARTS) -> list[str]:
    """Where any of the parts is: a file, or the screen."""
    files = {str(file): file.read_text(errors="replace") for file in output.rglob("*") if file.is_file()}
    said = {"stdout": done.stdout, "stderr": done.stderr, **files}
    return [place for place, text in said.items() if any(part in text for part in parts)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "behaviour", ["--always=echoed_key", "--always=answer_with_key", "--always=401", "--share=echoed_key=0.2"]
)
def test_a_server_that_echoes_the_key(ns: Ns, start_mock: Start, tmp_path: Path, behaviour: str) -> None:
    address = start_mock(behaviour)
    words = ("--benchmarks=smoke:1", f"--output_dir={tmp_path}/out", "--model=mock", f"--server_address={address}")
    done = ns("eval", *words, "++max_retries=1", "++max_samples=8", **ENVIRONMENT)
    assert (tmp_path / "out/run.json").exists()
    assert leaks(tmp_path / "out", done) == []


DUMPING = """
import os, sys
print(dict(os.environ), flush=True)
raise RuntimeError("no access for api_key='Zq8xN2vT7bLw4KfRplanted' and hf_plantedABCDEFGHIJKL")
"""


def test_a_server_that_prints_what_it_knows_and_dies(ns: Ns, tmp_path: Path) -> None:
    script = tmp_path / "serve.py"
    script.write_text(DUMPING)
    words = (
        "--server_type=vllm",
        f"--server_entrypoint={sys.executable} {script}",
        "--server_restarts=0",
        "--model=/no",
    )
    (tmp_path / "m").mkdir()
    (tmp_path / "m/config.json").write_text("{}")
    words = (*words[:-1], f"--model={tmp_path}/m")
    done = ns("eval", "--benchmarks=smoke:1", f"--output_dir={tmp_path}/out", *words, **ENVIRONMENT)
    assert done.returncode == 1
    assert "RuntimeError: no access for api_key='***' and ***" in done.stderr
    assert leaks(tmp_path / "out", done) == []
    for log in (tmp_path / "out/eval-logs").glob("*server*.log"):
        log.unlink()  # the server's own words, which nobody can take back
    assert leaks(tmp_path / "out", done, ["Zq8xN2", "plantedABC"]) == []


@pytest.mark.parametrize(
    "words",
    [
        (f"++inference.extra_body.api_key={KEY}",),
        ("++inference.extra_body={headers: {Authorization: 'Bearer " + KEY + "'}}",),
        (f"++chat_template_kwargs.token={CLOUD}",),
        (f"++system_message=use {CLOUD} for it",),
        (f"inference.extra_body.api_key={KEY}",),
        (f"++inference.api_key={KEY}",),
        (f"++inference.extra_body.password=[{KEY}",),
        (f"--server_address=http://me:{quote(KEY, safe='')}@127.0.0.1:9/v1",),
        (f"--server_address=http://127.0.0.1:9/v1?api-key={KEY}",),
        ("--server_type=generic", f"--server_entrypoint=env X_API_KEY={KEY} serve"),
        ("--server_type=vllm", f"--server_args=--api-key {KEY}"),
        ("--server_type=vllm", f"--server_args=--x {CLOUD}"),
        ("--cluster=lab", "--server_address=http://127.0.0.1:9/4fGh7JkQr5St8UvXw1Yz3/v1"),
        ("--cluster=lab", "--server_gpus=1", f"--sbatch_kwargs=export=MY_KEY={CLOUD}"),
    ],
    ids=lambda words: words[-1][:40],
)
def test_a_key_in_the_command_is_refused_before_anything_is_written(
    ns: Ns, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "lab.yaml").write_text("executor: slurm\n")
    given = ("--benchmarks=smoke:1", f"--output_dir={tmp_path}/out", f"--config_dir={tmp_path}", *words)
    address = () if any(word.startswith("--server") for word in words) else ("--server_address=http://127.0.0.1:9/v1",)
    done = ns("eval", *given, "--model=org/m", *address, **ENVIRONMENT, HF_HUB_OFFLINE="1")
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "out").exists()
    assert leaks(tmp_path / "out", done) == []


def test_a_key_in_an_address_is_shown_and_written_nowhere(ns: Ns, tmp_path: Path) -> None:
    secret = "4fGh7JkQr5St8UvXw1Yz3"
    words = ("--benchmarks=smoke:1", f"--output_dir={tmp_path}/out", "--model=m")
    for word in ("--dry_run", "++max_samples=2"):
        done = ns("eval", *words, f"--server_address=http://127.0.0.1:9/{secret}/v1", word)
        assert "http://127.0.0.1:9/***/v1" in done.stdout + done.stderr
        assert leaks(tmp_path / "out", done, [secret]) == []
