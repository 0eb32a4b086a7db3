"""What is said of a server that answers no request."""

from __future__ import annotations

import pytest

from northstar.models.client.unusable import points_to, why_unusable
from northstar.models.endpoint import Endpoint


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://example.com/v1/chat/completions", " to https://example.com/v1/chat/completions"),
        ("/v2/chat/completions", " to /v2/chat/completions"),
        ("https://me:hunter22@example.com/v1", " to https://me:***@example.com/v1"),
        ("https://example.com/Zq8xN2vT7bLw4KfR/v1?state=Zq8xN2vT7bLw4KfR", " to https://example.com/***/v1"),
        ("/Zq8xN2vT7bLw4KfR/v1", " to /***/v1"),
        ("http://[", " to what is no address"),
        ("/\x1b[2Jv1", " to /***"),
        ("/" + "v" * 9999, " to /***"),
        (None, ""),
        ("", ""),
    ],
)
def test_where_it_points_to_is_shown_without_what_may_be_a_key(location: str | None, said: str) -> None:
    assert points_to(location) == said


READ = ("MODEL_API_KEY", "OPENAI_API_KEY")


@pytest.mark.parametrize(
    ("status", "key", "said"),
    [
        (401, "sk-1", "refuses the key (HTTP). Check MODEL_API_KEY in the environment."),
        (401, None, "requires an API key (HTTP). Set MODEL_API_KEY or OPENAI_API_KEY in the environment."),
        (403, "sk-1", "forbids the request (HTTP). Check MODEL_API_KEY in the environment and what it may use."),
        (403, None, "forbids the request (HTTP). Set MODEL_API_KEY or OPENAI_API_KEY in the environment."),
    ],
)
def test_the_variable_of_the_key_is_named_or_those_that_are_read(status: int, key: str | None, said: str) -> None:
    endpoint = Endpoint(address="http://h/v1", model="m", api_key=key, key_variable="MODEL_API_KEY", key_variables=READ)
    assert why_unusable(endpoint, status, "HTTP") == f"the server at http://h/v1 {said}"
