"""Renames the judgement folders of earlier versions, so that their judgements still count."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

from northstar.core.atomic import cannot_write
from northstar.core.lock import Locks, locked
from northstar.provenance.results_name import JUDGED_BY, results_name
from northstar.results.judgement_files import judge_of
from northstar.results.layout import RUN_JSON, judged_folder, judgements_folder, path_of, shard_lock
from northstar.results.run_json import read_run_json
from northstar.results.state import output_files


def former_name(judge: str) -> str:
    """The folder name in earlier versions ('org/m' → 'org_m'), which several judges may share."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", judge).strip("_.") or "judge"


def folder_there(output_dir: Path, results: Path, judge: str) -> Path:
    """Return the folder that has this judge's judgements, under its old name if it was not renamed yet."""
    former, today = judgements_folder(results) / former_name(judge), judged_folder(results, judge)
    return former if _is_former(output_dir, results, judge, former, today) else today


def take_over(output_dir: Path, results: Path, judge: str) -> None:
    """Give the old folder of this judge's judgements its present name, unless it also holds another judge's.

    Args:
        output_dir: the output folder.
        results: the benchmark's folder in it.
        judge: the judge's name.

    Raises:
        NorthstarError: another process writes in the folder.
    """
    former, today = judgements_folder(results) / former_name(judge), judged_folder(results, judge)
    if not _is_former(output_dir, results, judge, former, today):
        return
    with locked(judgements_folder(results) / ".folders.lock", str(former), wait=True), ExitStack() as stack:
        if not _is_former(output_dir, results, judge, former, today):  # another process renamed it just now
            return
        locks = Locks(stack)
        for stem in sorted({file.stem for file in output_files(former)}):
            locks.take(shard_lock(former, stem), str(path_of(former, stem)))
        with cannot_write(today):
            former.rename(today)


def _is_former(output_dir: Path, results: Path, judge: str, former: Path, today: Path) -> bool:
    """Whether `former` is what `today` should be: the old folder of this judge alone."""
    if former == today or today.exists() or not former.is_dir():
        return False
    return _judges(output_dir, results, former) == {judge}


def _judges(output_dir: Path, results: Path, former: Path) -> set[str | None]:
    """The judges of what the folder holds: outputs name theirs, and run.json the ones of journals."""
    written = {judge_of(file.path) for file in output_files(former) if not file.is_journal}
    asked = {results_name(results.name, seed) + JUDGED_BY for seed in (None, 0)}
    named = {
        name.partition(JUDGED_BY)[2]
        for name in read_run_json(output_dir / RUN_JSON).get("results", {})
        if any(name.startswith(each) for each in asked)
    }
    return written | {judge for judge in named if former_name(judge) == former.name}
