"""The complete outputs of a benchmark's folder: what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from northstar.results.state import output_files, seeds_there


@dataclass(frozen=True)
class Outputs:
    """The files of one benchmark's folder; `notes` has a sentence for each that is incomplete."""

    greedy: Path | None
    seeds: tuple[Path, ...]
    notes: tuple[str, ...]


def find_outputs(folder: Path) -> Outputs:
    """Find the complete outputs of a benchmark's folder, seeds in order."""
    files = output_files(folder)
    greedy = next((file.path for file in files if file.is_whole and file.seed is None), None)
    seeds = tuple(file.path for file in files if file.is_whole and file.seed is not None)
    done = {file.seed for file in files if file.is_whole}
    unfinished = [seed for seed in seeds_there(folder) if seed not in done]
    return Outputs(greedy, seeds, _notes(unfinished, {file.seed for file in files if file.is_chunk}))


def _notes(unfinished: Sequence[int | None], chunked: AbstractSet[int | None]) -> tuple[str, ...]:
    """Return a sentence on the greedy generation, and one on all seeds, if they are not counted."""
    notes: list[str] = []
    for seeds in ([seed for seed in unfinished if seed is None], [seed for seed in unfinished if seed is not None]):
        if seeds:
            numbers = ", ".join(map(str, seeds))
            who = "the greedy generation" if seeds == [None] else f"seed{'s' if len(seeds) > 1 else ''} {numbers}"
            again = (
                "the same ns eval command goes on with it" if len(seeds) == 1 else "the same ns eval goes on with them"
            )
            how = "ns eval with all its --chunk_ids finishes it" if chunked & set(seeds) else again
            notes.append(f"{who} {'is' if len(seeds) == 1 else 'are'} not complete and not counted; {how}.")
    return tuple(notes)
