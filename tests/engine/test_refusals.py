"""When a refusal is its sample's result, and when the server is to blame."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from northstar.config.settings import EvalSettings
from northstar.core.records import Generation
from northstar.engine.open_shard import OpenShard
from northstar.engine.refusals import MOST_AT_FIRST, MOST_IN_A_ROW, Refusal, Refusals
from northstar.models.failures import ServerUnusable
from northstar.results.layout import Shard

ASKED_AS = cast(Any, SimpleNamespace(settings=EvalSettings()))
SHARD = OpenShard(Shard("aime24", 0, range(1000)), cast(Any, None), ASKED_AS, *cast(Any, (None,) * 4))


def refused(row: int, started: float = 0.0, *, of_context: bool = False) -> Refusal:
    said = "HTTP 400: too long" if of_context else "HTTP 403: blocked"
    return Refusal(SHARD, row, Generation(generation="", error=said, generation_start_time=started), of_context)


def rows(refusals: list[Refusal]) -> list[int]:
    return [refusal.row for refusal in refusals]


def test_until_something_is_answered_every_refusal_is_held() -> None:
    refusals = Refusals(answered=False)
    assert refusals.add(refused(0)) == refusals.add(refused(1, of_context=True)) == []


def test_a_first_answer_settles_prompts_that_are_too_long_and_what_was_asked_before_it() -> None:
    refusals = Refusals(answered=False)
    refusals.add(refused(0, started=5.0))
    refusals.add(refused(1, started=9.0))
    refusals.add(refused(2, started=9.0, of_context=True))
    assert rows(refusals.answer(started=6.0)) == [0, 2]
    assert rows(refusals.rest()) == [1]


def test_once_the_server_has_answered_a_prompt_that_is_too_long_is_recorded_at_once() -> None:
    assert rows(Refusals(answered=True).add(refused(7, of_context=True))) == [7]


def test_answers_to_requests_sent_before_do_not_excuse_a_server_that_refuses_since() -> None:
    refusals = Refusals(answered=True)
    for row in range(MOST_IN_A_ROW):
        assert not refusals.too_many
        refusals.add(refused(row, started=100.0 + row))
        assert refusals.answer(started=50.0) == []
    assert refusals.too_many
    with pytest.raises(ServerUnusable, match=r"has refused the last 20 requests .* What was done before is kept"):
        refusals.rest()


def test_an_answer_to_a_later_request_ends_the_row() -> None:
    refusals = Refusals(answered=True)
    for row in range(MOST_IN_A_ROW):
        refusals.add(refused(row, started=row))
    assert len(refusals.answer(started=30.0)) == MOST_IN_A_ROW
    assert not refusals.too_many
    assert refusals.rest() == []


def test_a_server_that_refuses_everything_is_given_up_after_a_few_rows_whatever_the_reason() -> None:
    refusals = Refusals(answered=False)
    for row in range(MOST_AT_FIRST):
        refusals.add(refused(row, of_context=True))
    assert refusals.too_many
    with pytest.raises(ServerUnusable, match=r"refused 8 requests and answered none .* Nothing was recorded"):
        refusals.rest()


def said(error: str) -> str:
    """What is told of a server that refuses everything in these words."""
    refusals = Refusals(answered=False)
    refusals.add(Refusal(SHARD, 0, Generation(generation="", error=error), of_context=False))
    return str(refusals.error())


def test_a_filter_that_refuses_everything_is_named() -> None:
    told = said("HTTP 400: The response was filtered (content_filter)")
    assert told.startswith("the server's filter refused 1 request and answered none (HTTP 400: ")
    assert "let these prompts through its filter, then run" in told
    assert "++inference" not in told


def test_a_server_that_gives_fewer_tokens_than_all_ask_for_is_told_what_to_lower() -> None:
    told = said("HTTP 400: max_completion_tokens is too large: 32768. This model supports at most 16384")
    assert "Nothing was recorded; lower ++inference.tokens_to_generate, then run" in told


def untaken(row: int) -> Refusal:
    return refused(row)._replace(of_template=True)


@pytest.mark.parametrize("count", [1, MOST_AT_FIRST])
def test_a_template_that_takes_no_prompt_is_no_servers_fault(count: int) -> None:
    refusals = Refusals(answered=False)
    for row in range(count):
        refusals.add(untaken(row))
    with pytest.raises(ServerUnusable, match=r"chat template, applied here, fails .*: no request was sent \(") as told:
        refusals.rest()
    assert "the server refused" not in str(told.value)


def test_a_prompt_that_the_template_does_not_take_is_its_samples_own_where_others_are_answered() -> None:
    assert rows(Refusals(answered=True).add(untaken(7))) == [7]


def test_seeds_of_one_row_count_as_one() -> None:
    refusals = Refusals(answered=False)
    for _ in range(MOST_AT_FIRST):
        refusals.add(refused(3))
    assert not refusals.too_many


def test_a_small_run_whose_prompts_are_all_too_long_is_recorded() -> None:
    refusals = Refusals(answered=False)
    refusals.add(refused(0, of_context=True))
    refusals.add(refused(1, of_context=True))
    assert rows(refusals.rest()) == [0, 1]


def test_a_small_run_that_is_refused_for_another_reason_is_not() -> None:
    refusals = Refusals(answered=False)
    refusals.add(refused(0))
    with pytest.raises(ServerUnusable, match="refused 1 request and answered none"):
        refusals.rest()
