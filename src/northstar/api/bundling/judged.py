"""Reads a bundle's judgements again: the verdict has to be what the judge's text says."""

from __future__ import annotations

from pathlib import Path

import msgspec

from northstar.core.text import counted
from northstar.graders.judgement import NOTHING_TO_JUDGE, read_judgement
from northstar.results.record_lines import parsed_record
from northstar.results.state import judgement_folders, output_files


class _Line(msgspec.Struct):
    judge_correct: bool | float | None = None
    judgement: str | None = None
    finish_reason: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def wrong_verdicts(folder: Path) -> list[str]:
    """Return a sentence for each judge of a benchmark whose verdicts aren't those of its judgements."""
    found: list[str] = []
    for judged in judgement_folders(folder):
        wrong = sum(_wrong(file.path) for file in output_files(judged))
        if wrong:
            found.append(f"{counted(wrong, 'verdict')} of the judge {judged.name} are not what its judgements say")
    return found


def _wrong(file: Path) -> int:
    with file.open("rb") as lines:
        read = (parsed_record(file, number, line, _decode) for number, line in enumerate(lines, start=1))
        return sum(
            line.judgement is not None
            and line.finish_reason != NOTHING_TO_JUDGE
            and read_judgement(line.judgement) != line.judge_correct
            for line in read
        )
