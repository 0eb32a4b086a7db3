"""`evaluate`: what `ns eval` does, as a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from northstar.benchmarks.registry import find_benchmark
from northstar.config.overrides import parse_overrides, settings_from
from northstar.config.plan import BenchmarkPlan, Plan, ServerPlan, parse_benchmarks, parse_chunks
from northstar.data.folder import data_folder
from northstar.errors import NorthstarError, UsageError, did_you_mean
from northstar.servers.server import find_server_type

if TYPE_CHECKING:
    from northstar.benchmarks.benchmark import Benchmark
    from northstar.engine.stats import RunStats
    from northstar.executors.local import Watch
    from northstar.reports.summarize import Summary

AnyPath = str | PathLike[str]


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` returns: the tables of the output folder, and the counts of this run."""

    output_dir: Path
    summary: Summary
    stats: RunStats

    @property
    def metrics(self) -> Any:
        """{benchmark: {mode: {metric: number}}}, as in metrics.json."""
        return self.summary.metrics


class SamplesLeftOpen(NorthstarError):
    """Some samples got no answer; the others are done. `evaluation` holds what there is."""

    def __init__(self, message: str, evaluation: Evaluation) -> None:
        super().__init__(message)
        self.evaluation = evaluation


class EvalOptions(TypedDict, total=False):
    """The options of `evaluate`; each is the `ns eval` option of the same name."""

    model: str | None
    """llamacpp: a GGUF file or 'smollm2' (default); openai: a name the server knows."""
    server_type: str | None
    """'openai' where server_address is given, else 'llamacpp'."""
    server_address: str | None
    server_args: str
    overrides: Sequence[str] | Mapping[str, Any]
    """Words like '++inference.top_p=0.9', or the same as a nested dict."""
    split: str | None
    starting_seed: int
    num_chunks: int | None
    chunk_ids: str | None
    data_dir: AnyPath | None
    extra_benchmarks: Sequence[AnyPath]
    rerun_done: bool
    cluster: str


def make_plan(benchmarks: str | Sequence[str], *, output_dir: AnyPath, **options: Unpack[EvalOptions]) -> Plan:
    """Check everything that can be checked without asking anybody, and write it down as a plan.

    benchmarks: 'math-500:16,aime24', or its parts as a list. Raises UsageError.
    """
    cluster = options.get("cluster", "local")
    if cluster != "local":
        raise UsageError(f"unknown cluster '{cluster}'.{did_you_mean(cluster, ['local'])} This version knows local.")
    starting_seed = options.get("starting_seed", 0)
    if starting_seed < 0:
        raise UsageError(f"--starting_seed={starting_seed} must be 0 or more.")
    overrides = options.get("overrides", ())
    tree = dict(overrides) if isinstance(overrides, Mapping) else parse_overrides(overrides)
    text = benchmarks if isinstance(benchmarks, str) else ",".join(benchmarks)
    extra = tuple(Path(path).expanduser().absolute() for path in options.get("extra_benchmarks", ()))
    parts = tuple(
        _benchmark_plan(find_benchmark(name, extra), seeds, options.get("split"), tree)
        for name, seeds in parse_benchmarks(text, starting_seed)
    )
    address = options.get("server_address")
    server = ServerPlan(
        type=options.get("server_type") or ("openai" if address else "llamacpp"),
        model=options.get("model"),
        address=address,
        args=options.get("server_args", ""),
    )
    return Plan(
        output_dir=Path(output_dir).expanduser().absolute(),
        data_dir=data_folder(options.get("data_dir")),
        server=find_server_type(server.type).check(server),
        benchmarks=parts,
        chunks=parse_chunks(options.get("num_chunks"), options.get("chunk_ids")),
        extra_benchmarks=extra,
        rerun_done=options.get("rerun_done", False),
    )


def _benchmark_plan(
    benchmark: Benchmark, seeds: tuple[int | None, ...], split: str | None, tree: Mapping[str, Any]
) -> BenchmarkPlan:
    if split is not None and split not in benchmark.splits:
        raise UsageError(
            f"--split: {benchmark.name} has no split '{split}'.{did_you_mean(split, benchmark.splits)} "
            f"It has {', '.join(benchmark.splits)}."
        )
    settings = settings_from(tree, {"inference": dict(benchmark.inference)})
    return BenchmarkPlan(name=benchmark.name, split=split or benchmark.default_split, seeds=seeds, settings=settings)


def run_plan(plan: Plan, watch: Watch | None = None) -> Evaluation:
    """Do a plan and sum up its benchmarks.

    Raises NorthstarError; SamplesLeftOpen (with the tables) when some samples got no answer.
    """
    from northstar.executors.local import run_here
    from northstar.reports.summarize import summarize_results

    stats = run_here(plan, watch)
    summary = summarize_results(plan.output_dir, benchmarks=[part.name for part in plan.benchmarks])
    evaluation = Evaluation(plan.output_dir, summary, stats)
    if stats.open:
        raise SamplesLeftOpen(
            f"{stats.open} of {stats.total} samples got no answer ({stats.last_failure}); seeds that miss some are not "
            "in the table. Run the same command again to ask them.",
            evaluation,
        )
    return evaluation


def evaluate(
    benchmarks: str | Sequence[str], *, output_dir: AnyPath, progress: bool = True, **options: Unpack[EvalOptions]
) -> Evaluation:
    """Run a model over benchmarks, grade every answer, and return the numbers; what is done already isn't asked again.

    progress: show it on stderr. The other options are those of EvalOptions.

    >>> result = northstar.evaluate("smoke:4", output_dir="out")  # doctest: +SKIP
    >>> result.metrics["smoke"]["pass@4"]["symbolic_correct"]  # doctest: +SKIP
    """
    from northstar.reports.progress import watch

    return run_plan(make_plan(benchmarks, output_dir=output_dir, **options), watch if progress else None)


def describe(plan: Plan) -> str:
    """What `--dry_run` prints: the plan in words, and one rendered prompt a benchmark. Asks and writes nothing."""
    from northstar.engine.loading import load_benchmark
    from northstar.engine.outputs import is_done
    from northstar.engine.units import units_of

    lines = [f"model     {plan.server.model} by {plan.server.type} {plan.server.address or ''}".rstrip()]
    lines += [f"output    {plan.output_dir}", f"data      {plan.data_dir}"]
    prompts: list[str] = []
    for part in plan.benchmarks:
        loaded = load_benchmark(plan, part)
        units = list(units_of(plan, loaded))
        done = sum(is_done(plan.output_dir, unit) for unit in units)
        settings = part.settings
        sampling = settings.inference.model_dump(exclude_none=True, exclude={"extra_body"})
        sampling["temperature"] = settings.inference.temperature_for(part.seeds[0])
        repeats = "one greedy generation" if part.seeds == (None,) else f"{len(part.seeds)} seeds from {part.seeds[0]}"
        samples = sum(len(unit.rows) for unit in units)
        lines += [
            "",
            f"{part.name}: split {part.split}, {loaded.count} rows, {repeats}: {samples} samples"
            + (f"; {done} of {len(units)} outputs are done" if done else ""),
            "  " + ", ".join(f"{key} {value}" for key, value in sorted(sampling.items())),
        ]
        if loaded.count:
            messages = loaded.prompt.messages(loaded.rows.row(0), settings.system_message)
            shown = "\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)
            prompts.append(f"--- {part.name}: the prompt of its first row ---\n{shown}")
        loaded.rows.close()
    return "\n".join([*lines, "", *prompts, "", "Dry run: nothing was asked or written."])
