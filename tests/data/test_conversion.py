"""Records become rows, or are left out, or are named when they can't."""

from __future__ import annotations

import json
from typing import Any

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.conversion import convert


def rows(records: list[dict[str, Any]], **how: Any) -> list[dict[str, Any]]:
    kept = convert(records, "o/n/x.csv", lambda record, place: record if record.get("keep", True) else None, **how)
    return [json.loads(line) for line in kept]


def test_a_row_is_a_line() -> None:
    assert rows([{"id": "a\n", "text": "é\u2028"}, {"id": 2}]) == [{"id": "a\n", "text": "é\u2028"}, {"id": 2}]


def test_records_that_are_none_are_left_out() -> None:
    assert rows([{"id": 1}, {"id": 2, "keep": False}, {"id": 2}]) == [{"id": 1}, {"id": 2}]


def test_a_split_without_a_row_is_an_error() -> None:
    with pytest.raises(NorthstarError, match=r"o/n/x\.csv has no rows for this split"):
        rows([{"id": 1, "keep": False}])


def test_an_id_that_was_there_before_is_an_error() -> None:
    with pytest.raises(NorthstarError, match=r"record 2: an earlier record has the same id 7"):
        rows([{"id": 7}, {"id": 7}])


def test_ids_that_may_repeat_are_told_apart() -> None:
    kept = rows([{"id": 7}, {"id": 8}, {"id": 7}, {"id": 7}], ids_may_repeat=True)
    assert [row["id"] for row in kept] == [7, 8, "7-2", "7-3"]


def test_a_field_that_a_record_lacks_is_named() -> None:
    with pytest.raises(NorthstarError, match=r"x\.csv, record 2: it has no 'id'\.$"):
        rows([{"id": 0}, {}])


def test_another_key_that_is_missing_is_not_taken_for_a_field() -> None:
    names = {0: "zero"}
    made = convert([{"id": 1}], "x.csv", lambda record, place: {"id": names[record["id"]]})
    with pytest.raises(NorthstarError, match=r"x\.csv, record 1: not as expected \(KeyError: 1\)\.$"):
        list(made)


@pytest.mark.parametrize("record", [{"id": ["a"]}, {"id": 1, "x": b"secret"}, {"id": 1, "x": "\ud800secret"}])
def test_a_record_that_is_not_as_expected_is_named_and_not_quoted(record: dict[str, Any]) -> None:
    with pytest.raises(NorthstarError, match=r"x\.csv, record 2: not as expected") as error:
        rows([{"id": 0}, record])
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [[1, float("nan")]], json.loads("[" * 900 + "]" * 900)])
def test_what_other_programs_could_not_read_again_is_named(value: Any) -> None:
    with pytest.raises(NorthstarError, match=r"x\.csv, record 2: not as expected"):
        rows([{"id": 0}, {"id": 1, "x": value}])
