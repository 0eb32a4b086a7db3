"""llama.cpp's real server applies its chat template: what Northstar finds out of it, and how it reads the answers."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from northstar.config.overrides import parse_overrides, settings_from
from northstar.config.plan import ServerPlan
from northstar.core.records import Generation
from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint
from northstar.models.templates.opened_reasoning import OpenedReasoning
from northstar.prompts.prompt import load_prompt
from northstar.servers.llamacpp import model_file
from northstar.solvers.model_asker import ModelAsker
from tests.waiting import wait_for

pytestmark = [pytest.mark.real_model, pytest.mark.slow]

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
THINKS = (
    TURNS + "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}{% endif %}"
)
SERVE = """
import signal, sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.hostnames, p.port, p.n_parallel, p.n_ctx = sys.argv[1], ["127.0.0.1"], int(sys.argv[2]), 2, 2048
p.cpuparams.n_threads, p.use_jinja, p.chat_template = 1, True, sys.argv[3]
p.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
server = xllamacpp.Server(p)
signal.pause()
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server whose template opens <think>, and which leaves the reasoning in the text."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-c", SERVE, str(model_file(ServerPlan(type="llamacpp"))), str(port), THINKS]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(port), 60)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(address: str, *overrides: str) -> tuple[Generation, dict[str, str]]:
    """Twelve tokens, and what was found of the prompt."""

    async def once() -> tuple[Generation, dict[str, str]]:
        async with ModelClient(Endpoint(address=address, model="smollm2")) as client:
            with client.conversation() as conversation:
                settings = settings_from(parse_overrides(["++inference.tokens_to_generate=12", *overrides]))
                opened, nothing = OpenedReasoning(), Any
                asker = ModelAsker(load_prompt("math"), settings, conversation, nothing, opened=opened)  # type: ignore[arg-type]
                return await asker.ask([{"role": "user", "content": "What is 3 + 4?"}], 3), opened.findings

    return asyncio.run(once())


@pytest.mark.parametrize("endpoint", [(), ("++inference.endpoint_type=text",)])
def test_an_answer_that_is_cut_in_reasoning_which_the_prompt_opened_is_unfinished(
    address: str, endpoint: tuple[str, ...]
) -> None:
    generation, found = ask(address, *endpoint, "++chat_template_kwargs.enable_thinking=True")
    assert found == {"user": "the prompt opens <think>"}
    assert (generation.reasoning_unfinished, generation.generation, generation.finish_reason) == (True, "", "length")


@pytest.mark.parametrize("kwargs", [("++chat_template_kwargs.enable_thinking=False",), ()])
def test_where_its_template_is_told_not_to_think_the_text_is_the_answer(address: str, kwargs: tuple[str, ...]) -> None:
    """As xllamacpp tells it by default, which no model's folder says."""
    generation, found = ask(address, *kwargs)
    assert found == {"user": "the prompt opens none"}
    assert generation.generation
    assert not generation.reasoning_unfinished
