"""Joins the pool of an output folder: opens the shards of a plan for one node among several."""

from __future__ import annotations

import math
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError, UsageError
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.open_shard import OpenShard
from northstar.engine.pooled.samples import PooledSamples
from northstar.engine.pooled.share import Place, Share
from northstar.engine.preflight.preflight import Ready
from northstar.engine.shards import Opener, check_cut
from northstar.pool.claims import Claims
from northstar.pool.files import pool_folder
from northstar.pool.leases import LEASE_SECONDS, RENEW_SECONDS, Leases
from northstar.pool.parts import PartJournal
from northstar.pool.tokens import ShardName
from northstar.results.layout import benchmark_folder
from northstar.results.outputs import finish_joining
from northstar.results.state import done_path

LEASE_VARIABLE = "NORTHSTAR_LEASE_SECONDS"
"""How long a node may be silent, on a file system where others see its signs of life late."""
KNOWN_SAMPLES = 20
"""Answers to a benchmark after which their mean length replaces the typical one."""


@dataclass(frozen=True)
class Joined:
    """A node's part in a pool: the shards that are not done, and the samples that it claims of them."""

    shards: list[OpenShard]
    samples: PooledSamples


def is_pooled(plan: Plan) -> bool:
    """Whether the plan's samples are, or were, shared between several jobs."""
    return plan.generate is not None and (plan.pooled or pool_folder(plan.output_dir).is_dir())


def check_pooled(ready: Ready, *, sets_aside: bool = False) -> None:
    """Raise NorthstarError for what several jobs can't do at the same time.

    sets_aside: --rerun_done sets results aside before any of them begins.
    """
    output_dir = ready.plan.output_dir
    anew = ready.anew and not sets_aside
    other = "--rerun_done" if anew else "--precision" if ready.growing else "adding rows to results"
    if not (anew or ready.growing or ready.grown):
        return
    if ready.plan.pooled:
        raise NorthstarError(f"{other} does not go with --num_jobs: run it as one job, or choose another --output_dir.")
    raise NorthstarError(
        f"{other} does not go with {pool_folder(output_dir)}, work that other jobs share or have left: finish it by "
        "the command that began it, or choose another --output_dir."
    )


def check_not_pooled(plan: Plan) -> None:
    """Raise NorthstarError if jobs began to share the run while this one opened its shards, to have them alone."""
    if is_pooled(plan):
        raise NorthstarError(
            f"jobs that share {plan.output_dir} began just now; run the same command again, and it is one of them."
        )


def join(
    ready: Ready, openers: Mapping[str, Opener], counters: Mapping[str, BenchmarkCounters], stack: ExitStack
) -> Joined:
    """Open the shards of a plan that are not done, each with a journal of this node.

    Args:
        ready: The plan.
        openers: Benchmark → what opens its shards.
        counters: Benchmark → its counters.
        stack: Closes the journals.

    Raises:
        NorthstarError: Earlier work has other chunks.
    """
    output_dir, node = ready.plan.output_dir, node_name(ready.plan)
    shards: dict[ShardName, OpenShard] = {}
    places: dict[ShardName, Place] = {}
    for name, mine in ready.shards.items():
        folder = benchmark_folder(output_dir, name)
        for shard in mine:
            finish_joining(folder, shard)
            if done_path(folder, shard) is not None:
                counters[name].skip(len(shard.rows))
                continue
            check_cut(folder, shard)
            journal = PartJournal(folder, shard, node, counters[name])
            stack.callback(journal.close)
            key = ShardName(name, shard.stem)
            shards[key] = openers[name].opened(shard, journal)
            places[key] = Place(shard, folder)

    def tokens_of(key: ShardName) -> float:
        """Look at this node's own answers once there are some; before that, at what is usual."""
        mine = counters[key.benchmark]
        known = mine.generated - mine.finished
        return mine.tokens / known if known >= KNOWN_SAMPLES and mine.tokens else shards[key].procedure.typical_tokens

    lease = lease_seconds()
    renew = min(RENEW_SECONDS, lease / 6)
    share = Share(
        Claims(pool_folder(output_dir), node), Leases(lease, renew), places, tokens_of, _earlier_life(ready.plan, node)
    )
    return Joined([*shards.values()], PooledSamples(share, shards, renew))


def lease_seconds() -> float:
    """Return how long a node may be silent before others take its work. Raises UsageError."""
    text = os.environ.get(LEASE_VARIABLE) or str(LEASE_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds < math.inf:
        raise UsageError(f"{LEASE_VARIABLE}={text} must be a number of seconds, 1 or more.")
    return seconds


def node_name(plan: Plan) -> str:
    """Name this life of this node; nobody has the name again: '17-4f2a9c1e' in Slurm's job 17."""
    place = _job(plan) or f"{socket.gethostname()}-{os.getpid()}"
    return f"{re.sub('[^A-Za-z0-9]+', '-', place)[:60]}-{secrets.token_hex(4)}"


def _job(plan: Plan) -> str:
    return os.environ.get("SLURM_JOB_ID", "") if plan.job is not None else ""


def _earlier_life(plan: Plan, node: str) -> Callable[[str], bool]:
    """Return whether a node is an earlier life of this one: a job that was queued again is gone where it was."""
    job = _job(plan)
    return lambda other: bool(job) and other != node and other.rpartition("-")[0] == job
