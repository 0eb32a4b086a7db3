"""How many processes a run has."""

from __future__ import annotations

import pytest

from northstar.config.overrides import parse_overrides, settings_from
from northstar.engine import run_with_server as doing


@pytest.mark.parametrize(
    ("cores", "overrides", "grading", "helping"),
    [
        (1, (), 1, 2),
        (2, (), 1, 2),
        (8, (), 7, 7),
        (8, ("++grading_workers=1",), 1, 1),
    ],
)
def test_conversations_have_two_processes_for_their_tools_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, cores: int, overrides: tuple[str, ...], grading: int, helping: int
) -> None:
    monkeypatch.setattr(doing, "cores", lambda: cores)
    settings = settings_from(parse_overrides(overrides))
    assert (doing.grading_processes(settings), doing.helper_processes(settings)) == (grading, helping)
