"""A run's hours in a table, with the sentence on what would save most, and with all that is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from northstar.costs.hours import HoursSpent, hours_spent
from northstar.costs.times import answer_times

BEGAN = 1_800_000_000.0
HOUR = 3600.0
HOSTED = {"type": "vllm", "commands": ["vllm serve m"]}


def a_run(**fields: Any) -> dict[str, Any]:
    """Return a run that held 8 GPUs for ten hours, the first of them to start."""
    times = {"gpus": 8, "since": BEGAN, "seconds": 10 * HOUR, "starting": HOUR, "idle": 0.0}
    return {"started": "2027-01-15T08:00:00+00:00", "server": HOSTED, "server_time": times} | fields


def with_times(**fields: Any) -> dict[str, Any]:
    run = a_run()
    return run | {"server_time": run["server_time"] | fields}


def spent(runs: Sequence[Mapping[str, Any]], hours: Sequence[tuple[float, float]]) -> HoursSpent:
    """Return what is said of answers that were made between these hours after BEGAN."""
    times = np.array(hours, dtype=np.float64).reshape(-1, 2) * HOUR + BEGAN
    found = hours_spent(runs, answer_times(times[:, 0], times[:, 1]))
    assert found is not None
    return found


def test_the_table_has_hours_and_shares_of_each_part() -> None:
    found = spent([a_run()], [(1, 6)] * 9 + [(1, 9)])
    assert found.title == "GPU hours"
    assert found.cells == [
        ["held for", "GPU hours", "share"],
        ["start, until the first request", "8", "10%"],
        ["prefill and decode, which are not told apart", "40", "50%"],
        ["idle in between, with no request in flight", "0", "0%"],
        ["idle tail, with fewer than half of 10 in flight", "24", "30%"],
        ["after the last answer", "8", "10%"],
        ["all", "80", "100%"],
    ]


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (
            [(1, 6)] * 9 + [(1, 10)],
            "The last 10% of the answers held the servers for 40% of the time: more benchmarks in one run, or sharing "
            "it by --num_jobs, would save up to 28.8 GPU hours.",
        ),
        (
            [(1, 10)],
            "1 start held the servers for 10% of the time: more benchmarks and seeds in one run share a start, which "
            "would save up to 8 GPU hours.",
        ),
        (
            [(1, 4), (7, 10)],
            "No request was in flight for 30% of the time, between the first and the last: graders, tools, retries or "
            "restarts that hold up no request would save up to 24 GPU hours.",
        ),
        (
            [(1, 5)],
            "The servers were held for 50% of the time after the last answer, by what was still to be graded: more at "
            "once (++grading_workers, ++sandbox.workers) would save up to 40 GPU hours.",
        ),
    ],
)
def test_the_first_sentence_says_what_would_save_most(hours: list[tuple[float, float]], sentence: str) -> None:
    assert spent([a_run()], hours).lines == [sentence]


def test_savings_under_a_fiftieth_are_none_to_speak_of() -> None:
    assert spent([with_times(starting=0.1 * HOUR)], [(0.1, 10)]).lines == [
        "Only fewer or shorter answers would save much: start, tail and idle time cost at most 0.8 GPU hours each."
    ]


def test_at_an_address_hours_of_the_server_are_counted_from_request_to_answer() -> None:
    run = {"started": "2027-01-15T08:00:00+00:00", "server": {"type": "openai"}}
    found = spent([run], [(1, 6)] * 9 + [(1, 11)])
    assert found.title == "Server hours"
    assert found.cells[2][1:] == ["5", "50%"]
    assert found.lines == [
        "The last 10% of the answers held the servers for 50% of the time: more benchmarks in one run, or sharing it "
        "by --num_jobs, would save up to 4.5 server hours.",
        "Servers that the run did not start count from the first request to the last answer: their GPUs, their start "
        "and who else asked them are not known.",
    ]


def test_the_pause_between_two_runs_at_an_address_is_not_counted() -> None:
    runs = [
        {"started": "2027-01-15T08:00:00+00:00", "server": {"type": "openai"}},
        {"started": "2027-01-15T13:00:00+00:00", "server": {"type": "openai"}},
    ]
    assert spent(runs, [(0, 2), (5, 7)]).cells[-1] == ["all", "4", "100%"]


def test_unnamed_gpus_make_hours_of_servers() -> None:
    found = spent([with_times(gpus=None)], [(1, 10)])
    assert found.cells[-1] == ["all", "10", "100%"]
    assert found.lines[-1] == (
        "The run did not name the GPUs of its servers (--server_gpus), so hours of servers are counted."
    )


def test_a_run_that_goes_on_or_was_killed_leaves_nothing_to_say() -> None:
    found = spent([a_run(server_time=None)], [(1, 6)])
    assert found.cells == []
    assert found.lines == [
        "What would save GPU hours is not known: no run here says for how long it held a server.",
        "1 run is not counted: still going on, killed, or without its servers' GPUs or times.",
        "Answers that are left out of the hours: 1 were made while no server that is counted was held.",
    ]


def test_results_for_which_no_server_was_asked_have_no_hours() -> None:
    assert hours_spent([], answer_times(np.zeros(3), np.zeros(3))) is None
    assert hours_spent([{"server": {}}], answer_times(np.zeros(0), np.zeros(0))) is None


def test_an_older_run_that_does_not_say_since_when_is_named() -> None:
    assert spent([with_times(since=None)], []).lines == [
        "What would save GPU hours is not known.",
        "80 GPU hours are not split: an older version did not note since when servers were held.",
    ]


def test_a_run_whose_answers_were_set_aside_is_named_and_not_called_idle() -> None:
    later = with_times(since=BEGAN + 20 * HOUR)
    found = spent([a_run(generated=100), later | {"generated": 1}], [(21, 30)])
    assert found.cells[-1] == ["all", "80", "100%"]
    assert found.lines[1:] == [
        "80 GPU hours of 1 server are not split: over a tenth of the answers is not here any more (set aside, asked "
        "again, or moved)."
    ]


def test_servers_of_judges_are_named_beside() -> None:
    judge = {"gpus": 2, "seconds": HOUR, "starting": 0.0, "idle": 0.0}
    found = spent([a_run(judges={"j": {"server_time": judge}})], [(1, 10)])
    assert found.lines[1:] == ["Servers of judges held 2 GPU hours more, which are not split."]


def test_answers_with_times_that_cannot_be_are_counted_and_named() -> None:
    nan, inf = float("nan"), float("inf")
    starts = np.array([BEGAN + HOUR, 0.0, nan, BEGAN, BEGAN + 50, -5.0, 7.0])
    ends = np.array([BEGAN + 10 * HOUR, BEGAN, BEGAN, inf, BEGAN + 49, 5.0, 8.0])
    found = hours_spent([a_run()], answer_times(starts, ends, unread=2))
    assert found is not None
    assert found.lines[1:] == [
        "Answers that are left out of the hours: 4 have no start or no end, 1 end before they start, 1 were made while "
        "no server that is counted was held.",
        "Lines or files whose times can't be read, and are left out of the hours: 2.",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "an hour",
        {"gpus": 8},
        {"gpus": -8, "since": BEGAN, "seconds": 9.0, "starting": 1.0, "idle": 0.0},
        {"gpus": True, "since": BEGAN, "seconds": 9.0, "starting": 1.0, "idle": 0.0},
        {"gpus": 8, "since": BEGAN, "seconds": 9.0, "starting": 10.0, "idle": 0.0},
        {"gpus": 8, "since": BEGAN, "seconds": -1.0, "starting": -2.0, "idle": 0.0},
        {"gpus": 8, "since": BEGAN, "seconds": 10**400, "starting": 1.0, "idle": 0.0},
        {"gpus": 8, "since": BEGAN, "seconds": "9", "starting": 1.0, "idle": 0.0},
    ],
)
def test_a_time_of_a_server_that_cannot_be_is_not_counted(said: Any) -> None:
    found = spent([a_run(server_time=said)], [])
    assert found.lines[1:] == ["1 run is not counted: still going on, killed, or without its servers' GPUs or times."]


@pytest.mark.parametrize("started", [None, 5, "yesterday", "9999-99-99", ["2027"]])
def test_a_start_that_is_no_time_makes_an_address_unknown(started: Any) -> None:
    assert spent([{"started": started, "server": {"type": "openai"}}], [(1, 2)]).cells == []
