"""From a plan to the jobs that do what is left of it: reads the output folder, and sets aside what is done anew."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from northstar.config.options.jobs import JobOptions
from northstar.config.plan import ServerPlan
from northstar.core.credentials import has_known_form, key_in_path, looks_random, secret_values
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.lock import Held, Locks
from northstar.engine.preflight.preflight import Ready
from northstar.engine.registration import Note
from northstar.engine.shards import lock_shards
from northstar.engine.superseding import supersede_outputs
from northstar.engine.worker import make_folders
from northstar.jobs.arrangement import Arranged, arrange
from northstar.jobs.remaining import Active, left_of, settle, some
from northstar.results.known_lengths import known_lengths
from northstar.results.layout import Shard, benchmark_folder
from northstar.results.state import has_generations

ROWS_TO_KNOW = 200
"""Rows of a benchmark that are enough to tell how long one takes."""


@dataclass(frozen=True)
class PlannedJobs:
    """jobs: what is left to do. notes: what was left out, a sentence each.

    begun: the entry of a --rerun_done in run.json. shards: all that it set aside, by benchmark.
    """

    jobs: Sequence[Arranged]
    notes: tuple[str, ...]
    begun: Note | None = None
    shards: Mapping[str, Sequence[Shard]] = field(default_factory=dict)

    def undo(self) -> None:
        """Put back what was set aside, unless a job works on it or got an answer. Raises NorthstarError."""
        if self.begun is None:
            return
        with ExitStack() as stack, suppress(Held):
            locks = Locks(stack)
            for name, mine in self.shards.items():
                lock_shards(benchmark_folder(self.begun.output_dir, name), mine, locks, even_done=True)
            folders = {name: benchmark_folder(self.begun.output_dir, name) for name in self.shards}
            if not any(
                has_generations(folders[name], shard.seed) for name, mine in self.shards.items() for shard in mine
            ):
                self.begun.forget()


def plan_jobs(ready: Ready, active: Active, options: JobOptions, *, dry_run: bool = False) -> PlannedJobs:
    """The jobs of what is left of a plan; sets aside what is done anew.

    Args:
        ready: the plan, looked at just now.
        active: shards that jobs have already.
        options: how it is cut into jobs.
        dry_run: nothing is written.

    Raises:
        NorthstarError: jobs work on what would be set aside.
    """
    ready = _checked(ready, active)
    plan = ready.plan
    if dry_run:
        return _left(ready, active, options, anew=ready.anew)
    if plan.generate is None:  # a --rerun_done is the job's to do
        if not plan.rerun_done:
            settle(ready)
        return _left(ready, active, options, anew=plan.rerun_done)
    make_folders(plan.output_dir, ready.shards)
    begun = _set_aside(ready)
    try:
        settle(ready)
        left = _left(ready, active, options, anew=begun is not None)
    except BaseException:
        PlannedJobs((), (), begun, ready.shards).undo()
        raise
    return replace(left, begun=begun, shards=ready.shards)


def _left(ready: Ready, active: Active, options: JobOptions, *, anew: bool) -> PlannedJobs:
    """The jobs of what is left. anew: what is done counts for nothing. Reads only."""
    plan = ready.plan
    left = left_of(ready, active, anew=anew)
    known = {name: _row_seconds(benchmark_folder(plan.output_dir, name)) for name in ready.shards}
    seconds = {name: each for name, each in known.items() if each}
    if plan.generate is not None:  # what is set aside is so by now
        plan = plan.model_copy(update={"rerun_done": False})
    return PlannedJobs(arrange(plan, left.todo, left.to_judge, options, seconds, active), left.notes)


def check_no_key_in_files(servers: Iterable[ServerPlan]) -> None:
    """Raises UsageError for an address with a key: what a job has to do is written down."""
    known = secret_values(os.environ)
    for server in servers:
        for part in key_in_path(server.address or ""):
            if has_known_form(part) or looks_random(part) or part in known:
                raise UsageError(
                    f"{server.option('server_address')} holds what looks like a key, and would be written to the jobs' "
                    "files. Leave it out, and keep the key in the environment (MODEL_API_KEY, JUDGE_API_KEY); where "
                    "the server wants it in its address, run without a cluster."
                )


def _checked(ready: Ready, active: Active) -> Ready:
    """Refuse to set aside what jobs work on. A --rerun_done whose jobs got to their end begins anew.

    Raises NorthstarError.
    """
    plan = ready.plan
    if plan.generate is None:
        return ready
    all_done = all(ready.done[name] == len(mine) for name, mine in ready.shards.items())
    if plan.rerun_done and not ready.anew and not active and all_done:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        return replace(ready, registration=replace(ready.registration, superseded=now))
    if ready.anew and active:
        raise NorthstarError(
            f"--rerun_done: jobs still work on {plan.output_dir} ({some(set(active.values()))}); wait for them, or "
            f"end them by ns cancel {plan.output_dir}."
        )
    return ready


def _set_aside(ready: Ready) -> Note | None:
    """What there is, before any job begins; on record. None where nothing has to be. Raises NorthstarError."""
    run = ready.registration
    if run.superseded is None:
        return None
    with ExitStack() as stack:
        aside = stack.enter_context(supersede_outputs(run.output_dir, ready.shards, Locks(stack), run.superseded))
        note = run.enter(aside)
        try:
            note({"ending": "submitted"})
        except BaseException:
            note.forget()
            raise
        return note


def _row_seconds(folder: Path) -> float:
    """How long one row of a benchmark's folder takes, by its finished outputs; 0 where there are none."""
    known = [seconds for _, seconds in itertools.islice(known_lengths(folder, most_files=1), ROWS_TO_KNOW)]
    return sum(known) / len(known) if known else 0.0
