"""Prints what `--dry_run` shows: the plan, and the first request of each benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from northstar.api.previewing.first_request import shown_request
from northstar.benchmarks.loading import LoadedBenchmark, python_limits
from northstar.core.credentials import shown_address
from northstar.core.text import counted
from northstar.engine.preflight.preflight import Ready, preflight
from northstar.engine.schedule.growth import GrowingSeeds, points
from northstar.models.sampling_sources import SamplingOf, Source
from northstar.prompts.prompt import load_prompt
from northstar.provenance.asked import system_message_by
from northstar.provenance.identified import identify_before_jobs, name_of
from northstar.servers.arguments.model_files import recommended_by_model
from northstar.servers.server import find_server_type
from northstar.statistics.noise import greatest_variance
from northstar.statistics.planning import seeds_for_error
from northstar.task.grader import extraction_of

if TYPE_CHECKING:
    from northstar.config.plan import BenchmarkPlan, Growth, Plan, ServerPlan
    from northstar.config.settings import PythonToolSettings
    from northstar.prompts.prompt import Prompt

_LABEL = 14
"""Width of the names of what is shown of a benchmark."""


@contextmanager
def looked_at(plan: Plan) -> Iterator[Ready]:
    """Run the preflight of a submission. Raises NorthstarError if the run would refuse to start."""
    with ExitStack() as stack:
        yield preflight(plan, stack, identify_before_jobs)


def describe(ready: Ready, notes: Sequence[str] = ()) -> str:
    """Describe the run and the first request of each benchmark. Sends no request and writes nothing.

    Args:
        ready: The plan after preflight.
        notes: Findings about the machine or cluster.
    """
    lines = _where(ready, notes)
    for part in ready.loaded:
        lines += ["", *_benchmark(ready, part)]
    for part in ready.loaded:
        lines += ["", shown_request(part, ready.generate.server)]
    return "\n".join(lines)


def _where(ready: Ready, notes: Sequence[str]) -> list[str]:
    stage = ready.generate
    server = stage.server.model_dump(
        exclude_defaults=True, exclude={"type", "model", "address", "role", "named", "more_addresses"}
    )
    notices = (notice for each in ready.plan.servers for notice in find_server_type(each.type).notices(each))
    address = ", ".join(map(shown_address, filter(None, (stage.server.address, *stage.server.more_addresses))))
    return [
        f"model     {name_of(stage.server)} by {stage.server.type} {address}".rstrip(),
        *(["server    " + ", ".join(f"{name} {value}" for name, value in server.items())] if server else []),
        f"output    {ready.plan.output_dir}",
        f"data      {stage.data_dir}",
        *(f"note      {note.removeprefix('note: ')}" for note in dict.fromkeys((*notices, *notes))),
    ]


def _benchmark(ready: Ready, loaded: LoadedBenchmark) -> list[str]:
    part, settings = loaded.plan, loaded.plan.settings
    shards, done = ready.shards[loaded.name], ready.done[loaded.name]
    seeds = f"{counted(len(part.seeds), 'seed')} from {part.seeds[0]}"
    samples = counted(sum(len(shard.rows) for shard in shards), "sample")
    repeats = "one greedy generation" if part.seeds == (None,) else seeds
    growing = ready.growing.get(part.name)
    lines = [
        f"{part.name}: {_source(part)}, {counted(len(loaded.rows), 'row')}, "
        + (f"{repeats}: {samples}" if part.growth is None else f"{part.growth.least} to {seeds}")
        + (f"; {done} of {counted(len(shards), 'output')} done" if done and growing is None else ""),
        *([] if growing is None or part.growth is None else [f"  {expected_cost(growing, part.growth)}"]),
        *_labelled(_prompt(loaded)),
        *_below("sampling", _sampling(loaded, ready.generate.server)),
        *_labelled({"extraction": extraction_of(loaded.grader), "grader": _grader(loaded)}),
    ]
    if loaded.benchmark.offers:
        lines += _labelled({"tool": _tool(python_limits(settings))})
    if loaded.benchmark.calls_tools:
        reader = f"here, in the form {settings.tool_parser}" if settings.use_client_parsing else "by the server"
        lines.append(f"  tool calls are read {reader}")
    for judge in ready.plan.judges_of(part.name):
        server = judge.server
        lines.append(f"  judged by {judge.name} at {shown_address(server.address) if server.address else server.type}")
        prompt = load_prompt(judge.prompt, judge.prompts_dir)
        said = {"judge's prompt": _named(prompt), "judge's system": system_message_by(prompt, judge.settings)}
        lines += _labelled(said)
    return lines


def _source(part: BenchmarkPlan) -> str:
    return f"split {part.split}" if part.input is None else str(part.input.file)


def _tool(limits: PythonToolSettings) -> str:
    tokens = "" if limits.tokens is None else f", {limits.tokens:,} tokens in all"
    return f"Python: {limits.calls} calls a sample at most, of {limits.timeout_seconds:g} s each{tokens}"


def _labelled(facts: Mapping[str, str]) -> list[str]:
    """A line for each fact that is known."""
    return [f"  {name:<{_LABEL}}  {fact}" for name, fact in facts.items() if fact]


def _below(name: str, lines: Sequence[str]) -> list[str]:
    """Several lines of one fact."""
    return [f"  {'' if number else name:<{_LABEL}}  {line}" for number, line in enumerate(lines)]


def _prompt(loaded: LoadedBenchmark) -> dict[str, str]:
    if loaded.rows_are_sent:
        return {"prompt": "the conversations of the rows"}
    return {"prompt": _named(loaded.prompt), "system message": system_message_by(loaded.prompt, loaded.plan.settings)}


def _named(prompt: Prompt) -> str:
    return f"{prompt.name} (sha256 {prompt.sha256[:12]})"


def _grader(loaded: LoadedBenchmark) -> str:
    known = loaded.grader.identity()
    settings = [f"{name} {value}" for name, value in known.items() if name != "name" and value not in (None, "")]
    return ", ".join([str(known.get("name", "")), *settings])


def expected_cost(seeds: GrowingSeeds, growth: Growth) -> str:
    """Say about how many seeds a precision takes, and their samples and tokens, by what is done or by the bound."""
    wanted = f"until the standard error is {growth.precision:g} points"
    seen = seeds.seen
    if seen is None:
        by_bound = max(growth.least, seeds_for_error(seeds.precision, greatest_variance(0.5, 1), seeds.rows))
        most = min(seeds.limit, by_bound)
        cut = ", the limit" if by_bound > seeds.limit else ""
        return f"{wanted}: at most about {counted(most, 'seed')}{cut}, {counted(most * seeds.rows, 'sample')}"
    left = max(0, seeds.expected - seen.seeds)
    so_far = f"{wanted}; {counted(seen.seeds, 'seed')} done, ±{points(seen.error)} points"
    if seeds.is_decided:
        return f"{so_far}: " + ("no more" if seen.enough else f"the limit, no more; about {seen.needed} would do")
    tokens = left * seeds.tokens / seen.seeds
    cut = ", the limit" if seen.needed > seeds.limit else ""
    return f"{so_far}: about {left} more{cut}, {counted(left * seeds.rows, 'sample')}, about {tokens:,.0f} tokens"


def _sampling(loaded: LoadedBenchmark, server: ServerPlan) -> list[str]:
    """Return a line for each source of sampling values, and what the model's own file asks for and is not sent."""
    sampling = SamplingOf(
        loaded.plan.settings.inference,
        loaded.plan.seeds[0],
        defaults=loaded.inference_defaults,
        words=find_server_type(server.type).words(server),
        recommended=recommended_by_model(server),
        template=loaded.plan.settings.chat_template_kwargs,
    )
    by_source: dict[Source, list[str]] = {source: [] for source in Source}
    for name, (value, source) in sampling.values().items():
        by_source[source].append(name if value is None else f"{name} {value}")
    return [*(f"{source}: {', '.join(shown)}" for source, shown in by_source.items() if shown), *sampling.not_sent()]
