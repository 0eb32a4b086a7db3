"""Reads a bundle's judgements again: the verdict has to be what the judge's text says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from northstar.core.text import counted
from northstar.graders.judgement import NOTHING_TO_JUDGE, Judgement
from northstar.graders.pairs.judgement import share_won
from northstar.results.record_lines import parsed_record
from northstar.results.state import judgement_folders, output_files
from northstar.task.judge import Labels


class _Line(msgspec.Struct):
    judge_games: list[str] | None = None
    judge_style: list[float] | None = None
    judge_correct: bool | float | None = None
    judge_label: str | None = None
    judgement: str | None = None
    finish_reason: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def wrong_verdicts(folder: Path, labels: Labels) -> list[str]:
    """Return a sentence for each judge of a benchmark whose verdicts aren't those of its judgements."""
    found: list[str] = []
    grader = Judgement(labels)
    for judged in judgement_folders(folder):
        wrong = sum(_is_wrong(line, grader) for line in _lines(judged))
        if wrong:
            found.append(f"{counted(wrong, 'verdict')} of the judge {judged.name} are not what its judgements say")
    return found


def unchecked_verdicts(folder: Path) -> list[str]:
    """Return a sentence for each judge of a benchmark whose bundle has the verdicts in place of the judge's texts."""
    return [
        f"{counted(sum(1 for _ in _lines(judged)), 'verdict')} of the judge {judged.name} not checkable: its texts may "
        "quote rows, and aren't in the bundle"
        for judged in judgement_folders(folder)
    ]


def _lines(judged: Path) -> Iterator[_Line]:
    for file in output_files(judged):
        with file.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield parsed_record(file.path, number, line, _decode)


def _is_wrong(line: _Line, grader: Judgement) -> bool:
    if line.judge_style is not None:  # it compares answers
        return line.judge_correct != (None if line.judge_games is None else share_won(line.judge_games))
    if line.judgement is None and line.finish_reason != NOTHING_TO_JUDGE:
        return True
    grade = grader.grade(line.judgement or "", line.finish_reason)
    return grade["judge_correct"] != line.judge_correct or grade.get("judge_label") != line.judge_label
