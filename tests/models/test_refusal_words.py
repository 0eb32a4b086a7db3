"""What refusals say of filters and of too many tokens, in the words of servers."""

from __future__ import annotations

import time

import pytest

from northstar.models.refusal_words import speaks_of_filter, speaks_of_token_limit


@pytest.mark.parametrize(
    "error",
    [
        "HTTP 400: The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry. (content_filter)",
        "HTTP 400: Output data may contain inappropriate content. (DataInspectionFailed)",
        "HTTP 400: Input data may contain something. (data_inspection_failed)",
        "HTTP 400: Content Exists Risk (invalid_request_error)",
        "HTTP 400: Output blocked by content filtering policy (invalid_request_error)",
        "HTTP 400: Your request was rejected as a result of our safety system.",
        "HTTP 400: Invalid prompt: your prompt was flagged as potentially violating our usage policy. (invalid_prompt)",
        'HTTP 403: The request requires moderation. Your input was flagged for "violence": unsafe',
    ],
)
def test_a_filter_is_known_by_its_words(error: str) -> None:
    assert speaks_of_filter(error)


@pytest.mark.parametrize(
    "error",
    [
        "HTTP 403: blocked",
        "HTTP 400: Request rejected by scheduling policy: the queue is full",
        "HTTP 422: body.stop: str type expected",
        "HTTP 429: you have exceeded your quota; see our policies",
        "HTTP 400: This model's maximum context length is 4096 tokens",
    ],
)
def test_other_refusals_are_no_filters(error: str) -> None:
    assert not speaks_of_filter(error)


@pytest.mark.parametrize(
    "error",
    [
        "HTTP 400: max_completion_tokens is too large: 32768. This model supports at most 16384 completion tokens",
        "HTTP 400: max_tokens is too large: 32768. This model supports at most 4096 completion tokens",
        "HTTP 400: max_tokens: 200000 > 64000, which is the maximum allowed number of output tokens",
        "HTTP 400: Range of max_tokens should be [1, 8192]: it exceeds 8192",
        "HTTP 400: Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "HTTP 400: `max_tokens` must be less than or equal to `8192`",
    ],
)
def test_too_many_tokens_are_known_by_the_words(error: str) -> None:
    assert speaks_of_token_limit(error)


@pytest.mark.parametrize(
    "error", ["HTTP 400: max_tokens: integer expected", "HTTP 500: no", "HTTP 400: no tokens left"]
)
def test_other_refusals_ask_for_no_fewer_tokens(error: str) -> None:
    assert not speaks_of_token_limit(error)


@pytest.mark.parametrize("error", ["max_tokens " * 2000, "violating " * 2000, "flagged exceeds above " * 1000])
def test_odd_messages_cost_no_time(error: str) -> None:
    before = time.process_time()
    speaks_of_filter(error)
    speaks_of_token_limit(error)
    assert time.process_time() - before < 0.5
