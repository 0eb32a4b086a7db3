"""What vLLM 0.32.0 read in the texts, as it was recorded.

Run as `python -m tests.models.tool_parsers.vllm_readings PYTHON` this records it anew, by the vLLM of that interpreter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.models.tool_parsers.texts import BY_PARSER

RECORDED = Path(__file__).with_name("read_by_vllm.jsonl")
READER = Path(__file__).parents[2] / "real_vllm" / "read_calls.py"


@dataclass(frozen=True)
class Reading:
    """The calls that a parser of vLLM found in a text, each its name and arguments."""

    parser: str
    text: str
    calls: list[list[str]]


def recorded() -> list[Reading]:
    """Return all readings."""
    return [Reading(*json.loads(line)) for line in RECORDED.read_text().splitlines()]


def read_by(vllm: Path) -> list[Reading]:
    """Ask the vLLM of an interpreter's environment."""
    asked = [(parser, text) for parser, texts in BY_PARSER.items() for text in texts]
    done = subprocess.run([vllm, READER], input=json.dumps(asked), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [Reading(*each, calls) for each, calls in zip(asked, json.loads(done.stdout), strict=True)]


if __name__ == "__main__":
    readings = read_by(Path(sys.argv[1]))
    rows = ([reading.parser, reading.text, reading.calls] for reading in readings)
    RECORDED.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
