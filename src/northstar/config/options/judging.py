"""The options of `ns judge` and of `northstar.judge`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.option import Moves, group, option
from northstar.config.options.prompts import PromptOptions
from northstar.config.options.server import JUDGE_PANEL, JudgeOptions
from northstar.core.paths import AnyPath

_OF_ITS_JOBS = (
    *("expname", "run_after", "partition", "qos", "time_min", "exclusive", "sbatch_kwargs", "dependent_jobs"),
    "log_dir",
)


@dataclass(frozen=True, kw_only=True)
class JudgingOptions:
    """Judging, as it is asked for. `--help` lists the options in this order."""

    output_dir: AnyPath = option(help="The --output_dir of an ns eval.", argument=True, typed=Path, moves=Moves.PATH)
    overrides: Sequence[str] = option(
        (),
        help="Settings of the judge, as in --extra_judge_args.",
        metavar="[++key=value]...",
        argument=True,
        typed=list[str] | None,
        command_only=True,
    )
    benchmarks: str | Sequence[str] | None = option(
        None,
        help="Only these, also without a judge of their own [dim](default: all with one)[/dim].",
        typed=str | None,
    )
    against: AnyPath | None = option(
        None,
        help="Another run's --output_dir: the judge says which answer to each prompt is better, in both orders, by the "
        "seeds that both have [dim](default benchmarks: all that both have)[/dim].",
        typed=Path | None,
        moves=Moves.PATH,
    )
    words: PromptOptions = group(PromptOptions, panel=JUDGE_PANEL)
    judge: JudgeOptions = group(JudgeOptions)
    extra_benchmarks: Sequence[AnyPath] = option(
        (), help="A file, or folder, of your own benchmarks.", typed=list[Path] | None, moves=Moves.PATH
    )
    rerun_done: bool = option(False, help="Set aside this judge's judgements, and judge again.")
    cluster: ClusterOptions = group(ClusterOptions)
    jobs: JobOptions = group(JobOptions, only=_OF_ITS_JOBS, clusters=True, command_only=True)
