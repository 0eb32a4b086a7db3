"""progress.json: a worker's progress, written now and then, so that `ns status` reads only small files."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from northstar.core.atomic import whole_file
from northstar.core.clock import monotonic, wall
from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import read_whole
from northstar.core.text import storable
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import RunCounters, Stage
from northstar.progress.facts import Facts, facts_of
from northstar.progress.waiting import LOOK_SECONDS, SILENT_SECONDS, Reminder, Silence, waiting_for
from northstar.results.layout import judge_folder_name, shard_key

NAME = "progress.json"
WRITE_SECONDS = 10.0
STALE_SECONDS = 60.0
"""A worker silent for this long counts as dead if nothing else tells."""


class ShardProgress(msgspec.Struct, omit_defaults=True):
    """Progress of one shard.

    Attributes:
        rows: Rows to do.
        generated, graded: Rows done so far.
        tokens: Tokens generated in all.
        speed: Tokens per second now.
        asked: Whether this worker has asked any of its rows.
    """

    rows: int
    generated: int = 0
    graded: int = 0
    tokens: int = 0
    speed: float = 0.0
    asked: bool = False


class Progress(msgspec.Struct, omit_defaults=True):
    """Progress of one job's worker.

    Attributes:
        slurm_job: The number of its Slurm job.
        updated: Unix seconds.
        lives: How often it was started.
        stage: What it does, in words.
        preparing: It cannot ask anything yet.
        ending: How it ended; None while it works. `error` says why, if it failed.
        silent: Seconds without news; once that is long, `waiting` says for what.
        growth: Benchmark → how well its mean is known, and about how many seeds it still takes, for a range of seeds.
        facts: What the display shows; None from an earlier version.
    """

    host: str = ""
    process: int = 0
    slurm_job: str = ""
    updated: float = 0.0
    lives: int = 1
    stage: str = ""
    preparing: bool = False
    ending: str | None = None
    error: str = ""
    open: int = 0
    errors: int = 0
    retries: int = 0
    last_failure: str = ""
    notice: str = ""
    silent: float = 0.0
    waiting: str = ""
    shards: dict[str, ShardProgress] = {}
    growth: dict[str, str] = {}
    facts: Facts | None = None


_decode = msgspec.json.Decoder(Progress).decode
_encode = msgspec.json.Encoder().encode


def read_progress(folder: Path) -> Progress | None:
    """Return what the job's worker last wrote; None if there is nothing, or nothing readable."""
    try:
        return parsed(read_whole(folder / NAME), _decode)
    except (OSError, Malformed, NorthstarError):
        return None


class ProgressFile:
    """Writes a job's progress.json; `folder` returns where, or None while there is nothing to write."""

    def __init__(self, folder: Callable[[RunCounters], Path | None], silent: float = SILENT_SECONDS) -> None:
        """Set up the file; `silent`: seconds without news after which it says what the run waits for."""
        self._folder = folder
        self._silent = silent
        self._tokens_before: dict[str, int] = {}
        self._lives: int | None = None
        self._silence = Silence()

    async def keep(self, counters: RunCounters) -> None:
        """Write the file now and then, until cancelled."""
        pause, due = 0.5, 0.0  # the first write comes soon
        reminder = Reminder(self._silent)
        while True:
            is_news = reminder.is_due(self._silence.seconds(counters))
            if is_news or monotonic() >= due:
                self.write(counters)
                due = monotonic() + pause
                pause = min(2 * pause, WRITE_SECONDS)
            await asyncio.sleep(min(LOOK_SECONDS, self._silent / 2))

    def write(self, counters: RunCounters, ending: str | None = None, error: str = "") -> None:
        """Write the file now; note a failure in `counters` and try again next time."""
        with surviving(counters, "ns status and ns cancel do not know this run"):
            if (folder := self._folder(counters)) is not None:
                with surviving(counters, "ns status does not see how far this run is"):
                    self._write(folder, self._snapshot(counters, ending, error))

    def _write(self, folder: Path, progress: Progress) -> None:
        if self._lives is None:
            before = read_progress(folder)
            self._lives = 1 if before is None else before.lives + 1
        progress.lives = self._lives
        with whole_file(folder / NAME, durable=False) as file:
            file.write(_encode(progress))

    def _snapshot(self, counters: RunCounters, ending: str | None, error: str) -> Progress:
        all_counters = (counters, *counters.judging)
        silent = 0.0 if ending else self._silence.seconds(counters)
        return Progress(
            host=socket.gethostname(),
            process=os.getpid(),
            slurm_job=os.environ.get("SLURM_JOB_ID", ""),
            updated=wall(),
            stage=counters.doing,
            preparing=counters.stage is Stage.PREPARING and not ending,
            ending=ending,
            error=storable(error),
            open=counters.left_open,
            errors=sum(part.errors for each in all_counters for part in each.benchmarks.values()),
            retries=sum(each.retries for each in all_counters),
            last_failure=storable(next((each.last_failure for each in all_counters if each.last_failure), "")[:300]),
            notice=storable(counters.server.notice[:300]),
            silent=round(silent, 1),
            waiting=waiting_for(counters, silent) if silent >= self._silent else "",
            shards={key: shard for each in all_counters for key, shard in self._shards(each, ending)},
            growth={name: part.growth for name, part in counters.benchmarks.items() if part.growth},
            facts=facts_of(counters),
        )

    def _shards(self, counters: RunCounters, ending: str | None) -> list[tuple[str, ShardProgress]]:
        found = []
        for open_shard in counters.shards or ():
            shard, journal = open_shard.shard, open_shard.journal
            key = shard_key(shard.benchmark, shard.stem, judge_folder_name(counters.judge) if counters.judge else None)
            before = self._tokens_before.setdefault(key, journal.tokens)
            asking = monotonic() - counters.asking_since if counters.asking_since is not None else 0.0
            still = ending or journal.complete or not asking or counters.tokens_per_second is None
            speed = 0.0 if still else (journal.tokens - before) / max(asking, 1e-3)
            found.append(
                (
                    key,
                    ShardProgress(
                        rows=len(shard.rows),
                        generated=journal.generations,
                        graded=journal.grades,
                        tokens=journal.tokens,
                        speed=round(speed, 1),
                        asked=id(open_shard) in counters.asked,
                    ),
                )
            )
        return found
