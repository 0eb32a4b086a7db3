"""What a server wants worded otherwise: known from names, or learnt from its refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.dialect import Dialect, dialect_of
from tests.mock_server.faults import unsupported

OPENAI, AZURE, LOCAL = "https://api.openai.com/v1", "https://me.openai.azure.com/openai/v1", "http://localhost:8000/v1"
BODY = {"model": "m", "messages": [], "max_tokens": 9, "temperature": 0.7, "top_p": 0.95, "seed": 1}


def fields(address: str, model: str) -> set[str]:
    """The sampling fields that are sent."""
    return set(dialect_of(address, model).worded(BODY)) - {"model", "messages", "seed"}


@pytest.mark.parametrize("address", [OPENAI, AZURE, "https://eu.api.openai.com/v1"])
@pytest.mark.parametrize(
    "model", ["o1", "o1-mini", "o3", "o3-mini", "o3-mini-20250131", "o4-mini-2025-04-16", "gpt-5", "gpt-5-mini"]
)
def test_reasoning_models_take_max_completion_tokens_and_no_sampling(address: str, model: str) -> None:
    assert fields(address, model) == {"max_completion_tokens"}


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.2-2025-12-11", "gpt-5-chat-latest"])
def test_later_models_take_a_temperature(model: str) -> None:
    assert fields(OPENAI, model) == {"max_completion_tokens", "temperature", "top_p"}


@pytest.mark.parametrize(
    ("address", "model"),
    [(OPENAI, "gpt-4o-2024-08-06"), (OPENAI, "o10"), (LOCAL, "o3-mini"), ("https://api.openai.com.evil.net", "o3")],
)
def test_all_others_are_asked_as_usual(address: str, model: str) -> None:
    assert fields(address, model) == {"max_tokens", "temperature", "top_p"}


@pytest.mark.parametrize(
    ("address", "model", "asked_for"),
    [
        (OPENAI, "o3-mini-20250131", "o3-mini-2025-01-31"),
        (OPENAI, "gpt-4o-20240806", "gpt-4o-2024-08-06"),
        (OPENAI, "gpt-4-0613", "m"),
        (AZURE, "o3-mini-20250131", "m"),  # a deployment may be called so
        (LOCAL, "o3-mini-20250131", "m"),
    ],
)
def test_openai_is_asked_for_models_by_the_dates_that_it_writes(address: str, model: str, asked_for: str) -> None:
    assert dialect_of(address, model).worded(BODY)["model"] == asked_for


def test_what_the_user_calls_by_the_servers_name_stays() -> None:
    assert dialect_of(OPENAI, "o3").worded({**BODY, "max_completion_tokens": 5})["max_completion_tokens"] == 5


@pytest.mark.parametrize(
    ("refusal", "learnt"),
    [
        *((json.loads(unsupported(name).body)["error"]["message"], {name}) for name in ("temperature", "top_p")),
        ("litellm.UnsupportedParamsError: O-series models don't support temperature=0.0", {"temperature"}),
        ("openai does not support parameters: ['top_p', 'temperature']", {"top_p", "temperature"}),
        ("Unrecognized request argument supplied: seed", {"seed"}),
    ],
)
def test_a_parameter_that_is_refused_is_left_out(refusal: str, learnt: set[str]) -> None:
    dialect = Dialect().learnt(refusal, BODY)
    assert dialect is not None
    assert dialect.dropped == learnt


def test_the_name_for_the_number_of_tokens_is_learnt() -> None:
    refusal = json.loads(unsupported("max_tokens").body)["error"]["message"]
    dialect = Dialect().learnt(refusal, BODY)
    assert dialect is not None
    assert dialect.facts() == {"renamed": {"max_tokens": "max_completion_tokens"}}
    assert dialect.worded(BODY)["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    "refusal",
    [
        "Unrecognized request argument supplied: top_k",  # the user wanted it: that is for the user to hear
        "Unsupported parameter: 'stop' is not supported with this model.",
        "Invalid 'temperature': must be at most 2",
        "Unsupported content type",
        "",
    ],
)
def test_from_other_refusals_nothing_is_learnt(refusal: str) -> None:
    assert Dialect().learnt(refusal, BODY) is None


@given(st.text(), st.sets(st.sampled_from(list(BODY))))
def test_a_lesson_always_changes_the_request(refusal: str, names: set[str]) -> None:
    """So that a request is sent again only a few times."""
    body = {name: BODY[name] for name in names}
    for text in (refusal, f"{refusal} unsupported temperature top_p seed max_completion_tokens"):
        dialect = Dialect().learnt(text, body)
        assert dialect is None or dict(dialect.worded(body)) != body
