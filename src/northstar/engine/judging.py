"""Judging: a second model says of each generation whether it agrees with the reference.

A judge's work is a job like any other: its rows are records (a row with the model's generation and grade), its
generations are judgements, with journals and outputs of their own under judgements/<judge>/ of the benchmark's folder.
So judges lie side by side, and a crash of one loses neither a generation nor a judgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import judge_settings
from northstar.config.plan import JudgePlan
from northstar.core.atomic import cannot_write
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.core.records import Generation, Grade, Row
from northstar.core.regular import check_regular
from northstar.core.text import counted
from northstar.data.rows import RowFile, Rows
from northstar.engine.benchmark_stats import BenchmarkStats
from northstar.engine.doing import do_job, first_of
from northstar.engine.open_unit import OpenUnit, Procedure
from northstar.engine.registration import Note
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.schedule.feed import Arrivals, Due
from northstar.engine.stats import RunStats
from northstar.engine.units import lock_units, open_journal
from northstar.graders.judgement import Judgement
from northstar.prompts.prompt import load_prompt
from northstar.provenance.former_folder import take_over
from northstar.provenance.provenance import results_name
from northstar.results.judged import adopt, judged_folder
from northstar.results.outputs import done_path, origin_fields, record
from northstar.results.unit import Unit, benchmark_folder, whole_stem
from northstar.servers.server import is_hosted
from northstar.solvers.ask_judge import AskJudge
from northstar.task.grader import Workbench


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """The records of a unit that is still being generated, or was a moment ago."""

    unit: OpenUnit

    def row(self, number: int) -> Row:
        journal = self.unit.journal
        return record(self.unit.rows.row(number), journal.generation(number), journal.grade(number))


@dataclass(frozen=True, slots=True)
class OutputRows:
    """The records of a finished output. first: the row that its first line is of."""

    file: RowFile
    first: int

    def row(self, number: int) -> Row:
        return self.file.row(number - self.first)


class Judging:
    """One judge and all that it has to judge in a run. stats: its own, beside the model's."""

    def __init__(self, plan: JudgePlan, output_dir: Path, logs: Path) -> None:
        self.plan = plan
        self.output_dir = output_dir
        self.logs = logs
        self.stats = RunStats(judge=plan.name)
        self.units: list[OpenUnit] = []
        self.arrivals = Arrivals()
        self.ready = asyncio.Event()
        """Set once its server answers, or it has failed."""
        self.failure: BaseException | None = None
        self._of: dict[tuple[str, str], OpenUnit] = {}

    @property
    def beside(self) -> bool:
        """Whether it judges while the model answers: its server runs elsewhere and takes nothing from the model's."""
        return not is_hosted(self.plan.server)

    def add(self, unit: OpenUnit, judgeable: Iterable[int]) -> None:
        """One more unit to judge. judgeable: the rows whose generations are there already."""
        self.units.append(unit)
        self._of[unit.unit.benchmark, unit.unit.stem] = unit
        self.arrivals.expect(len(unit.unit.rows) - unit.journal.generations)
        self.arrivals.add(Due(unit, row) for row in judgeable if not unit.journal.has_generation(row))

    def generated(self, unit: OpenUnit, row: int) -> None:
        """The model's answer to this row is there and graded: judge it."""
        mine = self._of.get((unit.unit.benchmark, unit.unit.stem))
        if mine is not None and not mine.journal.has_generation(row):
            self.arrivals.add([Due(mine, row)])

    def adopt(self, unit: Unit) -> None:
        adopt(benchmark_folder(self.output_dir, unit.benchmark), self.plan.name, unit.seed)

    async def run(self, workbench: Workbench, note: Note, clients: int = 1) -> None:
        """Judge until nothing more arrives. A failure is kept, not raised: the model's answers are worth more.

        note: told about the server. clients: as of `do_job`.
        """
        job = SampleLoop(self.units, self.arrivals, self.stats, written=self.adopt)

        name = self.plan.name

        async def ready(facts: Mapping[str, Any]) -> Mapping[str, Any]:
            heard = await note.hear(facts, name)
            self.ready.set()
            return heard

        def about(facts: Mapping[str, Any]) -> None:
            note.server(facts, name)

        try:
            await do_job(
                job, self.plan.server, self.plan.settings, self.stats, workbench, self.logs, ready, about, clients
            )
        except* NorthstarError as group:
            self.failure = first_of(group)
        finally:
            self.ready.set()


async def open_judging(
    judging: Judging,
    benchmark: str,
    units: Sequence[Unit],
    generating: Sequence[OpenUnit],
    stack: ExitStack,
    locks: Locks,
) -> None:
    """Open the judgements of these units of one benchmark.

    generating: the model's units that are still open; the others have an output. Raises NorthstarError.
    """
    stats = judging.stats.benchmarks.setdefault(benchmark, BenchmarkStats(score_name="judge_correct"))
    results = benchmark_folder(judging.output_dir, benchmark)
    folder = judging_folder(judging.output_dir, benchmark, judging.plan)
    prompt = load_prompt(judging.plan.prompt)
    settings = judge_settings(judging.plan)
    procedure = Procedure(
        AskJudge(), Judgement(), prompt, settings, recorder(judging.plan.name), foreign_prompt=prompt.foreign
    )
    lock_units(folder, units, locks, even_done=False)
    still = {unit.unit: unit for unit in generating}
    for unit in units:
        journal = open_journal(folder, unit, stats, stack)
        if journal is None:
            await asyncio.to_thread(judging.adopt, unit)
            continue
        rows: Rows
        if (generated := still.get(unit)) is not None:
            rows, ready = GeneratedRows(generated), [row for row in unit.rows if generated.journal.has_grade(row)]
        else:
            rows, ready = _output_rows(results, unit, stack), list(unit.rows)
            # does it fit?
            await asyncio.to_thread(prompt.messages, rows.row(unit.rows.start), judging.plan.settings.system_message)
        name = results_name(benchmark, unit.seed, judging.plan.name)
        judging.add(OpenUnit(unit, rows, procedure, journal, stats, folder, name), ready)


def judging_folder(output_dir: Path, benchmark: str, judge: JudgePlan) -> Path:
    """Where this judge's judgements of a benchmark lie; made if missing. Raises NorthstarError."""
    results = benchmark_folder(output_dir, benchmark)
    take_over(output_dir, results, judge.name)
    folder = judged_folder(results, judge.name)
    with cannot_write(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def finished_units(results: Path, benchmark: str, seeds: Sequence[int | None]) -> list[Unit]:
    """The whole outputs of these seeds, as units."""
    return [Unit(benchmark, seed, range(_lines(results / f"{whole_stem(seed)}.jsonl"))) for seed in seeds]


def _lines(path: Path) -> int:
    check_regular(path)
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _output_rows(results: Path, unit: Unit, stack: ExitStack) -> OutputRows:
    path = done_path(results, unit)
    assert path is not None
    file = RowFile.open(path)
    stack.callback(file.close)
    whole = unit.num_chunks > 1 and path.stem != unit.stem
    rows = OutputRows(file, 0 if whole else unit.rows.start)
    if len(file) < len(unit.rows):
        raise NorthstarError(
            f"{path} has {counted(len(file), 'row')}, not {len(unit.rows)} as asked; was it changed by hand?"
        )
    return rows


def _unfinished(generation: Generation) -> dict[str, Any]:
    """A reasoning that never ended stands for the text that is not there."""
    if not generation.reasoning_unfinished:
        return {}
    end = {"end_not_found": True} if generation.end_not_found else {}
    return {"reasoning": generation.reasoning, "reasoning_unfinished": True, **end}


def recorder(judge: str) -> Any:
    def judged(row: Row, generation: Generation, grade: Grade) -> dict[str, Any]:
        """One line of a judgement file: what was judged, and how."""
        line: dict[str, Any] = {
            "id": row["id"],
            "expected_answer": row.get("expected_answer"),
            "predicted_answer": row.get("predicted_answer"),
            "judge": judge,
            "judgement": generation.generation,
            **grade,
            "finish_reason": generation.finish_reason,
            "num_generated_tokens": generation.num_generated_tokens,
            "num_prompt_tokens": generation.num_prompt_tokens,
            "generation_start_time": generation.generation_start_time,
            "generation_end_time": generation.generation_end_time,
        }
        error = {"error": generation.error} if generation.error is not None else {}
        return line | error | _unfinished(generation) | origin_fields(generation)

    return judged
