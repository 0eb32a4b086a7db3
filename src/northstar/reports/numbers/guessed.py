"""The metrics of a benchmark that nobody knows, guessed from a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular
from northstar.metrics.answers import AnswerMetrics
from northstar.results.record_lines import parsed_record
from northstar.task.metrics import Metrics

_KNOWN_SCORES = ("judge_correct", "symbolic_correct", "accuracy")


def metrics_by_record(file: Path) -> Metrics:
    """Guess the metrics of an unknown benchmark from its first record."""
    check_regular(file)
    with file.open("rb") as lines:
        first = lines.readline()
    fields = parsed_record(file, 1, first, msgspec.json.Decoder(dict[str, Any]).decode) if first else {}
    scores = [name for name in _KNOWN_SCORES if name in fields]
    if not scores:
        raise NorthstarError(
            f"{file} holds no score that is known here ({', '.join(_KNOWN_SCORES)}). "
            "If the benchmark is your own, name its file with --extra_benchmarks."
        )
    return AnswerMetrics(*scores, answer="predicted_answer" if "predicted_answer" in fields else None)
