"""An executor that lives in this process: its jobs wait until they are told how they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Plan
from northstar.engine.preflight.preflight import Ready, preflight
from northstar.jobs.executor import Polled, Preview, Submitted, Watch
from northstar.jobs.job import RecordedJob, Submission, SubmittedJob, new_submission, now, write_submission
from northstar.jobs.planning import plan_jobs
from northstar.jobs.watched import JobState, WatchedJob
from northstar.provenance.identified import identify_before_jobs


@dataclass
class FakeExecutor:
    """Implements jobs.executor.Executor. states: of its jobs, by their ids. ended: those that were cancelled."""

    name: str = "fake"
    here: bool = False
    states: dict[str, JobState] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def preview(self, ready: Ready, options: JobOptions) -> Preview:
        return Preview(tuple(plan_jobs(ready, {}, options, dry_run=True).jobs))

    def submit(
        self, plan: Plan, options: JobOptions, *, argv: Sequence[str] = (), watch: Watch | None = None
    ) -> Submitted:
        with ExitStack() as stack:
            planned = plan_jobs(preflight(plan, stack, identify_before_jobs), {}, options)
        number, folder = new_submission(plan.output_dir)
        jobs = tuple(
            SubmittedJob(name=each.name, kind=each.job.kind, ids=(f"fake-{place}",), shards=each.shards)
            for place, each in enumerate(planned.jobs, 1)
        )
        write_submission(folder, Submission(number=number, executor=self.name, cluster="c", submitted=now(), jobs=jobs))
        self.states |= {job.ids[0]: JobState("pending") for job in jobs}
        return Submitted(folder, jobs, planned.notes)

    def poll(self, records: Sequence[RecordedJob]) -> Polled:
        return Polled(
            [
                WatchedJob(job, folder, executor, tuple(self.states[number] for number in job.ids), progress)
                for job, folder, executor, progress in records
            ]
        )

    @contextmanager
    def cancel(self, jobs: Sequence[WatchedJob], output_dir: Path) -> Iterator[Callable[[], list[str]]]:
        numbers = [number for job in jobs for number in job.active_ids]

        def end() -> list[str]:
            self.ended += numbers
            self.states |= dict.fromkeys(numbers, JobState("cancelled"))
            return numbers

        yield end
