"""The plan of a run: its servers, benchmarks and judges, as data to print, store and send."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from northstar.config.groups import AskedGroup
from northstar.config.input.rows import InputRows
from northstar.config.mounts import PathMap
from northstar.config.pairs import PairsOf
from northstar.config.settings import EvalSettings, RunSettings

LARGEST_SEED = 2**31 - 1
"""Servers keep seeds in 32 bits; some silently truncate larger ones, so that several seeds give one answer."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_OF_FLEETS = ("more_addresses", "addresses_file")


class ServerStep(_Part):
    """Where the server's processes are started when not by the worker: a step of the job of its own.

    folder: the step's own, where it says how it is reached. logs, code: where logs go, and where the folder `northstar`
    with this code is, as the step sees them. ranks: processes that answer there, one a node (or a GPU). contained: it
    runs in a container, whose programs the worker doesn't see.
    """

    folder: Path
    logs: Path
    code: Path
    ranks: int = Field(1, ge=1)
    contained: bool = False


class ServerPlan(_Part):
    """A server: its type, and its address or how to start it. role: model or judge.

    gpus: of the job, on each node, shared out among the replicas; 0 is the CPU, None leaves it to the server. restarts:
    in a row, of each replica. start_timeout: seconds until a server that is started must be ready. step: set by an
    executor that gives the server a place of its own. named: the model as the command wrote it, where a mount moved
    that. more_addresses: of servers of the same model, which share the work. addresses_file: of such servers, one a
    line, read again while the run goes on. paths: how a folder is called where the server runs, and where the worker
    does, as far as these differ.
    """

    type: str
    model: str | None = None
    address: str | None = None
    args: str = ""
    gpus: int | None = Field(None, ge=0)
    nodes: int = Field(1, ge=1)
    replicas: int = Field(1, ge=1)
    restarts: int = Field(3, ge=0)
    python: str | None = None
    entrypoint: str | None = None
    start_timeout: float = Field(3600, gt=0)
    role: Literal["model", "judge"] = "model"
    more_addresses: tuple[str, ...] = ()
    addresses_file: Path | None = None
    step: ServerStep | None = None
    named: str | None = None
    paths: tuple[tuple[str, str], ...] = ()

    @model_serializer(mode="wrap")
    def _as_it_is_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out further addresses where there are none: plans of earlier versions lack them."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value or name not in _OF_FLEETS}

    @property
    def runs_already(self) -> bool:
        """Whether it is asked at an address, and not started."""
        return self.address is not None or self.addresses_file is not None

    @property
    def asks_a_fleet(self) -> bool:
        """Whether several servers that run already share the work, or may come to."""
        return bool(self.more_addresses) or self.addresses_file is not None

    def seen(self, path: str) -> str:
        """Map a path of the server to the worker's view."""
        return PathMap(self.paths).path(path)

    def option(self, name: str) -> str:
        """Return the option that sets a field: '--server_address', or '--judge_server_address' for a judge."""
        return f"--{name}" if self.role == "model" else f"--judge_{name}"


class Growth(_Part):
    """When the seeds of a benchmark are enough.

    least: the fewest to stop at. precision: of the mean of the main score, the standard error over seeds, in points.
    """

    least: int = Field(ge=1)
    precision: float = Field(gt=0)


class BenchmarkPlan(_Part):
    """A benchmark to run.

    seeds: one generation per row each; None is the greedy one. growth: whether only as many of them are asked as it
    takes, in their order. input: the rows of a user's file, where it asks these.
    """

    name: str
    split: str
    seeds: tuple[int | None, ...]
    settings: EvalSettings
    growth: Growth | None = None
    input: InputRows | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not set: plans of earlier versions have no such fields."""
        plan: dict[str, Any] = serialize(self)
        return {name: value for name, value in plan.items() if value is not None or name not in ("growth", "input")}


class JudgedBenchmark(_Part):
    """A benchmark whose generations are judged."""

    name: str
    seeds: tuple[int | None, ...]


class Chunks(_Part):
    """Splits the rows of each benchmark into `count` parts; this plan covers `ids` (from 0)."""

    count: int = 1
    ids: tuple[int, ...] = (0,)


class ShardKey(_Part):
    """Names a shard: the benchmark, the seed and the chunk."""

    benchmark: str
    seed: int | None
    chunk: int = 0


class GenerateStage(_Part):
    """Generates and grades all samples of some benchmarks with one model.

    only: the shards that are wanted, where these aren't all seeds and chunks. sandbox: which walls are built around
    programs; 'auto': the strongest that there are where the plan is done.
    """

    server: ServerPlan
    benchmarks: tuple[BenchmarkPlan, ...]
    data_dir: Path
    run: RunSettings = RunSettings()
    chunks: Chunks = Chunks()
    only: tuple[ShardKey, ...] = ()
    sandbox: str = "auto"

    def narrowed(self, keys: Collection[ShardKey]) -> GenerateStage:
        """Return the stage limited to these shards; a benchmark with a range of seeds keeps all of them."""
        wanted = set(keys)
        parts = tuple(
            part if part.growth else part.model_copy(update={"seeds": seeds})
            for part in self.benchmarks
            if (seeds := _seeds_of(part.name, part.seeds, wanted))
        )
        wanted |= {
            ShardKey(benchmark=part.name, seed=seed) for part in parts if part.growth is not None for seed in part.seeds
        }
        ids = tuple(number for number in self.chunks.ids if any(k.chunk == number for k in wanted))
        whole = {
            ShardKey(benchmark=part.name, seed=seed, chunk=chunk)
            for part in parts
            for seed in part.seeds
            for chunk in ids
        }
        only = () if whole == wanted else tuple(sorted(wanted, key=lambda k: (k.benchmark, k.seed or 0, k.chunk)))
        chunks = self.chunks.model_copy(update={"ids": ids})
        return self.model_copy(update={"benchmarks": parts, "chunks": chunks, "only": only})


class JudgeStage(_Part):
    """Judges the generations of some benchmarks with one model, its prompt and settings.

    prompts_dir: the data folder where the prompt's file is kept; set where it is of a library. pairs: set where it
    compares answers with others.
    """

    server: ServerPlan
    prompt: str
    prompts_dir: Path | None = None
    pairs: PairsOf | None = None
    settings: EvalSettings
    run: RunSettings = RunSettings()
    benchmarks: tuple[JudgedBenchmark, ...]

    @property
    def name(self) -> str:
        """The judge's name in results: its model, as typed, and what it compares answers with."""
        name = self.server.named or self.server.model or self.server.type
        return name if self.pairs is None or self.pairs.against is None else f"{name} against {self.pairs.against}"

    @model_serializer(mode="wrap")
    def _as_it_is_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not set: the plans of earlier versions, which this one is compared with, lack it."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value or name not in ("prompts_dir", "pairs")}

    def of(self, benchmarks: Iterable[JudgedBenchmark]) -> JudgeStage:
        """Return the same judge for these benchmarks only."""
        return self.model_copy(update={"benchmarks": tuple(benchmarks)})


class Follows(_Part):
    """The recipe that a run follows, as NAME:run, and a sentence on each departure from it."""

    recipe: str
    departures: tuple[str, ...] = ()


class Plan(_Part):
    """Everything a worker needs to know; the same plan on another machine does the same work.

    Attributes:
        generate: What to generate; None to judge finished generations.
        judges: The judges of these generations.
        job: The job's folder, relative to the logs' folder.
        follows: The recipe that it follows, if it does.
        pooled: Whether other jobs may work on the same shards at the same time.
        groups: The groups that its benchmarks are members of, as --benchmarks named them.
    """

    output_dir: Path
    generate: GenerateStage | None = None
    judges: tuple[JudgeStage, ...] = ()
    extra_benchmarks: tuple[Path, ...] = ()
    rerun_done: bool = False
    job: str | None = None
    follows: Follows | None = None
    pooled: bool = False
    groups: tuple[AskedGroup, ...] = ()

    @model_serializer(mode="wrap")
    def _as_it_is_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not set: plans of earlier versions have no such fields."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value or name not in ("follows", "pooled", "groups")}

    @property
    def servers(self) -> tuple[ServerPlan, ...]:
        """The servers of the model and of each judge."""
        model = () if self.generate is None else (self.generate.server,)
        return (*model, *(judge.server for judge in self.judges))

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """The names of all benchmarks that are generated or judged."""
        asked = () if self.generate is None else self.generate.benchmarks
        names = (*(part.name for part in asked), *(part.name for judge in self.judges for part in judge.benchmarks))
        return tuple(dict.fromkeys(names))

    def judges_of(self, benchmark: str) -> tuple[JudgeStage, ...]:
        """Return the judges of a benchmark, the first of whom its records are to name."""
        return tuple(judge for judge in self.judges if any(part.name == benchmark for part in judge.benchmarks))

    def first_judged_by(self, judge: JudgeStage) -> frozenset[str]:
        """Return the benchmarks whose records are to hold this judge's verdicts."""
        return frozenset(part.name for part in judge.benchmarks if self.judges_of(part.name)[0] == judge)

    def narrowed(self, keys: Collection[ShardKey]) -> Plan:
        """Return the plan limited to these shards."""
        assert self.generate is not None
        judges = (
            judge.of(
                part.model_copy(update={"seeds": seeds})
                for part in judge.benchmarks
                if (seeds := _seeds_of(part.name, part.seeds, keys))
            )
            for judge in self.judges
        )
        return self.model_copy(
            update={
                "generate": self.generate.narrowed(keys),
                "judges": tuple(judge for judge in judges if judge.benchmarks),
            }
        )


def _seeds_of(benchmark: str, seeds: Iterable[int | None], keys: Collection[ShardKey]) -> tuple[int | None, ...]:
    """Return the seeds that occur in the shards."""
    return tuple(seed for seed in seeds if any(key.benchmark == benchmark and key.seed == seed for key in keys))
