"""Computes the numbers of a benchmark's folder by each of its judges, with notes for their reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from northstar.benchmarks.registry import find_known
from northstar.metrics.answers import BY_ANSWER, BY_PAIR, AnswerMetrics
from northstar.metrics.pairs import PairMetrics
from northstar.provenance.differences import IMPORTED
from northstar.provenance.older_graders import is_regraded, older_grader
from northstar.provenance.provenance import described, first_answered_by
from northstar.provenance.results_name import JUDGED_BY, results_name
from northstar.reports.answers import Tally
from northstar.reports.judges import compared_by, find_judgements, judged_by
from northstar.reports.notes import judge_notes, notes_of
from northstar.reports.numbers.guessed import metrics_by_record
from northstar.reports.numbers.paces import pace_notes
from northstar.reports.numbers.panel import Panel
from northstar.reports.numbers.part import Counted, Part
from northstar.reports.read import Results, read_results
from northstar.reports.run_notes import check_whole, gap_notes, imported_note, tool_notes, ungraded_note
from northstar.reports.seeds import seeds_note
from northstar.reports.unopened import is_prompt_seen, unopened_note
from northstar.results.layout import output_dir_of, whole_stem
from northstar.results.regradings import is_of
from northstar.results.state import find_outputs, judgement_folders, output_files, regraded_folders
from northstar.task.benchmark import Benchmark
from northstar.task.judge import YES_OR_NO


@dataclass(frozen=True)
class SummedUp:
    """The numbers of a folder.

    Attributes:
        parts: By judge; '' for unjudged outputs.
        regraded: The numbers of new grades, by the name of the regrading.
        panel: Those of several judges together; without judges, if there are no two.
        uncounted: A sentence for everything that the numbers leave out.
        notes: What to know about the counted answers.
        imported: The tools that generated the answers, if all of them were imported.
    """

    parts: dict[str, Part]
    uncounted: list[str]
    notes: list[str]
    regraded: dict[str, Part] = field(default_factory=dict)
    panel: Panel = field(default_factory=Panel)
    imported: str | None = None


def summed_up(
    folder: Path,
    extra: Sequence[Path],
    max_samples: int | None,
    regradings: Sequence[str] | None = None,
    majority: str = BY_ANSWER,
) -> SummedUp:
    """Compute the numbers of a folder's complete outputs. Raises NorthstarError.

    `regradings`: only these; None for all. `majority`: see AnswerMetrics.
    """
    output_dir = output_dir_of(folder)
    imported = any(IMPORTED in described(output_dir, results_name(folder.name, seed)) for seed in (None, 0))
    outputs, tools = find_outputs(folder, "ns import" if imported else "ns eval"), set[str | None]()
    found = SummedUp({}, list(outputs.notes), [])
    for files in ((outputs.greedy,) if outputs.greedy else (), outputs.seeds):
        if files:
            known = find_known(folder.name, extra)
            _add(found, folder, files, known, max_samples, majority)
            for place in regraded_folders(folder):
                if regradings is None or place.name in regradings:
                    _add_regraded(found, place, files, known, max_samples)
            stored = described(output_dir, results_name(folder.name, _seed_of(files[0])))
            tool = stored.get(IMPORTED)
            tools.add(tool if isinstance(tool, str) else None)
            if isinstance(tool, str):
                found.notes.append(imported_note(tool, stored, greedy=_seed_of(files[0]) is None))
    return replace(found, imported=" and ".join(sorted(filter(None, tools)))) if tools and None not in tools else found


def _seed_of(file: Path) -> int | None:
    return None if file.stem == whole_stem(None) else 0


def counted_results(
    folder: Path,
    files: Sequence[Path],
    known: Benchmark | None,
    max_samples: int | None,
    uncounted: list[str],
    *,
    with_texts: bool = True,
    majority: str = BY_ANSWER,
) -> dict[str, Counted]:
    """Read outputs by each of their judges, the main one first; '' for unjudged ones.

    Args:
        folder: The benchmark's folder.
        files: Complete outputs of one kind: the greedy one, or those of the seeds.
        known: The benchmark; None if nobody knows it.
        max_samples: Only the first rows.
        uncounted: Gets a sentence for everything that is left out.
        with_texts: Whether texts are compared between seeds, for the notes.
        majority: What majority@k counts of judged answers; see AnswerMetrics.

    Raises:
        NorthstarError: A file is damaged, or has other rows than were asked.
    """
    metrics = known.metrics if known is not None else metrics_by_record(files[0])
    output_dir, name = output_dir_of(folder), results_name(folder.name, _seed_of(files[0]))
    judged_metrics = metrics if metrics.judged else metrics.with_judge()
    if isinstance(judged_metrics, AnswerMetrics) and majority == BY_PAIR:
        judged_metrics = judged_metrics.by_pairs()
    judges = find_judgements(folder, files)
    pairs = compared_by(judges)
    if not isinstance(metrics, PairMetrics):  # verdicts of other kinds than its own stand after these
        judges = {name: judged for name, judged in judges.items() if name not in pairs}
    if judged_metrics is None and judges:
        uncounted.append(f"its score has no place for verdicts; those of {', '.join(judges)} aren't counted.")
        judges = {}
    if metrics.judged and not judges:
        uncounted.append(f"nothing is judged; ns judge {output_dir or '…'} does it.")
    counted: dict[str, Counted] = {}
    for judge, judged in {**judged_by(judges, files, metrics.judged), **pairs}.items():
        mine = [file for file in files if file in judged]
        if left := len(files) - len(mine):
            uncounted.append(f"{left} of {len(files)} outputs aren't judged by {judge} and not counted.")
        verdicts = [path for path in (judged[file] for file in mine) if path is not None]
        mine_metrics = judged_metrics if judge and judged_metrics is not None else metrics
        mine_metrics = PairMetrics(metrics.subset) if judge in pairs else mine_metrics
        tools = known is None or known.calls_tools
        results = read_results(
            mine,
            mine_metrics,
            verdicts if judge else None,
            max_samples,
            calls_count=tools,
            with_texts=with_texts,
            offers_tool=known is not None and bool(known.offers),
        )
        if max_samples is None:
            check_whole(output_dir, name, mine[0], len(results.scores.tokens))
        counted[judge] = Counted(name, mine_metrics, results)
    return counted


def _add(
    found: SummedUp,
    folder: Path,
    files: Sequence[Path],
    known: Benchmark | None,
    max_samples: int | None,
    majority: str,
) -> None:
    """Add the greedy generation, or all seeds."""
    output_dir, name = output_dir_of(folder), results_name(folder.name, _seed_of(files[0]))
    by_judge = counted_results(folder, files, known, max_samples, found.uncounted, majority=majority)
    for judge, counted in by_judge.items():
        found.parts.setdefault(judge, Part()).add(counted.metrics, counted.results)
        if judge == next(iter(by_judge)):
            found.notes.extend(_notes(counted.results, output_dir, name, folder.name))
        if counted.results.judgements is not None:
            found.notes.extend(_judge_notes(counted.results.judgements, output_dir, name, judge))
    alone = {judge: each for judge, each in by_judge.items() if not isinstance(each.metrics, PairMetrics)}
    found.panel.add(alone, YES_OR_NO if known is None else known.labels, files)
    if known is not None and (by := older_grader(described(output_dir, name), known)) and output_dir is not None:
        beside = "" if is_regraded(output_dir, name, known) else f". Run ns regrade {output_dir} to grade all alike"
        found.notes.append(f"graded by {by}; seeds and rows added since then, by today's{beside}.")


def _add_regraded(
    found: SummedUp, place: Path, files: Sequence[Path], known: Benchmark | None, max_samples: int | None
) -> None:
    """Add the numbers of one regrading, of the outputs that it covers."""
    counted = regraded_results(place, files, known, max_samples, found.uncounted)
    if counted is None:
        return
    found.regraded.setdefault(place.name, Part()).add(counted.metrics, counted.results)
    if counted.results.ungraded:
        found.notes.append(f"regraded as '{place.name}': {ungraded_note(counted.results)}")
    if judgement_folders(place.parents[1]):
        found.uncounted.append(
            f"judges' verdicts aren't part of the regrading '{place.name}': they are of the first extraction and "
            "reference answer. Its table has no scores of judges."
        )
    if known is not None and (by := older_grader(described(output_dir_of(place.parents[1]), counted.name), known)):
        found.notes.append(f"its regrading '{place.name}' was graded by {by}; another --name grades it by today's")


def regraded_results(
    place: Path,
    files: Sequence[Path],
    known: Benchmark | None,
    max_samples: int | None,
    uncounted: list[str],
    *,
    with_texts: bool = True,
) -> Counted | None:
    """Read the new grades in the folder `place` with the outputs that they are of; None if they are of none.

    The other arguments are those of `counted_results`.
    """
    mine = [file for file in files if is_of(file, place / file.name)]
    begun = {file.stem for file in output_files(place)}
    if left := [file.stem for file in files if file not in mine and (mine or file.stem in begun)]:
        uncounted.append(
            f"{len(left)} of {len(files)} outputs aren't graded anew as '{place.name}' and not counted there; the same "
            "ns regrade goes on with them."
        )
    if not mine:
        return None
    metrics, tools = known.metrics if known else metrics_by_record(mine[0]), known is None or known.calls_tools
    graded = [place / file.name for file in mine]
    results = read_results(
        mine,
        metrics,
        None,
        max_samples,
        calls_count=tools,
        with_texts=with_texts,
        regraded=graded,
        offers_tool=known is not None and bool(known.offers),
    )
    return Counted(results_name(place.parents[1].name, _seed_of(mine[0]), regrading=place.name), metrics, results)


def _notes(results: Results, output_dir: Path | None, name: str, benchmark: str) -> list[str]:
    """Return notes on results; `name` is theirs in run.json."""
    settings = described(output_dir, name)
    notes = notes_of(results.answers, settings, first_answered_by(output_dir, name))
    unopened = unopened_note(results.answers, settings)
    if unopened is not None and not is_prompt_seen(output_dir, benchmark):
        notes.append(unopened)
    if (seeds := seeds_note(results.texts, settings)) is not None:
        notes.append(seeds)
    return notes + tool_notes(results) + gap_notes(results, benchmark) + pace_notes(results.paces)


def _judge_notes(judgements: Tally, output_dir: Path | None, name: str, judge: str) -> list[str]:
    """Return notes on judgements; `name` is that of the judged results in run.json."""
    asked = f"{name}{JUDGED_BY}{judge}"
    return judge_notes(judgements, judge, described(output_dir, asked), first_answered_by(output_dir, asked))
