"""The options of `ns regrade` and of `northstar.regrade`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.option import Moves, group, option
from northstar.core.paths import AnyPath


@dataclass(frozen=True, kw_only=True)
class RegradingOptions:
    """Regrading, as it is asked for. `--help` lists the options in this order."""

    output_dir: AnyPath = option(help="The output folder of ns eval.", argument=True, typed=Path, moves=Moves.PATH)
    overrides: Sequence[str] | Mapping[str, Any] = option(
        (),
        help="Settings of the graders, ++eval_config.KEY=VALUE, in place of the run's; ++grading_workers, "
        "++sandbox.workers, ++unanswered.",
        in_python="Settings of the graders, as words like '++eval_config.extract_regex=…' or as a nested dict.",
        metavar="[++key=value]...",
        argument=True,
        typed=list[str] | None,
    )
    name: str | None = option(
        None, help="The name of the new results, as in metrics@NAME.json [dim](default: regraded)[/dim]."
    )
    benchmarks: str | Sequence[str] | None = option(
        None, help="Only these benchmarks [dim](default: all)[/dim].", typed=str | None
    )
    answers: AnyPath | None = option(
        None,
        help='Corrected reference answers of one benchmark: a line {"id": …, "expected_answer": …} for each row that '
        "has another.",
        typed=Path | None,
        moves=Moves.PATH,
    )
    data_dir: AnyPath | None = option(
        None,
        help="Where the tests of programs are [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
        typed=Path | None,
        moves=Moves.PATH,
    )
    extra_benchmarks: Sequence[AnyPath] = option(
        (), help="A file or folder of your own benchmarks.", typed=list[Path] | None, moves=Moves.PATH
    )
    sandbox: str = option("auto", help="The sandbox for programs that the model wrote, as for ns eval.")
    rerun_done: bool = option(False, help="Set the results of this name aside and grade again.")
    cluster: ClusterOptions = group(ClusterOptions)
