"""`ns eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.cli.commands.judge import (
    ExtraJudgeArgs,
    JudgeModel,
    JudgeServerAddress,
    JudgeServerArgs,
    JudgeServerGpus,
    JudgeServerPython,
    JudgeServerType,
    print_tables,
)
from northstar.cli.options.cluster_options import ClusterName, ConfigDir
from northstar.cli.options.job_options import (
    DependentJobs,
    Exclusive,
    Expname,
    LogDir,
    NumJobs,
    Partition,
    Qos,
    RunAfter,
    SbatchKwargs,
    TimeMin,
)
from northstar.cli.options.server_options import (
    Model,
    ServerAddress,
    ServerArgs,
    ServerEntrypoint,
    ServerGpus,
    ServerNodes,
    ServerPython,
    ServerReplicas,
    ServerRestarts,
    ServerStartTimeout,
    ServerType,
)
from northstar.cli.submitted import check_jobs, note_unused, print_preview, print_submission, watch_words

_WHAT = "What to run"
_ROWS = "Which rows and seeds"
_RUN = "The run"

SETTINGS_HELP = "\n\n".join(
    [
        "[bold]Settings[/bold], as ++key=value words; they are checked before anything starts. What is asked: "
        "++inference.temperature (0 greedy, 0.7 seeds; null sends none), ++inference.top_p (0.95), ++inference.top_k, "
        "++inference.min_p, ++inference.tokens_to_generate (2048), ++inference.repetition_penalty, ++inference.stop, "
        "++inference.extra_body.KEY, ++inference.endpoint_type (chat, or text), ++inference.apply_chat_template, "
        "++system_message, ++prompt_config, ++chat_template_kwargs.KEY, ++max_samples (all).",
        "What is graded: ++parse_reasoning (detected), ++end_reasoning_string (</think>), "
        "++use_client_parsing (True), ++tool_parser (by the model's name), ++eval_config.KEY. "
        "How: ++max_concurrent_requests (512), ++request_timeout (14400 s), ++max_retries (8), "
        "++unanswered (ask_again, or record_error), ++context_overflow (fail, or reduce_generation), "
        "++grading_workers (cores - 1).",
        "[bold]Example[/bold]: ns eval --benchmarks=math-500:16,aime24:16 --output_dir=out --model=my-model "
        "--server_address=http://localhost:8000/v1 ++inference.tokens_to_generate=65536",
    ]
)


def eval_(
    benchmarks: Annotated[
        str,
        typer.Option(
            "--benchmarks",
            help="Names with the number of seeds: math-500:16,aime24 (no number: one greedy generation).",
            rich_help_panel=_WHAT,
        ),
    ],
    output_dir: Annotated[
        Path, typer.Option("--output_dir", help="Where the results go; run again, it goes on.", rich_help_panel=_WHAT)
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[++key=value]...", help="Settings, listed below.", show_default=False)
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="The split, of all benchmarks [dim](default: each one's own, as ns prepare_data --list says)[/dim].",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data_dir",
            help="Where the prepared rows are [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    extra_benchmarks: Annotated[
        list[Path] | None,
        typer.Option("--extra_benchmarks", help="A file, or folder, of your own benchmarks.", rich_help_panel=_WHAT),
    ] = None,
    model: Model = None,
    server_type: ServerType = None,
    server_address: ServerAddress = None,
    server_args: ServerArgs = "",
    server_gpus: ServerGpus = None,
    server_nodes: ServerNodes = 1,
    server_replicas: ServerReplicas = 1,
    server_restarts: ServerRestarts = 3,
    server_python: ServerPython = None,
    server_entrypoint: ServerEntrypoint = None,
    server_start_timeout: ServerStartTimeout = 3600,
    judge_model: JudgeModel = None,
    judge_server_type: JudgeServerType = None,
    judge_server_address: JudgeServerAddress = None,
    judge_server_gpus: JudgeServerGpus = None,
    judge_server_args: JudgeServerArgs = "",
    judge_server_python: JudgeServerPython = None,
    extra_judge_args: ExtraJudgeArgs = "",
    starting_seed: Annotated[
        int | None,
        typer.Option(
            "--starting_seed",
            help="The first seed of each benchmark with seeds [dim](default: 0)[/dim].",
            rich_help_panel=_ROWS,
        ),
    ] = None,
    num_chunks: Annotated[
        int | None,
        typer.Option("--num_chunks", help="Cut the rows into so many parts, for several jobs.", rich_help_panel=_ROWS),
    ] = None,
    chunk_ids: Annotated[
        str | None,
        typer.Option("--chunk_ids", help="Which of these parts this job takes: 0,3 or 0-3.", rich_help_panel=_ROWS),
    ] = None,
    cluster: ClusterName = "local",
    config_dir: ConfigDir = None,
    num_jobs: NumJobs = None,
    expname: Expname = None,
    run_after: RunAfter = None,
    partition: Partition = None,
    qos: Qos = None,
    time_min: TimeMin = None,
    exclusive: Exclusive = False,
    sbatch_kwargs: SbatchKwargs = None,
    dependent_jobs: DependentJobs = 0,
    log_dir: LogDir = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry_run",
            help="Print the plan, each first request, and on Slurm the jobs; run nothing.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    rerun_done: Annotated[
        bool, typer.Option("--rerun_done", help="Set aside what is done, and ask again.", rich_help_panel=_RUN)
    ] = False,
    sandbox: Annotated[
        str,
        typer.Option(
            "--sandbox",
            help="What keeps in programs that the model wrote: bubblewrap, landlock, auto (the stronger one that works "
            "here), or unsafe: nothing does, they run with your own rights.",
            rich_help_panel=_RUN,
        ),
    ] = "auto",
) -> None:
    """Run a model over benchmarks, grade every answer while it goes on, and print the table.

    All samples of all benchmarks go through one queue against one server. Stop it, or let it crash: the same command
    goes on where it was.
    """
    from northstar.api.dry_run import describe, findings_of, looked_at
    from northstar.api.evaluation import make_plan
    from northstar.api.running import run_plan
    from northstar.cli.remote import found_cluster
    from northstar.core.text import printable
    from northstar.progress.progress import watch

    where = found_cluster(cluster, config_dir)
    plan = make_plan(
        benchmarks,
        output_dir=output_dir,
        model=model,
        server_type=server_type,
        server_address=server_address,
        server_args=server_args,
        server_gpus=server_gpus,
        server_nodes=server_nodes,
        server_replicas=server_replicas,
        server_restarts=server_restarts,
        server_python=server_python,
        server_entrypoint=server_entrypoint,
        server_start_timeout=server_start_timeout,
        overrides=overrides or (),
        split=split,
        starting_seed=starting_seed,
        num_chunks=num_chunks,
        chunk_ids=chunk_ids,
        data_dir=data_dir,
        extra_benchmarks=extra_benchmarks or (),
        judge_model=judge_model,
        judge_server_type=judge_server_type,
        judge_server_address=judge_server_address,
        judge_server_gpus=judge_server_gpus,
        judge_server_args=judge_server_args,
        judge_server_python=judge_server_python,
        extra_judge_args=extra_judge_args,
        rerun_done=rerun_done,
        sandbox=sandbox,
        cluster=cluster,
        config_dir=config_dir,
    )
    jobs = {
        "num_jobs": num_jobs,
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
    if where.executor == "local":
        note_unused(jobs)
    if dry_run:
        with looked_at(plan) as ready:
            findings = findings_of(ready, where)
            print(printable(describe(ready, findings.notes)), end="\n\n")
            if where.executor == "slurm":
                print_preview(ready, where, jobs)
                print()
        print("Dry run: nothing was asked or written.")
        findings.check()
    elif where.executor == "slurm":
        print_submission(plan, where, jobs, watch_words(output_dir, cluster, config_dir))
    else:
        print_tables(lambda: run_plan(plan, watch, where))
