"""A hosted server whose processes another step of the job starts (step.py): reached over a connection to each rank."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.config.plan import ServerStep
from northstar.core.credentials import SECRET_ASSIGNMENT, SECRET_VARIABLE
from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed_json
from northstar.core.paths import PACKAGE
from northstar.core.regular import read_whole
from northstar.servers.hosting.process import Start, ended_by
from northstar.servers.hosting.server_log import log_end

POLL_SECONDS = 0.5
END_SECONDS = 60.0
ENDED = "ended"
"""The file in a step's folder that says that the step has ended, and how; its job script writes it."""
LOG = "step.log"


@dataclass(frozen=True)
class Rank:
    """Where one of the step's processes listens. devices: its CUDA_VISIBLE_DEVICES; None: it has none set."""

    host: str
    address: str
    port: int
    token: str
    devices: str | None


def step_path(word: str, step: ServerStep) -> str:
    """A word of a command, as the step sees the files: Northstar's own may lie elsewhere there."""
    own = f"{PACKAGE}/"
    return f"{step.code}/{PACKAGE.name}/{word[len(own) :]}" if word.startswith(own) else word


async def ranks_of(step: ServerStep, timeout: float) -> list[Rank]:
    """All ranks of the step, once they are there: pulling an image may take long.

    Raises NorthstarError when the step has ended, or isn't there in time.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    files = [step.folder / f"rank-{number}.json" for number in range(step.ranks)]
    while not all(file.exists() for file in files):
        late = asyncio.get_running_loop().time() > deadline
        if late or (step.folder / ENDED).exists():
            how = f"was not there after {timeout:g} s" if late else "ended before it was ready"
            raise NorthstarError(f"the server's step {how}.{_last_words(step)}")
        await asyncio.sleep(POLL_SECONDS)
    return [_read(file) for file in files]


class StepProcess:
    """One command, on each rank its own, with everything that they start; the end of one is the end of all."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []
        self._hearing: list[asyncio.Task[None]] = []
        self._ended: str | None = None

    @classmethod
    async def start(
        cls,
        ranks: Sequence[Rank],
        starts: Sequence[Start],
        log: Path,
        grace: float,
    ) -> StepProcess:
        """starts: one for each rank. log: as the step sees it. Ranks that can't be reached count as ended."""
        process = cls()
        for number, (rank, start) in enumerate(zip(ranks, starts, strict=True)):
            order: dict[str, Any] = {
                "token": rank.token,
                "command": list(start.command),
                "environment": dict(start.environment),
                "without": list(start.without),
                "passed": list(start.passed),
                "secret": SECRET_VARIABLE,
                "assigned": SECRET_ASSIGNMENT,
                "log": str(log if number == 0 else log.with_name(f"{log.stem}-node{number}{log.suffix}")),
                "grace": grace,
            }
            host = "127.0.0.1" if number == 0 else rank.host
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection(host, rank.port), 30)
            except (OSError, TimeoutError):
                process._ended = f"lost its step on {rank.host}"
                break
            process._writers.append(writer)
            writer.write(json.dumps(order).encode() + b"\n")
            process._hearing.append(asyncio.ensure_future(process._hear(reader, rank.host)))
        return process

    @property
    def ended(self) -> str | None:
        """How it ended, in words; None while it runs."""
        return self._ended

    async def end(self, *, now: bool = False) -> None:
        """End all of it, and wait until it is gone. now: kill, don't ask first."""
        for writer in self._writers:
            with suppress(OSError):
                writer.write(b"!" if now else b".")
        if self._hearing:
            await asyncio.wait(self._hearing, timeout=END_SECONDS)
        for hearing in self._hearing:
            hearing.cancel()
        for writer in self._writers:
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader, host: str) -> None:
        ended = f"lost its step on {host}"
        with suppress(OSError, ValueError):
            while line := await reader.readline():
                if (status := json.loads(line).get("status")) is not None:
                    ended = ended_by(int(status))
        self._ended = self._ended or ended


def _read(file: Path) -> Rank:
    """What a rank said of itself; a word that is no address, or a port that is none, is asked of nobody."""
    try:
        rank = Rank(**parsed_json(read_whole(file)))
    except (OSError, Malformed, TypeError) as error:
        raise NorthstarError(f"cannot read {file}: {error}.") from None
    words = (rank.host, rank.address)
    named = all(isinstance(word, str) and re.fullmatch(r"[A-Za-z0-9:][A-Za-z0-9_.:%-]*", word) for word in words)
    has_port = isinstance(rank.port, int) and not isinstance(rank.port, bool) and 0 < rank.port < 2**16
    texts = isinstance(rank.token, str) and (rank.devices is None or isinstance(rank.devices, str))
    if not (named and has_port and texts):
        raise NorthstarError(f"{file} does not say where the server's step listens; was it changed?")
    return rank


def _last_words(step: ServerStep) -> str:
    lines = log_end(step.folder / LOG, 8)
    return "".join(f"\n  {line[:200]}" for line in [f"The end of {step.folder / LOG}:", *lines]) if lines else ""
