"""The real vLLM on the CPU, 32 requests at once: its tokens per second during `ns eval`, beside a bare load generator.

One server, started by `ns server`; turns of both follow each other, so that what else the machine does meets both. All
answers have the same number of tokens. Then the time from a server's first healthy answer to its first request.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from tests.real_vllm import NoVllm, find_interpreter, model_folder

from bench.measure import run, write_rows
from northstar.config.settings import InferenceSettings
from northstar.models.request import chat_body
from northstar.prompts.prompt import load_prompt

AT_ONCE = 32
ROWS = 192
TOKENS = 64
TURNS = 5
SETTINGS = InferenceSettings(tokens_to_generate=TOKENS, extra_body={"ignore_eos": True})


@contextmanager
def served(vllm: Path, model: Path, logs: Path) -> Iterator[str]:
    words = [f"--model={model}", "--server_type=vllm", "--server_gpus=0", f"--server_python={vllm}"]
    words += ["--server_args=--max-model-len 1024", f"--log_dir={logs}"]
    with subprocess.Popen([sys.executable, "-m", "northstar", "server", *words], stdout=-1, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)


async def bare(address: str, model: Path, rows: list[dict[str, str]]) -> float:
    """Tokens per second of plain aiohttp, asking the same as `ns eval`: from the first request to the last answer."""
    prompt, left, tokens = load_prompt("math"), iter(enumerate(rows)), 0

    async def ask(session: aiohttp.ClientSession) -> None:
        nonlocal tokens
        for _, row in left:
            body = chat_body(str(model), prompt.messages(row), SETTINGS, None)
            async with session.post(f"{address}/chat/completions", json=body) as response:
                tokens += (await response.json())["usage"]["completion_tokens"]

    begun = time.monotonic()
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(ask(session))
    return tokens / (time.monotonic() - begun)


def ours(address: str, model: Path, data: Path, out: Path) -> float:
    """Tokens per second of `ns eval`, from the first request to the last answer by its records."""
    words = (f"--output_dir={out}", f"--data_dir={data}", f"--server_address={address}", f"--model={model}")
    settings = (f"++max_concurrent_requests={AT_ONCE}", f"++inference.tokens_to_generate={TOKENS}")
    run("eval", "--benchmarks=aime24", *words, *settings, "++inference.extra_body.ignore_eos=True")
    records = [json.loads(line) for line in (out / "eval-results/aime24/output.jsonl").open()]
    begun = min(record["generation_start_time"] for record in records)
    ended = max(record["generation_end_time"] for record in records)
    return float(sum(record["num_generated_tokens"] for record in records) / (ended - begun))


def first_request(vllm: Path, model: Path, data: Path, out: Path) -> float:
    """Seconds from the first healthy answer that vLLM's log notes to the start of the first request."""
    words = (f"--output_dir={out}", f"--data_dir={data}", "--server_type=vllm", f"--model={model}", "--server_gpus=0")
    stamped = 'import sys,time\nfor l in sys.stdin:print(time.time(),l,end="",flush=True)'
    script = out.parent / "python"
    script.write_text(f"#!/bin/sh\n{vllm} \"$@\" 2>&1 | {sys.executable} -c '{stamped}'\n")
    script.chmod(0o755)
    run("eval", "--benchmarks=aime24", *words, f"--server_python={script}", "--server_args=--enforce-eager")
    (log,) = (out / "eval-logs").glob("vllm-server.log")
    healthy = re.search(r'^([\d.]+) .*"GET /health HTTP/1.1" 200', log.read_text(), re.M)
    assert healthy is not None
    records = [json.loads(line) for line in (out / "eval-results/aime24/output.jsonl").open()]
    return float(min(record["generation_start_time"] for record in records)) - float(healthy[1])


def main() -> None:
    try:
        vllm = find_interpreter()
        model = model_folder(vllm)
    except NoVllm as reason:
        print(f"the real vLLM is not measured: {reason}")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "data", ROWS)
        rows = [json.loads(line) for line in (folder / "data/aime24/test.jsonl").open()]
        with served(vllm, model, folder) as address:
            asyncio.run(bare(address, model, rows[:AT_ONCE]))  # so that neither of both finds it cold
            pairs = []
            for turn in range(TURNS):
                mine = ours(address, model, folder / "data", folder / f"out-{turn}")
                pairs.append((mine, asyncio.run(bare(address, model, rows))))
        shown = ", ".join(f"{mine:.0f}/{plain:.0f}" for mine, plain in pairs)
        ratio = statistics.median(mine / plain for mine, plain in pairs)
        print(
            f"{ROWS} requests of {TOKENS} tokens, {AT_ONCE} at once, ns eval / bare client, tokens per second: {shown}"
        )
        print(f"  median ratio {100 * ratio:.1f} %")
        write_rows(folder / "few", 2)
        seconds = first_request(vllm, model, folder / "few", folder / "start")
        print(f"  from the first healthy answer to the first request: {seconds:.2f} s")


if __name__ == "__main__":
    main()
