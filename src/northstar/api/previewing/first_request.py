"""The first request of a benchmark as it would be sent; nothing is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

import msgspec

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.data.attachments import Attachments
from northstar.models.client.client import ModelClient
from northstar.models.client.transport import Response
from northstar.models.conversation import Conversation
from northstar.models.endpoint import Endpoint
from northstar.models.failures import Refused, ServerUnusable
from northstar.models.reply.reasoning import Tag
from northstar.models.templates.chat_template import check_shows_tools
from northstar.models.templates.model_folder import folder_template
from northstar.models.templates.shown_tags import SKIP, reads_reasoning, template_in_folder
from northstar.solvers.model_asker import ModelAsker
from northstar.task.grader import SolverContext

if TYPE_CHECKING:
    from northstar.config.plan import ServerPlan
    from northstar.config.settings import EvalSettings

_PATHS = {"chat": "/chat/completions", "text": "/completions", "responses": "/responses"}


class _Unsent:
    """Keeps the first request to the model's server, or to another process, and never answers it.

    Implements Transport, and Compute for solvers.
    """

    def __init__(self, paths: Collection[str]) -> None:
        """paths: of the requests to keep; others, which only look something up, find nothing."""
        self._paths = paths
        self.first: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        """Its body; empty where something is to be computed before anything is asked."""

    async def send(self, method: str, url: str, body: bytes | None, seconds: float, stream: object = None) -> Response:
        del method, seconds, stream
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


def shown_request(loaded: LoadedBenchmark, server: ServerPlan) -> str:
    """Show the address and content of the first row's request.

    The chat template in the model's folder renders the text; without one, shows the input of the server's template.
    """
    try:
        body, opened = asyncio.run(first_request(loaded, server))
    except (Refused, ServerUnusable) as failure:
        return f"--- {loaded.name}: its first request ---\n{failure}"
    where = _PATHS[loaded.plan.settings.inference.endpoint_type]
    if "prompt" not in body and where == "/completions":
        where += ", as the server's chat template renders it"
    remarks = [f"(The prompt opens {tag.begin}: without {tag.end} there is no answer.)" for tag in opened]
    remarks += _reasoning_said(body, loaded.plan.settings)
    return "\n".join([f"--- {loaded.name}: its first request, to {where} ---", _shown(body), *remarks])


def _reasoning_said(body: Mapping[str, Any], settings: EvalSettings) -> list[str]:
    """Say how a request tells how much to reason, where the user has asked for that."""
    inference = settings.inference
    if inference.reasoning_effort is None and inference.reasoning_budget is None:
        return []
    said = {name: body[name] for name in inference.extra_body if name in body}
    said |= {"chat_template_kwargs": settings.chat_template_kwargs} if settings.chat_template_kwargs else {}
    said.pop(SKIP, None)
    return [f"(It says {json.dumps(said, ensure_ascii=False)[1:-1]}.)"] if said else []


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
    path = _PATHS[settings.inference.endpoint_type]
    unsent = _Unsent((path, "/apply-template") if path == _PATHS["text"] else (path,))
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
    messages = [{"role": "instructions", "content": body["instructions"]}] if "instructions" in body else []
    messages += body.get("input") or body.get("messages") or ()
    parts = [
        f"[{message['role']}]\n{message['content']}" if "role" in message else json.dumps(message, ensure_ascii=False)
        for message in messages
    ]
    tools = body.get("tools", ())
    parts += ["[tools]"] if tools else []
    return "\n".join([*parts, *(json.dumps(tool, ensure_ascii=False) for tool in tools)])
