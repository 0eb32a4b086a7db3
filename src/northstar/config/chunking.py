"""Reads which parts of the rows a run covers: --num_chunks and --chunk_ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from northstar.config.plan import Chunks
from northstar.core.errors import UsageError

MOST_CHUNKS = 100_000


def parse_chunks(num_chunks: int | None, chunk_ids: str | None) -> Chunks:
    """Parse --num_chunks=8 --chunk_ids=0,3..5 into Chunks(8, (0, 3, 4, 5)); without ids, all of them."""
    if num_chunks is None:
        if chunk_ids is not None:
            raise UsageError("--chunk_ids needs --num_chunks, the number of parts the rows are cut into.")
        return Chunks()
    if not 1 <= num_chunks <= MOST_CHUNKS:
        raise UsageError(f"--num_chunks={num_chunks} must lie between 1 and {MOST_CHUNKS}.")
    if chunk_ids is None:
        return Chunks(count=num_chunks, ids=tuple(range(num_chunks)))
    return Chunks(count=num_chunks, ids=tuple(sorted(set(_ids(chunk_ids, num_chunks)))))


def _ids(text: str, count: int) -> Sequence[int]:
    ids: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:\s*(?:\.\.|-)\s*(\d{1,9}))?\s*", part)
        if match is None:
            raise UsageError(f"--chunk_ids='{text}' must be numbers like 0,3 or a range like 0-3.")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise UsageError(f"--chunk_ids='{text}': {first} to {last} runs backwards; write {last}-{first}.")
        if last >= count:
            raise UsageError(f"--chunk_ids='{text}' must lie between 0 and {count - 1} (--num_chunks={count}).")
        ids += range(first, last + 1)
    return ids
