"""Decides what of an output folder is done, begun or absent; no other module does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from northstar.core.regular import check_regular, is_there
from northstar.results.layout import (
    OutputFile,
    Shard,
    folders_there,
    judgements_folder,
    output_file,
    output_path,
    regradings_folder,
    shard_key,
    whole_and_cut,
    whole_path,
)

_GENERATION = re.compile(rb'"row":([0-9]+),"generation":\{')
_LONGEST_START = 80
"""Bytes of a line in which its key stands, before any text of the model's."""


def output_files(folder: Path) -> list[OutputFile]:
    """Return the folder's outputs and journals, the greedy generation first, then by seed; [] without a folder."""
    found = [output_file(path) for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(
        (file for file in found if file is not None),
        key=lambda file: (-1 if file.seed is None else file.seed, file.path.name),
    )


def current_files(files: Sequence[OutputFile]) -> list[OutputFile]:
    """Return those files that hold a shard's newest answers: its output, else its journal; no parts of a whole seed."""
    whole = {file.seed for file in files if file.is_whole}
    outputs = {file.stem for file in files if not file.is_journal}
    return [
        file
        for file in files
        if (file.is_whole or file.seed not in whole) and not (file.is_journal and file.stem in outputs)
    ]


def stems_there(folder: Path, seed: int | None) -> set[str]:
    """Return the stems of all files of a seed: its whole output, its journal, and chunks of any number."""
    return {file.stem for file in output_files(folder) if file.seed == seed}


def seeds_there(folder: Path, *, whole: bool = False) -> list[int | None]:
    """Return the seeds of which a folder has anything (or, if `whole`, all records); None is greedy."""
    files = output_files(folder)
    return list(dict.fromkeys(file.seed for file in files if file.is_whole or not whole))


def has_generations(folder: Path, seed: int | None) -> bool:
    """Return whether anything of this seed was generated."""
    return any(holds_answers(file) for file in output_files(folder) if file.seed == seed)


def holds_answers(file: OutputFile) -> bool:
    """Return whether a file has answers: it is an output, or a journal with more than its header.

    Raises NorthstarError if a journal is not a regular file.
    """
    if not file.is_journal:
        return True
    check_regular(file.path)
    try:
        with file.path.open("rb") as lines:
            return len([*zip(range(2), lines, strict=False)]) == 2
    except FileNotFoundError:
        return False


def generations_in(journal: Path) -> int:
    """Count the rows of a journal that have a generation, without decoding any; 0 if there is no such file.

    Raises NorthstarError if it is not a regular file.
    """
    try:
        check_regular(journal)
        with journal.open("rb") as lines:
            found = (_GENERATION.search(line, 0, _LONGEST_START) for line in lines)
            return len({match[1] for match in found if match is not None})
    except FileNotFoundError:
        return 0


def done_path(folder: Path, shard: Shard) -> Path | None:
    """Return the whole seed's output if it exists, else the shard's own, else None: not done.

    Raises NorthstarError if something other than a regular file stands in its place.
    """
    found = (whole_path(folder, shard.seed), output_path(folder, shard))
    return next((path for path in found if is_there(path)), None)


def judgement_folders(results: Path) -> list[Path]:
    """Return the folders of the judges that have judged a benchmark."""
    folder = judgements_folder(results)
    return sorted(child for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []


def regraded_folders(results: Path) -> list[Path]:
    """Return the folders of a benchmark's regradings, by name."""
    folder = regradings_folder(results)
    return sorted(child for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []


def shard_files(output_dir: Path) -> Iterator[tuple[str, OutputFile]]:
    """Yield key and file of each output, and of each journal whose shard has no output."""
    for name, folder in folders_there(output_dir).items():
        places: list[tuple[str | None, Path]] = [(None, folder)]
        places += [(each.name, each) for each in judgement_folders(folder)]
        for judge, place in places:
            files = output_files(place)
            for file in sorted(files, key=lambda file: not file.is_journal):  # an output wins over a journal
                yield shard_key(name, file.stem, judge), file


def is_done(key: str, files: Mapping[str, OutputFile]) -> bool:
    """Return whether a shard's records exist, by its key; `files` as `shard_files` yields them."""
    file = files.get(key) or files.get(whole_and_cut(key)[0])
    return file is not None and not file.is_journal


def finished_shards(results: Path, benchmark: str, seeds: Sequence[int | None]) -> list[Shard]:
    """The whole outputs of these seeds, as shards."""
    return [Shard(benchmark, seed, range(lines_of(whole_path(results, seed)))) for seed in seeds]


def lines_of(path: Path) -> int:
    """Count the records of an output. Raises NorthstarError if it is not a regular file."""
    check_regular(path)
    with path.open("rb") as file:
        return sum(1 for _ in file)


@dataclass(frozen=True)
class Outputs:
    """The files of one benchmark's folder; `notes` has a sentence for each that is incomplete."""

    greedy: Path | None
    seeds: tuple[Path, ...]
    notes: tuple[str, ...]

    @property
    def counted(self) -> tuple[Path, ...]:
        """The files of the seeds, or that of the greedy generation where there are no seeds."""
        return self.seeds or (() if self.greedy is None else (self.greedy,))


def find_outputs(folder: Path, command: str = "ns eval") -> Outputs:
    """Find the complete outputs of a benchmark's folder, seeds in order; `command` goes on with the others."""
    files = output_files(folder)
    greedy = next((file.path for file in files if file.is_whole and file.seed is None), None)
    seeds = tuple(file.path for file in files if file.is_whole and file.seed is not None)
    done = {file.seed for file in files if file.is_whole}
    unfinished = [seed for seed in seeds_there(folder) if seed not in done]
    return Outputs(greedy, seeds, _notes(unfinished, {file.seed for file in files if file.is_chunk}, command))


def _notes(unfinished: Sequence[int | None], chunked: AbstractSet[int | None], command: str) -> tuple[str, ...]:
    """Return a sentence on the greedy generation, and one on all seeds, if they are not counted."""
    notes: list[str] = []
    for seeds in ([seed for seed in unfinished if seed is None], [seed for seed in unfinished if seed is not None]):
        if seeds:
            numbers = ", ".join(map(str, seeds))
            who = "the greedy generation" if seeds == [None] else f"seed{'s' if len(seeds) > 1 else ''} {numbers}"
            again = (
                f"the same {command} command goes on with it"
                if len(seeds) == 1
                else f"the same {command} goes on with them"
            )
            how = "ns eval with all its --chunk_ids finishes it" if chunked & set(seeds) else again
            notes.append(f"{who} {'is' if len(seeds) == 1 else 'are'} not complete and not counted; {how}.")
    return tuple(notes)
