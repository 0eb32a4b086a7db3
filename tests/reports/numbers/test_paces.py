"""How fast streamed answers came: of those that were streamed alone."""

from __future__ import annotations

from northstar.reports.numbers.paces import pace_notes, paces_of, summarized

COLUMNS = [
    {"time_to_first_token": [0.5, None, 1.5], "time_between_tokens": [0.01, None, None]},
    {"time_to_first_token": [1.0, None, None], "time_between_tokens": [0.03, None, None]},
]


def test_answers_that_came_at_once_are_left_out() -> None:
    assert summarized(paces_of(COLUMNS)) == {
        "streamed_answers": 3,
        "time_to_first_token": {"median": 1.0, "p99": 1.49},
        "time_between_tokens": {"median": 0.02, "p99": 0.0298},
    }
    assert pace_notes(paces_of(COLUMNS)) == [
        "time to first token of 3 streamed answers: median 1.00 s, 99 % within 1.49 s; between tokens: median 20 ms."
    ]


def test_where_nothing_was_streamed_nothing_is_said() -> None:
    nothing = paces_of([{"time_to_first_token": [None], "time_between_tokens": [None]}])
    assert (summarized(nothing), pace_notes(nothing)) == ({}, [])
