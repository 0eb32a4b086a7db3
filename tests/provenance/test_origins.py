"""Who answers is compared with who answered first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.models.reply.response import UNSAID, Origin
from northstar.provenance import provenance
from northstar.provenance.origins import MOST_NAMED, Origins
from northstar.results.layout import logs_folder

BIG, SMALL = Origin("big", "fp_1"), Origin("small", "fp_1")


def origins(folder: Path, noted: list[Any] | None = None) -> Origins:
    """Those of a run into this folder."""
    logs_folder(folder).mkdir(parents=True, exist_ok=True)

    def first(results: str, origin: Mapping[str, str]) -> Mapping[str, Any]:
        return provenance.note_first_answer(folder, results, origin)

    return Origins(first, (noted if noted is not None else []).append)


def test_what_is_as_at_first_is_not_told_again(tmp_path: Path) -> None:
    run = origins(tmp_path)
    found = [run.differing("smoke.seeds", origin) for origin in (BIG, BIG, SMALL, Origin("big", "fp_2"), BIG)]
    assert found == [UNSAID, UNSAID, Origin("small"), Origin(None, "fp_2"), UNSAID]


def test_a_run_that_goes_on_compares_with_the_run_before_it(tmp_path: Path) -> None:
    origins(tmp_path).differing("smoke.seeds", BIG)
    assert origins(tmp_path).differing("smoke.seeds", SMALL) == Origin("small")
    assert origins(tmp_path).differing("other.seeds", SMALL) == UNSAID


def test_results_that_are_asked_anew_have_a_first_answer_of_their_own(tmp_path: Path) -> None:
    origins(tmp_path).differing("smoke.seeds", BIG)
    provenance.register(tmp_path, {"smoke.seeds": {"model": "m"}}, {}, rerun=True)
    assert origins(tmp_path).differing("smoke.seeds", SMALL) == UNSAID


def test_results_that_are_put_back_keep_their_first_answer(tmp_path: Path) -> None:
    origins(tmp_path).differing("smoke.seeds", BIG)
    entry = provenance.register(tmp_path, {"smoke.seeds": {"model": "m"}}, {"ending": "failed"}, rerun=True)
    provenance.forget(tmp_path, entry)
    assert origins(tmp_path).differing("smoke.seeds", SMALL) == Origin("small")


def test_a_server_that_does_not_say_who_it_is_differs_from_nobody(tmp_path: Path) -> None:
    run = origins(tmp_path)
    found = [
        run.differing("smoke.seeds", origin) for origin in (UNSAID, Origin("big"), UNSAID, BIG, Origin("big", "fp_2"))
    ]
    assert found == [UNSAID, UNSAID, UNSAID, UNSAID, Origin(None, "fp_2")]


def test_the_record_says_when_each_was_seen_first_and_how_often(tmp_path: Path) -> None:
    noted: list[Any] = []
    run = origins(tmp_path, noted)
    for origin in (BIG, BIG, SMALL):
        run.differing("smoke.seeds", origin)
    assert len(noted) == 2
    big, small = run.as_json()
    assert (big["model"], big["first_answer"], big["answers"]) == ("big", 1, 2)
    assert (small["model"], small["first_answer"], small["answers"]) == ("small", 3, 1)


def test_a_name_for_each_answer_fills_no_memory(tmp_path: Path) -> None:
    noted: list[Any] = []
    run = origins(tmp_path, noted)
    for number in range(100):
        run.differing("smoke.seeds", Origin("big", f"fp_{number}"))
    assert len(run.as_json()) == MOST_NAMED + 1
    assert len(noted) == MOST_NAMED
    assert run.as_json()[-1]["answers"] == 100 - MOST_NAMED
