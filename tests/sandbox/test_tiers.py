"""The choice of a tier."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from northstar.errors import NorthstarError, UsageError
from northstar.sandbox.launch import Interpreter, unprivileged_user
from northstar.sandbox.tiers import check_choice, choose, why_not


def test_a_misspelt_choice_names_its_neighbour() -> None:
    with pytest.raises(UsageError, match="Did you mean bubblewrap"):
        check_choice("bublewrap")


def test_a_machine_without_walls_refuses_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("northstar.sandbox.tiers.TIERS", ("bubblewrap",))
    with pytest.raises(NorthstarError) as error:
        asyncio.run(choose("auto"))
    assert str(error.value) == (
        "programs that a model wrote can't be kept in here (bubblewrap: there is no command bwrap). Install bubblewrap "
        "(the package of that name), or say --sandbox=unsafe to run them with your own rights."
    )


def test_unsafe_is_only_what_was_asked_for_and_says_so() -> None:
    tier = asyncio.run(choose("unsafe"))
    assert (tier.name, tier.about["tier"]) == ("unsafe", "unsafe")
    assert "NONE" in tier.description


def test_an_interpreter_that_ends_at_once_is_no_tier(tmp_path: Path) -> None:
    false = Interpreter(Path("/bin/false"), (), isolated=True)
    assert asyncio.run(why_not("bubblewrap", false)) is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="of root alone")
def test_root_never_runs_a_program() -> None:
    assert unprivileged_user(3) not in (None, 0)
