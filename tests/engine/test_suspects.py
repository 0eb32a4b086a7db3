"""Which samples are asked again in ever smaller company, until it is known of which the server ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.engine.feed import Due
from northstar.engine.suspects import Suspects, fewer


def due(row: int, seed: int = 0) -> Due:
    return Due(SimpleNamespace(unit=SimpleNamespace(benchmark="b", seed=seed)), row, group=seed)  # type: ignore[arg-type]


def suspects(*dues: Due) -> Suspects:
    found = Suspects()
    for each in dues:
        found.add(each)
    return found


def test_one_seed_is_asked_for_all_of_its_row() -> None:
    found = suspects(due(1, 0), due(2, 0), due(1, 3))
    assert (len(found), found.foremost()) == (2, [due(1, 0), due(2, 0)])


def test_every_seed_of_a_row_is_under_its_suspicion() -> None:
    found = suspects(due(1, 0))
    assert due(1, 7) in found
    assert due(2, 0) not in found


def test_a_row_that_is_answered_is_cleared_with_its_other_seeds() -> None:
    found = suspects(due(1, 0), due(1, 1), due(2, 0), due(2, 1))
    found.foremost()
    found.confirm(due(2, 0))
    assert found.acquit() == [due(1, 1)]
    assert found.foremost() == [due(2, 0)]


def test_after_one_seed_is_convicted_the_next_is_asked() -> None:
    found = suspects(due(1, 0), due(1, 1))
    found.foremost()
    found.convict(due(1, 0))
    assert (found.acquit(), found.foremost()) == ([], [due(1, 1)])
    found.convict(due(1, 1))
    assert (found.acquit(), len(found)) == ([], 0)


@pytest.mark.parametrize(("rows", "rounds"), [(512, [64, 8, 1]), (24, [3, 1]), (9, [1]), (1, [1])])
def test_fewer_are_asked_at_once_until_each_is_alone(rows: int, rounds: list[int]) -> None:
    company = [fewer(512, rows)]
    while company[-1] > 1:
        company.append(fewer(company[-1], rows))
    assert company == rounds


@given(st.sets(st.integers(0, 199), min_size=1), st.data())
def test_none_is_convicted_but_those_that_end_the_server(rows: set[int], data: st.DataObject) -> None:
    """A server that ends of some rows, and of nothing else: they are found, whatever else was in flight."""
    deadly = data.draw(st.sets(st.sampled_from(sorted(rows)), max_size=3))
    found, company = suspects(*map(due, sorted(rows))), 200
    convicted: set[int] = set()
    while len(found):
        company = fewer(company, len(found))
        asked = found.foremost()
        for start in range(0, len(asked), company):
            cohort = asked[start : start + company]
            if deadly & {each.row for each in cohort}:
                for each in cohort:
                    found.confirm(each) if company > 1 else found.convict(each)
                convicted |= {each.row for each in cohort} if company == 1 else set()
        found.acquit()
    assert convicted == deadly
