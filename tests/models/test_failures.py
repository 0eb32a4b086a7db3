"""Which errors mean that the model's context is too small."""

from __future__ import annotations

import pytest

from northstar.models.failures import speaks_of_context
from northstar.models.response import error_message
from tests.mock_server import FAULTS


@pytest.mark.parametrize("server", ["context_vllm", "context_llamacpp", "context_openai"])
def test_each_servers_own_words_are_understood(server: str) -> None:
    assert speaks_of_context(error_message(FAULTS[server].body))


@pytest.mark.parametrize(
    "message",
    [
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
        "Requested token count exceeds the model's maximum context length of 4096 tokens.",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (40000) exceeds the maximum number of tokens allowed (32768).",
        "'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens",
    ],
)
def test_the_words_of_other_servers_are_understood(message: str) -> None:
    assert speaks_of_context(message)


@pytest.mark.parametrize(
    "message",
    [
        "Unrecognized request argument supplied: top_k",
        "max_tokens must be at least 1",
        "Rate limit reached: 30000 tokens per minute",
        "Incorrect API key provided",
        "",
    ],
)
def test_other_errors_are_not_mistaken_for_it(message: str) -> None:
    assert not speaks_of_context(message)
