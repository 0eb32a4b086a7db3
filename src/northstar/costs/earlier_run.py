"""What an earlier run says of the cost of another: lengths of generations, tokens a second at each load, starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from northstar.core.errors import NorthstarError
from northstar.core.records import Times
from northstar.core.regular import check_regular
from northstar.reports.run_notes import server_times
from northstar.results.layout import RUN_JSON
from northstar.results.record_lines import parsed_record
from northstar.results.run_json import ran_at_the_same_time, read_run_json
from northstar.results.state import output_files
from northstar.statistics.load_curve import LoadCurve, measured


class _Answered(Times, frozen=True):
    num_generated_tokens: int | None = None


_decode = msgspec.json.Decoder(_Answered).decode


@dataclass(frozen=True)
class EarlierRun:
    """What the finished outputs of a folder say.

    Attributes:
        lengths: Benchmark → tokens of each generation.
        rows, seeds: Benchmark → how many it has.
        curve: Tokens a second of its server at each load; None where that can't be told.
        why_not: Why it can't, a sentence.
        gpus: Of a server; None if nobody said.
        start: Seconds until a server was ready, on average; None if nobody said.
    """

    lengths: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    curve: LoadCurve | None = None
    why_not: str = ""
    gpus: int | None = None
    start: float | None = None


def earlier_run(output_dir: Path, folders: Sequence[Path]) -> EarlierRun:
    """Read the complete outputs in these folders of benchmarks. Raises NorthstarError for one that is damaged."""
    lengths: dict[str, tuple[float, ...]] = {}
    rows: dict[str, int] = {}
    seeds: dict[str, int] = {}
    spans: list[tuple[float, float]] = []
    tokens: list[float] = []
    for folder in folders:
        files = [file.path for file in output_files(folder) if file.is_whole]
        records = [_records(path) for path in files]
        known = [record for each in records for record in each if record.num_generated_tokens]
        if not known:
            continue
        lengths[folder.name] = tuple(float(record.num_generated_tokens or 0) for record in known)
        rows[folder.name], seeds[folder.name] = max(map(len, records)), len(files)
        spans += [(record.generation_start_time, record.generation_end_time) for record in known]
        tokens += lengths[folder.name]
    runs: list[Mapping[str, Any]] = read_run_json(output_dir / RUN_JSON).get("runs", [])
    times = [each for run in runs for each in server_times(run)[:1]]
    gpus = {each["gpus"] for each in times}
    curve = measured(np.array(spans).reshape(-1, 2), np.array(tokens))
    together = ran_at_the_same_time(runs)
    return EarlierRun(
        lengths,
        rows,
        seeds,
        None if together else curve,
        "Its jobs ran at the same time, so that the speed of one server can't be told." if together else "",
        gpus.pop() if len(gpus) == 1 else None,
        sum(each["starting"] for each in times) / len(times) if times else None,
    )


def _records(path: Path) -> list[_Answered]:
    check_regular(path)
    try:
        with path.open("rb") as lines:
            return [parsed_record(path, number, line, _decode) for number, line in enumerate(lines, 1)]
    except OSError as error:
        raise NorthstarError(f"{path} cannot be read: {error.strerror}.") from None
