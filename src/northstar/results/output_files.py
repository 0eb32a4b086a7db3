"""What a benchmark's folder holds, by its files' names: whole outputs, chunks, and journals of what is under way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import check_regular

_NAME = re.compile(
    r"(?P<stem>output(?:-rs(?P<seed>0|[1-9][0-9]*))?(?P<chunk>_chunk_[0-9]+-of-[0-9]+)?)\.jsonl(?P<journal>\.journal)?"
)


_Record = TypeVar("_Record")


class OutputFile(NamedTuple):
    """One file. seed: None for the greedy generation. stem: its name without endings."""

    path: Path
    stem: str
    seed: int | None
    is_chunk: bool
    is_journal: bool

    @property
    def is_whole(self) -> bool:
        """Whether it holds a seed's records, all of them."""
        return not self.is_chunk and not self.is_journal


def output_files(folder: Path) -> list[OutputFile]:
    """The folder's outputs and journals: the greedy generation first, then seeds in order. No folder has none."""
    found = [output_file(path) for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(
        (file for file in found if file is not None),
        key=lambda file: (-1 if file.seed is None else file.seed, file.path.name),
    )


def stems_there(folder: Path, seed: int | None) -> set[str]:
    """The stems of all files of one seed: of its whole output, its journal, and of chunks, however they were cut."""
    return {file.stem for file in output_files(folder) if file.seed == seed}


def seeds_there(folder: Path, *, whole: bool = False) -> list[int | None]:
    """The seeds that a folder holds anything of (or, if `whole`, all records of); None is the greedy generation."""
    files = output_files(folder)
    return list(dict.fromkeys(file.seed for file in files if file.is_whole or not whole))


def has_generations(folder: Path, seed: int | None) -> bool:
    """Whether anything of this seed was generated."""
    return any(holds_answers(file) for file in output_files(folder) if file.seed == seed)


def holds_answers(file: OutputFile) -> bool:
    """Whether anything in it was generated: it is an output, or a journal with more than its header, still there.

    Raises NorthstarError where a journal is no file.
    """
    if not file.is_journal:
        return True
    check_regular(file.path)
    try:
        with file.path.open("rb") as lines:
            return len([*zip(range(2), lines, strict=False)]) == 2
    except FileNotFoundError:
        return False


def parsed_record(path: Path, number: int, line: bytes, decode: Callable[[bytes], _Record]) -> _Record:
    """Line `number`, from 1, of an output or of judgements. Raises NorthstarError that names it."""
    try:
        return parsed(line, decode)
    except Malformed as error:
        raise NorthstarError(
            f"{path}, line {number}: not a record ({error}). Restore the file, or move it away and run the same "
            "command again to have its rows asked anew."
        ) from None


def output_file(path: Path) -> OutputFile | None:
    """What a path is by its name; None for anything else."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    seed = None if match["seed"] is None else int(match["seed"])
    return OutputFile(path, match["stem"], seed, match["chunk"] is not None, match["journal"] is not None)
