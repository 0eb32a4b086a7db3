"""What tests of programs behind walls share: small limits, and a program that tells what it could do."""

from __future__ import annotations

import json
from collections.abc import Callable

from northstar.sandbox.program import Limits, Outcome

SMALL = Limits(cpu_seconds=1, wall_seconds=6, memory_bytes=256 << 20, file_bytes=16 << 20, output_bytes=1 << 20)
Run = Callable[..., Outcome]


def answers(outcome: Outcome) -> list[str]:
    assert outcome.status == "ok", outcome.error
    said: list[str] = json.loads(outcome.output)
    return said


TRIES = """
import json
said = []
def attempt(do):
    try:
        said.append(f"DID {do()}"[:200])
    except (OSError, RuntimeError, ValueError) as error:
        said.append(type(error).__name__)
"""


def tries(*expressions: str, before: str = "") -> str:
    """A program that evaluates each and tells what came of it."""
    lines = [f"attempt(lambda: {expression})" for expression in expressions]
    return "\n".join([TRIES, before, *lines, "print(json.dumps(said))"])
