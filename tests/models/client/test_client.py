"""The client against a server that fails in every way that servers do."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from northstar.models.client import body as body_module
from northstar.models.client import gate as gate_module
from northstar.models.client.client import ModelClient
from northstar.models.conversation import Answer
from northstar.models.endpoint import Endpoint
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable
from northstar.models.route import OneAddress
from tests.mock_server import (
    FAULTS,
    STRICT,
    Behaviour,
    Fault,
    MockServer,
    date_in,
    failing,
    rate_limited,
    redirect,
    says,
    serving,
)

KEY = "sk-secret-0123456789"
GOOD = Behaviour(answer=lambda message, seed: rf"\boxed{{{message} {seed}}}")


pytestmark = pytest.mark.usefixtures("pauses")


def body(message: str = "hello", seed: int = 3) -> dict[str, Any]:
    return {"model": "mock", "messages": [{"role": "user", "content": message}], "seed": seed}


def talk(
    behaviour: Behaviour,
    do: Callable[[ModelClient, MockServer], Awaitable[Any]],
    *,
    timeout: float = 30,
    retries: int = 3,
    key: str | None = KEY,
    path: str = "",
) -> Any:
    """What `do` makes of a client and a server that behaves like this."""

    async def both() -> Any:
        async with serving(behaviour) as server:
            endpoint = Endpoint(address=server.address + path, model="mock", api_key=key)
            async with ModelClient(endpoint, request_timeout=timeout, max_retries=retries) as client:
                return await do(client, server)

    return asyncio.run(both())


def ask(behaviour: Behaviour, **options: Any) -> Answer:
    """The answer to one question."""

    async def once(client: ModelClient, server: MockServer) -> Answer:
        return await client.ask(body())

    answer: Answer = talk(behaviour, once, **options)
    return answer


def failing_first(*faults: Fault) -> Behaviour:
    return replace(GOOD, first=faults)


def failing_always(fault: Fault) -> Behaviour:
    return replace(GOOD, always=fault)


def test_an_answer_is_read() -> None:
    assert ask(GOOD).completion.text == r"\boxed{hello 3}"


def test_an_answer_knows_when_it_was_asked_and_when_it_came() -> None:
    before = time.time()
    answer = ask(replace(GOOD, delay=0.05))
    assert before <= answer.started <= answer.ended - 0.05 <= time.time()


def test_a_retried_answer_counts_its_time_from_the_request_that_was_answered() -> None:
    answer = ask(replace(failing_first(FAULTS["hang"]), delay=0.01), timeout=1)
    assert answer.ended - answer.started < 1


def test_the_body_arrives_as_it_was_sent() -> None:
    async def sent(client: ModelClient, server: MockServer) -> list[dict[str, Any]]:
        await client.ask(body("Grüße \U0001f600"))
        return server.requests

    assert talk(GOOD, sent) == [body("Grüße \U0001f600")]


@pytest.mark.parametrize("key", [KEY, None])
def test_the_key_is_sent_if_there_is_one(key: str | None) -> None:
    async def sent(client: ModelClient, server: MockServer) -> list[str | None]:
        await client.ask(body())
        return server.keys

    assert talk(GOOD, sent, key=key) == [key]


def test_a_slash_at_the_end_of_the_address_does_no_harm() -> None:
    assert ask(GOOD, path="/").completion.text == r"\boxed{hello 3}"


FAIL_IN_PASSING = [
    "408",
    "409",
    "429",
    "500",
    "502",
    "503",
    "closed",
    "cut",
    "html",
    "truncated_json",
    "empty_body",
    "deep_json",
    "error_in_200",
    "no_choices",
    "empty_choices",
    "no_message",
    "content_number",
    *("vllm_abort", "vllm_error", "sglang_abort", "sglang_abort_object", "trtllm_cancelled", "deepseek_resource"),
    *("openrouter_error", "openrouter_choice_error", "mistral_error", "zhipu_network", "null_content"),
    *("openrouter_429", "error_429_text", "minimax_limit", "error_500", "error_text", "detail_in_200"),
    *("anthropic_overloaded", "404", "error_404", "error_in_stream", "overloaded_504", "queue_full_503"),
    *("empty_without_reason", "error_in_message", "code_beside_answer", "stop_reason_abort"),
]


@pytest.mark.parametrize("name", FAIL_IN_PASSING)
def test_what_fails_in_passing_is_asked_again(name: str) -> None:
    assert ask(failing_first(FAULTS[name], FAULTS[name])).completion.text == r"\boxed{hello 3}"


def test_a_request_that_hangs_is_asked_again_after_its_time() -> None:
    assert ask(failing_first(FAULTS["hang"]), timeout=1).completion.text == r"\boxed{hello 3}"


def test_each_retry_asks_for_a_longer_pause(pauses: list[tuple[int, str | None]]) -> None:
    ask(failing_first(FAULTS["500"], FAULTS["closed"], FAULTS["html"]))
    assert pauses == [(0, None), (1, None), (2, None)]


@pytest.mark.parametrize("header", ["7", date_in(30)], ids=["seconds", "date"])
def test_retry_after_is_handed_to_the_pause(header: str, pauses: list[tuple[int, str | None]]) -> None:
    ask(failing_first(failing(503, "Busy", **{"Retry-After": header})))
    assert pauses == [(0, header)]


def test_a_rate_limits_retry_after_is_honoured_by_all_requests() -> None:
    async def three(client: ModelClient, server: MockServer) -> float:
        before = time.monotonic()
        await asyncio.gather(*(client.ask(body(seed=seed)) for seed in range(3)))
        return time.monotonic() - before

    assert 0.3 <= talk(failing_first(rate_limited("0.3")), three) < 20


def test_being_refused_by_a_rate_limit_uses_up_no_retry() -> None:
    async def asked(client: ModelClient, server: MockServer) -> tuple[str, int, int]:
        answer = await client.ask(body())
        return answer.completion.text, client.counts.retries, client.gates.refused

    assert talk(failing_first(*[rate_limited("0.01")] * 12), asked, retries=0) == (r"\boxed{hello 3}", 0, 12)


def test_a_rate_limit_that_lets_nothing_through_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "LONGEST_LIMITED", 0.2)
    with pytest.raises(ServerUnusable, match=r"has refused everything for .* by its rate limit \(HTTP 429: Rate limit"):
        ask(failing_always(rate_limited("0.05")))


def test_a_server_that_asks_for_hours_ends_the_run_for_those_in_line_too() -> None:
    async def both(client: ModelClient, server: MockServer) -> list[str]:
        said = await asyncio.gather(*(client.ask(body(seed=seed)) for seed in range(2)), return_exceptions=True)
        said += await asyncio.gather(client.ask(body()), return_exceptions=True)
        return [str(error) for error in said if isinstance(error, ServerUnusable)]

    said = talk(failing_always(rate_limited("36000")), both)
    assert len(said) == 3
    assert all(re.search(r"wants no request for 1[01] h \d\d min", each) for each in said)  # Retry-After and its jitter


def test_an_empty_account_ends_the_run_though_it_says_429() -> None:
    with pytest.raises(ServerUnusable, match=r"wants to be paid first .*Top up the account"):
        ask(failing_always(FAULTS["no_quota"]))


def test_a_request_that_no_minute_has_room_for_is_given_up_at_once() -> None:
    with pytest.raises(GaveUp, match="Request too large"):
        ask(failing_always(FAULTS["too_large"]))


def test_a_server_that_refuses_parameters_is_asked_without_them_from_then_on() -> None:
    async def sent(client: ModelClient, server: MockServer) -> list[dict[str, Any]]:
        asked = {**body(), "max_tokens": 9, "temperature": 0.7, "top_p": 0.95}
        await client.ask(asked)
        await client.ask(asked)
        return server.requests

    *refused, first, second = talk(replace(GOOD, reasons=True), sent, retries=0)
    assert first == second == {**body(), "max_completion_tokens": 9}
    assert len(refused) == 3


def test_requests_that_are_refused_together_all_learn() -> None:
    async def sent(client: ModelClient, server: MockServer) -> int:
        asked = {**body(), "max_tokens": 9, "temperature": 0.7}
        answers = await asyncio.gather(*(client.ask({**asked, "seed": seed}) for seed in range(9)))
        return len(answers)

    assert talk(replace(GOOD, reasons=True), sent, retries=0) == 9


def test_retries_and_answers_are_counted() -> None:
    async def counted(client: ModelClient, server: MockServer) -> tuple[int, int, str]:
        await client.ask(body())
        return client.counts.retries, client.counts.answered, client.counts.last_failure

    assert talk(failing_first(FAULTS["503"]), counted) == (1, 1, "HTTP 503: Loading model (error)")


def test_the_number_of_retries_is_bounded() -> None:
    async def asked(client: ModelClient, server: MockServer) -> int:
        with pytest.raises(GaveUp):
            await client.ask(body())
        return server.arrived

    assert talk(failing_always(FAULTS["500"]), asked, retries=2) == 3


def test_after_the_last_try_there_is_no_pause(pauses: list[tuple[int, str | None]]) -> None:
    with pytest.raises(GaveUp):
        ask(failing_always(FAULTS["500"]), retries=0)
    assert pauses == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("502", "HTTP 502: <html><head><title>502 Bad Gateway"),
        ("closed", "connection lost: Server disconnected"),
        ("cut", "connection lost: "),
        ("html", "answered with no JSON: <!doctype html>"),
        ("truncated_json", 'answered with no JSON: {"id"'),
        ("empty_body", "answered with no JSON: an empty body"),
        ("no_choices", "answered with no chat completion: {"),
    ],
)
def test_giving_up_says_what_happened_and_how_often(name: str, said: str) -> None:
    with pytest.raises(GaveUp) as raised:
        ask(failing_always(FAULTS[name]), retries=1)
    assert (str(raised.value)[: len(said)], str(raised.value)[-16:]) == (said, " (asked 2 times)")


def test_a_timeout_says_how_long_was_waited() -> None:
    with pytest.raises(GaveUp, match=r"no answer within 0\.1 s \(asked 1 time\)"):
        ask(failing_always(FAULTS["hang"]), timeout=0.1, retries=0)


def test_nobody_there_says_why() -> None:
    async def after_the_end() -> None:
        async with serving() as server:
            address = server.address
        async with ModelClient(Endpoint(address=address, model="mock"), max_retries=1) as client:
            await client.ask(body())

    with pytest.raises(GaveUp, match=r"cannot connect: Connect.* \(asked 2 times\)"):
        asyncio.run(after_the_end())


@pytest.mark.parametrize("name", sorted(name for name in FAULTS if name.startswith("context_")))
def test_too_little_context_is_its_own_failure_in_each_servers_words(name: str) -> None:
    with pytest.raises(OutOfContext, match="HTTP 400: "):
        ask(failing_always(FAULTS[name]))


@pytest.mark.parametrize(
    "name",
    ["openrouter_context", "openrouter_raw_context", "litellm_context", "sglang_abort_context", "lmdeploy_no_room"],
)
def test_too_little_context_is_understood_under_status_200_too(name: str) -> None:
    with pytest.raises(OutOfContext, match="HTTP 200 with an error"):
        ask(failing_always(FAULTS[name]))


def test_an_answer_that_the_server_calls_failed_every_time_is_given_up() -> None:
    with pytest.raises(GaveUp, match=r"half an answer \(finish_reason 'abort'\): .* \(asked 2 times\)"):
        ask(failing_always(FAULTS["vllm_abort"]), retries=1)


def test_a_rate_limit_under_status_200_slows_all_requests_and_uses_up_no_retry() -> None:
    async def asked(client: ModelClient, server: MockServer) -> tuple[int, int]:
        await client.ask(body())
        return client.counts.retries, client.gates.refused

    assert talk(failing_first(*[FAULTS["openrouter_429"]] * 12), asked, retries=0) == (0, 12)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("openrouter_402", "wants to be paid first .*Top up the account"),
        ("error_quota", "wants to be paid first .*Top up the account"),
        ("error_401", "refuses the key"),
        ("error_403", "forbids the request"),
        ("error_404", "knows no such model or address"),
    ],
)
def test_an_error_that_no_request_gets_past_ends_the_run_under_status_200_too(name: str, said: str) -> None:
    with pytest.raises(ServerUnusable, match=said):
        ask(failing_always(FAULTS[name]))


def test_a_refusal_under_status_200_is_one() -> None:
    async def asked(client: ModelClient, server: MockServer) -> int:
        with pytest.raises(Refused):
            await client.ask(body())
        return server.arrived

    assert talk(failing_always(FAULTS["error_object"]), asked) == 1


@pytest.mark.parametrize("name", ["404", "error_404"])
def test_a_404_among_answers_is_asked_again_and_given_up_for_its_request_alone(name: str) -> None:
    async def asked(client: ModelClient, server: MockServer) -> int:
        await client.ask(body())
        with pytest.raises(GaveUp, match=r"does not exist.* \(asked 4 times\)"):
            await client.ask(body())
        return server.arrived

    assert talk(replace(GOOD, first=(None,), always=FAULTS[name]), asked) == 5


def test_where_nothing_was_answered_a_404_is_asked_three_times_at_most() -> None:
    async def asked(client: ModelClient, server: MockServer) -> int:
        with pytest.raises(ServerUnusable):
            await client.ask(body())
        return server.arrived

    assert talk(failing_always(FAULTS["404"]), asked) == 3


def test_while_others_are_on_their_way_a_404_is_asked_again() -> None:
    """Half of a router's backends know no such model, and the others take their time."""
    missing, first = FAULTS["404"], 8

    async def asked(client: ModelClient, server: MockServer) -> int:
        answers = await asyncio.gather(*(client.ask(body(str(n))) for n in range(first)))
        return len(answers)

    half = tuple(missing if n % 2 else None for n in range(first))
    assert talk(replace(GOOD, delay=0.5, first=half + (missing,) * 20), asked, retries=30) == first


@pytest.mark.parametrize("at_once", [2, 32])
def test_where_all_that_are_on_their_way_are_404s_the_run_ends(at_once: int) -> None:
    async def asked(client: ModelClient, server: MockServer) -> set[type[BaseException]]:
        found = await asyncio.gather(*(client.ask(body()) for _ in range(at_once)), return_exceptions=True)
        return {type(each) for each in found if isinstance(each, BaseException)}

    assert ServerUnusable in talk(failing_always(FAULTS["404"]), asked)


@pytest.mark.parametrize("server", STRICT)
def test_a_strict_server_is_asked_without_seeds_from_then_on(server: str) -> None:
    async def sent(client: ModelClient, server: MockServer) -> list[dict[str, Any]]:
        await client.ask(body())
        await client.ask(body("again"))
        return server.requests

    requests = talk(replace(GOOD, strict=("seed",), strict_as=server), sent, retries=0)
    assert ["seed" in each for each in requests] == [True, False, False]


def test_whoever_wants_to_know_is_told_once_what_is_learnt() -> None:
    async def told() -> list[dict[str, Any]]:
        facts: list[dict[str, Any]] = []
        async with serving(replace(GOOD, strict=("seed",))) as server:
            endpoint = Endpoint(address=server.address, model="mock")
            async with ModelClient(endpoint, tell=lambda dialect: facts.append(dialect.facts())) as client:
                await asyncio.gather(*(client.ask(body(seed=seed)) for seed in range(9)))
        return facts

    assert asyncio.run(told()) == [{"not_sent": ["seed"]}]


def test_what_the_user_has_asked_for_is_not_left_out_in_silence() -> None:
    async def asked() -> None:
        async with serving(replace(GOOD, strict=("temperature",), strict_as="openai")) as server:
            endpoint = Endpoint(address=server.address, model="mock")
            async with ModelClient(endpoint, kept=frozenset({"temperature"})) as client:
                await client.ask({**body(), "temperature": 0.6})

    with pytest.raises(ServerUnusable, match=r"what \+\+inference\.temperature asks for .*temperature=null"):
        asyncio.run(asked())


def test_too_little_context_is_understood_under_status_500_too() -> None:
    with pytest.raises(OutOfContext, match="HTTP 500: "):
        ask(failing_always(replace(FAULTS["context_llamacpp"], status=500)))


@pytest.mark.parametrize("name", ["unknown_parameter", "unprocessable"])
def test_a_request_that_the_server_will_never_answer_is_refused(name: str) -> None:
    with pytest.raises(Refused) as raised:
        ask(failing_always(FAULTS[name]))
    assert not isinstance(raised.value, OutOfContext)


def test_a_refused_request_is_asked_once() -> None:
    async def asked(client: ModelClient, server: MockServer) -> int:
        with pytest.raises(Refused):
            await client.ask(body())
        return server.arrived

    assert talk(failing_always(FAULTS["unknown_parameter"]), asked) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("401", r"refuses the key .* Check OPENAI_API_KEY in the environment\."),
        ("403", r"forbids the request .* and what it may use\."),
        ("404", r"knows no such model or address .* Check --model \('mock'\) and --server_address\."),
    ],
)
def test_where_no_request_can_succeed_the_server_is_unusable(name: str, said: str) -> None:
    with pytest.raises(ServerUnusable, match=said):
        ask(failing_always(FAULTS[name]))


def test_an_address_without_v1_is_asked_about() -> None:
    with pytest.raises(ServerUnusable, match="mostly end in /v1"):
        ask(GOOD, path="/chat")


def test_a_redirect_is_not_followed() -> None:
    async def arrived_elsewhere() -> int:
        async with serving(GOOD) as target:
            there = redirect(target.address + "/chat/completions")
            async with (
                serving(failing_always(there)) as server,
                ModelClient(Endpoint(address=server.address, model="mock", api_key=KEY)) as client,
            ):
                with pytest.raises(ServerUnusable, match=r"points elsewhere \(HTTP 307"):
                    await client.ask(body())
            return target.arrived

    assert asyncio.run(arrived_elsewhere()) == 0


FLOODS = ["gzip_bomb", "deflate_bomb", "raw_deflate_bomb", "endless", "huge"]


@pytest.mark.parametrize("name", FLOODS)
def test_an_answer_that_never_ends_is_not_read_to_its_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "LONGEST_BODY", 2**20)
    with pytest.raises(GaveUp, match=r"^answered with an answer of over 1,048,576 bytes"):
        ask(failing_always(FAULTS[name]), retries=0)


@pytest.mark.parametrize("name", ["many_headers", "long_header", "endless_headers"])
def test_headers_without_an_end_are_a_passing_failure(name: str) -> None:
    assert ask(failing_first(FAULTS[name])).completion.text == r"\boxed{hello 3}"


@pytest.mark.parametrize(
    ("name", "said"),
    [("endless_error", "HTTP 500: no room. no room."), ("endless_refusal", "HTTP 400: no such field.")],
)
def test_of_an_error_without_an_end_the_beginning_is_read(name: str, said: str) -> None:
    with pytest.raises((GaveUp, Refused)) as raised:
        ask(failing_always(FAULTS[name]), retries=0)
    assert str(raised.value).startswith(said)


def test_an_answer_that_declares_too_great_a_length_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "LONGEST_BODY", 2**10)
    with pytest.raises(GaveUp, match=r"^answered with an answer of over 1,024 bytes"):
        ask(failing_always(says("x" * 2**11)), retries=0)


def test_an_answer_of_a_megabyte_is_read() -> None:
    assert len(ask(failing_always(says("x" * 2**20))).completion.text) == 2**20


@pytest.mark.parametrize("name", ["no_usage", "odd_usage", "huge_usage"])
def test_an_answer_without_a_believable_count_is_still_an_answer(name: str) -> None:
    assert ask(failing_always(FAULTS[name])).completion.completion_tokens is None


def test_the_key_is_in_no_repr() -> None:
    client = ModelClient(Endpoint(address="http://h/v1", model="m", api_key=KEY))
    assert KEY not in repr(client.endpoint) + str(client.endpoint) + repr(client)


def test_a_server_that_echoes_the_key_does_not_bring_it_into_the_error() -> None:
    with pytest.raises(ServerUnusable, match=r"Incorrect API key provided: \*\*\*"):
        ask(failing_always(FAULTS["401"]))


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("before", ["", " " * 150 + "x" * 190])
def test_no_error_holds_the_key_not_even_a_part_of_it(status: int, before: str) -> None:
    echo = Fault(status, f"{before}$KEY".encode(), (("Content-Type", "text/plain"),))
    with pytest.raises((GaveUp, Refused)) as raised:
        ask(failing_always(echo), retries=0)
    assert KEY[:6] not in str(raised.value)


def test_an_answer_that_holds_the_word_that_is_the_key_is_left_as_it_is() -> None:
    assert ask(failing_always(says("The set is EMPTY")), key="EMPTY").completion.text == "The set is EMPTY"


def test_512_requests_fly_at_once() -> None:
    async def fly(client: ModelClient, server: MockServer) -> None:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.ask(body(seed=seed))) for seed in range(512)]
            while server.at_work < 512:
                await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()

    talk(failing_always(FAULTS["hang"]), fly)


def test_a_cancelled_request_frees_its_place_at_the_server() -> None:
    async def cancel(client: ModelClient, server: MockServer) -> str:
        task = asyncio.create_task(client.ask(body()))
        while not server.at_work:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return (await client.ask(body("second"))).completion.text

    assert talk(replace(failing_first(FAULTS["hang"]), slots=1), cancel) == r"\boxed{second 3}"


def test_a_proxys_password_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def through_a_proxy() -> str:
        async with serving(Behaviour()) as proxy:  # no proxy at all: it refuses to connect
            place = proxy.address.removeprefix("http://").removesuffix("/v1")
            monkeypatch.setenv("https_proxy", f"http://alice:s3cret%21pw@{place}")
            monkeypatch.delenv("no_proxy", raising=False)
            endpoint = Endpoint(address="https://model.example/v1", model="mock")
            async with ModelClient(endpoint, max_retries=0) as client:
                with pytest.raises(GaveUp) as caught:
                    await client.ask(body())
                return str(caught.value)

    said = asyncio.run(through_a_proxy())
    assert re.search(
        r"through the proxy http://127.0.0.1:\d+ \(https_proxy; NO_PROXY=model.example would go past", said
    )
    assert "s3cret" not in said
    assert "alice" not in said


def test_get_reads_a_list_that_comes_in_many_pieces() -> None:
    async def models(client: ModelClient, server: MockServer) -> int:
        response = await client.get("/models")
        return len(response.content) if response.status == 200 else 0

    names = tuple(f"model-{number:06}" for number in range(20_000))
    assert talk(replace(GOOD, models=names), models) > 20_000 * len("model-000000")


class Rescued(OneAddress):
    """A route to a server that was lost `times` times, and is each time back at once."""

    def __init__(self, address: str, times: int) -> None:
        self._address = address
        self.times = times

    async def address(self) -> str:
        return self._address

    async def lost(self) -> bool:
        self.times -= 1
        return self.times >= 0

    def close(self) -> None:
        self.times = -99


@pytest.mark.parametrize("fault", ["closed", "cut", "500", "html", "truncated_json"])
def test_what_was_lost_with_its_server_is_asked_again_without_counting_as_a_retry(fault: str) -> None:
    async def rescued(client: ModelClient, server: MockServer) -> tuple[str, int, int, int]:
        answer = await client.ask(body(), Rescued(server.address, 3))
        return answer.completion.text, client.counts.asked_again, client.counts.retries, server.arrived

    behaviour = failing_first(*[FAULTS[fault]] * 3)
    assert talk(behaviour, rescued, retries=0) == (r"\boxed{hello 3}", 3, 0, 4)


def test_a_failure_of_a_server_that_lives_counts() -> None:
    async def failing(client: ModelClient, server: MockServer) -> tuple[int, int]:
        with pytest.raises(GaveUp, match="asked 2 times"):
            await client.ask(body(), Rescued(server.address, 1))
        return client.counts.asked_again, client.counts.retries

    assert talk(failing_always(FAULTS["500"]), failing, retries=1) == (1, 1)


def test_a_conversation_ends_its_route() -> None:
    async def over(client: ModelClient, server: MockServer) -> int:
        route = Rescued(server.address, 0)
        client._new_route = lambda: route
        with client.conversation() as conversation:
            await conversation.ask(body())
        return route.times

    assert talk(GOOD, over) == -99


def test_a_long_conversation_is_sent_whole() -> None:
    """In parts: aiohttp warns of what holds up everything else, and here a warning is an error."""
    message = "So, as I said. " * 200_000

    async def once(client: ModelClient, server: MockServer) -> bool:
        await client.ask(body(message))
        return bool(server.requests[0]["messages"][0]["content"] == message)

    assert talk(Behaviour(tokens=5), once)


def test_a_rate_limit_is_no_failed_try_of_what_is_asked_beside_questions_either() -> None:
    async def posted(client: ModelClient, server: MockServer) -> tuple[int, int]:
        with client.conversation() as conversation:
            status, _ = await conversation.post("/tokenize", body())
        return status, server.templated

    limited = Behaviour(template=True, template_first=(FAULTS["429"],) * 5)
    assert talk(limited, posted, retries=0) == (200, 6)
