"""The options of `ns import` and of `northstar.import_generations`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.config.options.option import option
from northstar.core.paths import AnyPath


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """An import, as it is asked for. `--help` lists the options in this order."""

    path: AnyPath = option(help="A file of another tool, or a folder of such files.", argument=True, typed=Path)
    overrides: Sequence[str] | Mapping[str, Any] = option(
        (),
        help="Settings of the grading: ++parse_reasoning, ++end_reasoning_string, ++eval_config.KEY, "
        "++grading_workers, ++sandbox.workers.",
        in_python="Settings of the grading, as words like '++grading_workers=4' or as a nested dict.",
        metavar="[++key=value]...",
        argument=True,
        typed=list[str] | None,
    )
    benchmarks: str = option(help="The benchmark whose rows were asked: math-500, or gpqa.main for one split.")
    output_dir: AnyPath = option(help="Where the results go; run again, it goes on.", typed=Path)
    split: str | None = option(None, help="The split of the benchmark [dim](default: its own)[/dim].")
    model: str | None = option(None, help="The model that made the generations, where the files don't say.")
    partial: bool = option(
        False, help="Take the rows that every seed has exactly once, where others are missing or don't fit."
    )
    data_dir: AnyPath | None = option(
        None,
        help="Where the prepared rows are [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
        typed=Path | None,
    )
    extra_benchmarks: Sequence[AnyPath] = option(
        (), help="A file or folder of your own benchmarks.", typed=list[Path] | None
    )
    sandbox: str = option(
        "auto",
        help="The sandbox for programs that the model wrote: bubblewrap, landlock, auto (the stronger one that works "
        "here), or unsafe (none: they run with your own rights).",
    )
