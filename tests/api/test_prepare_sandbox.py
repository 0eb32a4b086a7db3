"""Preparing says at once what a run's sandbox would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.api import prepare
from northstar.core.errors import NorthstarError
from northstar.sandbox.launch import Interpreter


def test_an_environment_that_the_sandbox_cannot_use_is_said_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise NorthstarError("programs run as another user than root, which can't enter /root.")

    monkeypatch.setattr("northstar.sandbox.tiers.choose", refuse)
    said: list[str] = []
    prepare._check_sandbox(Interpreter(Path("/root/python"), (), isolated=False), said.append)
    assert said == [
        "note: runs on this machine would be refused: programs run as another user than root, which can't enter /root."
    ]
