"""What is tried again, how often, and where; over a transport that follows a script."""

from __future__ import annotations

import asyncio

import pytest

from northstar.models.client import gate as gate_module
from northstar.models.client.client import ModelClient
from northstar.models.client.transport import NotConnected, TimedOut, Unanswered
from northstar.models.conversation import Patience
from northstar.models.failures import GaveUp, Refused, ServerUnusable
from northstar.models.route import OneAddress
from tests.mock_server import FAULTS, STRICT, Fault, failing, rate_limited
from tests.mock_server.shapes import unsupported
from tests.models.client.scripted import ANSWER, Scripted, body, talk

LOST = Unanswered("connection lost: Server disconnected")
BUSY = failing(503, "Busy")
KINDS = ["question", "beside"]


pytestmark = pytest.mark.usefixtures("pauses")


async def request(client: ModelClient, kind: str) -> str:
    """A question, or what is posted beside questions: its answer, or why it was given up."""
    try:
        if kind == "question":
            return (await client.ask(body())).completion.text
        status, _ = await client.post(OneAddress(client.endpoint.address), "/tokenize", body())
        return "four" if status == 200 else str(status)
    except GaveUp as failure:
        return str(failure).removeprefix("/tokenize: ")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("failure", [LOST, NotConnected("refused"), TimedOut("no answer within 1 s"), BUSY])
def test_what_fails_in_passing_is_tried_again_and_counted(failure: Fault | Unanswered, kind: str) -> None:
    async def asked(client: ModelClient) -> tuple[str, int]:
        return await request(client, kind), client.counts.retries

    assert talk(Scripted([failure, failure]), asked) == ("four", 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_given_up_after_its_retries_and_says_why(kind: str) -> None:
    transport = Scripted(reply=lambda body: BUSY)
    said = talk(transport, lambda client: request(client, kind), max_retries=2)
    assert (said, len(transport.requests)) == ("HTTP 503: Busy (error) (asked 3 times)", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_retry_after_is_handed_to_the_pause(kind: str, pauses: list[tuple[int, str | None]]) -> None:
    busy = failing(503, "Busy", **{"Retry-After": "7"})
    talk(Scripted([LOST, busy]), lambda client: request(client, kind))
    assert pauses == [(0, None), (1, "7")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_limit_uses_up_no_retry(kind: str) -> None:
    async def asked(client: ModelClient) -> tuple[str, int, int]:
        return await request(client, kind), client.counts.retries, client.gates.refused

    assert talk(Scripted([rate_limited("0.001")] * 12), asked, max_retries=0) == ("four", 0, 12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_limit_that_refuses_one_request_alone_gives_it_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "REFUSED_ALONE", 1)

    async def asked(client: ModelClient) -> str:
        transport.others = client
        return await request(client, kind)

    class Unlucky(Scripted):
        others: ModelClient

        async def send(self, method: str, url: str, sent: bytes | None, seconds: float, stream: object = None):  # type: ignore[no-untyped-def]
            self.others.counts.answered += 10
            return await super().send(method, url, sent, seconds)

    transport = Unlucky(reply=lambda body: rate_limited("0.001"))
    assert talk(transport, asked) == "HTTP 429: Rate limit reached for requests (error) (while others were answered)"


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_limit_that_lets_nothing_through_ends_the_run(kind: str) -> None:
    with pytest.raises(ServerUnusable, match=r"wants no request for 1[01] h"):
        talk(Scripted(reply=lambda body: rate_limited("36000")), lambda client: request(client, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_whose_server_is_lost_is_sent_to_the_next_one_without_counting_as_a_retry(kind: str) -> None:
    class Moved(OneAddress):
        """A route to a server that is lost twice, and is then elsewhere."""

        moves = 0

        def __init__(self) -> None:
            super().__init__("")

        async def address(self) -> str:
            return f"http://server/{self.moves}/v1"

        async def lost(self) -> bool:
            self.moves += 1
            return self.moves <= 2

        def close(self) -> None: ...

    async def asked(client: ModelClient) -> tuple[int, int]:
        if kind == "question":
            await client.ask(body(), Moved())
        else:
            await client.post(Moved(), "/tokenize", body())
        return client.counts.asked_again, client.counts.retries

    transport = Scripted([LOST, BUSY])
    assert talk(transport, asked, max_retries=0) == (2, 0)
    ending = "/v1/chat/completions" if kind == "question" else "/tokenize"
    assert [path for path, _ in transport.requests] == [f"/0{ending}", f"/1{ending}", f"/2{ending}"]


def test_what_is_optional_is_tried_with_less_patience() -> None:
    async def looked_up(client: ModelClient) -> None:
        route = OneAddress(client.endpoint.address)
        with pytest.raises(GaveUp, match=r"^/tokenize: HTTP 503: Busy \(error\) \(asked 2 times\)"):
            await client.post(route, "/tokenize", body(), Patience(retries=1))

    talk(Scripted(reply=lambda body: BUSY), looked_up)


def test_what_is_posted_beside_questions_tells_a_refusal_by_its_status() -> None:
    assert talk(Scripted([failing(404, "No")]), lambda client: request(client, "beside")) == "404"


def test_a_refused_question_is_sent_once() -> None:
    transport = Scripted([FAULTS["unknown_parameter"]])
    with pytest.raises(Refused):
        talk(transport, lambda client: client.ask(body()))
    assert len(transport.requests) == 1


@pytest.mark.parametrize("server", STRICT)
def test_a_server_that_refuses_seeds_is_asked_without_at_once_and_from_then_on(
    server: str, pauses: list[tuple[int, str | None]]
) -> None:
    async def asked(client: ModelClient) -> None:
        await client.ask(body(seed=1))
        await client.ask(body(seed=2))

    transport = Scripted(reply=lambda body: STRICT[server]("seed") if "seed" in body else ANSWER)
    talk(transport, asked, max_retries=0)
    assert (["seed" in each for each in transport.bodies], pauses) == ([True, False, False], [])


def test_a_server_that_calls_the_limit_otherwise_is_asked_so() -> None:
    transport = Scripted(reply=lambda body: unsupported("max_tokens") if "max_tokens" in body else ANSWER)
    talk(transport, lambda client: client.ask(body(max_tokens=9)), max_retries=0)
    assert transport.bodies[-1] == body(max_completion_tokens=9)


def test_what_the_user_asked_for_is_not_left_out() -> None:
    transport = Scripted(reply=lambda body: STRICT["openai"]("temperature"))
    with pytest.raises(ServerUnusable, match=r"what \+\+inference\.temperature asks for"):
        talk(transport, lambda client: client.ask(body(temperature=0.6)), kept=frozenset({"temperature"}))


def test_requests_wait_together_for_a_limit() -> None:
    """The second is not sent while the first one's refusal holds; then each is sent once more."""

    async def both(client: ModelClient) -> int:
        await asyncio.gather(client.ask(body()), client.ask(body()))
        return client.counts.retries

    limited = rate_limited("0.01")
    transport = Scripted([limited, limited])
    assert (talk(transport, both, max_retries=0), len(transport.requests)) == (0, 4)
