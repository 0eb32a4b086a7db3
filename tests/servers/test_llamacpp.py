"""Server type llamacpp: its options, and with the real model its life and its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from northstar.config.plan import ServerPlan
from northstar.config.settings import InferenceSettings
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.client.client import ModelClient
from northstar.models.reply.response import Completion
from northstar.models.request import chat_body, text_body
from northstar.models.route import OneAddress
from northstar.servers.llamacpp import SERVER
from northstar.servers.server import is_hosted, running

PARENT = """
import asyncio, sys
from pathlib import Path
from northstar.config.plan import ServerPlan
from northstar.models.client.client import ModelClient
from northstar.servers.server import running

async def main():
    plan = ServerPlan(type="llamacpp", model="smollm2", args="--parallel 1 --ctx-size 4096")
    async with running(plan, Path(sys.argv[1])) as server, ModelClient(server.endpoint) as client:
        print(server.endpoint.address, flush=True)
        await client.ask({"messages": [{"role": "user", "content": "Count on."}], "ignore_eos": True})

asyncio.run(main())
"""


def check(**options: Any) -> ServerPlan:
    return SERVER.check(ServerPlan(type="llamacpp", **options))


def run(folder: Path, **options: Any) -> None:
    async def enter() -> None:
        async with running(ServerPlan(type="llamacpp", **options), folder):
            pass

    asyncio.run(enter())


def alive(port: int) -> bool:
    """Whether the process of the server at that port is still there (its command line names the port)."""
    listing = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return any(
        "start_llamacpp" in line and "guardian" not in line and f" {port} " in line for line in listing.splitlines()
    )


def port_of(address: str) -> int:
    return urlsplit(address).port or 0


def test_without_a_model_it_is_the_small_one() -> None:
    assert check().model == "smollm2"


def test_one_that_runs_already_is_asked_at_its_address() -> None:
    plan = check(address="http://host/v1/", model="whatever")
    assert (plan.address, is_hosted(plan), is_hosted(check())) == ("http://host/v1", False, True)


def test_a_missing_file_is_named_with_what_is_taken(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no file .*none\.gguf; llamacpp takes a GGUF file, org/repo or"):
        check(model=str(tmp_path / "none.gguf"))


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        check(model=str(tmp_path))


@pytest.mark.parametrize("args", ["", "--parallel 4 --ctx-size 512", "-np 4 -c=512 -t 2 --port 8123"])
def test_options_are_llamacpps_own(args: str) -> None:
    assert check(args=args).args == args


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("--paralel 4", "unrecognized arguments: --paralel 4"),
        ("--parallel", "expected one argument"),
        ("--parallel x", "'x' is not a number above 0"),
        ("--parallel 0", "'0' is not a number above 0"),
        ("--ctx-size -5", "--ctx-size"),
        ("--port 99999", "'--port 99999' is not a port"),
        ("'--parallel", "No closing quotation"),
    ],
)
def test_wrong_options_are_refused_before_anything_starts(args: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"--server_args.*{said}"):
        check(args=args)


def test_a_port_that_is_taken_is_not_shared_with_who_has_it(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").touch()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(NorthstarError, match=f"cannot serve at --port {port}: .*leave --port out"):
            run(tmp_path, model=str(tmp_path / "x.gguf"), args=f"--port {port}")


@pytest.mark.real_model
def test_a_file_that_is_no_model_ends_with_the_servers_own_words(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"no model")
    with pytest.raises(NorthstarError) as raised:
        run(tmp_path, model=str(tmp_path / "x.gguf"))
    said = (
        "llama.cpp's server ended with status 1 before it was ready. Likely cause: the file is damaged, or of another"
    )
    assert str(raised.value).startswith(said)
    assert f"failed to load model '{tmp_path / 'x.gguf'}'" in str(raised.value)


@pytest.mark.real_model
def test_the_small_model_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    async def ask() -> tuple[Completion, str]:
        plan = check(args="--parallel 1 --ctx-size 256")
        async with running(plan, tmp_path) as server, ModelClient(server.endpoint) as client:
            question = [{"role": "user", "content": "What is the capital of France?"}]
            body = chat_body("smollm2", question, InferenceSettings(tokens_to_generate=12), seed=None)
            return (await client.ask(body)).completion, server.endpoint.address

    completion, address = asyncio.run(ask())
    assert completion.text.strip()
    assert 0 < (completion.completion_tokens or 0) <= 12
    assert not alive(port_of(address))


@pytest.mark.real_model
def test_neutral_values_and_a_repetition_penalty_are_what_it_samples_with(tmp_path: Path) -> None:
    async def ask(settings: InferenceSettings) -> dict[str, Any]:
        """The values that llama.cpp says it used."""
        async with running(check(args="--parallel 1 --ctx-size 256"), tmp_path) as server:
            body = text_body("smollm2", "Hello", settings, 0, server.endpoint.words) | {"n_predict": 1}
            async with ModelClient(server.endpoint) as client:
                _, content = await client.post(OneAddress(server.endpoint.address), "/completion", body)
        used: dict[str, Any] = json.loads(content)["generation_settings"]
        return {name: round(used[name], 3) for name in ("top_k", "min_p", "repeat_penalty")}

    neutral, own = InferenceSettings(), InferenceSettings(neutral=False, repetition_penalty=1.3)
    assert asyncio.run(ask(neutral)) == {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0}
    assert asyncio.run(ask(own)) == {"top_k": 40, "min_p": 0.05, "repeat_penalty": 1.3}


@pytest.mark.real_model
def test_a_parent_that_is_killed_leaves_no_orphan_even_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port = port_of(parent.stdout.readline().strip())
        was_alive = alive(port)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while alive(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (was_alive, alive(port)) == (True, False)
