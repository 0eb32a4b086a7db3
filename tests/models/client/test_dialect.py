"""What a server wants worded otherwise: known from names, or learnt from its refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.client.dialect import Dialect, dialect_of
from northstar.models.endpoint import Endpoint
from northstar.models.reply.reply import ServerError, read_reply
from tests.mock_server import STRICT, Fault
from tests.mock_server.shapes import as_json, unsupported

OPENAI, AZURE, LOCAL = "https://api.openai.com/v1", "https://me.openai.azure.com/openai/v1", "http://localhost:8000/v1"
BODY = {"model": "m", "messages": [], "max_tokens": 9, "temperature": 0.7, "top_p": 0.95, "seed": 1}


def known(address: str, model: str, *kept: str, **facts: Any) -> Dialect:
    return dialect_of(Endpoint(address=address, model=model, **facts), frozenset(kept))


def fields(address: str, model: str, *kept: str) -> set[str]:
    """The sampling fields that are sent."""
    return set(known(address, model, *kept).worded(BODY)) - {"model", "messages", "seed"}


def refusal(fault: Fault) -> ServerError:
    reply = read_reply(fault.status, fault.body)
    assert isinstance(reply, ServerError)
    return reply


def saying(text: str) -> ServerError:
    return refusal(Fault(400, as_json({"error": {"message": text}})))


def learnt(error: ServerError, dialect: Dialect | None = None) -> set[str]:
    """What is left out, after the refusal, that was sent before."""
    after = (dialect or Dialect()).learnt(error, BODY)
    return set() if after is None else set(BODY) - set(after.worded(BODY))


@pytest.mark.parametrize("address", [OPENAI, AZURE, "https://eu.api.openai.com/v1"])
@pytest.mark.parametrize(
    "model", ["o1", "o1-mini", "o3", "o3-mini", "o3-mini-20250131", "o4-mini-2025-04-16", "gpt-5", "gpt-5-mini"]
)
def test_reasoning_models_take_max_completion_tokens_and_no_sampling(address: str, model: str) -> None:
    assert fields(address, model) == {"max_completion_tokens"}


def test_what_the_user_has_asked_for_is_sent_even_to_them() -> None:
    assert fields(OPENAI, "o3", "temperature") == {"max_completion_tokens", "temperature"}


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
    assert known(address, model).worded(BODY)["model"] == asked_for


def test_a_model_is_asked_for_by_the_name_that_the_server_lists() -> None:
    dialect = known(LOCAL, "o3-mini-20250131", listed_as="o3-mini-2025-01-31")
    assert dialect.worded(BODY)["model"] == "o3-mini-2025-01-31"
    assert dialect.facts() == {"model_asked_for": "o3-mini-2025-01-31"}


def test_what_a_server_type_leaves_out_is_told_like_what_is_learnt() -> None:
    dialect = known(LOCAL, "gemini", left_out=frozenset({"seed"}))
    assert dialect.facts() == {"not_sent": ["seed"]}
    assert dialect.notices("gemini", seeds=True) == [
        "gemini: no seeds are sent, since the server takes none; each answer is drawn anew."
    ]


def test_where_there_are_no_seeds_nothing_is_said_of_them() -> None:
    assert Dialect(dropped=frozenset({"seed"})).notices("m", seeds=False) == []


def test_what_the_user_calls_by_the_servers_name_stays() -> None:
    assert known(OPENAI, "o3").worded({**BODY, "max_completion_tokens": 5})["max_completion_tokens"] == 5


@pytest.mark.parametrize("server", STRICT)
@pytest.mark.parametrize("field", ["seed", "temperature", "top_p"])
def test_a_field_that_a_strict_server_refuses_is_left_out(server: str, field: str) -> None:
    assert learnt(refusal(STRICT[server](field))) == {field}


@pytest.mark.parametrize("server", STRICT)
def test_a_field_that_the_user_has_asked_for_never_is(server: str) -> None:
    assert learnt(refusal(STRICT[server]("temperature")), Dialect(kept=frozenset({"temperature"}))) == set()


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        *((json.loads(unsupported(name).body)["error"]["message"], {name}) for name in ("temperature", "top_p")),
        ("litellm.UnsupportedParamsError: O-series models don't support temperature=0.0", {"temperature"}),
        ("openai does not support parameters: ['top_p', 'temperature']", {"top_p"}),  # and temperature the next time
        ("unknown field `seed`, expected one of `model`, `temperature`, `top_p`", {"seed"}),
        ("'response_format' is not supported with temperature", set()),
        ("top_k is not supported; temperature and top_p are", set()),
        ("Unrecognized request argument supplied: seed", {"seed"}),
        ("seed: Extra inputs are not permitted", {"seed"}),
        ("1 validation error for Request\nseed\n  Extra inputs are not permitted [type=extra_forbidden]", {"seed"}),
        ("Additional properties are not allowed ('seed' was unexpected)", {"seed"}),
        ("unknown field: parameter 'seed' is not a valid field", {"seed"}),
        ("chat() got an unexpected keyword argument 'seed'", {"seed"}),
        ("`temperature` is deprecated for this model.", {"temperature"}),
        ("invalid temperature: only 1 is allowed for this model", {"temperature"}),
        ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", {"top_p"}),
    ],
)
def test_a_parameter_that_is_refused_in_words_is_left_out(text: str, left_out: set[str]) -> None:
    assert learnt(saying(text)) == left_out


def test_of_two_that_exclude_each_other_the_one_that_the_user_wants_stays() -> None:
    error = saying("`temperature` and `top_p` cannot both be specified for this model.")
    assert learnt(error, Dialect(kept=frozenset({"top_p"}))) == {"temperature"}
    assert learnt(error, Dialect(kept=frozenset({"top_p", "temperature"}))) == set()


@pytest.mark.parametrize("server", ["openai_words", "code", "pydantic"])
def test_the_name_for_the_number_of_tokens_is_learnt(server: str) -> None:
    fault = STRICT.get(server, unsupported)("max_tokens")
    dialect = Dialect().learnt(refusal(fault), BODY)
    assert dialect is not None
    assert dialect.facts() == {"renamed": {"max_tokens": "max_completion_tokens"}}
    assert dialect.worded(BODY)["max_completion_tokens"] == 9
    assert dialect.learnt(refusal(STRICT["pydantic"]("max_completion_tokens")), dialect.worded(BODY)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Unrecognized request argument supplied: top_k",  # the user wanted it: that is for the user to hear
        "Unsupported parameter: 'stop' is not supported with this model.",
        "Invalid 'temperature': must be at most 2",
        "Unsupported content type",
        "The content is not allowed: how to plant the seed of doubt",
        "",
    ],
)
def test_from_other_refusals_nothing_is_learnt(text: str) -> None:
    assert Dialect().learnt(saying(text), BODY) is None


def test_a_complaint_that_repeats_the_request_teaches_nothing_about_its_fields() -> None:
    complaint = {"type": "missing", "loc": ["body", "user"], "msg": "Field required", "input": BODY}
    extra = {"type": "extra_forbidden", "loc": ["body", "user"], "msg": "Extra inputs are not permitted", "input": BODY}
    for detail in (complaint, extra):
        assert Dialect().learnt(refusal(Fault(422, as_json({"detail": [detail]}))), BODY) is None


@given(st.text(), st.sets(st.sampled_from(list(BODY))), st.sets(st.sampled_from(list(BODY))))
def test_a_lesson_always_changes_the_request(text: str, names: set[str], kept: set[str]) -> None:
    """So that a request is sent again only a few times."""
    body = {name: BODY[name] for name in names}
    for words in (text, f"{text} unsupported 'temperature' 'top_p' 'seed' 'max_tokens' max_completion_tokens"):
        dialect = Dialect(kept=frozenset(kept)).learnt(saying(words), body)
        assert dialect is None or dict(dialect.worded(body)) != body
