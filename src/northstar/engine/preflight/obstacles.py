"""What would stop a run that nothing speaks against: keys, plugin files, templates, programs, GPUs, the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError
from northstar.engine.preflight.preflight import Ready
from northstar.engine.sandboxing import find_walls
from northstar.models.templates.chat_template import LEFT_TO_THE_SERVER, why_no_tools
from northstar.models.templates.model_folder import folder_template
from northstar.models.templates.shown_tags import template_in_folder
from northstar.servers.server import find_server_type, is_hosted


@dataclass(frozen=True)
class Findings:
    """What was found, a sentence each. obstacles: no run gets past them. notes: the user should know."""

    obstacles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises NorthstarError where there is an obstacle."""
        if self.obstacles:
            raise NorthstarError("\n       ".join(self.obstacles))

    def tell(self, say: Callable[[str], None]) -> None:
        """Have each note said. Raises NorthstarError where there is an obstacle."""
        self.check()
        for note in self.notes:
            say(note)

    def __add__(self, other: Findings) -> Findings:
        return Findings((*self.obstacles, *other.obstacles), (*self.notes, *other.notes))


def find_obstacles(ready: Ready, environment: Mapping[str, str]) -> Findings:
    """Look for what can be found on any machine that sees the files. environment: that the run will have."""
    found: list[str] = []
    notes: list[str] = []
    for server in _needed_servers(ready):
        found += find_server_type(server.type).lacks(server, environment)
    for part in ready.loaded:
        if not part.benchmark.tools or not ready.to_ask(part.name):
            continue
        server = ready.generate.server
        why = _why_no_tools(part, server)
        if why and not part.reads_calls:
            notes.append(f"{part.name}: {why} Give the server one that does: --chat-template in its arguments.")
        elif why and is_hosted(server):  # at an address, the server may have another
            found.append(f"{part.name}: {why} {LEFT_TO_THE_SERVER}")
    return Findings(tuple(dict.fromkeys(found)), tuple(notes))


async def find_obstacles_here(ready: Ready) -> Findings:
    """Look for what only the machine of the run knows: this one. Starts no server; tries the sandbox."""
    found: list[str] = []
    notes: list[str] = []
    for server in _needed_servers(ready):
        found += await find_server_type(server.type).lacks_here(server)
    try:
        await find_walls(ready, notes.append, making=False)
    except NorthstarError as error:
        found.append(str(error))
    return Findings(tuple(dict.fromkeys(found)), tuple(notes))


def _needed_servers(ready: Ready) -> list[ServerPlan]:
    """The model's where anything is left to ask, and those of judges with anything left to judge."""
    generate = ready.plan.generate
    asked = generate is not None and any(ready.to_ask(part.name) for part in ready.loaded)
    model = [generate.server] if generate is not None and asked else []
    return [*model, *(judge.server for judge in ready.plan.judges if ready.to_judge(judge))]


def _why_no_tools(part: LoadedBenchmark, server: ServerPlan) -> str:
    """Why the model could not know the benchmark's tools, as far as its folder tells; '' where nothing does."""
    if not template_in_folder(server):
        return ""
    template = folder_template(server.seen(server.model or ""))
    if template is None:
        return ""
    try:
        return why_no_tools(template, server.model or "", part.plan.settings.chat_template_kwargs)
    except NorthstarError as error:  # of a template that is none
        return str(error)
