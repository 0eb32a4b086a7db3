"""`judge`: `ns judge` as a function; also chooses the judges of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.api.keywords import with_keywords
from northstar.api.planned_server import plan_server
from northstar.api.prompting import chosen_library, prompt_to_judge
from northstar.api.running import Evaluation, executor_here, run_plan
from northstar.benchmarks.registry import find_benchmark
from northstar.config.cluster import Cluster, find_cluster
from northstar.config.options.judging import JudgingOptions
from northstar.config.options.option import given_options
from northstar.config.options.server import JudgeOptions
from northstar.config.overrides import override_tree, settings_from
from northstar.config.pairs import PairsOf
from northstar.config.path_mapping import named_as_written
from northstar.config.plan import JudgedBenchmark, JudgeStage, Plan
from northstar.core.errors import UsageError, did_you_mean
from northstar.data.folder import data_folder
from northstar.metrics.pairs import PairMetrics
from northstar.prompts.names import of_library

if TYPE_CHECKING:
    from northstar.prompts.library import LibraryAt
    from northstar.task.benchmark import Benchmark, Judge

NO_JUDGE = "none"
PAIRWISE = "pairwise"
"""The prompt of a judge who compares two answers."""


def plan_judges(
    chosen: Sequence[tuple[Benchmark, tuple[int | None, ...]]],
    options: JudgeOptions,
    cluster: Cluster,
    general: Judge | None = None,
    *,
    written: JudgeOptions,
    library: LibraryAt | None = None,
    data_dir: Path | None = None,
    against: Path | None = None,
) -> tuple[JudgeStage, ...]:
    """Plan the judge stages; benchmarks of one judge share a stage.

    Args:
        chosen: The benchmarks, with their seeds.
        options: The options of the judge.
        cluster: Where the judge runs.
        general: The judge of benchmarks without their own; None leaves these unjudged.
        written: The options as typed, before mounts mapped their paths.
        library: The prompts' library that the user chose.
        data_dir: Where the files of libraries are kept.
        against: Another run's output folder, with whose answers these are compared.

    Raises:
        UsageError: An option is wrong, or a benchmark can't be judged.
    """
    judged = [(benchmark, seeds, _comparing(benchmark.judge or general, against)) for benchmark, seeds in chosen]
    given = given_options(options)
    if given and not any(judge for _, _, judge in judged):
        names = ", ".join(benchmark.name for benchmark, _ in chosen)
        raise UsageError(
            f"--{next(iter(given))}: none of the benchmarks ({names}) is graded by a judge; ns judge "
            "--benchmarks judges any of them afterwards."
        )
    if options.server.model == NO_JUDGE:
        return ()
    stages: list[JudgeStage] = []
    several = several_judges(options, written)
    for benchmark, seeds, judge in judged:
        if judge is None:
            continue
        if against is None and not benchmark.metrics.judged and benchmark.metrics.with_judge() is None:
            raise UsageError(
                f"{benchmark.name} cannot be judged: its score combines steps or categories, so a "
                "verdict on a whole answer does not count. Name only the others with --benchmarks."
            )
        part = JudgedBenchmark(name=benchmark.name, seeds=seeds)
        for one, as_written in several:
            stage = _judge_stage(judge, part, one, cluster, as_written)
            prompt = prompt_to_judge(stage.settings.prompt_config, judge, benchmark, library)
            kept = None if of_library(prompt) is None else data_dir
            pairs = PairsOf(against=against) if against or isinstance(benchmark.metrics, PairMetrics) else None
            stage = stage.model_copy(update={"prompt": prompt, "prompts_dir": kept, "pairs": pairs})
            same = next((number for number, each in enumerate(stages) if each.of([part]) == stage), None)
            if same is None:
                stages.append(stage)
            else:
                stages[same] = stages[same].of([*stages[same].benchmarks, part])
    return tuple(stages)


def several_judges(options: JudgeOptions, written: JudgeOptions) -> list[tuple[JudgeOptions, JudgeOptions]]:
    """Return the options of each judge of --judge_model=A,B, with those as written; one pair if it names one, or none.

    Raises UsageError for a name that is empty, given twice, or 'none' beside others.
    """
    models, typed = ([name.strip() for name in (each.server.model or "").split(",")] for each in (options, written))
    if len(models) == 1 or len(models) != len(typed):
        return [(options, written)]
    for number, model in enumerate(models):
        if not model or model in models[:number] or model == NO_JUDGE:
            why = "is empty" if not model else "is given twice" if model in models[:number] else "is nobody"
            raise UsageError(f"--judge_model={options.server.model}: '{model}' {why}; name judges that differ: A,B.")
    return [
        (
            replace(options, server=replace(options.server, model=model)),
            replace(written, server=replace(written.server, model=name)),
        )
        for model, name in zip(models, typed, strict=True)
    ]


def _comparing(judge: Judge | None, against: Path | None) -> Judge | None:
    """Return a judge who compares two runs, where there is another."""
    return judge if judge is None or against is None else replace(judge, prompt=PAIRWISE)


def _judge_stage(
    judge: Judge, part: JudgedBenchmark, options: JudgeOptions, cluster: Cluster, written: JudgeOptions
) -> JudgeStage:
    asked = options.server
    kind = asked.type or ("openai" if asked.address else judge.server_type)
    model = asked.model or (judge.model if kind == judge.server_type else None)
    server = plan_server(replace(asked, type=kind, model=model), cluster, "judge")
    tree = override_tree(options.extra_judge_args, "--extra_judge_args")
    settings = settings_from(tree, {"inference": dict(judge.inference)})
    if of_tools := [name for name in ("tools", "python_tool") if name in tree]:
        raise UsageError(f"++{of_tools[0]}: a judge is offered no tools; leave it out.")
    return JudgeStage(
        server=named_as_written(server, written.server.model),
        prompt=settings.prompt_config or judge.prompt,
        settings=settings.asked,
        run=settings.run,
        benchmarks=(part,),
    )


def plan_judging(options: JudgingOptions) -> Plan:
    """Turn the options into a plan. Raises UsageError."""
    from northstar.config.mounts import missing_mount, to_host
    from northstar.config.path_mapping import mapped_options
    from northstar.engine.pairs.two_runs import answered_by_both
    from northstar.results.layout import results_folder
    from northstar.results.state import seeds_there
    from northstar.task.benchmark import Judge

    where = find_cluster(options.cluster.cluster, options.cluster.config_dir)
    moved = mapped_options(options, to_host(where.mounts, where.name))
    root = Path(moved.output_dir).expanduser().absolute()
    results = results_folder(root)
    if not results.is_dir():
        raise UsageError(
            f"there are no results in {root}: it should be the --output_dir of an ns eval.{missing_mount(root)}"
        )
    there = sorted(folder.name for folder in results.iterdir() if folder.is_dir())
    wanted = options.benchmarks.split(",") if isinstance(options.benchmarks, str) else options.benchmarks
    for name in wanted or ():
        if name not in there:
            raise UsageError(f"--benchmarks: {results} has no results of '{name}'.{did_you_mean(name, there)}")
    extra = tuple(Path(path).expanduser().absolute() for path in moved.extra_benchmarks)
    found = [find_benchmark(name, extra) for name in wanted or there]
    if options.judge.server.model == NO_JUDGE:
        raise UsageError(f"--judge_model={NO_JUDGE} would judge nothing.")
    if not wanted and options.against is None and not any(benchmark.judge for benchmark in found):
        raise UsageError(
            f"none of the benchmarks in {results} ({', '.join(there)}) is graded by a judge of its own; name with "
            "--benchmarks those to be judged, and with --judge_model who does it."
        )
    chosen = [(each, tuple(seeds_there(results / each.name, whole=True))) for each in found]
    against = None if moved.against is None else Path(moved.against).expanduser().absolute()
    if against is not None:
        chosen = answered_by_both(root, against, chosen, named=bool(wanted))
    judges = plan_judges(
        chosen,
        moved.judge,
        where,
        Judge() if wanted or against is not None else None,
        written=options.judge,
        library=None if against is not None else chosen_library(options.words),
        data_dir=data_folder(),
        against=against,
    )
    if not any(part.seeds for stage in judges for part in stage.benchmarks):
        raise UsageError(f"no output in {results} is finished; ns eval goes on with it.")
    return Plan(output_dir=root, judges=judges, extra_benchmarks=extra, rerun_done=options.rerun_done)


@with_keywords(first="output_dir")
def judge(options: JudgingOptions, *, progress: bool = True) -> Evaluation:
    """Judge the finished generations of an output folder; other judges' verdicts are kept.

    Args:
        progress: Show progress on stderr.

    Raises:
        UsageError: An option is wrong; no request was sent.
        NorthstarError: The run failed; call it again to continue.

    >>> northstar.judge("out", judge_model="gpt-4o-2024-08-06").metrics["hle"]["judges"]  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    executor = executor_here(options.cluster, "ns judge --cluster")
    return run_plan(plan_judging(options), watch if progress else None, executor)
