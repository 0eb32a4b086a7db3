"""Says of jobs that share their work how far they are together, and what each of them has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from northstar.core.text import counted
from northstar.jobs.watched import WatchedJob
from northstar.pool.claims import Claims
from northstar.pool.files import pool_folder
from northstar.pool.tokens import Listing, ShardName
from northstar.progress.lines import time_range
from northstar.progress.progress_file import Progress, ShardProgress
from northstar.results.layout import shard_key
from northstar.results.state import is_done, shard_files

_SHOWN_IDS = 3


def together(output_dir: Path, jobs: Sequence[WatchedJob]) -> list[WatchedJob]:
    """Return the jobs with one in place of all that share their work: a shard of theirs is no single job's."""
    shared = [job for job in jobs if job.job.shares]
    if not shared:
        return list(jobs)
    order = sorted(shared, key=lambda job: job.state.state == "running")
    last = order[-1]
    keys = {shard.key: shard for job in shared for shard in job.job.shards}
    ids = [(number, state) for job in reversed(order) for number, state in zip(job.job.ids, job.states, strict=True)]
    record = last.job.model_copy(
        update={"shards": tuple(keys.values()), "ids": tuple(number for number, _ in ids[:_SHOWN_IDS])}
    )
    progress = _progress(order, _free(output_dir))
    one = replace(last, job=record, states=tuple(state for _, state in ids[:_SHOWN_IDS]), progress=progress)
    return [*(job for job in jobs if not job.job.shares), one]


def sharing(jobs: Sequence[WatchedJob]) -> list[WatchedJob]:
    """Return the jobs that share their work: those that wait or run, and those of the last submission of such jobs."""
    shared = [job for job in jobs if job.job.shares]
    return [job for job in shared if job.active_ids or job.folder.parent == shared[-1].folder.parent]


def sharing_lines(output_dir: Path, jobs: Sequence[WatchedJob]) -> list[str]:
    """Return a line on the work that jobs share, and one on each job that has some of it; [] without any."""
    shards = {shard.key: shard for job in jobs if job.job.shares for shard in job.job.shards}
    listing = Claims(pool_folder(output_dir), "").look()
    if not shards or not listing.born:
        return []
    outputs = dict(shard_files(output_dir))
    left: Counter[str] = Counter()
    for token in listing.tokens:
        left[token.holder] += len(token.rows)
    left[""] += sum(
        shard.rows
        for key, shard in shards.items()
        if ShardName(shard.benchmark, shard.stem) not in listing.born and not is_done(key, outputs)
    )
    total, waiting = sum(shard.rows for shard in shards.values()), left.pop("")
    end = _end(jobs)
    claimed = f"{left.total()} are claimed by {counted(len(left), 'node')}"
    line = f"shared: {total - left.total() - waiting} of {counted(total, 'row')} are done, {claimed}, {waiting} wait"
    return [line + ("" if end is None else f"; {time_range(*end)} left"), *_of_nodes(left, listing, jobs)]


def _of_nodes(left: Counter[str], listing: Listing, jobs: Sequence[WatchedJob]) -> list[str]:
    found = []
    for node in sorted({*left, *listing.beats}):
        job = next((each for each in jobs if each.job.shares and _is_of(node, each)), None)
        what = f"{counted(left[node], 'row')} claimed"
        if job is None:
            found.append(f"  {node}: {what}")
            continue
        who = " ".join(filter(None, [job.name, *job.active_ids[:1], f"on {job.progress.host}" if job.progress else ""]))
        facts = job.progress.facts if job.progress and _works(job) else None
        speed = f", {facts.tokens_per_second:.0f} tokens/s" if facts and facts.tokens_per_second else ""
        found.append(f"  {who}: {what}{speed}{'' if _works(job) else f', {job.state.state}'}")
    return found


def _is_of(node: str, job: WatchedJob) -> bool:
    """Whether a node is the job's last life; see engine/pooled/joining.py for its name."""
    place = node.rpartition("-")[0]
    return place in job.job.ids or (job.progress is not None and place.endswith(f"-{job.progress.process}"))


def _end(jobs: Sequence[WatchedJob]) -> tuple[float, float] | None:
    """Return the range of seconds in which the last of the jobs will be done, as far as they know."""
    facts = [job.progress.facts for job in jobs if _works(job) and job.progress and job.progress.facts]
    return max((each.left for each in facts if each.left is not None), key=lambda left: left[1], default=None)


def _works(job: WatchedJob) -> bool:
    return job.job.shares and job.state.state == "running"


def _free(output_dir: Path) -> Counter[str]:
    """Return how many rows of each shard are free."""
    found: Counter[str] = Counter()
    for token in Claims(pool_folder(output_dir), "").look().free:
        found[shard_key(*token.shard)] += len(token.rows)
    return found


def _progress(jobs: Sequence[WatchedJob], free: Mapping[str, int]) -> Progress | None:
    """Return the progress of all together, in the words of the last that has one.

    free: shard → rows that are free. Jobs may have done these before --rerun_done set that aside.
    """
    known = [(job, job.progress) for job in jobs if job.progress is not None]
    if not known:
        return None
    shards: dict[str, ShardProgress] = {}
    for job, progress in known:
        for key, mine in progress.shards.items():
            before, most = shards.setdefault(key, ShardProgress(mine.rows)), mine.rows - free.get(key, 0)
            shards[key] = ShardProgress(
                rows=mine.rows,
                generated=min(most, before.generated + mine.generated),
                graded=min(most, before.graded + mine.graded),
                tokens=before.tokens + mine.tokens,
                speed=before.speed + (mine.speed if _works(job) else 0.0),
                asked=before.asked or mine.asked,
            )
    last = known[-1][1]
    errors = [progress.error for _, progress in known if progress.error]
    facts = last.facts and msgspec.structs.replace(last.facts, left=_end(jobs))
    error = last.error or next(reversed(errors), "")
    return msgspec.structs.replace(last, shards=shards, facts=facts, error=error)
