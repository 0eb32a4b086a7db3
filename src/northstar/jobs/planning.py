"""From a plan to the jobs that do what is left of it: reads the output folder, and sets aside what is done anew."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from northstar.benchmarks.loading import LoadedBenchmark, check_eval_config, load_benchmark
from northstar.config.jobs import JobOptions
from northstar.config.plan import JudgingPlan, Plan, ServerPlan
from northstar.core.credentials import has_known_form, key_in_path, looks_random, secret_values
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.lock import Held, Locks
from northstar.engine.judging import finished_shards
from northstar.engine.registration import Note, Registration, check_judges, check_run
from northstar.engine.shards import lock_shards, shards_of
from northstar.engine.superseding import supersede_outputs
from northstar.engine.worker import make_folders
from northstar.jobs.arrangement import Arranged, arrange, arrange_judging
from northstar.jobs.remaining import Active, left_of, left_to_judge, settle, some
from northstar.results.known_lengths import known_lengths
from northstar.results.layout import Shard, benchmark_folder
from northstar.results.state import done_path, has_generations

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


def plan_jobs(plan: Plan | JudgingPlan, active: Active, options: JobOptions) -> PlannedJobs:
    """The jobs of what is left of a plan; sets aside what is done anew. active: shards that jobs have already.

    Raises NorthstarError where the folder holds results that were made otherwise.
    """
    return _judging(plan, active) if isinstance(plan, JudgingPlan) else plan_evaluation(plan, active, options)


def plan_evaluation(plan: Plan, active: Active, options: JobOptions, *, dry_run: bool = False) -> PlannedJobs:
    """The same for `ns eval`. dry_run: nothing is written."""
    with ExitStack() as stack:
        loaded = [load_benchmark(plan, part) for part in plan.benchmarks]
        for part in loaded:
            stack.callback(part.rows.close)
        check_eval_config({part.name: part.grader for part in loaded}, plan.benchmarks[0].settings.eval_config)
        shards = {part.name: list(shards_of(plan, part)) for part in loaded}
        run = _checked(plan, loaded, shards, active)
    if dry_run:
        return _left(plan, shards, active, options, anew=run.superseded is not None)
    make_folders(plan.output_dir, shards)
    begun = _set_aside(run, shards)
    try:
        settle(plan, shards)
        left = _left(plan, shards, active, options, anew=begun is not None)
    except BaseException:
        PlannedJobs((), (), begun, shards).undo()
        raise
    return replace(left, begun=begun, shards=shards)


def _left(
    plan: Plan, shards: Mapping[str, Sequence[Shard]], active: Active, options: JobOptions, *, anew: bool
) -> PlannedJobs:
    """The jobs of what is left. shards: all of the plan. anew: what is done of them counts for nothing. Reads only."""
    left = left_of(plan, shards, active, anew=anew)
    known = {name: _row_seconds(benchmark_folder(plan.output_dir, name)) for name in shards}
    seconds = {name: each for name, each in known.items() if each}
    bare = plan.model_copy(update={"rerun_done": False})  # what is set aside is so by now
    return PlannedJobs(arrange(bare, left.todo, left.to_judge, options, seconds, active), left.notes)


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


def _judging(plan: JudgingPlan, active: Active) -> PlannedJobs:
    check_judges(plan)  # a --rerun_done is the job's to do
    shards = {
        part.name: finished_shards(benchmark_folder(plan.output_dir, part.name), part.name, part.seeds)
        for part in plan.benchmarks
    }
    if not plan.rerun_done:
        settle(plan, shards)
    left, notes = left_to_judge(plan, shards, active)
    return PlannedJobs(arrange_judging(plan, left), notes)


def _checked(
    plan: Plan, loaded: Sequence[LoadedBenchmark], shards: Mapping[str, Sequence[Shard]], active: Active
) -> Registration:
    """Refuse to mix results. Its `superseded` says under which name what there is must be set aside, if it must.

    Raises NorthstarError.
    """
    run = check_run(plan, loaded)
    if plan.rerun_done and run.superseded is None and not active:
        folders = {name: benchmark_folder(plan.output_dir, name) for name in shards}
        if all(done_path(folders[name], shard) for name, mine in shards.items() for shard in mine):
            now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
            return replace(run, superseded=now)  # the jobs of the --rerun_done before this got to their end
    if run.superseded is not None and active:
        raise NorthstarError(
            f"--rerun_done: jobs still work on {plan.output_dir} ({some(set(active.values()))}); wait for them, or "
            f"end them by ns cancel {plan.output_dir}."
        )
    return run


def _set_aside(run: Registration, shards: Mapping[str, Sequence[Shard]]) -> Note | None:
    """What there is, before any job begins; on record. None where nothing has to be. Raises NorthstarError."""
    if run.superseded is None:
        return None
    with ExitStack() as stack:
        aside = stack.enter_context(supersede_outputs(run.output_dir, shards, Locks(stack), run.superseded))
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
