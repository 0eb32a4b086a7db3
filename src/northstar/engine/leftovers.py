"""What a kill leaves beside outputs: chunks that were put together, and journals that became outputs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import msgspec

from northstar.data.regular import check_regular
from northstar.engine.lock import Held, locked
from northstar.engine.output_files import output_files
from northstar.engine.unit import join_lock, unit_lock, whole_stem
from northstar.records import Times


def remove_leftovers(folder: Path) -> None:
    """Remove each chunk and journal all of whose generations are in an output beside it, unless it is being written.

    One that holds anything else stays where it is. Raises NorthstarError where the folder can't be written.
    """
    files = output_files(folder)
    outputs = {file.stem: file.path for file in files if not file.is_journal}
    for file in files:
        output = outputs.get(whole_stem(file.seed), outputs.get(file.stem))
        if output is not None and output != file.path:
            with ExitStack() as stack:
                try:
                    stack.enter_context(locked(join_lock(folder, file.seed), str(output)))
                    stack.enter_context(locked(unit_lock(folder, file.stem), str(output)))
                except Held:  # whoever writes it clears up
                    continue
                if _is_part_of(file.path, output):
                    file.path.unlink()


class _Line(Times, frozen=True):
    """A record, or a line of a journal: there the times are in the generation."""

    generation: Times | str | None = None


_line = msgspec.json.Decoder(_Line)


def _is_part_of(part: Path, whole: Path) -> bool:
    """Whether the one has no generation that the other has not; times tell them apart."""
    try:
        return _generations(part) <= _generations(whole)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):  # gone meanwhile, or damaged
        return False


def _generations(file: Path) -> set[tuple[float, float]]:
    found: set[tuple[float, float]] = set()
    check_regular(file)
    with file.open("rb") as lines:
        for line in map(_line.decode, lines):
            times = line.generation if isinstance(line.generation, Times) else line
            found.add((times.generation_start_time, times.generation_end_time))
    return found - {(0.0, 0.0)}  # what nobody was asked for
