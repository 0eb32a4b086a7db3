"""Plans the jobs of the remaining shards: reads the output folder, and sets aside what --rerun_done repeats."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from northstar.config.options.jobs import JobOptions
from northstar.config.plan import ServerPlan
from northstar.core.credentials import has_known_form, key_in_path, looks_random, secret_values
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.lock import Held, Locks
from northstar.engine.pooled.joining import check_pooled, is_pooled
from northstar.engine.preflight.preflight import Ready
from northstar.engine.registration import Note
from northstar.engine.shards import lock_shards
from northstar.engine.superseding import supersede_outputs
from northstar.engine.worker import make_folders
from northstar.jobs.arrangement import NONE_SHARE, Arranged, Sharing, arrange
from northstar.jobs.remaining import Active, left_of, settle, some
from northstar.pool.files import pool_folder
from northstar.results.layout import Shard, benchmark_folder
from northstar.results.state import has_generations


@dataclass(frozen=True)
class PlannedJobs:
    """The jobs of the remaining shards.

    Attributes:
        jobs: The jobs to submit.
        notes: What was left out, one sentence each.
        begun: The run.json entry of a --rerun_done; None without one.
        shards: The shards that it set aside, by benchmark.
    """

    jobs: Sequence[Arranged]
    notes: tuple[str, ...]
    begun: Note | None = None
    shards: Mapping[str, Sequence[Shard]] = field(default_factory=dict)

    def undo(self) -> None:
        """Restore what was set aside, unless a job works on it or already has an answer. Raises NorthstarError."""
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


def begun_anew(ready: Ready, active: Active) -> Ready:
    """Start a new --rerun_done if the jobs of the last one are done; refuse to set aside results that jobs work on.

    Raises:
        NorthstarError: Jobs still work on the folder.
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


def plan_jobs(
    ready: Ready, active: Active, options: JobOptions, sharing: Sharing = NONE_SHARE, *, dry_run: bool = False
) -> PlannedJobs:
    """Plan the jobs of the remaining shards; set aside the results that --rerun_done repeats.

    Results that grow stay as they are until the first job runs.

    Args:
        ready: The plan after `begun_anew`.
        active: Shards of pending or running jobs.
        options: How to split the shards into jobs.
        sharing: The jobs that it shares its work with.
        dry_run: Write nothing.

    Raises:
        NorthstarError: The results that it repeats could not be set aside.
    """
    plan = ready.plan
    if is_pooled(plan):
        check_pooled(ready, sets_aside=True)
    if dry_run:
        return _left(ready, active, options, sharing, anew=ready.anew)
    if plan.generate is None:  # the job itself handles --rerun_done
        if not plan.rerun_done:
            settle(ready)
        return _left(ready, active, options, sharing, anew=plan.rerun_done)
    make_folders(plan.output_dir, ready.shards)
    begun = _set_aside(ready)
    try:
        settle(ready)
        left = _left(ready if begun is None else ready.set_aside(), active, options, sharing, anew=begun is not None)
    except BaseException:
        PlannedJobs((), (), begun, ready.shards).undo()
        raise
    return replace(left, begun=begun, shards=ready.shards)


def _left(ready: Ready, active: Active, options: JobOptions, sharing: Sharing, *, anew: bool) -> PlannedJobs:
    """Plan the jobs of the remaining shards. anew: treat finished shards as remaining. Reads only."""
    plan = ready.plan
    left = left_of(ready, active, anew=anew)
    if plan.generate is not None:  # the results are set aside by now
        plan = plan.model_copy(update={"rerun_done": False})
    return PlannedJobs(arrange(plan, left.todo, left.to_judge, options, active, sharing), left.notes)


def check_no_key_in_files(servers: Iterable[ServerPlan]) -> None:
    """Raise UsageError for a server address that contains a key: it would be written to job.json."""
    known = secret_values(os.environ)
    for server in servers:
        for part in itertools.chain.from_iterable(map(key_in_path, (server.address or "", *server.more_addresses))):
            if has_known_form(part) or looks_random(part) or part in known:
                raise UsageError(
                    f"{server.option('server_address')} holds what looks like a key, and would be written to the jobs' "
                    "files. Leave it out, and keep the key in the environment (MODEL_API_KEY, JUDGE_API_KEY); where "
                    "the server wants it in its address, run without a cluster."
                )


def _set_aside(ready: Ready) -> Note | None:
    """Set the results aside before any job begins, and register that in run.json; None if there is nothing to do."""
    run = ready.registration
    if run.superseded is None:
        return None
    with ExitStack() as stack:
        aside = stack.enter_context(supersede_outputs(run.output_dir, ready.shards, Locks(stack), run.superseded))
        note = run.enter(aside)
        shutil.rmtree(pool_folder(run.output_dir), ignore_errors=True)  # no job is left that has any of it
        try:
            note({"ending": "submitted"})
        except BaseException:
            note.forget()
            raise
        return note
