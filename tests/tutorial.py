"""The tutorial's text: its commands, and the tables that it prints of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

MODEL = "/workspace/Llama-3_3-Nemotron-Super-49B-v1_5"
PLUGIN = "llama_nemotron_toolcall_parser_no_streaming.py"
BENCHMARKS = ("gpqa", "mmlu-pro", "hle", "livecodebench", "scicode", "math-500", "aime24", "aime25")
"""Those whose tables `ns summarize_results` prints: all but bfcl_v3."""

_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Tutorial:
    """commands: the shell's blocks in their order. tables: benchmark → its table's lines, the columns first."""

    commands: tuple[str, ...]
    tables: dict[str, list[list[str]]]


def read_tutorial(path: Path) -> Tutorial:
    """Read the blocks of a Markdown file."""
    blocks = _BLOCK.findall(path.read_text())
    commands = tuple(text for language, text in blocks if language.startswith("bash"))
    return Tutorial(commands, tables("\n".join(text for language, text in blocks if not language)))


def tables(text: str) -> dict[str, list[list[str]]]:
    """Return the tables that a text holds, as cells: benchmark → lines."""
    found: dict[str, list[list[str]]] = {}
    lines: list[list[str]] = []
    for line in text.splitlines():
        if match := re.fullmatch(r"-+ (\S+) -+", line.strip()):
            lines = found.setdefault(match[1], [])
        elif "|" in line and "---" not in line:
            lines.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return found
