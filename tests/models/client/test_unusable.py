"""What is said of a server that answers no request."""

from __future__ import annotations

import pytest

from northstar.models.client.unusable import points_to


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
