"""Entry point of the worker: python -m …worker_entry JOB_FOLDER/job.json [--until-eof].

Exit status: 0 done; 1 failed, or samples left open; 2 invalid job or options; 75 stopped by a signal after some
progress, so that running it again makes sense; 130 stopped without progress. With --until-eof the end of standard input
stops it too: in a container that means its parent has ended.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.streams import hold_streams
from northstar.core.text import counted, printable
from northstar.engine.counters import RunCounters
from northstar.executors.local.local import Stopped
from northstar.executors.local.run_job import run_job, work_of
from northstar.exporting.generated import write_parquet_outputs
from northstar.jobs.job import Job, SummaryPlan, read_job
from northstar.models.secrets import without_secrets
from northstar.progress.progress import watch

UNTIL_EOF = "--until-eof"
GO_ON = 75
"""EX_TEMPFAIL of sysexits.h: the job script queues the job again."""


def main(path: Path) -> int:
    """Run the job; return the exit status."""
    folder = path.absolute().parent
    counters = RunCounters()
    try:
        job = read_job(path)
        if job.summary is not None:
            return _summarize(job)
        run_job(work_of(job), lambda _: folder, watch, counters)
        if job.plan is not None:
            write_parquet_outputs(job.plan)
    except Stopped as stopped:
        print(printable(without_secrets(str(stopped))), file=sys.stderr, flush=True)
        return GO_ON if _made_progress(counters) else stopped.exit_code
    except NorthstarError as error:
        return _fail(str(error), error.exit_code)
    for note in counters.lost:
        print(f"note: {printable(note)}", file=sys.stderr, flush=True)
    if counters.left_open:
        return _fail(
            f"{counted(counters.left_open, 'sample')} got no answer, or no grade; run again, the job goes on.", 1
        )
    return 0


def _summarize(job: Job) -> int:
    from northstar.reports.summarize import summarize_results

    assert job.summary is not None
    plan = job.summary
    summary = summarize_results(plan.output_dir, extra_benchmarks=plan.extra_benchmarks)
    for note in summary.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    print(printable(summary.text()), flush=True)
    if plan.recipe is not None:
        _print_verdicts(plan, plan.recipe)
    return _fail(" ".join(summary.failures), 1) if summary.failures else 0


def _print_verdicts(plan: SummaryPlan, recipe: str) -> None:
    """Print whether the results agree with what the recipe has as published; without it, how to have that printed."""
    from northstar.recipes.reading import chosen_run
    from northstar.recipes.tables import as_text
    from northstar.recipes.verdicts import judge_run

    try:
        chosen = chosen_run(recipe, plan.extra_benchmarks)
        if not chosen.run.published:
            return
        judged = judge_run(plan.output_dir, chosen, extra=plan.extra_benchmarks)
    except NorthstarError as error:
        again = shlex.join(["ns", "summarize_results", str(plan.output_dir), f"--recipe={recipe}"])
        print(f"note: {printable(f'there are no verdicts: {error} {again} prints them.')}", file=sys.stderr)
        return
    for note in judged.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    print(f"\n{printable(as_text(judged))}", flush=True)


def _made_progress(counters: RunCounters) -> bool:
    return any(each.new_generations or each.new_grades for each in (counters, *counters.judging))


def _stop_at_eof() -> None:
    """Send SIGTERM to this process at the end of standard input. Runs in a thread: reading blocks."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _fail(message: str, status: int) -> int:
    print(f"error: {printable(without_secrets(message))}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    hold_streams()
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], [UNTIL_EOF]):
        sys.exit(_fail(f"usage: worker_entry JOB_FOLDER/job.json [{UNTIL_EOF}]", 2))
    if sys.argv[2:]:
        threading.Thread(target=_stop_at_eof, daemon=True).start()
    sys.exit(main(Path(sys.argv[1])))
