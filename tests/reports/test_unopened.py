"""Answers that end a reasoning nobody saw open, beside others that have no end of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from northstar.reports.answers import Generated, Tally
from northstar.reports.unopened import is_prompt_seen, unopened_note
from northstar.results.run_json import FORMAT

ENDED = {"generation": "5", "reasoning": "hm", "end_unopened": True, "finish_reason": "stop"}
PLAIN = {"generation": "It is 5", "finish_reason": "stop"}


def tally(*records: dict[str, Any]) -> Tally:
    counted = Tally()
    for record in records:
        counted.count(msgspec.json.decode(msgspec.json.encode(record), type=Generated), calls_count=False)
    return counted


def test_both_are_counted_and_told_what_to_take() -> None:
    assert unopened_note(tally(ENDED, ENDED) + tally(PLAIN, {"generation": "", "error": "no"}), {}) == (
        "2 of 4 generations end a reasoning that they did not open; 1 of 4 have no '</think>' and are graded "
        "in full: if the prompt opens the reasoning, use ++parse_reasoning=True."
    )


def test_a_turn_that_ends_one_counts_for_its_generation() -> None:
    counted = tally({"generation": "x", "turns": [{**PLAIN, "name": "1"}, {**ENDED, "name": "2"}]})
    assert (counted.unopened, counted.unparted) == (1, 0)


@pytest.mark.parametrize(
    "records",
    [(ENDED, ENDED), (PLAIN, PLAIN), (ENDED, {**PLAIN, "reasoning": "<think>hm"}), (ENDED, {"generation": ""})],
    ids=["all end it", "none does", "the others opened it", "the others are empty"],
)
def test_nothing_is_said_where_the_others_hold_no_unparted_text(records: tuple[dict[str, Any], ...]) -> None:
    assert unopened_note(tally(*records), {}) is None


@pytest.mark.parametrize(
    ("findings", "seen"),
    [({"user": "the prompt opens none"}, True), ({"user": "not known: nobody shows the prompt"}, False), ({}, False)],
)
def test_a_prompt_is_seen_where_run_json_says_what_it_opens(
    tmp_path: Path, findings: dict[str, str], seen: bool
) -> None:
    runs = [{"server": {"reasoning": {"aime24": findings}}}, {"server": {}}]
    (tmp_path / "run.json").write_text(json.dumps({"run_json": FORMAT, "runs": runs}))
    assert is_prompt_seen(tmp_path, "aime24") is seen
    assert not is_prompt_seen(tmp_path, "smoke")
    assert not is_prompt_seen(None, "aime24")
