"""Checks a plan once, before anything is written or asked, for dry run, submission and worker alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from northstar.benchmarks.loading import LoadedBenchmark, check_eval_config, load_benchmark
from northstar.benchmarks.registry import find_benchmark
from northstar.config.plan import GenerateStage, JudgeStage, Plan, ServerPlan
from northstar.core.errors import NorthstarError
from northstar.engine.registration import Registration, check_run
from northstar.engine.schedule.growth import GrowingSeeds
from northstar.engine.shards import shards_of
from northstar.provenance import provenance
from northstar.provenance.former_folder import folder_there
from northstar.provenance.identified import Models
from northstar.provenance.results_name import results_name
from northstar.results.layout import Shard, benchmark_folder, journal_path
from northstar.results.state import done_path, finished_shards, generations_in
from northstar.task.benchmark import Benchmark


@dataclass(frozen=True)
class Ready:
    """A plan whose rows, settings and output folder have been checked.

    Attributes:
        plan: the plan.
        loaded: the benchmarks to ask, with their rows open; none for a plan that only judges.
        shards: benchmark → its shards; for a plan that only judges, those with an output.
        registration: what the run will write into run.json.
        grown: benchmark → how many rows its results have, where the run asks more and keeps these.
        growing: benchmark → its seeds, where it has a range of them; `shards` has those to open at the start.
    """

    plan: Plan
    loaded: Sequence[LoadedBenchmark]
    shards: Mapping[str, Sequence[Shard]]
    registration: Registration
    grown: Mapping[str, int] = field(default_factory=dict)
    growing: Mapping[str, GrowingSeeds] = field(default_factory=dict)

    @property
    def anew(self) -> bool:
        """Whether --rerun_done sets earlier results aside."""
        return self.registration.superseded is not None

    def set_aside(self) -> Ready:
        """Return the same once --rerun_done has set earlier results aside: a range of seeds begins anew."""
        if not self.growing:
            return self
        growing = find_growing(self.plan.output_dir, self.loaded)
        mine = {
            part.name: list(_shards_at_first(self.generate, part, growing))
            for part in self.loaded
            if part.name in growing
        }
        return replace(self, growing=growing, shards={**self.shards, **mine})

    @property
    def generate(self) -> GenerateStage:
        """The stage that asks the model; the plan must have one."""
        assert self.plan.generate is not None
        return self.plan.generate

    @cached_property
    def done(self) -> Mapping[str, int]:
        """Benchmark → how many of its shards are done."""
        folders = {name: benchmark_folder(self.plan.output_dir, name) for name in self.shards}
        return {
            name: 0 if name in self.grown else sum(done_path(folders[name], shard) is not None for shard in mine)
            for name, mine in self.shards.items()
        }

    def benchmark(self, name: str) -> Benchmark:
        """Return a benchmark of the plan by its name."""
        asked = next((part.benchmark for part in self.loaded if part.name == name), None)
        return find_benchmark(name, self.plan.extra_benchmarks) if asked is None else asked

    @property
    def runs_programs(self) -> bool:
        """Whether the run executes programs that the model writes."""
        return any(part.benchmark.runs_programs and self.is_open(part.name) for part in self.loaded)

    def is_open(self, benchmark: str) -> bool:
        """Whether any of the benchmark's samples is left to ask or to grade."""
        return self.anew or self.done[benchmark] < len(self.shards[benchmark])

    def to_ask(self, benchmark: str) -> bool:
        """Whether any of the benchmark's samples is left to ask. Reads its journals."""
        lacking = self.anew or benchmark in self.grown
        return lacking or _lacks_generations(benchmark_folder(self.plan.output_dir, benchmark), self.shards[benchmark])

    def to_judge(self, judge: JudgeStage) -> bool:
        """Whether this judge has any generation left to judge. Reads its journals."""
        output_dir = self.plan.output_dir
        return self.anew or any(
            part.name in self.grown
            or _lacks_generations(
                folder_there(output_dir, benchmark_folder(output_dir, part.name), judge.name), self.shards[part.name]
            )
            for part in judge.benchmarks
        )


def preflight(plan: Plan, stack: ExitStack, identify: Callable[[Iterable[ServerPlan]], Models]) -> Ready:
    """Load what the plan names and check it against the output folder. Writes nothing and contacts no server.

    Args:
        plan: the plan.
        stack: closes the rows.
        identify: finds what this machine can know of each server's model beyond its name.

    Raises:
        NorthstarError: rows or a prompt are missing or malformed, a setting fits no grader, or the folder holds results
            of another model or other settings.
    """
    loaded: list[LoadedBenchmark] = []
    if plan.generate is not None:
        for part in plan.generate.benchmarks:
            loaded.append(load_benchmark(plan, part))
            stack.callback(loaded[-1].rows.close)
        check_eval_config({part.name: part.grader for part in loaded}, loaded[0].plan.settings.eval_config)
    models = identify(plan.servers)
    registration = check_run(plan, loaded, models)
    grown = _grown(plan, loaded, registration, models)
    growing: Mapping[str, GrowingSeeds] = {}
    shards: dict[str, Sequence[Shard]]
    if plan.generate is not None:
        growing = find_growing(plan.output_dir, loaded, anew=registration.superseded is not None)
        shards = {part.name: list(_shards_at_first(plan.generate, part, growing)) for part in loaded}
    else:
        shards = {
            part.name: finished_shards(benchmark_folder(plan.output_dir, part.name), part.name, part.seeds)
            for judge in plan.judges
            for part in judge.benchmarks
        }
    return Ready(plan, loaded, shards, registration, grown, growing)


def _grown(
    plan: Plan, loaded: Sequence[LoadedBenchmark], registration: Registration, models: Models
) -> Mapping[str, int]:
    """Find the benchmarks of which more rows are asked than before. Raises NorthstarError for chunks of them."""
    if registration.superseded is not None:
        return {}
    rows = provenance.grown(plan.output_dir, registration.identities, models)
    names = {part.name: results_name(part.name, part.plan.seeds[0]) for part in loaded}
    found = {name: rows[results] for name, results in names.items() if results in rows}
    if found and plan.generate is not None and plan.generate.chunks.count > 1:
        name, before = next(iter(found.items()))
        raise NorthstarError(
            f"{plan.output_dir} holds {before} rows of {name}, and --num_chunks can't add to them: ask more rows "
            "without it, or choose another --output_dir."
        )
    for part in loaded:
        if part.name in found and part.plan.growth is not None:
            raise NorthstarError(
                f"{plan.output_dir} holds {found[part.name]} rows of {part.name}, and --precision can't add rows to "
                "them: ask as many rows as are there, or choose another --output_dir."
            )
    return found


def find_growing(output_dir: Path, loaded: Iterable[LoadedBenchmark], *, anew: bool = False) -> dict[str, GrowingSeeds]:
    """Benchmark → its seeds, for those with a range of them, as the output folder says.

    Args:
        output_dir: the output folder.
        loaded: all benchmarks.
        anew: what the folder has will be set aside, and says nothing.

    Raises:
        NorthstarError: an output is damaged.
    """
    growing = {
        part.name: GrowingSeeds(part, benchmark_folder(output_dir, part.name))
        for part in loaded
        if part.plan.growth is not None
    }
    for seeds in () if anew else growing.values():
        seeds.read()
    return growing


def _shards_at_first(
    stage: GenerateStage, part: LoadedBenchmark, growing: Mapping[str, GrowingSeeds]
) -> Iterator[Shard]:
    seeds = growing.get(part.name)
    return shards_of(stage, part, None if seeds is None else seeds.at_first())


def _lacks_generations(folder: Path, shards: Sequence[Shard]) -> bool:
    """Whether any shard is not done and its journal lacks a generation."""
    return any(
        done_path(folder, shard) is None and generations_in(journal_path(folder, shard)) < len(shard.rows)
        for shard in shards
    )


def judged_shards(ready: Ready, judge: JudgeStage) -> Mapping[str, Sequence[Shard]]:
    """Benchmark → the shards that this judge judges."""
    return {part.name: ready.shards[part.name] for part in judge.benchmarks}
