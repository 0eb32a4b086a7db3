"""`judge`: what `ns judge` does, as a function; and which judge a benchmark of a run has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from northstar.api.running import Evaluation, run_plan
from northstar.benchmarks.registry import find_benchmark
from northstar.config.cluster import Cluster, find_cluster
from northstar.config.overrides import override_tree, settings_from
from northstar.config.path_mapping import named_as_written
from northstar.config.plan import JudgedBenchmark, JudgeStage, Plan, ServerPlan
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.servers.server import check_server

if TYPE_CHECKING:
    from northstar.task.benchmark import Benchmark, Judge

NO_JUDGE = "none"


class JudgeOptions(TypedDict, total=False):
    """The options of a judge; what isn't given is the benchmark's own."""

    judge_model: str | None
    judge_server_type: str | None
    judge_server_address: str | None
    judge_server_gpus: int | None
    judge_server_args: str
    judge_server_python: str | None
    extra_judge_args: str | Sequence[str] | Mapping[str, Any]


def judge_options(options: Mapping[str, Any]) -> JudgeOptions:
    """Those of `options` that are about the judge."""
    chosen = {name: options.get(name) for name in JudgeOptions.__annotations__}
    chosen = {name: value for name, value in chosen.items() if value or value == 0}  # --judge_server_gpus=0: the CPU
    return cast(JudgeOptions, chosen)


def plan_judges(
    chosen: Sequence[tuple[Benchmark, tuple[int | None, ...]]],
    options: JudgeOptions,
    cluster: Cluster,
    general: Judge | None = None,
    *,
    written: Mapping[str, Any],
) -> tuple[JudgeStage, ...]:
    """Who judges these benchmarks: the judge of each, or else the general one; benchmarks of one judge share a stage.

    chosen: with their seeds. written: the options as the command wrote them, before mounts moved paths. Raises
    UsageError.
    """
    judged = [(benchmark, seeds, benchmark.judge or general) for benchmark, seeds in chosen]
    if options and not any(judge for _, _, judge in judged):
        names = ", ".join(benchmark.name for benchmark, _ in chosen)
        raise UsageError(
            f"--{next(iter(options))}: none of the benchmarks ({names}) is graded by a judge; ns judge "
            "--benchmarks judges any of them afterwards."
        )
    if options.get("judge_model") == NO_JUDGE:
        return ()
    stages: list[JudgeStage] = []
    for benchmark, seeds, judge in judged:
        if judge is None:
            continue
        if not benchmark.metrics.judged and benchmark.metrics.with_judge() is None:
            raise UsageError(
                f"{benchmark.name} cannot be judged: its score is put together from steps or categories, where a "
                "verdict on a whole answer counts nothing. Name only the others with --benchmarks."
            )
        part = JudgedBenchmark(name=benchmark.name, seeds=seeds)
        stage = _judge_stage(judge, part, options, cluster, written)
        same = next((number for number, each in enumerate(stages) if each.of([part]) == stage), None)
        if same is None:
            stages.append(stage)
        else:
            stages[same] = stages[same].of([*stages[same].benchmarks, part])
    return tuple(stages)


def _judge_stage(
    judge: Judge, part: JudgedBenchmark, options: JudgeOptions, cluster: Cluster, written: Mapping[str, Any]
) -> JudgeStage:
    address = options.get("judge_server_address")
    own_type = "openai" if address else judge.server_type
    kind = options.get("judge_server_type") or own_type
    server = ServerPlan(
        type=kind,
        model=options.get("judge_model") or (judge.model if kind == judge.server_type else None),
        address=address,
        args=options.get("judge_server_args", ""),
        gpus=options.get("judge_server_gpus"),
        python=options.get("judge_server_python") or cluster.interpreters.get(kind),
        role="judge",
    )
    tree = override_tree(options.get("extra_judge_args", ()), "--extra_judge_args")
    settings = settings_from(tree, {"inference": dict(judge.inference)})
    return JudgeStage(
        server=named_as_written(check_server(server, cluster), written),
        prompt=settings.prompt_config or judge.prompt,
        settings=settings.asked,
        run=settings.run,
        benchmarks=(part,),
    )


def plan_judging(
    output_dir: AnyPath,
    *,
    benchmarks: str | Sequence[str] | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    rerun_done: bool = False,
    cluster: str = "local",
    config_dir: AnyPath | None = None,
    **options: Unpack[JudgeOptions],
) -> Plan:
    """What `judge` would do. benchmarks: only these, also if they have no judge of their own. Raises UsageError."""
    from northstar.config.mounts import missing_mount, to_host
    from northstar.config.path_mapping import mapped_options
    from northstar.results.layout import results_folder
    from northstar.results.state import seeds_there
    from northstar.task.benchmark import Judge

    where = find_cluster(cluster, config_dir)
    path_map = to_host(where.mounts, where.name)
    moved = mapped_options({**options, "extra_benchmarks": extra_benchmarks}, path_map)
    root = Path(path_map.path(str(output_dir), "OUTPUT_DIR")).expanduser().absolute()
    results = results_folder(root)
    if not results.is_dir():
        raise UsageError(
            f"there are no results in {root}: it should be the --output_dir of an ns eval.{missing_mount(root)}"
        )
    there = sorted(folder.name for folder in results.iterdir() if folder.is_dir())
    wanted = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    for name in wanted or ():
        if name not in there:
            raise UsageError(f"--benchmarks: {results} has no results of '{name}'.{did_you_mean(name, there)}")
    extra = tuple(Path(path).expanduser().absolute() for path in moved["extra_benchmarks"])
    found = [find_benchmark(name, extra) for name in wanted or there]
    if options.get("judge_model") == NO_JUDGE:
        raise UsageError(f"--judge_model={NO_JUDGE} would judge nothing.")
    if not wanted and not any(benchmark.judge for benchmark in found):
        raise UsageError(
            f"none of the benchmarks in {results} ({', '.join(there)}) is graded by a judge of its own; name with "
            "--benchmarks those to be judged, and with --judge_model who does it."
        )
    chosen = [(each, tuple(seeds_there(results / each.name, whole=True))) for each in found]
    judges = plan_judges(chosen, judge_options(moved), where, Judge() if wanted else None, written=options)
    if not any(part.seeds for stage in judges for part in stage.benchmarks):
        raise UsageError(f"no output in {results} is finished; ns eval goes on with it.")
    return Plan(output_dir=root, judges=judges, extra_benchmarks=extra, rerun_done=rerun_done)


def judge(output_dir: AnyPath, *, progress: bool = True, **options: Any) -> Evaluation:
    """Judge the finished generations of an output folder by a judge of your choice, beside other judges' verdicts.

    options: judge_model, judge_server_address, … as of `evaluate`; benchmarks, rerun_done.

    >>> northstar.judge("out", judge_model="gpt-4o-2024-08-06").metrics["hle"]["judges"]  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    cluster = find_cluster(options.get("cluster", "local"), options.get("config_dir"))
    if cluster.executor != "local":
        raise UsageError(f"cluster {cluster.name} runs jobs at its own time: ns judge --cluster submits one.")
    return run_plan(plan_judging(output_dir, **options), watch if progress else None, cluster)
