"""Has a second model, the judge, decide whether each generation agrees with the reference answer.

A judge runs the same sample loop as the model: its rows are the model's records (row, generation and grade), its
generations are judgements. Each judge keeps its own journals and outputs in judgements/<judge>/ of the benchmark's
folder, so a crash loses neither a generation nor a judgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import judge_settings
from northstar.config.plan import JudgeStage
from northstar.core.atomic import cannot_write
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.core.records import Generation, Grade, Row
from northstar.core.text import counted
from northstar.data.rows import RowFile, Rows
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.engine.open_shard import OpenShard, Procedure
from northstar.engine.pairs.pairing import paired_procedure, paired_rows
from northstar.engine.registration import Note
from northstar.engine.run_with_server import first_of, run_with_server
from northstar.engine.sample_loop import SampleLoop, records_unanswered
from northstar.engine.schedule.schedule import Due, LiveSamples
from northstar.engine.shards import lock_shards, open_journal
from northstar.graders.judgement import Judgement
from northstar.prompts.prompt import load_prompt
from northstar.provenance.former_folder import take_over
from northstar.provenance.results_name import results_name
from northstar.results.judgement_files import merge_judgements
from northstar.results.layout import Shard, benchmark_folder, judged_folder
from northstar.results.outputs import RecordOf, origin_fields
from northstar.results.state import done_path
from northstar.servers.server import is_hosted
from northstar.solvers.ask_judge import AskJudge
from northstar.task.benchmark import Benchmark, Judge
from northstar.task.grader import SolverContext


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """The records of a shard that this run generates, read from its journal."""

    shard: OpenShard

    def row(self, number: int) -> Row:
        journal = self.shard.journal
        return self.shard.procedure.record(
            self.shard.rows.row(number), journal.generation(number), journal.grade(number)
        )


@dataclass(frozen=True, slots=True)
class OutputRows:
    """The records of a finished output. first: the row number of its first line."""

    file: RowFile
    first: int

    def row(self, number: int) -> Row:
        return self.file.row(number - self.first)


class Judging:
    """One judge of a run, its shards, and the samples that arrive for it.

    Attributes:
        merged: the benchmarks whose records take up its verdicts: those that no other judge of the run has first.
        counters: counts the judge's work; the model has its own.
        arrivals: the generations to judge.
        ready: set once the judge's server answers or has failed.
        failure: why the judge stopped, if it did.
    """

    def __init__(self, plan: JudgeStage, output_dir: Path, logs: Path, merged: Collection[str]) -> None:
        self.plan = plan
        self.merged = merged
        self.output_dir = output_dir
        self.logs = logs
        self.counters = RunCounters(judge=plan.name)
        self.shards: list[OpenShard] = []
        self.arrivals = LiveSamples()
        self.ready = asyncio.Event()
        self.failure: BaseException | None = None
        self._of: dict[tuple[str, str], OpenShard] = {}

    @property
    def beside(self) -> bool:
        """Whether it judges while the model answers: a server at an address needs none of this machine's hardware."""
        return not is_hosted(self.plan.server)

    def add(self, shard: OpenShard, judgeable: Iterable[int]) -> None:
        """Add a shard to judge. judgeable: the rows that already have a generation."""
        self.shards.append(shard)
        self._of[shard.shard.benchmark, shard.shard.stem] = shard
        self.arrivals.expect(len(shard.shard.rows) - shard.journal.generations)
        self.arrivals.add(Due(shard, row) for row in judgeable if not shard.journal.has_generation(row))

    def generated(self, shard: OpenShard, row: int) -> None:
        """Queue the model's graded answer to this row."""
        mine = self._of.get((shard.shard.benchmark, shard.shard.stem))
        if mine is not None and not mine.journal.has_generation(row):
            self.arrivals.add([Due(mine, row)])

    def merge_judgements(self, shard: Shard) -> None:
        """Copy the first judge's judgements of the shard's seed into the model's output, once both are complete.

        Those that compare it with another run stay in their own files.
        """
        against = None if self.plan.pairs is None else self.plan.pairs.against
        if shard.benchmark in self.merged and against is None:
            merge_judgements(benchmark_folder(self.output_dir, shard.benchmark), self.plan.name, shard.seed)

    async def run(self, solver_context: SolverContext, note: Note, clients: int = 1) -> None:
        """Judge until `arrivals` is closed and empty.

        A NorthstarError goes to `failure` instead of being raised, so that the model's answers are still generated.

        Args:
            solver_context: what the judge's solver and grader may use.
            note: puts what is known of the judge's server into run.json.
            clients: how many loops of this process ask servers at the same time.
        """
        loop = SampleLoop(
            self.shards,
            self.arrivals,
            self.counters,
            record_unanswered=records_unanswered(self.plan.run),
            written=self.merge_judgements,
        )

        name = self.plan.name

        async def ready(facts: Mapping[str, Any]) -> Mapping[str, Any]:
            heard = await note.add_description(facts, name)
            self.ready.set()
            return heard

        def about(facts: Mapping[str, Any]) -> None:
            note.server(facts, name)

        try:
            await run_with_server(
                loop,
                self.plan.server,
                self.plan.run,
                self.counters,
                solver_context,
                self.logs,
                ready,
                about,
                clients,
            )
        except* NorthstarError as group:
            self.failure = first_of(group)
        finally:
            self.ready.set()


async def open_judging(
    judging: Judging,
    benchmark: Benchmark,
    shards: Sequence[Shard],
    generating: Sequence[OpenShard],
    stack: ExitStack,
    locks: Locks,
) -> None:
    """Open the judgements of one benchmark's shards and add them to `judging`.

    Args:
        judging: the judge.
        benchmark: the benchmark, which says what a judge may answer.
        shards: the shards to judge.
        generating: the model's shards that this run generates; all others have an output.
        stack: closes files and journals.
        locks: takes the locks of the judgements.

    Raises:
        NorthstarError: another process judges the same shards, or an output or journal is damaged.
    """
    counters = judging.counters.benchmarks.setdefault(benchmark.name, BenchmarkCounters(score_name="judge_correct"))
    results = benchmark_folder(judging.output_dir, benchmark.name)
    folder = judging_folder(judging.output_dir, benchmark.name, judging.plan)
    prompt = load_prompt(judging.plan.prompt, judging.plan.prompts_dir)
    settings = judge_settings(judging.plan)
    procedure = Procedure(
        AskJudge(benchmark.labels),
        Judgement(benchmark.labels),
        prompt,
        settings,
        recorder(judging.plan.name),
        foreign_prompt=prompt.foreign,
        defaults=Judge().inference,
    )
    pairs = judging.plan.pairs
    procedure = procedure if pairs is None else paired_procedure(procedure)
    lock_shards(folder, shards, locks, even_done=False)
    generated_now = {shard.shard: shard for shard in generating}
    for shard in shards:
        journal = open_journal(folder, shard, counters, stack)
        if journal is None:
            await asyncio.to_thread(judging.merge_judgements, shard)
            continue
        rows: Rows
        if (generated := generated_now.get(shard)) is not None:
            rows, ready = GeneratedRows(generated), [row for row in shard.rows if generated.journal.has_grade(row)]
        else:
            rows, ready = _output_rows(results, shard, stack), list(shard.rows)
        rows = rows if pairs is None else paired_rows(rows, pairs, shard, stack)
        if generated is None:
            # fails here, before the judge is asked, if the prompt names a field that the records lack
            await asyncio.to_thread(prompt.messages, rows.row(shard.rows.start), judging.plan.settings.system_message)
        name = results_name(benchmark.name, shard.seed, judging.plan.name)
        judging.add(OpenShard(shard, rows, procedure, journal, counters, folder, name), ready)


def judging_folder(output_dir: Path, benchmark: str, judge: JudgeStage) -> Path:
    """Find, or create, the folder of this judge's judgements of a benchmark. Raises NorthstarError."""
    results = benchmark_folder(output_dir, benchmark)
    take_over(output_dir, results, judge.name)
    folder = judged_folder(results, judge.name)
    with cannot_write(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _output_rows(results: Path, shard: Shard, stack: ExitStack) -> OutputRows:
    path = done_path(results, shard)
    assert path is not None
    file = RowFile.open(path)
    stack.callback(file.close)
    whole = shard.num_chunks > 1 and path.stem != shard.stem
    rows = OutputRows(file, 0 if whole else shard.rows.start)
    if len(file) < len(shard.rows):
        raise NorthstarError(
            f"{path} has {counted(len(file), 'row')}, not {len(shard.rows)} as asked; was it changed by hand? "
            "Restore it, or generate it again with --rerun_done."
        )
    return rows


def _unfinished(generation: Generation) -> dict[str, Any]:
    """The reasoning of a judgement that ended inside it, for it has no other text."""
    if not generation.reasoning_unfinished:
        return {}
    end = {"end_not_found": True} if generation.end_not_found else {}
    return {"reasoning": generation.reasoning, "reasoning_unfinished": True, **end}


def recorder(judge: str) -> RecordOf:
    """Make the function that turns a judgement into a line of the judge's output."""

    def judged(row: Row, generation: Generation, grade: Grade) -> dict[str, Any]:
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
