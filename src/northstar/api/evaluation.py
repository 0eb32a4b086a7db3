"""`evaluate`: what `ns eval` does, as a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from northstar.api.judging import judge_options, plan_judges
from northstar.api.running import Evaluation, run_plan
from northstar.benchmarks.registry import find_benchmark
from northstar.config.cluster import Cluster, find_cluster
from northstar.config.mounts import to_host
from northstar.config.overrides import override_tree, settings_from
from northstar.config.path_mapping import mapped_options, named_as_written
from northstar.config.plan import BenchmarkPlan, GenerateStage, Plan, ServerPlan, parse_benchmarks, parse_chunks
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.data.folder import data_folder
from northstar.sandbox.tiers import check_choice
from northstar.servers.server import check_server
from northstar.servers.unless_told import type_unless_named

if TYPE_CHECKING:
    from northstar.config.settings import EvalSettings
    from northstar.task.benchmark import Benchmark


class EvalOptions(TypedDict, total=False):
    """The options of `evaluate`; each is the `ns eval` option of the same name."""

    model: str | None
    """llamacpp: a GGUF file or 'smollm2' (default); openai: a name the server knows."""
    server_type: str | None
    """'openai' where server_address is given, else 'llamacpp'."""
    server_address: str | None
    server_args: str
    server_gpus: int | None
    """GPUs of the job, on each node; 0 is the CPU."""
    server_nodes: int
    server_replicas: int
    server_restarts: int
    server_python: str | None
    """The interpreter of the server's environment."""
    server_entrypoint: str | None
    server_start_timeout: float
    overrides: Sequence[str] | Mapping[str, Any]
    """Words like '++inference.top_p=0.9', or the same as a nested dict."""
    split: str | None
    starting_seed: int | None
    """Of benchmarks with seeds ('aime24:16'); 0 unless given."""
    num_chunks: int | None
    chunk_ids: str | None
    data_dir: AnyPath | None
    extra_benchmarks: Sequence[AnyPath]
    rerun_done: bool
    sandbox: str
    """'auto', 'bubblewrap', 'landlock', or 'unsafe': programs run with your own rights."""
    cluster: str
    """The name of a cluster config; 'local' is this machine."""
    config_dir: AnyPath | None
    judge_model: str | None
    """The benchmark's own judge unless given; 'none' judges nothing."""
    judge_server_type: str | None
    judge_server_address: str | None
    judge_server_gpus: int | None
    judge_server_args: str
    judge_server_python: str | None
    extra_judge_args: str | Sequence[str] | Mapping[str, Any]
    """Settings of the judge, written like overrides."""


def make_plan(benchmarks: str | Sequence[str], *, output_dir: AnyPath, **options: Unpack[EvalOptions]) -> Plan:
    """Check everything that can be checked without asking anybody, and write it down as a plan.

    benchmarks: 'math-500:16,aime24', or its parts as a list. Raises UsageError.
    """
    for name in options:
        if name not in EvalOptions.__annotations__:
            raise TypeError(f"evaluate has no option '{name}'.{_as_override(name, options)}")
    cluster = find_cluster(options.get("cluster", "local"), options.get("config_dir"))
    starting_seed = options.get("starting_seed")
    if starting_seed is not None and starting_seed < 0:
        raise UsageError(f"--starting_seed={starting_seed} must be 0 or more.")
    if not str(output_dir):
        raise UsageError("--output_dir is empty; it names the folder for the results.")
    sandbox = options.get("sandbox", "auto")
    check_choice(sandbox)
    path_map = to_host(cluster.mounts, cluster.name)
    moved = mapped_options(options, path_map)
    output_dir = path_map.path(str(output_dir), "--output_dir")
    tree = override_tree(moved.get("overrides", ()), "--overrides")
    text = benchmarks if isinstance(benchmarks, str) else ",".join(benchmarks)
    extra = tuple(Path(path).expanduser().absolute() for path in moved.get("extra_benchmarks", ()))
    asked = parse_benchmarks(text, starting_seed or 0)
    if starting_seed is not None and all(seeds == (None,) for _, seeds in asked):
        raise UsageError(
            f"--starting_seed={starting_seed} is the first of several seeds, and --benchmarks={text} asks for none: "
            f"write {asked[0][0]}:1 for one generation with that seed, {asked[0][0]}:16 for 16."
        )
    chosen = [(find_benchmark(name, extra), seeds) for name, seeds in asked]
    judges = plan_judges(chosen, judge_options(moved), cluster, written=options)
    server = named_as_written(plan_server(moved, cluster), options)
    return Plan(
        output_dir=Path(output_dir).expanduser().absolute(),
        generate=GenerateStage(
            server=server,
            benchmarks=tuple(
                _benchmark_plan(benchmark, seeds, options.get("split"), tree, server.model or "")
                for benchmark, seeds in chosen
            ),
            data_dir=data_folder(moved.get("data_dir")),
            run=settings_from(tree).run,
            chunks=parse_chunks(options.get("num_chunks"), options.get("chunk_ids")),
            sandbox=sandbox,
        ),
        judges=judges,
        extra_benchmarks=extra,
        rerun_done=options.get("rerun_done", False),
    )


def _as_override(name: str, options: Mapping[str, Any]) -> str:
    """What to write in place of an option that evaluate does not have: a setting's place, or a name that is near."""
    from northstar.config.settings import setting_named

    path = setting_named(name)
    if path is None:
        return did_you_mean(name, EvalOptions.__annotations__)
    value = options[name]
    for part in reversed(path):
        value = {part: value}
    return f" It is a setting: overrides={value!r}."


_SERVER_OPTIONS = ("args", "gpus", "nodes", "replicas", "restarts", "python", "entrypoint", "start_timeout")


def plan_server(options: Mapping[str, Any], cluster: Cluster) -> ServerPlan:
    """The server that the options of `evaluate` ask for, checked. Raises UsageError."""
    from pydantic import ValidationError

    address = options.get("server_address")
    if address is not None and not address.strip():
        raise UsageError("--server_address is empty; it should look like http://host:8000/v1.")
    given = {name: options[f"server_{name}"] for name in _SERVER_OPTIONS if options.get(f"server_{name}") is not None}
    kind = options.get("server_type") or type_unless_named(options.get("model"), address)
    given.setdefault("python", cluster.interpreters.get(kind))
    try:
        server = ServerPlan(type=kind, model=options.get("model"), address=address, **given)
    except ValidationError as error:
        problem = error.errors()[0]
        name = f"--server_{'.'.join(map(str, problem['loc']))}"
        raise UsageError(f"{name}={problem['input']}: {problem['msg'].lower()}.") from None
    if server.nodes > 1 and cluster.executor == "local":
        raise UsageError(f"--server_nodes={server.nodes} needs a cluster; this machine is one node.")
    return check_server(server, cluster)


def _benchmark_plan(
    benchmark: Benchmark, seeds: tuple[int | None, ...], split: str | None, tree: Mapping[str, Any], model: str
) -> BenchmarkPlan:
    settings = settings_from(tree, {"inference": dict(benchmark.inference)}).asked
    if benchmark.tools:
        settings = _with_tools(benchmark, settings, model)
    wanted = split or benchmark.default_split
    benchmark.source(wanted)
    return BenchmarkPlan(name=benchmark.name, split=wanted, seeds=seeds, settings=settings)


def _with_tools(benchmark: Benchmark, settings: EvalSettings, model: str) -> EvalSettings:
    """The settings with what reading the model's calls asks for: the endpoint, and the parser. Raises UsageError."""
    from northstar.models.tool_parsers.parser import tool_parser_for

    if settings.prompt_config is not None:
        raise UsageError(
            f"++prompt_config: {benchmark.name} asks the conversations of its rows, through no prompt file."
        )
    if not settings.use_client_parsing:
        if settings.tool_parser is not None:
            raise UsageError(
                f"++tool_parser={settings.tool_parser} reads the model's calls here, and ++use_client_parsing=False "
                "leaves that to the server: take one of the two out."
            )
        chat = settings.inference.model_copy(update={"endpoint_type": "chat"})
        return settings.model_copy(update={"inference": chat})
    parser = tool_parser_for(settings.tool_parser, model)
    raw = settings.inference.model_copy(update={"endpoint_type": "text", "apply_chat_template": True})
    return settings.model_copy(update={"inference": raw, "tool_parser": parser})


def evaluate(
    benchmarks: str | Sequence[str], *, output_dir: AnyPath, progress: bool = True, **options: Unpack[EvalOptions]
) -> Evaluation:
    """Run a model over benchmarks, grade every answer, and return the numbers; what is done already isn't asked again.

    progress: show it on stderr. The other options are those of EvalOptions.

    >>> result = northstar.evaluate("smoke:4", output_dir="out")  # doctest: +SKIP
    >>> result.metrics["smoke"]["pass@4"]["symbolic_correct"]  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    cluster = find_cluster(options.get("cluster", "local"), options.get("config_dir"))
    if cluster.executor != "local":
        raise UsageError(f"cluster {cluster.name} runs jobs at its own time: northstar.submit submits them.")
    return run_plan(make_plan(benchmarks, output_dir=output_dir, **options), watch if progress else None, cluster)
