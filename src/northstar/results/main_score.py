"""Reads the main score of a benchmark from complete outputs, and nothing else of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular
from northstar.metrics.row_means import RowMean
from northstar.metrics.scores import Scores
from northstar.results.record_lines import parsed_record
from northstar.task.metrics import Metrics


def read_main_score(file: Path, metrics: Metrics) -> tuple[RowMean, int]:
    """Return the main score of one output as [rows, 1], and how many tokens were generated for it.

    Raises:
        NorthstarError: The file can't be read, a line is malformed, or a score is outside 0..1.
    """
    fields: list[Any] = [(name, bool | float) for name in metrics.scores]
    fields += [
        (name, int | float | None, None) for name in ("num_generated_tokens", metrics.weight) if name is not None
    ]
    fields += [(metrics.subset, str | int | float | None, None)] if metrics.subset is not None else []
    decode = msgspec.json.Decoder(msgspec.defstruct("Line", fields, kw_only=True)).decode
    lines: list[Any] = []
    check_regular(file)
    try:
        with file.open("rb", buffering=1 << 18) as raw:
            lines = [parsed_record(file, number, line, decode) for number, line in enumerate(raw, 1)]
    except OSError as error:
        raise NorthstarError(f"cannot read {file}: {error.strerror}.") from None
    if not lines:
        raise NorthstarError(f"{file} holds no record.")
    values = {name: _column(lines, name) for name in metrics.scores}
    for name, column in values.items():
        if not np.all((column >= 0) & (column <= 1)):
            raise NorthstarError(f"{file} has a {name} that is not between 0 and 1.")
    tokens = _column(lines, "num_generated_tokens")
    scores = Scores(
        values,
        answers=None,
        tokens=tokens,
        busy=(),
        weights=None if metrics.weight is None else _column(lines, metrics.weight)[:, 0],
        labels=None if metrics.subset is None else [str(getattr(line, metrics.subset) or "") for line in lines],
    )
    return next(iter(metrics.row_means(scores).values())), int(tokens.sum())


def _column(lines: list[Any], name: str) -> Any:
    """Return [rows, 1] of one field."""
    return np.array([[float(getattr(line, name) or 0.0)] for line in lines])
