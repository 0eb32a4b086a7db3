"""How many connections there may be, by how many files may be open."""

from __future__ import annotations

import resource

import pytest

from northstar.core import open_files
from northstar.core.errors import NorthstarError
from northstar.core.open_files import RESERVED, connections

OPEN = 40


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(open_files, "open_now", lambda: OPEN)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (request.param, request.param))


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    ("limited", "clients", "each"),
    [
        (256, 1, 256 - OPEN - RESERVED),
        (256, 2, (256 - OPEN - RESERVED) // 2),
        (OPEN + RESERVED + 1, 1, 1),
        (65536, 1, None),
        (resource.RLIM_INFINITY, 1, None),
    ],
    indirect=["limited"],
)
def test_what_is_open_and_what_comes_and_goes_is_no_connection(clients: int, each: int | None) -> None:
    assert connections(clients) == each


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    ("limited", "clients"), [(OPEN + RESERVED, 1), (OPEN + RESERVED + 1, 2), (16, 1)], indirect=["limited"]
)
def test_no_room_for_any_is_a_sentence_with_what_helps(clients: int) -> None:
    with pytest.raises(
        NorthstarError, match=r"open files \(ulimit -n\); 40 are open, .* Raise that limit: ulimit -n 1024"
    ):
        connections(clients)


def test_open_files_are_counted() -> None:
    before = open_files.open_now()
    with open("/dev/null"), open("/dev/null"):  # noqa: PTH123
        assert open_files.open_now() == before + 2
