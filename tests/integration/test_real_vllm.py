"""The real vLLM, started by `ns`: tool calls, reasoning, a death, a full context, texts, and its words on failure."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint
from northstar.models.templates.chat_template import Prompt, prompt_for
from tests.conftest import ROOT, Ns
from tests.integration.killing import on_file

pytestmark = [pytest.mark.real_vllm, pytest.mark.slow]

PLUGIN = Path(__file__).parent / "plugins" / "old_style_tool_parser.py"
CALL = '<TOOLCALL>[{"name": "add", "arguments": {"a": 1, "b": 2}}]</TOOLCALL>'
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
QUICK = "--enforce-eager"  # half a minute less to compile


Eval = Callable[..., "subprocess.CompletedProcess[str]"]


def words(model: Path, vllm: Path, output: Path, *more: str, args: str = QUICK) -> list[str]:
    """An `ns eval` as the tutorial has it, but for the interpreter and the CPU."""
    return [
        "eval",
        "--cluster=local",
        f"--model={model}/",
        "--server_type=vllm",
        f"--output_dir={output}",
        "--benchmarks=smoke:4",
        "--server_gpus=0",
        f"--server_python={vllm}",
        "--num_jobs=1",
        "++inference.temperature=0.6",
        "++inference.top_p=0.95",
        "++system_message=''",
        f"--server_args={args}",
        *more,
    ]


def records(output: Path, benchmark: str = "smoke") -> list[dict[str, Any]]:
    files = sorted((output / "eval-results" / benchmark).glob("output*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def last_run(output: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((output / "run.json").read_text())["runs"][-1]
    return run


def said(text: str) -> str:
    """Makes the model say just this, as JSON for ++inference.extra_body."""
    return f"++inference.extra_body.structured_outputs={json.dumps({'choice': [text]})}"


def test_the_tutorials_tool_parser_in_the_old_style_works_with_todays_vllm(
    ns: Ns, vllm: Path, model: Path, tmp_path: Path
) -> None:
    args = (
        f'--tool-parser-plugin "{PLUGIN}"                  --tool-call-parser "llama_nemotron_json" '
        f"                 --enable-auto-tool-choice {QUICK}"
    )
    tools = f"++inference.extra_body.tools={json.dumps([TOOL])}"
    given = words(model, vllm, tmp_path / "out", tools, said(CALL), "++max_samples=5", args=args)
    done = ns(*given, timeout=600)
    assert done.returncode == 0, done.stderr
    found = records(tmp_path / "out")
    assert len(found) == 20
    assert {call["name"] for record in found for call in record["tool_calls"]} == {"add"}
    assert json.loads(found[0]["tool_calls"][0]["arguments"]) == {"a": 1, "b": 2}
    assert {record["finish_reason"] for record in found} == {"tool_calls"}
    server = last_run(tmp_path / "out")["server"]
    assert (server["version"], server["context_length"]) == ("0.32.0", 8192)
    assert "the old-style tool parser is in use" in Path(server["logs"][0]).read_text()


def test_reasoning_that_the_server_parses_is_told_apart_and_one_death_loses_nothing(
    vllm: Path, model: Path, tmp_path: Path
) -> None:
    args = f"--reasoning-parser granite --structured-outputs-config '{{\"enable_in_reasoning\": true}}' {QUICK}"
    answer = r"Here is my thought process: I add them. Here is my response: It is \boxed{7}"
    output = tmp_path / "out"
    given = words(model, vllm, output, said(answer), "++max_concurrent_requests=8", args=args)
    with subprocess.Popen([sys.executable, "-m", "northstar", *given], stdout=-1, stderr=-1, text=True) as process:
        journals = output / "eval-results/smoke"
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and process.poll() is None:
            if on_file(journals) >= 10:
                break
            time.sleep(0.05)
        os.kill(server_of(process.pid), signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=400)
    assert process.returncode == 0, stderr
    found = records(output)
    assert len(found) == 96
    assert {(record["reasoning"], record["generation"]) for record in found} == {(" I add them. ", r" It is \boxed{7}")}
    run = last_run(output)
    assert [restart["why"] for restart in run["server_restarts"]] == ["was ended by SIGKILL"]
    assert run["asked_again"] >= 1
    assert "1 restart of the server" in stderr
    assert "pass@4" in stdout


def server_of(worker: int) -> int:
    """The API server's process, below a worker's guardian."""
    (guardian,) = children(worker, "guardian.py")
    (server,) = children(guardian, "start_vllm.py")
    return server


def children(parent: int, name: str) -> list[int]:
    listing = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    return [int(pid) for pid, of, command in rows if int(of) == parent and name in command]


@pytest.fixture(scope="module")
def address(vllm: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that `ns server` started by hand, with a context of 256 tokens."""
    given = [f"--model={model}", "--server_type=vllm", "--server_gpus=0", f"--server_python={vllm}"]
    given += [f"--server_args=--max-model-len 256 {QUICK}", f"--log_dir={tmp_path_factory.mktemp('logs')}"]
    with subprocess.Popen([sys.executable, "-m", "northstar", "server", *given], stdout=-1, text=True) as process:
        assert process.stdout is not None
        given_address = process.stdout.readline().strip()
        assert given_address
        yield given_address
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def at(address: str, model: Path, output: Path, *more: str) -> list[str]:
    given = ["eval", f"--output_dir={output}", f"--model={model}", "--server_type=vllm", f"--server_address={address}"]
    return [*given, "--benchmarks=smoke", "++max_samples=4", *more]


def test_a_context_that_is_too_short_fails_the_sample_and_says_what_to_do(
    ns: Ns, address: str, model: Path, tmp_path: Path
) -> None:
    done = ns(*at(address, model, tmp_path / "out", "++inference.tokens_to_generate=4096"))
    assert done.returncode == 0, done.stderr
    assert [record["out_of_context"] for record in records(tmp_path / "out")] == [True] * 4
    assert "4 errors (4 out of context)" in done.stderr
    assert last_run(tmp_path / "out")["out_of_context"] == 4


def test_a_generation_can_be_reduced_to_the_context(ns: Ns, address: str, model: Path, tmp_path: Path) -> None:
    overrides = ("++inference.tokens_to_generate=4096", "++context_overflow=reduce_generation")
    more = ("++inference.extra_body.ignore_eos=True",)
    done = ns(*at(address, model, tmp_path / "out", *overrides, *more))
    assert done.returncode == 0, done.stderr
    found = records(tmp_path / "out")
    assert [record["num_prompt_tokens"] + record["num_generated_tokens"] for record in found] == [256] * 4
    assert all(record["reduced_to"] == record["num_generated_tokens"] for record in found)
    assert "4 shortened to fit the context" in done.stderr


def test_a_text_is_as_long_as_the_chat_that_it_stands_for(ns: Ns, address: str, model: Path, tmp_path: Path) -> None:
    for kind in ("chat", "text"):
        done = ns(*at(address, model, tmp_path / kind, f"++inference.endpoint_type={kind}"))
        assert done.returncode == 0, done.stderr
    chat, text = records(tmp_path / "chat"), records(tmp_path / "text")
    assert [each["num_prompt_tokens"] for each in chat] == [each["num_prompt_tokens"] for each in text]


def test_a_response_has_the_record_of_the_chat_that_it_stands_for(
    ns: Ns, address: str, model: Path, tmp_path: Path
) -> None:
    found = {}
    for kind in ("chat", "responses"):
        done = ns(*at(address, model, tmp_path / kind, f"++inference.endpoint_type={kind}", "--server_type=vllm"))
        assert done.returncode == 0, done.stderr
        found[kind] = [
            {name: value for name, value in record.items() if "time" not in name} for record in records(tmp_path / kind)
        ]
    assert found["responses"] == found["chat"]


def test_a_streamed_answer_has_the_record_of_the_one_that_comes_at_once(
    ns: Ns, address: str, model: Path, tmp_path: Path
) -> None:
    found = {}
    for stream in (False, True):
        done = ns(*at(address, model, tmp_path / str(stream), f"++inference.stream={stream}"))
        assert done.returncode == 0, done.stderr
        found[stream] = records(tmp_path / str(stream))
    plain = [
        [{name: value for name, value in each.items() if "time" not in name} for each in found[stream]]
        for stream in (False, True)
    ]
    assert plain[0] == plain[1]
    assert all(each["time_to_first_token"] > 0 for each in found[True])


def test_a_text_is_token_for_token_what_the_server_makes_of_the_chat(address: str, model: Path) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is 3 + 4?"}]
    chat = {"model": f"{model}", "messages": messages, "max_tokens": 1, "return_token_ids": True}

    async def ask() -> tuple[Prompt, list[int]]:
        async with ModelClient(Endpoint(address=address, model=f"{model}")) as client:
            with client.conversation() as conversation:
                text = await prompt_for(conversation, messages, None, {})
        async with aiohttp.ClientSession() as session, session.post(f"{address}/chat/completions", json=chat) as answer:
            return text, (await answer.json())["prompt_token_ids"]

    text, read = asyncio.run(ask())
    assert text == read


def test_a_base_model_is_given_the_plain_text(ns: Ns, vllm: Path, model: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(model, base, copy_function=os.symlink)
    (base / "chat_template.jinja").unlink()
    more = ("++inference.endpoint_type=text", "++max_samples=2")
    done = ns(*words(base, vllm, tmp_path / "out", *more), timeout=600)
    assert done.returncode == 0, done.stderr
    assert max(record["num_prompt_tokens"] for record in records(tmp_path / "out")) < 140


@pytest.mark.shared_data
def test_real_rows_to_a_table(
    ns: Ns, address: str, model: Path, data_dir: Path, shared_data: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (shared_data / "math-500/test.jsonl").read_text().splitlines()[:6]]
    (data_dir / "math-500").mkdir(parents=True)
    lines = [{"id": row["unique_id"], "problem": row["problem"], "expected_answer": row["answer"]} for row in rows]
    (data_dir / "math-500/test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    given = ["eval", "--benchmarks=math-500:2", f"--output_dir={tmp_path}/out", f"--model={model}"]
    done = ns(*given, f"--server_address={address}", "++context_overflow=reduce_generation")
    assert done.returncode == 0, done.stderr
    assert len(records(tmp_path / "out", "math-500")) == 12
    assert "pass@1[avg-of-2] | 6 " in done.stdout


@pytest.mark.parametrize(
    ("args", "environment", "cause"),
    [
        ("--max-modle-len 5", {}, "the server has no argument --max-modle-len; check --server_args."),
        ("--tool-call-parser nosuch --enable-auto-tool-choice", {}, "there is no such tool parser"),
        (QUICK, {"VLLM_CPU_KVCACHE_SPACE": "100000"}, "too little memory is free for the cache"),
        (f"{QUICK} --max-model-len 9999999", {}, "--max-model-len 9999999 is more than the model can."),
    ],
)
def test_a_start_that_fails_tells_its_cause(
    args: str, environment: dict[str, str], cause: str, ns: Ns, vllm: Path, model: Path, tmp_path: Path
) -> None:
    done = ns(*words(model, vllm, tmp_path / "out", args=args), timeout=300, **environment)
    assert done.returncode == 1
    assert f"Likely cause: {cause}" in done.stderr
    assert len(done.stderr.splitlines()) < 40


def test_without_enough_memory_for_the_model_it_says_so(ns: Ns, vllm: Path, model: Path, tmp_path: Path) -> None:
    limited = tmp_path / "python"
    limited.write_text(f'#!/bin/sh\nulimit -v 2500000\nexec {vllm} "$@"\n')
    limited.chmod(0o755)
    done = ns(*words(model, limited, tmp_path / "out"), timeout=300)
    assert done.returncode == 1
    assert "Likely cause: this machine, or the job's limit, has too little memory." in done.stderr


def test_our_arguments_are_arguments_of_this_vllm(vllm: Path) -> None:
    code = "from vllm.engine.arg_utils import AsyncEngineArgs as A; from vllm.utils.argparse_utils import "
    code += "FlexibleArgumentParser as P; print(A.add_cli_args(P()).format_help())"
    shown = subprocess.run([str(vllm), "-c", code], capture_output=True, text=True, cwd=ROOT).stdout
    for name in ("--model", "--tensor-parallel-size", "--pipeline-parallel-size", "--distributed-executor-backend"):
        assert name in shown
