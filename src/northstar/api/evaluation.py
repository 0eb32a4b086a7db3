"""`evaluate`: `ns eval` as a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.api.judging import plan_judges
from northstar.api.keywords import with_keywords
from northstar.api.planned_server import plan_server
from northstar.api.prompting import chosen_library, prompt_notes, prompt_to_ask
from northstar.api.running import Evaluation, executor_here, run_plan
from northstar.benchmarks.calling import python_read_by, tools_of_rows, with_tools
from northstar.benchmarks.choosing import choose, split_notes
from northstar.config.asked_benchmarks import AskedBenchmark, check_precision, parse_benchmarks
from northstar.config.chunking import parse_chunks
from northstar.config.cluster import find_cluster
from northstar.config.mounts import to_host
from northstar.config.options.evaluation import EvalOptions
from northstar.config.overrides import merged_trees, override_tree, settings_from
from northstar.config.path_mapping import mapped_options, named_as_written
from northstar.config.plan import BenchmarkPlan, GenerateStage, Growth, Plan, ServerPlan
from northstar.core.errors import UsageError
from northstar.data.folder import data_folder
from northstar.groups.expanding import absent_notes, expanded
from northstar.provenance.earlier_layout import split_there
from northstar.sandbox.tiers import check_choice

if TYPE_CHECKING:
    from northstar.config.groups import AskedGroup
    from northstar.engine.counters import RunCounters
    from northstar.jobs.executor import Watch
    from northstar.prompts.library import LibraryAt
    from northstar.recipes.following import Followed
    from northstar.task.benchmark import Benchmark


def plan_evaluation(options: EvalOptions) -> tuple[Plan, Followed | None]:
    """Return the plan, and what the recipe is that it follows, if it does. Raises UsageError."""
    if options.recipe is None:
        if not options.benchmarks:
            raise UsageError(
                "missing option '--benchmarks', or a --recipe that names them. All options: ns eval --help"
            )
        return make_plan(options), None
    from northstar.recipes.following import follow

    followed = follow(options, options.recipe)
    plan = make_plan(followed.options, followed.own)
    return plan.model_copy(update={"follows": followed.follows}), followed


def make_plan(options: EvalOptions, own: Mapping[str, Mapping[str, Any]] | None = None) -> Plan:
    """Check the options offline and turn them into a plan.

    Args:
        options: The options.
        own: Benchmark → settings that it alone has, over those of all.

    Raises:
        UsageError: An option is wrong.
    """
    cluster = find_cluster(options.cluster.cluster, options.cluster.config_dir)
    starting_seed = options.starting_seed
    if starting_seed is not None and starting_seed < 0:
        raise UsageError(f"--starting_seed={starting_seed} must be 0 or more.")
    if not str(options.output_dir):
        raise UsageError("--output_dir is empty; it names the folder for the results.")
    check_choice(options.sandbox)
    moved = mapped_options(options, to_host(cluster.mounts, cluster.name))
    tree = override_tree(moved.overrides, "--overrides")
    text = options.benchmarks if isinstance(options.benchmarks, str) else ",".join(options.benchmarks)
    extra = tuple(Path(path).expanduser().absolute() for path in moved.extra_benchmarks)
    text, groups = expanded(text, extra)
    asked = parse_benchmarks(text, starting_seed or 0)
    check_precision(options.precision, asked)
    if starting_seed is not None and all(each.seeds == (None,) for each in asked):
        raise UsageError(
            f"--starting_seed={starting_seed} is the first of several seeds, and --benchmarks={text} asks for none: "
            f"write {asked[0].name}:1 for one generation with that seed, {asked[0].name}:16 for 16."
        )
    where = Path(moved.output_dir).expanduser().absolute()
    found = choose([each.name for each in asked], options.split, extra)
    found = with_tools(found, tree)
    _check_distinct(found, text)
    kept = [
        _as_kept(where, benchmark, each.seeds[0], by_option=benchmark.name != each.name)
        for benchmark, each in zip(found, asked, strict=True)
    ]
    _check_distinct(kept, text, where)
    chosen = [(benchmark, each.seeds) for benchmark, each in zip(kept, asked, strict=True)]
    library = chosen_library(options.words)
    data_dir = data_folder(moved.data_dir)
    judges = plan_judges(chosen, moved.judge, cluster, written=options.judge, library=library, data_dir=data_dir)
    growths = [each.growth(options.precision) for each in asked]
    _check_one_decision(options, kept, asked)
    server = named_as_written(plan_server(moved.server, cluster), options.server.model)
    return Plan(
        output_dir=where,
        generate=GenerateStage(
            server=server,
            benchmarks=tuple(
                _benchmark_plan(
                    benchmark,
                    seeds,
                    growth,
                    merged_trees(tree, (own or {}).get(benchmark.whole_name, {})),
                    server,
                    library,
                )
                for (benchmark, seeds), growth in zip(chosen, growths, strict=True)
            ),
            data_dir=data_dir,
            run=settings_from(tree).run,
            chunks=parse_chunks(options.num_chunks, options.chunk_ids),
            sandbox=options.sandbox,
        ),
        judges=judges,
        extra_benchmarks=extra,
        rerun_done=options.rerun_done,
        pooled=options.jobs.shares,
        groups=_as_asked(groups, {each.name: benchmark.name for benchmark, each in zip(kept, asked, strict=True)}),
    )


def plan_notes(plan: Plan, options: EvalOptions) -> list[str]:
    """A sentence on each benchmark of the plan that --split or --prompts does not hold for."""
    asked = plan.generate.benchmarks if plan.generate else ()
    splits = split_notes([(part.name, part.split) for part in asked], options.split)
    return [*splits, *prompt_notes(plan, chosen_library(options.words)), *absent_notes(plan.groups)]


def _as_asked(groups: Sequence[AskedGroup], folders: Mapping[str, str]) -> tuple[AskedGroup, ...]:
    """Return groups whose members are called as the folders of their results are."""
    return tuple(
        group.model_copy(
            update={
                "members": tuple(
                    each.model_copy(update={"name": folders.get(each.name, each.name)}) for each in group.members
                )
            }
        )
        for group in groups
    )


def setting_instead(name: str, value: Any) -> str:
    """Return a hint for an unknown option that is a setting; else ''."""
    from northstar.config.settings import setting_named

    path = setting_named(name)
    if path is None:
        return ""
    for part in reversed(path):
        value = {part: value}
    return f" It is a setting: overrides={value!r}."


def _as_kept(output_dir: Path, benchmark: Benchmark, seed: int | None, *, by_option: bool) -> Benchmark:
    """Return the benchmark under the name of its results folder.

    A split from --split goes to eval-results/<benchmark>/, where users look for it, unless that holds another split's
    results; a split named in --benchmarks goes to a folder of that name.
    """
    name = benchmark.unsplit_name
    if name == benchmark.name:
        return benchmark
    there = split_there(output_dir, name, seed)
    plain = there == benchmark.splits.default or (by_option and there is None)
    return replace(benchmark, name=name) if plain else benchmark


def _check_distinct(benchmarks: Sequence[Benchmark], text: str, output_dir: Path | None = None) -> None:
    """Raise UsageError for two benchmarks of one name. output_dir: the folder whose results gave them the name."""
    names = [benchmark.name for benchmark in benchmarks]
    for name in names:
        if names.count(name) == 1:
            continue
        if output_dir is None:
            raise UsageError(f"--benchmarks={text} asks for '{name}' twice.")
        split = split_there(output_dir, name, None)
        raise UsageError(
            f"{output_dir}: eval-results/{name} holds the results of split {split}, so {name} on its default split "
            "needs another --output_dir."
        )


def _check_one_decision(options: EvalOptions, benchmarks: Sequence[Benchmark], asked: Sequence[AskedBenchmark]) -> None:
    """Raise UsageError where a range of seeds can't be decided on in one place, from grades of this run."""
    for benchmark, each in zip(benchmarks, asked, strict=True):
        if each.least is None:
            continue
        written = f"{each.name}:{each.least}..{len(each.seeds)}"
        if benchmark.judge is not None or benchmark.metrics.judged:
            raise UsageError(
                f"--benchmarks: {written} can't be asked by --precision: its score needs verdicts, which come after "
                f"the answers. Write a number of seeds, like {each.name}:2; ns plan says how many it takes."
            )
        if options.num_chunks is not None:
            raise UsageError(
                f"--num_chunks={options.num_chunks}: {written} takes one decision on all its rows. Leave --num_chunks "
                f"out, or write a number of seeds, like {each.name}:16."
            )
        jobs = options.jobs.num_jobs
        if jobs is not None and jobs != 1:
            raise UsageError(
                f"--num_jobs={jobs}: {written} takes one decision, in one job. Leave --num_jobs out (one job for each "
                f"benchmark), or write a number of seeds, like {each.name}:16."
            )


def _benchmark_plan(
    benchmark: Benchmark,
    seeds: tuple[int | None, ...],
    growth: Growth | None,
    tree: Mapping[str, Any],
    server: ServerPlan,
    library: LibraryAt | None,
) -> BenchmarkPlan:
    settings = settings_from(tree, {"inference": dict(benchmark.inference)}).asked
    if benchmark.tools:
        reader_named = "use_client_parsing" in tree
        settings = tools_of_rows(benchmark, settings, server.model or "", reader_named=reader_named)
    else:
        settings = python_read_by(settings, server, tree) if benchmark.offers else settings
        prompt = prompt_to_ask(settings.prompt_config, benchmark, library)
        settings = settings.model_copy(update={"prompt_config": prompt})
    return BenchmarkPlan(
        name=benchmark.name, split=benchmark.splits.default, seeds=seeds, settings=settings, growth=growth
    )


@with_keywords(first="benchmarks", hint=setting_instead)
def evaluate(options: EvalOptions, *, progress: bool = True) -> Evaluation:
    """Run a model over benchmarks, grade every answer, and return the metrics; finished answers are kept.

    With a recipe, the result has the `verdicts` on what was published, and each departure from it is a notice.

    Args:
        progress: Show progress on stderr.

    Raises:
        UsageError: An option is wrong, or neither benchmarks nor a recipe is given; no request was sent.
        NorthstarError: The run failed; call it again to continue.

    >>> result = northstar.evaluate("smoke:4", output_dir="out")  # doctest: +SKIP
    >>> result.metrics["smoke"]["pass@4"]["symbolic_correct"]  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    executor = executor_here(options.cluster, "northstar.submit")
    plan, followed = plan_evaluation(options)
    notes = plan_notes(plan, options if followed is None else followed.options)
    if followed is not None:
        notes = [*(f"departs from the recipe: {each}" for each in followed.departures), *notes]
    result = run_plan(plan, _telling(notes, watch if progress else None), executor)
    if followed is None or not followed.chosen.run.published:
        return result
    from northstar.recipes.verdicts import judge_run

    return replace(result, verdicts=judge_run(plan.output_dir, followed.chosen, extra=plan.extra_benchmarks))


def _telling(notes: Sequence[str], watch: Watch | None) -> Watch:
    """The display, with these notes among the first job's notices; without one, they are in its counters alone."""
    left = list(notes)

    async def shown(counters: RunCounters) -> None:
        counters.notices[:0] = left
        left.clear()
        if watch is not None:
            await watch(counters)

    return shown
