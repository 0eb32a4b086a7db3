"""Writes the generations of the files as journals, one a seed; each appears whole, by a rename."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from northstar.config.settings import EvalSettings
from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation
from northstar.importing.found import Answer
from northstar.importing.survey import Survey, size_of
from northstar.models.reply.reasoning import ends_unopened, part_reasoning
from northstar.results.journal_line import FORMAT, Header, sealed
from northstar.results.layout import Shard, journal_path

_SEEDS_AT_ONCE = 128
"""Open files; the sources are read once for each so many seeds."""


def write_journals(folder: Path, shards: Sequence[Shard], survey: Survey, settings: EvalSettings) -> None:
    """Write the journal of each shard, in the benchmark's folder.

    Args:
        folder: The benchmark's folder.
        shards: The seeds to write; their rows are those of `survey.whole`, in order.
        survey: What the files hold.
        settings: How reasoning is told apart.

    Raises:
        NorthstarError: A file has changed since it was surveyed, or a journal cannot be written.
    """
    position = {row: place for place, row in enumerate(survey.whole)}
    for first in range(0, len(shards), _SEEDS_AT_ONCE):
        some = shards[first : first + _SEEDS_AT_ONCE]
        with ExitStack() as stack:
            files = {shard.seed: stack.enter_context(whole_file(journal_path(folder, shard))) for shard in some}
            for shard in some:
                header = Header(
                    journal=FORMAT, benchmark=shard.benchmark, seed=shard.seed, first_row=0, rows=len(shard.rows)
                )
                files[shard.seed].write(sealed(header) + b"\n")
            _write(files, position, survey, settings)


def _write(
    files: Mapping[int | None, BinaryIO], position: Mapping[int, int], survey: Survey, settings: EvalSettings
) -> None:
    for file in survey.files:
        path = file.source.path
        for record, found in enumerate(survey.sources.tool.read(path)):
            if record >= len(file.rows) or len(found.answers) != file.counts[record]:
                raise _changed(path)
            place = position.get(file.rows[record])
            if place is None:
                continue
            for seed, answer in zip(file.seeds(record), found.answers, strict=True):
                if seed in files:
                    line = {"row": place, "generation": as_generation(answer, settings)}
                    files[seed].write(sealed(line) + b"\n")
        if size_of(path) != file.size:
            raise _changed(path)


def _changed(path: Path) -> NorthstarError:
    return NorthstarError(f"{path} has changed while it was read; run the same command again.")


def as_generation(answer: Answer, settings: EvalSettings) -> Generation:
    """Return an answer as if a server had sent it: its reasoning told apart as in a run."""
    parse, end = settings.parse_reasoning, settings.end_reasoning_string
    parted = part_reasoning(answer.text, answer.reasoning, parse=parse, end=end)
    detected = parse is None and not (answer.reasoning or parted.unfinished)
    return Generation(
        generation=parted.answer,
        reasoning=parted.reasoning,
        reasoning_unfinished=parted.unfinished,
        end_not_found=parted.unfinished and not answer.reasoning,
        end_unopened=detected and ends_unopened(parted.reasoning, end),
        finish_reason=answer.finish_reason,
        num_generated_tokens=answer.generated_tokens,
        num_prompt_tokens=answer.prompt_tokens,
        generation_start_time=answer.started,
        generation_end_time=answer.ended,
    )
