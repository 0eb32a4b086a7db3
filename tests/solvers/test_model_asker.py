"""What one sample is asked, and what becomes of it when the context is full."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from northstar.config.overrides import parse_overrides, settings_from
from northstar.core.records import Generation, Turn
from northstar.models.client.client import ModelClient
from northstar.models.conversation import Answer
from northstar.models.endpoint import Endpoint
from northstar.models.failures import OutOfContext
from northstar.models.reply.response import Completion
from northstar.models.responses.items import OUTPUT_ITEMS
from northstar.models.sampling_words import OF_LLAMA_CPP
from northstar.models.tools import Tools
from northstar.prompts.prompt import load_prompt
from northstar.solvers.model_asker import ModelAsker, Reading
from tests.mock_server import Behaviour, MockServer, completion, serving
from tests.mock_server.responses import called, response, said

NO_WORKBENCH: Any = None
TEN_WORDS = "one two three four five six seven eight nine ten"
REDUCE = "++context_overflow=reduce_generation"


def ask(
    behaviour: Behaviour,
    *overrides: str,
    known: bool = True,
    message: str = TEN_WORDS,
    tools: Tools | None = None,
    after: Sequence[dict[str, Any]] = (),
    folder: str = "",
) -> tuple[Generation, MockServer]:
    """The generation of one question, and the server with what it was asked. known: whether it says its context.

    after: messages behind the question. folder: the model's.
    """

    async def once() -> tuple[Generation, MockServer]:
        async with serving(behaviour) as server:
            length = behaviour.context if known else None
            endpoint = Endpoint(address=server.address, model="mock", context_length=length, folder=folder)
            async with ModelClient(endpoint) as client:
                with client.conversation() as conversation:
                    settings = settings_from(parse_overrides(overrides))
                    asker = ModelAsker(load_prompt("math"), settings, conversation, NO_WORKBENCH)
                    messages = [{"role": "user", "content": message}, *after]
                    return await asker.ask(messages, 3, tools), server

    return asyncio.run(once())


def limits(server: MockServer) -> list[Any]:
    return [body["max_tokens"] for body in server.requests]


LONG = Behaviour(tokens=1000, context=100)


@pytest.mark.parametrize("manners", ["vllm", "vllm_old"])
def test_what_does_not_fit_is_refused_by_default(manners: Any) -> None:
    with pytest.raises(OutOfContext, match=r"context length is 100|max_model_len=100"):
        ask(replace(LONG, context_as=manners), "++inference.tokens_to_generate=200")


@pytest.mark.parametrize("manners", ["vllm", "silent"])
def test_an_answer_that_a_server_cut_at_the_context_is_an_error_that_keeps_its_text(manners: Any) -> None:
    generation, _ = ask(replace(LONG, context_as=manners), "++inference.tokens_to_generate=95")
    assert generation.out_of_context
    assert generation.error is not None
    assert generation.error.startswith(
        "cut at the end of the model's context of 100 tokens: the prompt has 10, which left 90 of the 95"
    )
    assert generation.generation == "so " * 90


def test_an_answer_that_ends_before_the_context_does_is_one() -> None:
    generation, _ = ask(Behaviour(tokens=20, context=100), "++inference.tokens_to_generate=95")
    assert (generation.error, generation.finish_reason, generation.reduced_to) == (None, "stop", None)


def test_an_answer_that_got_all_it_asked_for_is_one() -> None:
    generation, _ = ask(LONG, "++inference.tokens_to_generate=50")
    assert (generation.error, generation.finish_reason) == (None, "length")


@pytest.mark.parametrize("wanted", [95, 200, 65536])
@pytest.mark.parametrize("manners", ["vllm", "vllm_old", "silent"])
def test_a_generation_is_reduced_to_exactly_what_fits(manners: Any, wanted: int) -> None:
    generation, _ = ask(replace(LONG, context_as=manners), f"++inference.tokens_to_generate={wanted}", REDUCE)
    assert (generation.reduced_to, generation.num_generated_tokens, generation.error) == (90, 90, None)


@pytest.mark.parametrize(("manners", "wanted"), [("vllm", 200), ("vllm_old", 95), ("vllm_old", 200)])
def test_a_context_that_only_the_refusal_names_is_learnt_from_it(manners: Any, wanted: int) -> None:
    behaviour = replace(LONG, context_as=manners)
    generation, server = ask(behaviour, f"++inference.tokens_to_generate={wanted}", REDUCE, known=False)
    assert (limits(server), generation.reduced_to) == ([wanted, 1, 90], 90)


def test_what_fits_is_asked_once_even_where_it_may_be_reduced() -> None:
    generation, server = ask(Behaviour(tokens=20, context=100), "++inference.tokens_to_generate=50", REDUCE)
    assert (limits(server), generation.reduced_to) == ([50], None)


def test_where_nothing_could_fit_no_request_is_wasted_on_the_refusal() -> None:
    assert limits(ask(LONG, "++inference.tokens_to_generate=200", REDUCE)[1]) == [1, 90]


@pytest.mark.parametrize("overrides", [(), (REDUCE,)])
def test_a_prompt_that_is_too_long_by_itself_fails_in_any_case(overrides: tuple[str, ...]) -> None:
    with pytest.raises(OutOfContext, match="maximum context length is 100 tokens"):
        ask(LONG, "++inference.tokens_to_generate=200", *overrides, message="word " * 120)


def test_a_text_request_holds_the_prompt_and_no_messages() -> None:
    words = ("++inference.endpoint_type=text", "++inference.apply_chat_template=False")
    generation, server = ask(Behaviour(tokens=9), *words, message="What is 3 + 4?")
    assert server.requests[0]["prompt"] == "What is 3 + 4?"
    assert "messages" not in server.requests[0]
    assert server.requests[0]["seed"] == 3
    assert "boxed" in generation.generation


def test_tool_calls_are_kept_and_end_the_reasoning() -> None:
    call = {"id": "call-1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    fault = completion({"role": "assistant", "content": None, "reasoning": "Add.", "tool_calls": [call]})
    generation, _ = ask(Behaviour(always=fault))
    assert generation.tool_calls == [{"id": "call-1", "name": "add", "arguments": '{"a": 1}'}]
    assert (generation.reasoning, generation.reasoning_unfinished) == ("Add.", False)


def test_a_turn_that_was_kept_is_not_asked_again_and_another_is_kept_at_once() -> None:
    kept = [Turn(name="1", generation="one")]
    message = [{"role": "user", "content": "What is 3 + 4?"}]

    async def both() -> tuple[list[Turn], int]:
        async with (
            serving(Behaviour(tokens=9)) as server,
            ModelClient(Endpoint(address=server.address, model="mock")) as client,
        ):
            with client.conversation() as conversation:
                asker = ModelAsker(
                    load_prompt("math"), settings_from({}), conversation, NO_WORKBENCH, tuple(kept), kept.append
                )
                return [await asker.ask_turn(name, message, 3) for name in ("1", "2")], server.answered

    turns, asked = asyncio.run(both())
    assert (turns[0].generation, asked, turns) == ("one", 1, kept)


TOOLS = [{"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {}}}]
ADD = {"id": "c0", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


TEXT = "++inference.endpoint_type=text"


def calls_add(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    assert tools == TOOLS
    return {"role": "assistant", "content": "So:", "tool_calls": [ADD]}


def test_calls_that_the_server_reads_are_asked_for_with_the_tools() -> None:
    generation, server = ask(Behaviour(reply=calls_add), "++use_client_parsing=False", tools=Tools(TOOLS))
    assert server.requests[0]["tools"] == TOOLS
    assert generation.tool_calls == [{"id": "c0", "name": "add", "arguments": '{"a": 1}'}]
    assert generation.generation == "So:"


def test_calls_that_are_read_here_stand_in_a_text_to_a_prompt_that_shows_the_tools() -> None:
    generation, server = ask(Behaviour(reply=calls_add), "++tool_parser=hermes", TEXT, tools=Tools(TOOLS))
    assert set(server.requests[0]) >= {"prompt", "max_tokens", "seed"}
    assert "skip_special_tokens" not in server.requests[0]
    assert generation.tool_calls == [{"id": "000000000", "name": "add", "arguments": '{"a": 1}'}]
    assert generation.generation == "So:"


def test_marks_that_are_special_tokens_are_asked_for() -> None:
    _, server = ask(Behaviour(reply=calls_add), "++tool_parser=mistral", TEXT, tools=Tools(TOOLS))
    assert server.requests[0]["skip_special_tokens"] is False


def test_no_call_is_read_out_of_the_reasoning() -> None:
    def reasons(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        text = '<think><tool_call>{"name": "add", "arguments": {}}</tool_call></think>No.'
        return {"role": "assistant", "content": text}

    generation, _ = ask(Behaviour(reply=reasons), "++tool_parser=hermes", TEXT, tools=Tools(TOOLS))
    assert (generation.tool_calls, generation.generation) == (None, "No.")


def test_without_tools_nothing_is_read_as_a_call() -> None:
    expected = '<tool_call>{"name": "add", "arguments": {}}</tool_call>'
    generation, _ = ask(Behaviour(answer=lambda message, seed: expected))
    assert (generation.tool_calls, generation.generation) == (None, expected)


OPENS = Behaviour(template=True, opens="<think>\n")


def says(text: str, behaviour: Behaviour = OPENS) -> Behaviour:
    return replace(behaviour, answer=lambda message, seed: text)


@pytest.mark.parametrize("endpoint", [(), (TEXT,)])
def test_an_answer_without_the_end_of_what_the_prompt_opened_is_unfinished(endpoint: tuple[str, ...]) -> None:
    generation, _ = ask(says("It may be 5"), *endpoint)
    assert (generation.reasoning_unfinished, generation.generation) == (True, "")
    assert generation.reasoning == "It may be 5"
    assert generation.end_not_found


def test_where_the_server_takes_all_for_reasoning_no_end_is_looked_for() -> None:
    completion = Completion("", "It may be 5", "stop", 5, 2)
    generation = Reading(settings_from({})).generation(Answer(completion, 1.0, 2.0))
    assert (generation.reasoning_unfinished, generation.end_not_found) == (True, False)


@pytest.mark.parametrize("endpoint", [(), (TEXT,)])
def test_an_answer_with_that_end_is_one(endpoint: tuple[str, ...]) -> None:
    generation, _ = ask(says("hm</think>5"), *endpoint)
    assert (generation.reasoning_unfinished, generation.generation) == (False, "5")


@pytest.mark.parametrize("opens", ["", "<think>\n\n</think>\n\n"])
@pytest.mark.parametrize("endpoint", [(), (TEXT,)])
def test_where_the_prompt_opens_nothing_an_answer_is_one(endpoint: tuple[str, ...], opens: str) -> None:
    generation, _ = ask(says("5", replace(OPENS, opens=opens)), *endpoint)
    assert (generation.reasoning_unfinished, generation.generation) == (False, "5")


def test_a_plain_prompt_that_opens_the_reasoning_itself_does_so_too() -> None:
    """As those for base models that learn to reason."""
    plain = "++inference.apply_chat_template=False"
    assert ask(says("It may be 5"), TEXT, plain, message="2 + 3? <think>")[0].reasoning_unfinished


@pytest.mark.parametrize(
    ("text", "behaviour", "unopened"),
    [
        ("hm</think>5", Behaviour(), True),
        ("<think>hm</think>5", Behaviour(), False),
        ("5", Behaviour(), False),
        ("hm</think>5", OPENS, False),
    ],
    ids=["unopened", "opened by the text", "no end", "opened by the prompt"],
)
def test_an_answer_that_ends_what_nothing_opened_says_so(text: str, behaviour: Behaviour, unopened: bool) -> None:
    assert ask(says(text, behaviour))[0].end_unopened is unopened


def test_reasoning_that_the_server_told_apart_is_not_unopened() -> None:
    answer = Answer(Completion("5", "hm", "stop", 5, 2), 1.0, 2.0)
    assert not Reading(settings_from({})).generation(answer).end_unopened


RESULT: list[dict[str, Any]] = [
    {"role": "assistant", "content": "", "tool_calls": [ADD]},
    {"role": "tool", "content": "5", "tool_call_id": "c0"},
]


@pytest.mark.parametrize(("roles", "answer"), [(("user",), "So 5."), (("user", "tool"), "")])
def test_after_a_tools_result_the_prompt_may_open_reasoning_or_not(roles: tuple[str, ...], answer: str) -> None:
    def reply(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        return {"role": "assistant", "content": "So 5."}

    behaviour = Behaviour(reply=reply, opens="<think>", opens_after=roles)
    generation, _ = ask(behaviour, "++tool_parser=hermes", TEXT, tools=Tools(TOOLS), after=RESULT)
    assert generation.generation == answer


def test_special_tokens_that_are_shown_for_the_reasonings_end_are_gone_from_the_answers(tmp_path: Path) -> None:
    special = [{"content": text, "special": True} for text in ("</think>", "<|im_end|>")]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"added_tokens": special}))
    shown = "++inference.extra_body.skip_special_tokens=False"
    generation, _ = ask(says("hm</think>5<|im_end|>"), shown, folder=str(tmp_path))
    assert (generation.reasoning, generation.generation) == ("hm", "5")


SPECIAL = ("<tool_call>", "</tool_call>", "[TOOL_CALLS]", "</s>", "<|im_end|>")


@pytest.mark.parametrize(
    ("parser", "text", "rest", "called"),
    [
        ("hermes", '<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call><|im_end|>\n</s>', "", True),
        ("hermes", "It is 5.<|im_end|>", "It is 5.", False),
        ("hermes", "<tool_call>{</tool_call><|im_end|>", "<tool_call>{</tool_call>", False),
        ("mistral", 'So:[TOOL_CALLS]add{"a": 1}</s>', "So:", True),
    ],
)
def test_special_tokens_that_are_shown_for_the_calls_are_gone_from_the_answers(
    tmp_path: Path, parser: str, text: str, rest: str, called: bool
) -> None:
    special = [{"content": token, "special": True} for token in SPECIAL]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"added_tokens": special}))

    def reply(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        return {"role": "assistant", "content": text}

    asked = ("++inference.extra_body.skip_special_tokens=False", f"++tool_parser={parser}", TEXT)
    generation, _ = ask(Behaviour(reply=reply), *asked, tools=Tools(TOOLS), folder=str(tmp_path))
    assert generation.generation == rest
    assert generation.tool_calls == ([{"id": "000000000", "name": "add", "arguments": '{"a": 1}'}] if called else None)


RESPONSES = "++inference.endpoint_type=responses"


def test_a_response_is_asked_for_with_tools_and_read_like_a_chat() -> None:
    generation, server = ask(Behaviour(reply=calls_add), RESPONSES, tools=Tools(TOOLS))
    chat, _ = ask(Behaviour(reply=calls_add), "++use_client_parsing=False", tools=Tools(TOOLS))
    assert (server.requests[0]["tools"][0]["type"], generation.tool_calls) == ("function", chat.tool_calls)


def test_a_response_is_reduced_to_what_fits_by_its_own_limit() -> None:
    overrides = (RESPONSES, REDUCE, "++inference.tokens_to_generate=95")
    generation, server = ask(Behaviour(tokens=200, context=100, context_as="vllm_old"), *overrides)
    assert [body["max_output_tokens"] for body in server.requests] == [95, 16, 90]
    assert (generation.reduced_to, generation.finish_reason) == (90, "length")


@pytest.mark.parametrize(("wanted", "reason"), [(7, "length"), (8, "stop")])
def test_a_response_of_llama_cpp_that_has_all_its_tokens_was_cut_off(wanted: int, reason: str) -> None:
    """Its status is completed, whatever ended it; the mock's answer has 7 tokens."""

    async def once() -> Generation:
        async with serving(Behaviour(always=response(said("four")))) as server:
            endpoint = Endpoint(address=server.address, model="mock", words=OF_LLAMA_CPP)
            async with ModelClient(endpoint) as client:
                with client.conversation() as conversation:
                    overrides = [RESPONSES, f"++inference.tokens_to_generate={wanted}"]
                    settings = settings_from(parse_overrides(overrides))
                    asker = ModelAsker(load_prompt("math"), settings, conversation, NO_WORKBENCH)
                    return await asker.ask([{"role": "user", "content": "2 + 2"}], 3)

    assert asyncio.run(once()).finish_reason == reason


def test_the_reasoning_of_a_response_can_be_handed_back() -> None:
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    behaviour = Behaviour(always=response(sealed, called("add", "{}")))
    generation, _ = ask(behaviour, RESPONSES, tools=Tools(TOOLS))
    answer = {"role": "assistant", "content": "", OUTPUT_ITEMS: generation.output_items}
    _, server = ask(behaviour, RESPONSES, tools=Tools(TOOLS), after=[answer])
    assert server.requests[0]["input"][1:] == [sealed, called("add", "{}")]
