"""Finds what a run would stop at: missing keys, plugin files, programs, GPUs, a sandbox, a template without tools."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.mounts import missing_mount
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
    """What was found, a sentence each.

    Attributes:
        obstacles: what stops the run.
        notes: what the user should know.
    """

    obstacles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise NorthstarError with all obstacles, if there are any."""
        if self.obstacles:
            raise NorthstarError("\n       ".join(self.obstacles))

    def tell(self, say: Callable[[str], None]) -> None:
        """Pass each note to `say`. Raises NorthstarError where there is an obstacle."""
        self.check()
        for note in self.notes:
            say(note)

    def __add__(self, other: Findings) -> Findings:
        return Findings((*self.obstacles, *other.obstacles), (*self.notes, *other.notes))


def find_obstacles(ready: Ready, environment: Mapping[str, str]) -> Findings:
    """Look for obstacles that any machine with the files can see.

    Args:
        ready: the plan, after preflight.
        environment: the environment variables that the run will have.
    """
    found: list[str] = []
    notes: list[str] = []
    for server, is_needed in _servers(ready):
        lacking = find_server_type(server.type).lacks(server, environment)
        found += lacking if lacking and is_needed() else []
    for part in ready.loaded:
        if not part.benchmark.calls_tools or not ready.is_open(part.name):
            continue
        server = ready.generate.server
        why = _why_no_tools(part, server)
        if not why or not ready.to_ask(part.name):
            continue
        if not part.reads_calls:
            notes.append(f"{part.name}: {why} Give the server one that does: --chat-template in its arguments.")
        elif is_hosted(server):  # a server at an address may use another template
            found.append(f"{part.name}: {why} {LEFT_TO_THE_SERVER}")
    return Findings(tuple(dict.fromkeys(found)), tuple(notes))


async def find_obstacles_here(ready: Ready) -> Findings:
    """Look for obstacles of this machine, as the one that runs the plan. Tries the sandbox; starts no server."""
    found = _unwritable(ready.plan.output_dir)
    notes: list[str] = []
    for server, is_needed in _servers(ready):
        lacking = await find_server_type(server.type).lacks_here(server)
        found += lacking if lacking and is_needed() else []
    try:
        await find_walls(ready, notes.append, making=False)
    except NorthstarError as error:
        found.append(str(error))
    return Findings(tuple(dict.fromkeys(found)), tuple(notes))


def _unwritable(output_dir: Path) -> list[str]:
    there = next(folder for folder in (output_dir, *output_dir.parents) if folder.exists())
    why = "is not a folder" if not there.is_dir() else "" if os.access(there, os.W_OK | os.X_OK) else "is not writable"
    return [f"cannot write to --output_dir={output_dir}: {there} {why}.{missing_mount(output_dir)}"] if why else []


def _servers(ready: Ready) -> list[tuple[ServerPlan, Callable[[], bool]]]:
    """The plan's servers, and what tells whether the run asks them: it reads journals, so call it last."""
    asked = [part.name for part in ready.loaded if ready.is_open(part.name)]
    model = [(ready.generate.server, lambda: any(map(ready.to_ask, asked)))] if asked else []
    return [*model, *((judge.server, partial(ready.to_judge, judge)) for judge in ready.plan.judges)]


def _why_no_tools(part: LoadedBenchmark, server: ServerPlan) -> str:
    """Why the template in the model's folder hides the benchmark's tools; '' if it shows them or there is none."""
    if not template_in_folder(server):
        return ""
    template = folder_template(server.seen(server.model or ""))
    if template is None:
        return ""
    try:
        return why_no_tools(template, server.model or "", part.plan.settings.chat_template_kwargs)
    except NorthstarError as error:  # the template is malformed
        return str(error)
