"""Python as a tool through the whole path: asked, run, killed amid its calls, and summed up."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.servers.llamacpp import model_file
from tests.mock_server import Behaviour, MockServer, serving
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

STEPS = 4
MODEL = "mock"


def counting(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Count calls in a variable of the interpreter, then answer with what it says."""
    told = [message["content"] for message in messages if message["role"] == "tool"]
    if len(told) == STEPS:
        return {"role": "assistant", "content": f"It is \\boxed{{{told[-1]}}}."}
    return {"role": "assistant", "content": "", "tool_calls": [called("n += 1\nn" if told else "n = 1\nn")]}


def called(code: str) -> dict[str, Any]:
    arguments = json.dumps({"code": code})
    return {"id": "c0", "type": "function", "function": {"name": "python", "arguments": arguments}}


def always(code: str) -> Any:
    def reply(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        return {"role": "assistant", "content": "", "tool_calls": [called(code)]}

    return reply


def words(out: Path, server: MockServer, *settings: str) -> list[str]:
    asked = [f"--server_address={server.address}", f"--model={MODEL}", "++tools=python", *settings]
    return [sys.executable, "-m", "northstar", "eval", "--benchmarks=smoke:2", f"--output_dir={out}", *asked]


async def run(*command: str) -> str:
    """Run a command to its end; return what it says. Raises where it fails."""
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def records(out: Path, named: str = "output-rs*.jsonl") -> list[dict[str, Any]]:
    files = sorted((out / "eval-results/smoke+python").glob(named))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def metrics(out: Path) -> dict[str, Any]:
    return dict(northstar.summarize_results(out).metrics["smoke+python"]["pass@1[avg-of-2]"])


def counted_to_four(found: list[dict[str, Any]]) -> bool:
    """Whether each of the 48 records has the results of its own variable, each call's once."""
    wanted = [["1"], ["2"], ["3"], ["4"], None]
    return len(found) == 48 and all([step.get("results") for step in each["steps"]] == wanted for each in found)


def test_each_sample_has_an_interpreter_of_its_own_whose_results_are_in_its_steps(tmp_path: Path) -> None:
    async def main() -> str:
        async with serving(Behaviour(reply=counting)) as server:
            return await run(*words(tmp_path, server))

    said = asyncio.run(main())
    found = records(tmp_path)
    assert counted_to_four(found)
    assert {record["generation"] for record in found} == {"It is \\boxed{4}."}
    mode = metrics(tmp_path)
    assert (mode["tool_calls"], mode["used_tool"], mode["tool_errors"], mode["begun_again"]) == (4.0, 100.0, 0.0, 0)
    assert "tool_calls" in said


def test_a_run_that_is_killed_amid_its_calls_asks_nothing_twice_that_was_answered(tmp_path: Path) -> None:
    def journaled() -> Counter[tuple[str, int, str]]:
        """Of each journal, row and turn, how often it is there."""
        found: Counter[tuple[str, int, str]] = Counter()
        for file in (tmp_path / "eval-results/smoke+python").glob("*.journal"):
            for line in file.read_bytes().splitlines()[1:]:
                if b'"turn":' in line and line.endswith(b"}"):
                    entry = json.loads(line)
                    found[file.name, entry["row"], entry["turn"]["name"]] += 1
        return found

    async def main() -> None:
        # Requests in flight when it is killed are asked again; everything else once.
        async with serving(Behaviour(reply=counting, delay=0.02, slots=8)) as server:
            for wanted in (20, 100, 200):
                process = await asyncio.create_subprocess_exec(*words(tmp_path, server), stderr=subprocess.DEVNULL)
                for _ in range(3000):
                    if sum(journaled().values()) >= wanted or process.returncode is not None:
                        break
                    await asyncio.sleep(0.01)
                process.send_signal(signal.SIGKILL)
                assert await process.wait() == -signal.SIGKILL, "it was done before it could be killed"
                assert set(journaled().values()) == {1}
            before = server.answered
            kept = sum(name.count(".") == 1 for _, _, name in journaled())
            await run(*words(tmp_path, server))
            assert server.answered - before == 48 * (STEPS + 1) - kept

    asyncio.run(main())
    found = records(tmp_path)
    assert counted_to_four(found)
    assert {json.dumps(record["tool_use"]) for record in found} == {'{"calls": 4, "errors": 0, "begun_again": 0}'}


def test_results_with_and_without_the_tool_never_mix(tmp_path: Path) -> None:
    async def main() -> tuple[str, str]:
        async with serving(Behaviour(reply=counting)) as server:
            await run(*words(tmp_path, server))
            plain = [word for word in words(tmp_path, server) if not word.startswith("++tools")]
            server.behaviour.__dict__["reply"] = None
            await run(*plain)
            other = await asyncio.create_subprocess_exec(
                *words(tmp_path, server, "++python_tool.timeout_seconds=3"), stderr=subprocess.PIPE
            )
            _, said = await other.communicate()
            return said.decode(), str(other.returncode)

    said, code = asyncio.run(main())
    assert sorted(folder.name for folder in (tmp_path / "eval-results").iterdir() if folder.is_dir()) == [
        "smoke",
        "smoke+python",
    ]
    assert code != "0"
    assert "python_tool.timeout_seconds: 10.0 there, 3.0 now" in said


def test_a_model_that_never_stops_calling_ends_at_its_limit_and_the_table_says_so(tmp_path: Path) -> None:
    async def main() -> str:
        async with serving(Behaviour(reply=always("import os\nos._exit(1)"))) as server:
            return await run(*words(tmp_path, server, "++python_tool.calls=2", "++max_samples=3"))

    said = asyncio.run(main())
    assert {record["finish_reason"] for record in records(tmp_path)} == {"tool_limit"}
    assert "6 of 6 generations (100 %) still called Python when their calls, or tokens, were used up" in said
    assert metrics(tmp_path)["tool_errors"] == 100.0


def test_a_model_that_never_calls_is_noted(tmp_path: Path) -> None:
    async def main() -> str:
        async with serving(Behaviour()) as server:
            return await run(*words(tmp_path, server))

    assert "no sample called Python" in asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"benchmarks": "bfcl_v3", "overrides": {"tools": "python"}}, "bfcl_v3 offers tools of its own"),
        ({"benchmarks": "smoke", "overrides": {"python_tool": {"calls": 3}}}, "limits a tool that no benchmark"),
        ({"benchmarks": "smoke", "overrides": {"tools": "ruby"}}, r"\+\+tools"),
        ({"benchmarks": "smoke+python", "overrides": {"python_tool": {"calls": 0}}}, r"\+\+python_tool.calls"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises((UsageError, NorthstarError), match=said):
        northstar.evaluate(
            output_dir=tmp_path, server_address="http://127.0.0.1:9/v1", model="mock", progress=False, **options
        )


SERVE = """
import signal, sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.hostnames, p.port, p.n_parallel, p.n_ctx = sys.argv[1], ["127.0.0.1"], int(sys.argv[2]), 3, 3 * 2048
p.cpuparams.n_threads, p.use_jinja, p.chat_template = 1, True, sys.argv[3]
server = xllamacpp.Server(p)
signal.pause()
"""
TEMPLATE = (
    "{% if tools %}{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for call in m.tool_calls or [] %}{{ call | tojson }}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CALL = (
    'root ::= "<tool_call>{\\"name\\": \\"python\\", \\"arguments\\": {\\"code\\": \\"" '
    '[0-9] [0-9]? " " [-+*] " " [0-9] [0-9]? "\\"}}</tool_call>"'
)


@pytest.fixture
def llama() -> Iterator[str]:
    """The real llama.cpp, whose template shows tools."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(model_file(ServerPlan(type="llamacpp"))), str(port), TEMPLATE]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(port), 60)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def answers(port: int) -> bool:
    from urllib.request import urlopen

    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@pytest.mark.real_model
def test_a_real_model_that_a_grammar_forces_to_call_is_told_what_python_says(llama: str, tmp_path: Path) -> None:
    northstar.evaluate(
        "smoke+python",
        output_dir=tmp_path,
        server_type="openai",
        server_address=llama,
        model=str(model_file(ServerPlan(type="llamacpp"))),
        overrides={
            "max_samples": 3,
            "tool_parser": "hermes",
            "python_tool": {"calls": 2},
            "inference": {"extra_body": {"grammar": CALL}},
        },
        progress=False,
    )
    found = [
        json.loads(line) for line in (tmp_path / "eval-results/smoke+python/output.jsonl").read_text().splitlines()
    ]
    steps = [step for record in found for step in record["steps"]]
    assert len(steps) == 9
    for step in steps:
        (call,) = step["tool_calls"]
        if "results" in step:
            assert step["results"] == [str(eval(json.loads(call["arguments"])["code"]))]
    assert {record["finish_reason"] for record in found} == {"tool_limit"}
