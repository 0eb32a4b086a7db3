"""Prints what `--dry_run` shows: the plan, and the first request of each benchmark."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

import msgspec

from northstar.benchmarks.loading import LoadedBenchmark, python_limits
from northstar.core.credentials import shown_address
from northstar.core.text import counted
from northstar.data.attachments import Attachments
from northstar.engine.preflight.preflight import Ready, preflight
from northstar.engine.schedule.growth import GrowingSeeds, points
from northstar.models.client.client import ModelClient
from northstar.models.client.transport import Response
from northstar.models.conversation import Conversation
from northstar.models.endpoint import Endpoint
from northstar.models.failures import Refused, ServerUnusable
from northstar.models.reply.reasoning import Tag
from northstar.models.sampling_sources import SamplingOf, Source
from northstar.models.templates.chat_template import check_shows_tools
from northstar.models.templates.model_folder import folder_template
from northstar.models.templates.shown_tags import reads_reasoning, template_in_folder
from northstar.prompts.prompt import load_prompt
from northstar.provenance.asked import system_message_by
from northstar.provenance.identified import identify_before_jobs, name_of
from northstar.servers.arguments.model_files import recommended_by_model
from northstar.servers.server import find_server_type
from northstar.solvers.model_asker import ModelAsker
from northstar.statistics.noise import greatest_variance
from northstar.statistics.planning import seeds_for_error
from northstar.task.grader import SolverContext, extraction_of

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
        lines += ["", _shown_request(part, ready.generate.server)]
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
    )
    by_source: dict[Source, list[str]] = {source: [] for source in Source}
    for name, (value, source) in sampling.values().items():
        by_source[source].append(name if value is None else f"{name} {value}")
    return [*(f"{source}: {', '.join(shown)}" for source, shown in by_source.items() if shown), *sampling.not_sent()]


class _Unsent:
    """Keeps the first request to the model's server, or to another process, and never answers it.

    Implements Transport, and Compute for solvers.
    """

    def __init__(self, paths: Collection[str]) -> None:
        """paths: of the requests to keep; others, which only look something up, find nothing."""
        self._paths = paths
        self.first: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        """Its body; empty where something is to be computed before anything is asked."""

    async def send(self, method: str, url: str, body: bytes | None, seconds: float) -> Response:
        del method, seconds
        if url not in self._paths:
            return Response(404, {}, b"")
        answer: Response = await self._keep(msgspec.json.decode(body or b"{}"))
        return answer

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        del function, arguments, timeout
        return await self._keep({})

    async def _keep(self, body: Mapping[str, Any]) -> Any:
        if not self.first.done():
            self.first.set_result(body)
        return await asyncio.get_running_loop().create_future()


def _shown_request(loaded: LoadedBenchmark, server: ServerPlan) -> str:
    """Show the address and content of the first row's request.

    The chat template in the model's folder renders the text; without one, shows the input of the server's template.
    """
    try:
        body, opened = asyncio.run(first_request(loaded, server))
    except (Refused, ServerUnusable) as failure:
        return f"--- {loaded.name}: its first request ---\n{failure}"
    where = "/chat/completions" if loaded.plan.settings.inference.endpoint_type == "chat" else "/completions"
    if "prompt" not in body and where == "/completions":
        where += ", as the server's chat template renders it"
    remarks = [f"(The prompt opens {tag.begin}: without {tag.end} there is no answer.)" for tag in opened]
    return "\n".join([f"--- {loaded.name}: its first request, to {where} ---", _shown(body), *remarks])


async def first_request(loaded: LoadedBenchmark, server: ServerPlan) -> tuple[Mapping[str, Any], list[Tag]]:
    """Return the body of the first request, and the tags that its prompt leaves open.

    The body is empty if the solver calls something else before it asks.
    """
    model, in_folder = server.model or "", template_in_folder(server)
    endpoint = Endpoint(
        address="",
        model=model,
        folder=server.seen(model),
        template_in_folder=in_folder,
        reads_reasoning=reads_reasoning(server),
    )
    if in_folder and loaded.reads_calls and folder_template(endpoint.model_folder) is not None:
        async with _asking(endpoint, _Unsent(()), template_path="") as conversation:
            await check_shows_tools(conversation, loaded.plan.settings.chat_template_kwargs)
    found = await _first_with(loaded, endpoint, template_path="") if in_folder else None
    return found or await _first_with(loaded, endpoint, template_path="/apply-template") or ({}, [])


async def _first_with(
    loaded: LoadedBenchmark, endpoint: Endpoint, template_path: str
) -> tuple[Mapping[str, Any], list[Tag]] | None:
    """The same, where the server applies the chat template at that path, or (without one) nobody but this machine.

    None where nothing is asked, as there is no template.
    """
    settings, row = loaded.plan.settings, loaded.rows.row(0)
    chat = settings.inference.endpoint_type == "chat"
    unsent = _Unsent(("/chat/completions",) if chat else ("/completions", "/apply-template"))
    async with _asking(endpoint, unsent, template_path) as conversation:
        asker = ModelAsker(
            loaded.prompt,
            settings,
            conversation,
            SolverContext(compute=unsent, attachments=Attachments(loaded.rows.path.parents[1])),
            row_id=row.get("id"),
        )
        solving = asyncio.create_task(loaded.benchmark.solver(row, loaded.plan.seeds[0], asker))
        await asyncio.wait((solving, unsent.first), return_when=asyncio.FIRST_COMPLETED)
        if unsent.first.done():
            solving.cancel()
            await asyncio.gather(solving, return_exceptions=True)
            return unsent.first.result(), asker.opened.tags
    with suppress(ServerUnusable):
        solving.result()
    return None


@asynccontextmanager
async def _asking(endpoint: Endpoint, unsent: _Unsent, template_path: str) -> AsyncIterator[Conversation]:
    async with ModelClient(endpoint, transport=nullcontext(unsent)) as client:
        client.template_path = template_path
        with client.conversation() as conversation:
            yield conversation


def _shown(body: Mapping[str, Any]) -> str:
    if "prompt" in body:
        return str(body["prompt"])
    parts = [f"[{message['role']}]\n{message['content']}" for message in body.get("messages", ())]
    tools = body.get("tools", ())
    parts += ["[tools]"] if tools else []
    return "\n".join([*parts, *(json.dumps(tool, ensure_ascii=False) for tool in tools)])
