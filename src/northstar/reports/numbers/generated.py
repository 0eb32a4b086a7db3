"""Sums up the answers to a user's rows: how many there are, and how many lack something. Reads a line at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from northstar.core.benchmark_name import GENERATED
from northstar.core.errors import NorthstarError
from northstar.reports.answers import Count, Generated, Tally
from northstar.reports.summary import Shown, Summary
from northstar.results.layout import folders_there
from northstar.results.record_lines import parsed_record
from northstar.results.state import find_outputs

COMMAND = "ns generate"


class _Line(Generated):
    num_generated_tokens: Count | None = None
    num_prompt_tokens: Count | None = None
    judge_correct: bool | float | None = None
    judge_label: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def has_generated(output_dir: Path) -> bool:
    """Whether a folder has answers of `ns generate`, and no benchmark's."""
    return [*folders_there(output_dir)] == [GENERATED]


def generated_summary(output_dir: Path) -> Summary:
    """Sum up the complete outputs of `ns generate`, one line of the table each. Raises NorthstarError."""
    outputs = find_outputs(output_dir, COMMAND)
    files = [*([outputs.greedy] if outputs.greedy else []), *outputs.seeds]
    modes: dict[str, dict[str, Any]] = {}
    tally, usage = Tally(), {"prompt_tokens": 0, "completion_tokens": 0}
    for file in files:
        mode, prompt, completion = _summed(file, tally)
        modes[file.stem] = mode
        usage["prompt_tokens"] += prompt
        usage["completion_tokens"] += completion
    if not modes:
        return Summary({}, {}, outputs.notes)
    metrics = {**modes, "usage": {"model": usage}, "answers": tally.as_json()}
    shown = Shown(modes, list(modes), corner="output")
    return Summary({GENERATED: metrics}, {GENERATED: shown}, outputs.notes)


def _summed(file: Path, tally: Tally) -> tuple[dict[str, Any], int, int]:
    """Return the numbers of one output, and its tokens of prompts and answers."""
    count = missing = prompt = completion = 0
    judged: list[float] = []
    labels: dict[str, int] = {}
    try:
        with file.open("rb", buffering=1 << 20) as lines:
            for count, raw in enumerate(lines, start=1):
                line = parsed_record(file, count, raw, _decode)
                missing += tally.count(line, calls_count=True)
                prompt += int(line.num_prompt_tokens or 0)
                completion += int(line.num_generated_tokens or 0)
                if line.judge_label is not None:
                    labels[line.judge_label] = labels.get(line.judge_label, 0) + 1
                if line.judge_correct is not None:
                    judged.append(float(line.judge_correct))
    except OSError as error:
        raise NorthstarError(f"cannot read {file}: {error.strerror}.") from None
    mode: dict[str, Any] = {"num_entries": count, "avg_tokens": int(completion / max(1, count))}
    mode["no_answer"] = 100.0 * missing / max(1, count)
    if judged:
        mode["judge_correct"] = 100.0 * sum(judged) / len(judged)
    mode |= {name: 100.0 * number / count for name, number in sorted(labels.items())}
    return mode, prompt, completion
