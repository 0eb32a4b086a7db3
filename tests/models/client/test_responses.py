"""The client at the Responses API: where it asks, what it learns, and how it bears a server that misbehaves."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.models.client.client import ModelClient
from northstar.models.conversation import Answer
from northstar.models.failures import OutOfContext, ServerUnusable
from tests.mock_server import Fault, failing
from tests.mock_server.responses import response, said
from tests.mock_server.shapes import unsupported
from tests.models.client.scripted import Scripted, talk

GOOD = response(said("four"))


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "mock", "input": [{"role": "user", "content": "hello"}], **fields}


def asked(*script: Fault, **fields: Any) -> tuple[Answer, Scripted]:
    transport = Scripted([*script, GOOD])

    async def once(client: ModelClient) -> Answer:
        return await client.ask(body(**fields))

    return talk(transport, once), transport


def test_an_input_goes_to_the_responses() -> None:
    answer, transport = asked()
    assert (answer.completion.text, transport.requests[0][0]) == ("four", "/v1/responses")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.models.client.retry.pause_before_retry", lambda *_: 0.0)


@pytest.mark.parametrize(
    "fault",
    [
        failing(500, "broken"),
        failing(503, "busy"),
        Fault(body=b'{"object": "resp'),
        Fault(body=b"<html>"),
        response(said("fo"), status="failed"),
        response(said("fo"), status="in_progress"),
        response(error={"code": "server_error", "message": "The model crashed."}, status="failed"),
        response(usage=None),
    ],
)
def test_what_passes_is_asked_again(fault: Fault) -> None:
    answer, transport = asked(fault, fault)
    assert (answer.completion.text, len(transport.requests)) == ("four", 3)


def test_a_temperature_that_a_reasoning_model_refuses_is_left_out_from_then_on() -> None:
    _, transport = asked(unsupported("temperature"), temperature=0.7, max_output_tokens=99)
    assert ["temperature" in each for each in transport.bodies] == [True, False]
    assert [each["max_output_tokens"] for each in transport.bodies] == [99, 99]


def test_a_model_that_does_not_reason_is_asked_without_what_only_reasoning_has() -> None:
    fault = failing(400, "Encrypted content is not supported with this model.")
    _, transport = asked(fault, include=["reasoning.encrypted_content"])
    assert ["include" in each for each in transport.bodies] == [True, False]


def test_a_server_without_the_api_is_named_with_what_to_do() -> None:
    with pytest.raises(ServerUnusable, match="It may have no Responses API"):
        asked(*[failing(404, "Not Found")] * 4)


def test_a_prompt_that_exceeds_the_context_is_known_as_such() -> None:
    words = (
        "This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049 input tokens."
    )
    with pytest.raises(OutOfContext):
        asked(failing(400, words))
