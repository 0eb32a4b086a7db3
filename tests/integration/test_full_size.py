"""A benchmark of 196,588 rows is prepared in little memory, and its first request is sent soon."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from northstar.benchmarks.choices.mmmlu import LANGUAGES
from northstar.core.clock import monotonic
from tests.integration.invented_benchmarks import file_of
from tests.mock_server import Behaviour, serving

ROOT = Path(__file__).parents[2]
QUESTIONS = 14042
WEIGHED = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
)
"""Runs a command and prints its memory in KB. A child of pytest would count pytest's own, from before its exec."""
MOST_MB, MOST_SECONDS = 500, 10.0
LINES = [
    {
        "": n,
        "Question": f"{n} " + "প্রশ্ন" * 20,
        **dict.fromkeys("ABCD", "উত্তর দাও " * 5),
        "Answer": "A",
        "Subject": "law",
    }
    for n in range(QUESTIONS)
]


def test_mmmlu_of_full_size(tmp_path: Path) -> None:
    folder = tmp_path / "hub/openai/MMMLU/test"
    folder.mkdir(parents=True)
    content = file_of("x.csv", LINES)
    for locale in LANGUAGES:
        (folder / f"mmlu_{locale}.csv").write_bytes(content)
    settings = {"NORTHSTAR_DATA_DIR": f"{tmp_path}/data", "HF_HOME": f"{tmp_path}/hf", "HF_HUB_DISABLE_XET": "1"}
    ns = [sys.executable, "-m", "northstar"]

    words = [sys.executable, "-m", "tests.integration.local_hub", f"{tmp_path}/hub"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout is not None
        environment = {**os.environ, **settings, "HF_ENDPOINT": hub.stdout.readline().strip()}
        prepared = subprocess.run(
            [sys.executable, "-c", WEIGHED, *ns, "prepare_data", "mmmlu"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        hub.kill()
    assert prepared.returncode == 0
    assert int(prepared.stdout.split()[-1]) < MOST_MB * 1024

    async def seconds_to_the_first_request() -> float:
        asked = asyncio.Event()

        def answer(message: str, seed: int | None) -> str:
            asked.set()
            return "Answer: A"

        async with serving(Behaviour(answer=answer, delay=1.0)) as server:
            words = ["--benchmarks=mmmlu", f"--output_dir={tmp_path}/out", "--model=mock"]
            began = monotonic()
            process = await asyncio.create_subprocess_exec(
                *ns, "eval", *words, f"--server_address={server.address}", env={**os.environ, **settings}
            )
            try:
                await asyncio.wait_for(asked.wait(), 60)
                return monotonic() - began
            finally:
                process.kill()
                await process.wait()

    assert asyncio.run(seconds_to_the_first_request()) < MOST_SECONDS
