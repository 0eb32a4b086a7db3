"""Adds up the tokens that an output folder has spent, from its outputs and journals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from northstar.config.bounds.limits import Limits
from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular
from northstar.engine.limits.spending import Spending
from northstar.results.journal_line import DAMAGE
from northstar.results.layout import OutputFile, judge_folder_name, results_folder
from northstar.results.state import current_files, judgement_folders, output_files


class _Tokens(msgspec.Struct):
    num_prompt_tokens: int | None = None
    num_generated_tokens: int | None = None

    @property
    def counts(self) -> tuple[int, int]:
        return self.num_prompt_tokens or 0, self.num_generated_tokens or 0


class _Line(msgspec.Struct):
    """A line of a journal; its header has no row."""

    row: int = -1
    generation: _Tokens | None = None
    turn: _Tokens | None = None


_record = msgspec.json.Decoder(_Tokens)
_line = msgspec.json.Decoder(_Line)


def spending_of(limits: Limits, output_dir: Path) -> Spending:
    """Return what the folder has spent so far. Raises NorthstarError if a judge's price is not known."""
    spending = Spending(limits)
    if limits.tokens is None and not limits.prices:
        return spending
    judges = {judge_folder_name(judge): judge for judge in limits.prices if judge}
    root = results_folder(output_dir)
    for folder in sorted(child for child in root.iterdir() if child.is_dir()) if root.is_dir() else ():
        for judge, place in (("", folder), *((each.name, each) for each in judgement_folders(folder))):
            if judge and limits.cost is not None and judge not in judges:
                raise NorthstarError(
                    f"--max_cost: {place} holds what another judge has spent, and --prices was not asked for its "
                    "price: name that judge, or choose another --output_dir."
                )
            for file in current_files(output_files(place)):
                for prompt, generated in _counts(file):
                    spending.count(judges.get(judge, judge), prompt, generated)
    spending.before = spending.tokens
    return spending


def _counts(file: OutputFile) -> Iterator[tuple[int, int]]:
    """Yield prompt and generated tokens of each answer; a line that can't be read, of which others tell, has none."""
    check_regular(file.path)
    turns: dict[int, list[tuple[int, int]]] = {}
    with file.path.open("rb") as lines:
        for line in lines:
            try:
                if not file.is_journal:
                    yield _record.decode(line).counts
                    continue
                found = _line.decode(line)
            except DAMAGE:
                continue
            if found.turn is not None:
                turns.setdefault(found.row, []).append(found.turn.counts)
            elif found.generation is not None:
                # It sums up its turns, but for those of an attempt that began again.
                begun = turns.pop(found.row, [])
                prompt, generated = found.generation.counts
                yield max(prompt, sum(each[0] for each in begun)), max(generated, sum(each[1] for each in begun))
    for each in turns.values():
        yield from each
