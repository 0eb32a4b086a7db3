"""The options of `ns eval`, of `northstar.evaluate` and of `northstar.submit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.limits import LimitOptions
from northstar.config.options.option import Moves, group, option
from northstar.config.options.prompts import PromptOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.core.paths import AnyPath

WHAT = "What to run"
ROWS = "Which rows, seeds and prompts"
RUN = "The run"


@dataclass(frozen=True, kw_only=True)
class EvalOptions:
    """An evaluation, as it is asked for. `--help` lists the options in this order."""

    benchmarks: str | Sequence[str] = option(
        "",
        help="Names with the number of seeds: math-500:16,aime24 (no number: one greedy generation), or with "
        "--precision a range: aime25:4..64; or a group: nemotron-tutorial, my-group.yaml.",
        panel=WHAT,
        typed=str,
    )
    recipe: str | None = option(
        None,
        help="A recipe, NAME:RUN as ns recipes lists them, or a YAML file: fills in what this command leaves open, and "
        "says at the end whether the numbers agree with those published; or a run's run.json, to make the run again.",
        panel=WHAT,
    )
    output_dir: AnyPath = option(
        help="Where the results go; run again, it goes on.", panel=WHAT, typed=Path, moves=Moves.PATH
    )
    overrides: Sequence[str] | Mapping[str, Any] = option(
        (),
        help="Settings: the usual ones stand below, all in ns settings.",
        in_python="Settings, as words like '++inference.top_p=0.9' or as a nested dict; ns settings lists them.",
        metavar="[++key=value]...",
        argument=True,
        typed=list[str] | None,
        moves=Moves.OVERRIDES,
    )
    dry_run: bool = option(
        False,
        help="Print the plan, each first request, and on Slurm the jobs; run nothing.",
        panel=WHAT,
        command_only=True,
    )
    server: ServerOptions = group(ServerOptions)
    judge: JudgeOptions = group(JudgeOptions)
    limits: LimitOptions = group(LimitOptions)
    split: str | None = option(
        None,
        help="The split of the benchmarks that have it, where --benchmarks names none (gpqa.main) "
        "[dim](default: each one's own, as ns prepare_data --list says)[/dim].",
        panel=ROWS,
    )
    data_dir: AnyPath | None = option(
        None,
        help="Where the prepared rows are [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
        panel=ROWS,
        typed=Path | None,
        moves=Moves.PATH,
    )
    extra_benchmarks: Sequence[AnyPath] = option(
        (),
        help="A file, or folder, of your own benchmarks.",
        panel=ROWS,
        typed=list[Path] | None,
        moves=Moves.PATH,
    )
    no_prepare: bool = option(
        False,
        help="Refuse benchmarks that are not prepared [dim](default: say what is fetched, and prepare them)[/dim].",
        panel=ROWS,
    )
    words: PromptOptions = group(PromptOptions, panel=ROWS)
    starting_seed: int | None = option(
        None, help="The first seed of each benchmark with seeds [dim](default: 0)[/dim].", panel=ROWS
    )
    precision: float | None = option(
        None,
        help="For a range of seeds (aime25:4..64): ask as few as bring the standard error of pass@1 down to so many "
        "points.",
        panel=ROWS,
    )
    num_chunks: int | None = option(
        None, help="Split the rows into N chunks, so that several jobs can share them.", panel=ROWS
    )
    chunk_ids: str | None = option(None, help="Which of these chunks this job takes: 0,3 or 0-3.", panel=ROWS)
    cluster: ClusterOptions = group(ClusterOptions)
    jobs: JobOptions = group(JobOptions, clusters=True)
    tokens_per_second: float | None = option(
        None,
        help="Of one server with a full queue, for what --dry_run says of the cost of jobs [dim](default: a recipe's, "
        "or this folder's own)[/dim].",
        panel=RUN,
        minimum=0.001,
        command_only=True,
    )
    rerun_done: bool = option(False, help="Set aside what is done, and ask again.", panel=RUN)
    sandbox: str = option(
        "auto",
        help="What keeps in programs that the model wrote: bubblewrap, landlock, auto (the stronger one that works "
        "here), or unsafe: nothing does, they run with your own rights.",
        panel=RUN,
    )
