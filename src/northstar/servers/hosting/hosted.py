"""A server type that Northstar starts: from what its module says of it to replicas that run."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.endpoint import Endpoint
from northstar.models.identity.identified import Identified
from northstar.models.identity.served import model_details
from northstar.models.sampling_words import SamplingWords, words_of_owner
from northstar.models.templates.shown_tags import reads_reasoning, template_in_folder
from northstar.servers.arguments.arguments import answer_words, has_any, port_of, server_words, split_words
from northstar.servers.arguments.model_files import identify
from northstar.servers.arguments.named_files import missing_files
from northstar.servers.fleet.fleet import Fleet
from northstar.servers.hosting.devices import VARIABLE, check_devices, gpus_each, missing_gpus, visible_devices
from northstar.servers.hosting.ports import HOST, choose_port, free_meeting_port
from northstar.servers.hosting.process import HostedProcess, Process, Start
from northstar.servers.hosting.program import check_package, program_words
from northstar.servers.hosting.replica import Launch, Replica, ReplicaSpec
from northstar.servers.hosting.secrecy import check_no_secrets, passed_on
from northstar.servers.hosting.server_log import PYTHON_SERVERS, new_log
from northstar.servers.hosting.software import Seat, ServerSoftware
from northstar.servers.hosting.step_process import Rank, StepProcess, ranks_of
from northstar.servers.openai import ADDRESS_VARIABLE, key_variables
from northstar.servers.openai import SERVER as AT_AN_ADDRESS
from northstar.servers.server import RunningServer, ServerState

LISTENING = ("--port", "--host")

UNLESS_TOLD = "llamacpp"
"""The type that answers where nothing says which."""


@dataclass(frozen=True)
class HostedServer:
    """A server type whose servers Northstar starts, watches and ends; implements ServerType."""

    software: ServerSoftware
    hosted: bool = True

    def check(self, plan: ServerPlan) -> ServerPlan:
        if plan.runs_already:
            return AT_AN_ADDRESS.check(plan.model_copy(update={"gpus": None}))  # its GPUs are not ours to share out
        words = server_words(plan)
        port_of(plan, words)
        check_devices(plan)
        if plan.nodes > 1 and not self.software.several_nodes:
            raise UsageError(f"{plan.option('server_nodes')}={plan.nodes}: {self.software.title} runs on one node.")
        if plan.nodes > 1 and plan.replicas > 1:
            raise UsageError(
                f"{plan.option('server_nodes')}={plan.nodes} with {plan.option('server_replicas')}={plan.replicas}: "
                "one server over several nodes has no replicas; --num_jobs makes several jobs."
            )
        if has_any(words, "--api-key"):
            option = plan.option("server_args")
            raise UsageError(f"{option}: leave --api-key out; the server listens to this machine alone.")
        if has_any(words, "--hf-token"):
            option = plan.option("server_args")
            raise UsageError(f"{option}: leave --hf-token out, it would be written down; set HF_TOKEN instead.")
        check_no_secrets(plan, words)
        return self.software.check(plan)

    def identity(self, plan: ServerPlan) -> dict[str, Any]:
        if plan.runs_already:
            return AT_AN_ADDRESS.identity(plan)
        if (own := self.software.identity(plan)) is not None:
            return own
        words = answer_words(server_words(plan), {*self.software.resources, *LISTENING})
        entrypoint = {"entrypoint": plan.entrypoint} if plan.entrypoint else {}
        return entrypoint | ({"args": shlex.join(words)} if words else {})

    def identify(self, plan: ServerPlan) -> Identified:
        if plan.runs_already:
            return AT_AN_ADDRESS.identify(plan)
        words = {"server.args": answer_words(server_words(plan), {*self.software.resources, *LISTENING})}
        if plan.entrypoint:
            words["server.entrypoint"] = split_words(plan.entrypoint, plan.option("server_entrypoint"))
        return identify(plan, words, self.software.model_at(plan), on_hub=self.software.on_hub)

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:
        return plan if plan.runs_already else self.software.fetched(plan, say, starts=starts)

    def to_fetch(self, plan: ServerPlan) -> str:
        return "" if plan.runs_already else self.software.to_fetch(plan)

    def words(self, plan: ServerPlan) -> SamplingWords | None:  # noqa: ARG002
        return self.software.words

    def ranks_a_node(self, plan: ServerPlan) -> int:
        return self.software.ranks_a_node(plan) if plan.nodes > 1 else 1

    def notices(self, plan: ServerPlan) -> list[str]:
        if plan.runs_already:
            return AT_AN_ADDRESS.notices(plan)
        if plan.type == UNLESS_TOLD and plan.role == "model" and os.environ.get(ADDRESS_VARIABLE, "").strip():
            return [f"{ADDRESS_VARIABLE} is not used: {plan.model} is started here. --server_type=openai asks there."]
        return []

    def lacks(self, plan: ServerPlan, environment: Mapping[str, str]) -> list[str]:
        if plan.runs_already:
            return AT_AN_ADDRESS.lacks(plan, environment)
        return missing_files(plan)

    async def lacks_here(self, plan: ServerPlan) -> list[str]:
        if plan.runs_already:
            return []
        try:
            program_words(plan, self.software.title, self.software.package, self.software.program)
            await check_package(plan, self.software.title, self.software.package)
        except NorthstarError as error:
            return [str(error), *missing_gpus(plan)]
        return missing_gpus(plan)

    @asynccontextmanager
    async def run(self, plan: ServerPlan, log_folder: Path, state: ServerState) -> AsyncIterator[RunningServer]:
        if plan.runs_already:
            async with AT_AN_ADDRESS.run(plan, log_folder, state) as server:
                words = self.software.words or server.endpoint.words
                yield replace(server, endpoint=replace(server.endpoint, words=words))
            return
        log_folder.mkdir(parents=True, exist_ok=True)
        ranks = None if plan.step is None else await ranks_of(plan.step, plan.start_timeout)
        await check_package(plan, self.software.title, self.software.package)
        recipes = self._recipes(plan, log_folder, ranks)
        fleet = Fleet()
        replicas = [Replica(recipe, state, fleet.changed, fleet.works) for recipe in recipes]
        fleet.members = replicas
        try:
            async with asyncio.TaskGroup() as group:
                lives = [group.create_task(replica.live()) for replica in replicas]
                try:
                    await fleet.any_up()
                    yield self._running(plan, fleet, replicas)
                finally:
                    for life in lives:
                        life.cancel()
        except BaseExceptionGroup as errors:
            if len(errors.exceptions) > 1:
                raise
            raise errors.exceptions[0] from None

    def _recipes(self, plan: ServerPlan, log_folder: Path, ranks: Sequence[Rank] | None) -> list[ReplicaSpec]:
        program = program_words(plan, self.software.title, self.software.package, self.software.program)
        seen = os.environ if ranks is None else {VARIABLE: ranks[0].devices} if ranks[0].devices else {}
        return [
            ReplicaSpec(
                title=self.software.title + (f" {number + 1} of {plan.replicas}" if plan.replicas > 1 else ""),
                launch=partial(self._launch, plan, program, devices, log_folder / _log_name(plan, number), ranks),
                known_failures=(*self.software.known_failures, *PYTHON_SERVERS),
                restarts=plan.restarts,
                start_timeout=plan.start_timeout,
                hung_after=self.software.hung_after,
            )
            for number, devices in enumerate(visible_devices(plan, seen))
        ]

    def _launch(
        self,
        plan: ServerPlan,
        program: Sequence[str],
        devices: Mapping[str, str],
        log: Path,
        ranks: Sequence[Rank] | None,
        before: int | None,
    ) -> Launch:
        port = choose_port(plan, before)
        meeting = free_meeting_port() if plan.nodes > 1 else 0  # the worker runs on the first node
        seat = Seat(port=port, meeting_port=meeting, gpus=gpus_each(plan), program=program)
        start = Start(
            command=self.software.command(plan, seat),
            environment={**self._environment(plan), **devices},
            passed=passed_on(plan, key_variables() if self.software.wants_keys else ()),
        )
        own_log = new_log(log)
        return Launch(
            port=port,
            start=start,
            process=self._process(plan, seat, start, own_log, ranks),
            endpoint=Endpoint(address=f"http://{HOST}:{port}/v1", model=plan.model or plan.type),
            health=f"http://{HOST}:{port}{self.software.health}",
            log=own_log,
        )

    def _process(
        self, plan: ServerPlan, seat: Seat, start: Start, log: Path, ranks: Sequence[Rank] | None
    ) -> Callable[[], Awaitable[Process]]:
        """Starts the replica: as a child of this process, or by the ranks of the server's own step."""

        async def here() -> Process:
            return HostedProcess(start, log, grace=self.software.grace)

        async def there() -> Process:
            assert ranks is not None
            assert plan.step is not None
            starts = [start]
            if len(ranks) > 1:
                head, numbers = ranks[0].address, range(len(ranks))
                commands = [self.software.command_on(plan, seat, number, head) for number in numbers]
                starts = [replace(start, command=command) for command in commands]
            return await StepProcess.start(ranks, starts, plan.step.logs / log.name, self.software.grace)

        return here if ranks is None else there

    def _environment(self, plan: ServerPlan) -> dict[str, str]:
        wanted = self.software.environment(plan)
        return {name: value for name, value in wanted.items() if not value or name not in os.environ}

    def _running(self, plan: ServerPlan, fleet: Fleet, replicas: Sequence[Replica]) -> RunningServer:
        first = next(replica for replica in replicas if replica.up)
        assert first.served is not None
        slots = self.software.slots(plan)
        length = first.served.context_length or self.software.context_length(plan)
        launches = [replica.launch for replica in replicas]
        return RunningServer(
            endpoint=replace(
                first.launch.endpoint,
                model=first.served.name,
                context_length=length,
                chat_template=self.software.has_chat_template(plan),
                folder=plan.seen(plan.model or ""),
                template_in_folder=template_in_folder(plan),
                reads_reasoning=reads_reasoning(plan),
                words=self.software.words or words_of_owner(first.served.details),
            ),
            slots=None if slots is None else slots * plan.replicas,
            routes=fleet.routes,
            measured=fleet.addresses,
            facts={
                "type": plan.type,
                "version": first.version,
                "model": first.served.name,
                **({"revision": plan.revision} if plan.revision else {}),
                "context_length": length,
                "said": model_details([first.served], first.launch.endpoint.api_key),
                "commands": [shlex.join(launch.start.command) for launch in launches],
                "environment": [dict(launch.start.environment) for launch in launches],
                "addresses": [launch.endpoint.address for launch in launches],
                "logs": [str(launch.log) for launch in launches],
            },
        )


def _log_name(plan: ServerPlan, number: int) -> str:
    role = "" if plan.role == "model" else f"-{plan.role}"
    return f"{plan.type}{role}-server{f'-{number}' if plan.replicas > 1 else ''}.log"
