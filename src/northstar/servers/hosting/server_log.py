"""Reads the end of a server's log, and what it says about a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular
from northstar.models.secrets import without_secrets_of_a_log

TAIL_BYTES = 256 * 2**10
_ERROR = re.compile(r"\b([A-Z]\w*(?:Error|Exception): .+)")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")


class KnownFailure(NamedTuple):
    """pattern: of the server's own words, upper and lower case alike. cause: a sentence; {0} is its first group."""

    pattern: str
    cause: str


def new_log(log: Path) -> Path:
    """An empty file of that name; where there is one, of the next: vllm-server.log, vllm-server.2.log, …

    So nobody else writes there: no earlier life, and no other command that uses the folder at the same time.
    """
    path, number = log, 1
    while True:
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
            path = log.with_name(f"{log.stem}.{number}{log.suffix}")
        else:
            return path


def log_tail(log: Path) -> list[str]:
    """The last lines without empty ones; of a progress bar its last state; safe for a terminal."""
    try:
        check_regular(log)
        with log.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(0, end - TAIL_BYTES))
            text = _ESCAPES.sub("", file.read().decode("utf-8", "replace"))
    except (OSError, NorthstarError):
        return []
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return [shown for line in lines if (shown := _shown(line))]


def log_end(log: Path, lines: int) -> list[str]:
    """The last lines, as they may be shown and written elsewhere: without keys."""
    return [without_secrets_of_a_log(line) for line in log_tail(log)[-lines:]] if lines else []


def likely_cause(lines: Sequence[str], known: Iterable[KnownFailure]) -> str | None:
    """The first of `known` that the log speaks of: what comes first in `known` is the more telling."""
    text = "\n".join(lines)
    for failure in known:
        if found := re.search(failure.pattern, text, re.IGNORECASE):
            return failure.cause.format(*(group or "" for group in found.groups()))
    return None


def failure_screen(what: str, log: Path, lines: Sequence[str], known: Iterable[KnownFailure], last: int = 12) -> str:
    """What went wrong, the likely cause and the last lines of the log, on one screen."""
    end = [without_secrets_of_a_log(line) for line in lines[-last:]]
    said = "\n".join(f"  {line if len(line) <= 200 else line[:199] + '…'}" for line in end) or "  (nothing)"
    return f"{with_cause(what, cause_of(what, lines, known))}\nThe end of {log}:\n{said}"


def cause_of(what: str, lines: Sequence[str], known: Iterable[KnownFailure]) -> str:
    """The likely cause of `what` in a sentence, by the log's words or by the end alone; '' where nothing tells it."""
    cause = likely_cause(lines, known) or likely_cause([what], OF_ITS_END) or _last_error(lines) or ""
    return without_secrets_of_a_log(cause)


def with_cause(what: str, cause: str) -> str:
    return f"{what} Likely cause: {cause}" if cause else what


def _last_error(lines: Sequence[str]) -> str | None:
    """The last exception that a log names, unless it only points to another."""
    errors = [found[1] for line in lines if (found := _ERROR.search(line)) and "root cause" not in line]
    return f"{errors[-1][:300].rstrip('.')}." if errors else None


OF_ITS_END = (
    KnownFailure("SIGKILL", "the system killed it for want of memory, unless a person or a scheduler did."),
    KnownFailure("SIGILL", "its build is for another kind of processor."),
)
"""What its end alone says, where the log says nothing."""


def _shown(line: str) -> str:
    return "".join(character if character.isprintable() else " " for character in line).rstrip()


PYTHON_SERVERS = (
    KnownFailure(
        r"(?:CUDA|HIP|NPU) out of memory|torch\.OutOfMemoryError|cuda error.{0,40}out of memory",
        "the GPU's memory is too small: more --server_gpus, a shorter context, or less of it for the cache.",
    ),
    KnownFailure(
        r"std::bad_alloc|\bMemoryError\b|Cannot allocate memory|can't allocate memory|unable to mmap|failed to mmap",
        "this machine, or the job's limit, has too little memory.",
    ),
    KnownFailure(
        r"Resource temporarily unavailable|can't start new thread|pthread_create",
        "a limit on the memory or the processes of this job is reached.",
    ),
    KnownFailure(
        r"No space left on device.{0,80}shm|/dev/shm.{0,80}(?:No space|too small)|insufficient shared memory",
        "/dev/shm is too small; in a container give it more (--shm-size).",
    ),
    KnownFailure(
        r"GatedRepoError|Access to model .{0,80} is restricted|is a gated repo",
        "the model is gated: ask for access on its page, and set HF_TOKEN.",
    ),
    KnownFailure(
        r"RepositoryNotFoundError|is not a local folder and is not a valid model identifier|"
        r"Repo id must be in the form|Can't load the configuration of|does not appear to have a file named config",
        "there is no such model, or it can't be read; check --model (and HF_TOKEN, if it is private).",
    ),
    KnownFailure(
        r"LocalEntryNotFoundError|OfflineModeIsEnabled|couldn't connect to 'https://huggingface\.co'",
        "the model is not on this machine and the hub can't be reached; give --model the path of its folder.",
    ),
    KnownFailure(r"unrecognized arguments?:? (.+)", "the server has no argument {0}; check --server_args."),
    KnownFailure(r"error: (argument [^\n]+)", "{0}; check --server_args."),
    KnownFailure(
        r"address already in use|Errno 98", "its port is taken by another program; leave --port out of --server_args."
    ),
    KnownFailure(
        r"No CUDA GPUs are available|Failed to infer device type|no NVIDIA driver|CUDA-capable device|"
        r"Torch not compiled with CUDA",
        "it finds no GPU here; --server_gpus=0 runs it on the CPU, if its build can.",
    ),
    KnownFailure(r"No module named '?([\w.]+)", "its environment lacks the package {0}; check --server_python."),
)
"""What servers written in Python say when they can't start, in the words of torch, huggingface_hub and argparse."""
