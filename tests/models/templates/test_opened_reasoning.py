"""Whether prompts of a run open the model's reasoning, found out from whoever renders them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from northstar.config.overrides import parse_overrides, settings_from
from northstar.models import conversation as conversation_module
from northstar.models.client import pace as pace_module
from northstar.models.client import retry as retry_module
from northstar.models.client.client import ModelClient
from northstar.models.conversation import Patience
from northstar.models.endpoint import Endpoint
from northstar.models.reply.reasoning import Tag
from northstar.models.templates.opened_reasoning import MOST_REFUSALS, OpenedReasoning
from northstar.prompts import renderer
from tests.mock_server import FAULTS, Behaviour, Fault, failing, rate_limited, serving

THINK = Tag("<think>", "</think>")
QUESTION = [{"role": "user", "content": "What is 2 + 2?"}]
TOOL_RESULT = [*QUESTION, {"role": "assistant", "content": "", "tool_calls": []}, {"role": "tool", "content": "Four"}]
TURNS = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<bot>"
ALWAYS = TURNS + "<think>\n{% endif %}"
NEVER = TURNS + "{% endif %}{# <think> #}"
HYBRID = TURNS + "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
OPT_IN = TURNS + "{% if thinking %}<think>{% else %}</think>{% endif %}{% endif %}"
BY_SYSTEM = TURNS + "{% if '/no_think' in messages[0].content %}<think></think>{% else %}<think>{% endif %}{% endif %}"
NOT_AFTER_TOOLS = TURNS + "{% if messages[-1].role != 'tool' %}<think>\n{% endif %}{% endif %}"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_module, "pause_before_retry", lambda attempt, retry_after: 0.0)
    monkeypatch.setattr(pace_module, "pause_before_retry", lambda attempt, retry_after, rng: 0.0)


def found(
    behaviour: Behaviour | None = None,
    *overrides: str,
    messages: Sequence[dict[str, Any]] = QUESTION,
    tags_shown: bool = False,
    **endpoint: Any,
) -> tuple[Tag | None, dict[str, str]]:
    """The tag that is left open, and what is said of it."""

    async def find() -> tuple[Tag | None, dict[str, str]]:
        async with serving(behaviour) as server:
            asked = Endpoint(address=server.address, **{"model": "mock", **endpoint})
            async with ModelClient(asked, max_retries=0) as client:
                with client.conversation() as conversation:
                    opened = OpenedReasoning()
                    settings = settings_from(parse_overrides(overrides))
                    tag = await opened.by(conversation, messages, settings, None, None, tags_shown)
                    return tag, opened.findings

    return asyncio.run(find())


def folder(path: Path, template: str, **config: Any) -> str:
    (path / "chat_template.jinja").write_text(template)
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    return str(path)


@pytest.mark.parametrize(
    ("template", "overrides", "messages", "tag"),
    [
        (ALWAYS, (), QUESTION, THINK),
        (NEVER, (), QUESTION, None),
        (HYBRID, (), QUESTION, None),
        (HYBRID, ("++chat_template_kwargs.enable_thinking=False",), QUESTION, None),
        (OPT_IN, (), QUESTION, None),
        (OPT_IN, ("++chat_template_kwargs.thinking=True",), QUESTION, THINK),
        (BY_SYSTEM, (), [{"role": "system", "content": "/no_think"}, *QUESTION], None),
        (BY_SYSTEM, (), [{"role": "system", "content": "Be brief."}, *QUESTION], THINK),
        (NOT_AFTER_TOOLS, (), QUESTION, THINK),
        (NOT_AFTER_TOOLS, (), TOOL_RESULT, None),
    ],
)
def test_the_template_of_the_models_folder_decides_by_what_it_makes_of_the_messages(
    tmp_path: Path, template: str, overrides: tuple[str, ...], messages: list[dict[str, Any]], tag: Tag | None
) -> None:
    assert found(None, *overrides, messages=messages, model=folder(tmp_path, template))[0] == tag


@pytest.mark.parametrize("manners", ["vllm", "llamacpp"])
@pytest.mark.parametrize(("opens", "tag"), [("<think>\n", THINK), ("<think>\n\n</think>\n\n", None), ("", None)])
def test_a_server_that_applies_its_template_is_asked(manners: Any, opens: str, tag: Tag | None) -> None:
    assert found(Behaviour(template=True, template_as=manners, opens=opens))[0] == tag


def test_a_server_that_shows_its_prompts_knows_better_than_the_models_folder(tmp_path: Path) -> None:
    """It may have been told other arguments of the template."""
    assert found(Behaviour(template=True), model=folder(tmp_path, ALWAYS))[0] is None


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({}, "not known: neither the server nor a model's folder shows the prompt"),
        ({"reads_reasoning": True}, "the server tells reasoning apart"),
    ],
)
def test_where_it_cannot_be_known_nothing_is_taken_for_open_and_that_is_said(
    endpoint: dict[str, Any], message: str
) -> None:
    assert found(**endpoint) == (None, {"user": message})


def test_a_template_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    tag, message = found(model=folder(tmp_path, "{{ 'x' * 10**10 }}"))
    assert tag is None
    assert message["user"].endswith("chat_template.jinja cannot be rendered: it needs more than 512 MiB of memory")


def test_a_template_that_the_server_was_told_not_to_use_says_nothing(tmp_path: Path) -> None:
    assert found(model=folder(tmp_path, ALWAYS), template_in_folder=False)[0] is None


def test_a_template_that_comes_with_the_requests_is_not_the_folders(tmp_path: Path) -> None:
    assert found(None, "++inference.extra_body.chat_template=x", model=folder(tmp_path, ALWAYS))[0] is None


@pytest.mark.parametrize(("shown", "tag"), [(False, None), (True, THINK)])
def test_an_end_that_the_server_leaves_out_of_its_texts_cannot_be_missed_in_them(
    tmp_path: Path, shown: bool, tag: Tag | None
) -> None:
    added = {"7": {"content": "</think>", "special": True}}
    model = folder(tmp_path, ALWAYS, added_tokens_decoder=added)
    assert found(model=model, tags_shown=shown)[0] == tag


@pytest.mark.parametrize("word", ["True", "False"])
def test_where_the_user_has_decided_nobody_is_asked(word: str) -> None:
    assert found(None, f"++parse_reasoning={word}") == (None, {})


def test_many_samples_ask_once_and_the_finding_is_told_at_once() -> None:
    posts: list[str] = []

    async def ask() -> list[Tag | None]:
        async with (
            serving(Behaviour(template=True, opens="<think>")) as server,
            ModelClient(Endpoint(address=server.address, model="mock")) as client,
        ):
            opened = OpenedReasoning()
            opened.learnt = lambda: posts.append(json.dumps(opened.findings))
            settings = settings_from({})

            async def one() -> Tag | None:
                with client.conversation() as conversation:
                    return await opened.by(conversation, QUESTION, settings, None, None, False)

            return await asyncio.gather(*(one() for _ in range(50)))

    assert set(asyncio.run(ask())) == {THINK}
    assert posts == ['{"user": "the prompt opens <think>"}']


OPENING = Behaviour(template=True, opens="<think>\n")


def found_by_each(
    behaviour: Behaviour, samples: Sequence[Sequence[dict[str, Any]]], *, retries: int = 0, model: str = "mock"
) -> tuple[list[Tag | None], list[str], int]:
    """What samples of one run find, one after the other; what is said each time; how often the server was asked."""
    message: list[str] = []

    async def find() -> tuple[list[Tag | None], int]:
        async with (
            serving(behaviour) as server,
            ModelClient(Endpoint(address=server.address, model=model), max_retries=retries) as client,
        ):
            opened, settings = OpenedReasoning(), settings_from({})
            opened.learnt = lambda: message.append(opened.findings["user"])
            with client.conversation() as asked:
                tags = [await opened.by(asked, each, settings, None, None, False) for each in samples]
            return tags, server.templated

    tags, asked = asyncio.run(find())
    return tags, message, asked


PASSING = [
    *(FAULTS[name] for name in ("503", "500", "408", "502", "closed", "cut", "hang", "error_in_200")),
    *(FAULTS[name] for name in ("truncated_json", "empty_body", "openrouter_429")),
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_failure_that_passes_decides_for_nobody_after_it(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_module, "Patience", partial(Patience, seconds=0.2))
    tags, message, _ = found_by_each(replace(OPENING, template_first=(fault,)), [QUESTION] * 3)
    assert tags[1:] == [THINK, THINK]
    assert message[-1] == "the prompt opens <think>"


@pytest.mark.parametrize("fault", PASSING)
def test_it_is_tried_again_at_once(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_module, "Patience", partial(Patience, seconds=0.2))
    behaviour = replace(OPENING, template_first=(fault, fault))
    assert found_by_each(behaviour, [QUESTION], retries=8)[0] == [THINK]


def test_a_rate_limit_is_no_failure_however_often_it_refuses() -> None:
    assert found_by_each(replace(OPENING, template_first=(rate_limited(),) * 5), [QUESTION])[0] == [THINK]


@pytest.mark.parametrize("fault", [failing(404, "?"), failing(405, "?"), failing(501, "?"), Fault(body=b"{}")])
def test_a_server_that_says_that_it_shows_no_prompts_is_asked_no_more(fault: Fault) -> None:
    tags, message, asked = found_by_each(replace(OPENING, template_first=(fault,) * 9), [QUESTION] * 3)
    assert (tags, asked) == ([None] * 3, 1)
    assert message == ["not known: neither the server nor a model's folder shows the prompt"]


@pytest.mark.parametrize("status", [400, 403, 413, 422])
def test_a_prompt_that_is_refused_decides_for_no_other(status: int) -> None:
    tags, message, _ = found_by_each(replace(OPENING, template_first=(failing(status, "Not this"),)), [QUESTION] * 2)
    assert tags == [None, THINK]
    assert message == [f"not known: /tokenize: HTTP {status}: Not this (error)", "the prompt opens <think>"]


def test_a_server_that_refuses_prompt_after_prompt_is_asked_no_more() -> None:
    refusing = replace(OPENING, template_first=(failing(403, "No"),) * 99)
    assert found_by_each(refusing, [QUESTION] * 2 * MOST_REFUSALS)[2] == MOST_REFUSALS


def test_those_who_waited_for_a_failure_do_not_all_repeat_it() -> None:
    async def ask() -> tuple[int, int]:
        behaviour = replace(OPENING, template_first=(FAULTS["503"],) * 99)
        async with (
            serving(behaviour) as server,
            ModelClient(Endpoint(address=server.address, model="mock"), max_retries=0) as client,
        ):
            opened, settings = OpenedReasoning(), settings_from({})
            with client.conversation() as asked:
                each = [opened.by(asked, QUESTION, settings, None, None, False) for _ in range(50)]
                found = await asyncio.gather(*each)
            return len(set(found)), server.templated

    assert asyncio.run(ask()) == (1, 1)


def test_a_renderer_that_was_killed_decides_for_nobody_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer._renderer().end()
    lost = iter([b"", b""])
    ask = renderer._Process.ask

    def asked(self: Any, request: list[Any]) -> dict[str, Any]:
        if next(lost, None) is not None:
            os.kill(self._process.pid, signal.SIGKILL)
        return ask(self, request)

    monkeypatch.setattr(renderer._Process, "ask", asked)
    tags, message, _ = found_by_each(Behaviour(), [QUESTION] * 2, model=folder(tmp_path, ALWAYS))
    assert tags == [None, THINK]
    assert "was killed twice" in message[0]


TAUGHT = "Reason inside <think> first, then answer."


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": TAUGHT}, {"role": "user", "content": [{"type": "text", "text": "2 + 2?"}]}],
        [{"role": "system", "content": TAUGHT}, {"role": "user", "content": "hi"}],
        [{"role": "system", "content": TAUGHT}, {"role": "user", "content": "What\r\nis 2 + 2?"}],
        [{"role": "user", "content": "Use <think>"}, {"role": "tool", "content": {"text": "what is there"}}],
        [{"role": "user", "content": "Explain the tag <think>"}],
    ],
)
@pytest.mark.parametrize("shown_by", ["vllm", "llamacpp", "folder"])
def test_what_messages_say_of_tags_opens_nothing(tmp_path: Path, shown_by: Any, messages: list[dict[str, Any]]) -> None:
    template = TURNS.replace("m.content }}", "m.content | string | replace('\\r\\n', '\\n') }}") + "{% endif %}"
    model = folder(tmp_path, template)
    if shown_by == "folder":
        assert found(messages=messages, model=model) == (None, {messages[-1]["role"]: "the prompt opens none"})
    else:
        shows = Behaviour(template=True, template_as=shown_by, opens="<bot>")
        assert found(shows, messages=messages)[0] is None
