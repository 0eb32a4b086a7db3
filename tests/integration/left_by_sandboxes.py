"""What a sandbox leaves behind: processes and folders that do not go away. Others' sandboxes come and go meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Set
from pathlib import Path

from tests.waiting import wait_for

SECONDS = 120
"""By then every sandbox of a test beside this one has ended, on a busy machine too."""


def folders() -> set[str]:
    return {str(folder) for folder in Path("/tmp").glob("northstar-sandbox-*")}


def programs() -> set[str]:
    """The folders of programs in sandboxes."""
    return {str(folder) for folder in Path("/tmp").glob("northstar-sandbox-*/program-*")}


def processes() -> set[str]:
    """The id of each process of a sandbox, with the time when it began."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if b"northstar.sandbox.inside" in words and fields[0] != "Z":
            found.add(f"{folder.name} {fields[19]} {words[:100]!r}")
    return found


def lasting(kind: Callable[[], Set[str]], before: Set[str] = frozenset()) -> Set[str]:
    """Which of those that are there now, and were not before, stay."""
    here = kind() - before
    wait_for(lambda: not here & kind(), SECONDS)
    return here & kind()
