"""`ns judge`, and the options that it shares with `ns eval`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from northstar.cli.options.cluster_options import ClusterName, ConfigDir
from northstar.cli.options.job_options import (
    DependentJobs,
    Exclusive,
    Expname,
    LogDir,
    Partition,
    Qos,
    RunAfter,
    SbatchKwargs,
    TimeMin,
)
from northstar.core.errors import NorthstarError
from northstar.core.streams import OutputLost
from northstar.core.text import printable

if TYPE_CHECKING:
    from northstar.api.running import Evaluation

JUDGE_PANEL = "The judge, for benchmarks that have one"

JudgeModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--judge_model",
        help="The judge's model [dim](default: the benchmark's own; hle: o3-mini-20250131)[/dim]; none judges nothing.",
        rich_help_panel=JUDGE_PANEL,
    ),
]
JudgeServerType: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--judge_server_type",
        help="As --server_type [dim](default: openai)[/dim]. A server that is started here judges after the model.",
        rich_help_panel=JUDGE_PANEL,
    ),
]
JudgeServerAddress: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--judge_server_address",
        help="Of a running server [dim](default: OpenAI's)[/dim]; its key is read from JUDGE_API_KEY, else "
        "OPENAI_API_KEY.",
        rich_help_panel=JUDGE_PANEL,
    ),
]
JudgeServerGpus: TypeAlias = Annotated[
    int | None,
    typer.Option("--judge_server_gpus", min=0, help="GPUs of a server that is started.", rich_help_panel=JUDGE_PANEL),
]
JudgeServerArgs: TypeAlias = Annotated[
    str,
    typer.Option("--judge_server_args", help="Arguments of a server that is started.", rich_help_panel=JUDGE_PANEL),
]
JudgeServerPython: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--judge_server_python", help="The interpreter of that server's environment.", rich_help_panel=JUDGE_PANEL
    ),
]
ExtraJudgeArgs: TypeAlias = Annotated[
    str,
    typer.Option(
        "--extra_judge_args",
        help="Settings of the judge: '++inference.tokens_to_generate=4096 ++max_concurrent_requests=8'.",
        rich_help_panel=JUDGE_PANEL,
    ),
]


def judge(
    output_dir: Annotated[Path, typer.Argument(help="The --output_dir of an ns eval.", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[++key=value]...", help="Settings of the judge, as in --extra_judge_args.", show_default=False
        ),
    ] = None,
    benchmarks: Annotated[
        str | None,
        typer.Option(
            "--benchmarks",
            help="Only these, also without a judge of their own [dim](default: all with one)[/dim].",
        ),
    ] = None,
    judge_model: JudgeModel = None,
    judge_server_type: JudgeServerType = None,
    judge_server_address: JudgeServerAddress = None,
    judge_server_gpus: JudgeServerGpus = None,
    judge_server_args: JudgeServerArgs = "",
    judge_server_python: JudgeServerPython = None,
    extra_judge_args: ExtraJudgeArgs = "",
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file, or folder, of your own benchmarks.")
    ] = None,
    rerun_done: Annotated[
        bool, typer.Option("--rerun_done", help="Set aside this judge's judgements, and judge again.")
    ] = False,
    cluster: ClusterName = "local",
    config_dir: ConfigDir = None,
    expname: Expname = None,
    run_after: RunAfter = None,
    partition: Partition = None,
    qos: Qos = None,
    time_min: TimeMin = None,
    exclusive: Exclusive = False,
    sbatch_kwargs: SbatchKwargs = None,
    dependent_jobs: DependentJobs = 0,
    log_dir: LogDir = None,
) -> None:
    """Judge finished generations, by another judge or at a later time; each judge's verdicts lie beside the others'.

    Example: ns judge out --judge_model=gpt-4o-20240806

    A benchmark without a judge of its own is judged if you name it: ns judge out --benchmarks=mmlu-pro --judge_model=…
    """
    from northstar.api.judging import plan_judging
    from northstar.api.running import run_plan
    from northstar.cli.remote import found_cluster
    from northstar.cli.submitted import check_jobs, note_unused, print_submission, watch_words
    from northstar.config.overrides import override_words
    from northstar.progress.progress import watch

    where = found_cluster(cluster, config_dir)
    plan = plan_judging(
        output_dir,
        benchmarks=benchmarks,
        extra_benchmarks=extra_benchmarks or (),
        judge_model=judge_model,
        judge_server_type=judge_server_type,
        judge_server_address=judge_server_address,
        judge_server_gpus=judge_server_gpus,
        judge_server_args=judge_server_args,
        judge_server_python=judge_server_python,
        extra_judge_args=[*override_words(extra_judge_args, "--extra_judge_args"), *(overrides or ())],
        rerun_done=rerun_done,
        cluster=cluster,
        config_dir=config_dir,
    )
    jobs = {
        "expname": expname,
        "run_after": run_after,
        "partition": partition,
        "qos": qos,
        "time_min": time_min,
        "exclusive": exclusive,
        "sbatch_kwargs": sbatch_kwargs,
        "dependent_jobs": dependent_jobs,
        "log_dir": log_dir,
    }
    check_jobs(jobs)
    if where.executor == "slurm":
        print_submission(plan, where, jobs, watch_words(output_dir, cluster, config_dir))
    else:
        note_unused(jobs)
        print_tables(lambda: run_plan(plan, watch, where))


def print_tables(run: Callable[[], Evaluation]) -> None:
    """Run, and print the tables on stdout, what they cost and lack on stderr; also when samples were left open."""
    from northstar.api.running import SamplesLeftOpen

    try:
        evaluation = run()
    except SamplesLeftOpen as left:
        try:
            show(left.evaluation)
        except NorthstarError as failure:
            raise NorthstarError(f"{left} {failure}") from None
        raise
    show(evaluation)


def show(evaluation: Evaluation) -> None:
    """Raises OutputLost, or NorthstarError where the summary failed, once all else is said."""
    summary = evaluation.summary
    lost: OutputLost | None = None
    if text := summary.text():
        try:
            print(printable(text), flush=True)
        except OutputLost as error:
            lost = error
    for line in summary.usage():
        print(f"tokens: {line}", file=sys.stderr)
    for note in (*summary.notes, *evaluation.counters.lost):
        print(f"note: {printable(note)}", file=sys.stderr)
    if lost is not None:
        kept = f"print the table (it is kept: ns summarize_results {shlex.quote(str(evaluation.output_dir))})"
        lost = OutputLost(kept, lost.why)
    if summary.failures:
        raise NorthstarError(" ".join([*summary.failures, *([str(lost)] if lost is not None else [])]))
    if lost is not None:
        raise lost
