"""Finds the judges that have judged a benchmark's outputs, and those that its tables show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from northstar.results.judgement_files import is_of_pairs, judge_of
from northstar.results.state import judgement_folders


def find_judgements(folder: Path, files: Sequence[Path]) -> dict[str, dict[Path, Path]]:
    """Return judge (its model, as its judgements name it) → output → judgements, for the outputs that it judged.

    The judge whose verdicts are in the records comes first, others follow by name.
    """
    found: dict[str, dict[Path, Path]] = {}
    for place in judgement_folders(folder):
        judged = {file: place / file.name for file in files if (place / file.name).exists()}
        if judged:
            name = judge_of(next(iter(judged.values()))) or place.name
            found[name if name not in found else place.name] = judged
    first = judge_of(files[0])
    return {name: found[name] for name in sorted(found, key=lambda name: (name != first, name))}


def compared_by(judges: Mapping[str, Mapping[Path, Path]]) -> dict[str, Mapping[Path, Path]]:
    """Return the judges that compared the answers with others."""
    return {name: judged for name, judged in judges.items() if is_of_pairs(next(iter(judged.values())))}


def judged_by(
    judges: Mapping[str, Mapping[Path, Path]], files: Sequence[Path], needs_judge: bool
) -> Mapping[str, Mapping[Path, Path | None]]:
    """Return judge → output → judgements, with '' for no judge.

    '' is included if there is no judge, or if none has judged all outputs of a benchmark that needs no judge.
    """
    all_judged = any(len(judged) == len(files) for judged in judges.values())
    without: Mapping[Path, Path | None] = dict.fromkeys(files)
    return dict(judges) if all_judged or (judges and needs_judge) else {"": without, **judges}
