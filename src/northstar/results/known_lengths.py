"""How long rows took in completed seeds, so that the queue can start long ones first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.records import Times
from northstar.core.regular import check_regular
from northstar.results.state import output_files

_times = msgspec.json.Decoder(Times)


def known_lengths(folder: Path, most_files: int = 4) -> Iterator[tuple[int, float]]:
    """Yield (row, seconds) of the generations in a benchmark folder's complete outputs.

    A few seeds are enough. An unreadable file is skipped: the queue only plans less well, and `ns summarize_results`
    reports the error.
    """
    whole = [file.path for file in output_files(folder) if file.is_whole]
    for path in whole[:most_files]:
        try:
            check_regular(path)
            with path.open("rb") as lines:
                for row, line in enumerate(lines):
                    times = parsed(line, _times.decode)
                    yield row, times.generation_end_time - times.generation_start_time
        except (OSError, NorthstarError, Malformed):
            continue
