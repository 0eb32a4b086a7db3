"""What a failure of a request tells."""

from __future__ import annotations

import pytest

from northstar.models.failures import OutOfContext


@pytest.mark.parametrize(
    ("message", "length"),
    [
        ("This model's maximum context length is 2048 tokens. However, you requested 4120 tokens", 2048),
        ("max_tokens=4000 cannot be greater than max_model_len=2048. Please request fewer output tokens.", 2048),
        ("The input (61709 tokens) is longer than the model's context length (40960 tokens).", 40960),
        ("Requested token count exceeds the model's maximum context length of 4096 tokens.", 4096),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200000),
        ("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length", 200000),
        ("This model's maximum prompt length is 131072 but the request contains 537812 tokens.", 131072),
        ("Range of input length should be [1, 30720]", 30720),
        ("The input token count (40000) exceeds the maximum number of tokens allowed (32768).", 32768),
        ("The prompt is too long: 131080, model maximum context length: 131071", 131071),
        ("max_tokens must be at least 1, got -14.", None),
        ("Your input exceeds the context window of this model.", None),
    ],
)
def test_a_refusal_may_say_how_long_the_context_is(message: str, length: int | None) -> None:
    assert OutOfContext(message).context_length == length
