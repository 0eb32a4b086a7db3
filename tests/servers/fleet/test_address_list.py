"""A file of addresses may grow and shrink; a bad line is named and left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.servers.fleet.address_list import AddressList
from northstar.servers.openai import SERVER

ONE, TWO = "http://one:8000/v1", "http://two:8000/v1"


class Listed:
    """A file, and what is said of it."""

    def __init__(self, file: Path, *given: str) -> None:
        self.file = file
        self.said: list[str] = []
        self._list = AddressList(given, file, SERVER.checked_address, self.said.append)

    def look(self, content: str | None = None) -> list[str]:
        if content is not None:
            self.file.write_text(content)
        return list(self._list.look())


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    return Listed(tmp_path / "servers.txt")


def test_a_line_is_an_address_and_what_follows_a_hash_a_comment(listed: Listed) -> None:
    assert listed.look(f"# ours\n{ONE}  # on node 1\n\n{TWO}/\n{ONE}\n") == [ONE, TWO]


def test_an_appended_line_is_read_at_the_next_look(listed: Listed) -> None:
    assert listed.look(f"{ONE}\n") == [ONE]
    assert listed.look(f"{ONE}\n{TWO}\n") == [ONE, TWO]


def test_a_line_that_is_still_being_written_waits(listed: Listed) -> None:
    assert listed.look(f"{ONE}\nhttp://tw") == [ONE]
    assert listed.look(f"{ONE}\n{TWO}\n") == [ONE, TWO]


def test_a_last_line_without_its_end_counts_once_nothing_more_comes(listed: Listed) -> None:
    assert listed.look(ONE) == []
    assert listed.look() == [ONE]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("two:8000", "line 2='two:8000' must look like http://host:8000/v1."),
        ("http://u:secret@two/v1", "line 2 must hold no key or password, and nothing after a question mark"),
        ("http://two/sk-abcdefgh12345678abcdefgh/v1", "line 2: the address holds what looks like a key"),
    ],
)
def test_a_bad_line_is_named_once_and_left_out(listed: Listed, line: str, why: str) -> None:
    assert listed.look(f"{ONE}\n{line}\n") == listed.look() == [ONE]
    (said,) = listed.said
    assert f"{listed.file}, {why}" in said
    assert said.endswith("That line is left out.")
    assert "secret@" not in said


def test_while_the_file_is_gone_its_servers_stay(listed: Listed) -> None:
    listed.look(f"{ONE}\n")
    listed.file.unlink()
    assert listed.look() == [ONE]
    assert listed.said == [f"{listed.file} cannot be read (No such file or directory); its servers of before stay."]


def test_given_addresses_stay_whatever_the_file_says(tmp_path: Path) -> None:
    assert Listed(tmp_path / "servers.txt", TWO).look(f"{ONE}\n") == [TWO, ONE]
