"""Counts what a run has done, as it happens; the live display reads it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

from northstar.core.clock import monotonic
from northstar.core.records import Generation, Turn
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.limits.spending import Spending
from northstar.engine.open_shard import OpenShard
from northstar.engine.schedule.under_way import UnderWay
from northstar.models.client.gate import Gates
from northstar.models.client.pace import Pace
from northstar.models.counts import ClientCounts
from northstar.provenance.origins import Origins
from northstar.servers.hosting.holding import Holding
from northstar.servers.server import ServerState

UNAFFECTED = "The results are not affected."
WRITING = "writing"
"""What a run does that only writes the last outputs."""
LATE_SECONDS = 30.0
"""The shortest silence of the server after which no pace is shown."""


class Stage(Enum):
    """What a run is doing. A display shows the value where there is no detail."""

    PREPARING = "starting"
    """Reading outputs, starting the sandbox, starting or reaching the server."""
    ASKING = "asking"
    """Asking the model; answers are graded beside it."""
    GRADING = "grading"
    JUDGING = "judging"


@dataclass(slots=True)
class RunCounters:
    """Counts of the model's work, or of one judge's."""

    benchmarks: dict[str, BenchmarkCounters] = field(default_factory=dict)
    stage: Stage = Stage.PREPARING
    detail: str = ""
    """Shown instead of the stage's name, where there is one."""
    started: float = field(default_factory=monotonic)
    asking_since: float | None = None
    """core.clock.monotonic() of the first request; None until then."""
    resumed: int = 0
    """Samples that were generated before this run began."""
    new_generations: int = 0
    new_tokens: int = 0
    new_grades: int = 0
    under_way: UnderWay = field(default_factory=UnderWay)
    """The samples that are being asked."""
    writing: int = 0
    """Outputs that are being written."""
    requests: ClientCounts = field(default_factory=ClientCounts)
    """The client's own counts."""
    last_loss: str = ""
    """Why a grading was lost."""
    server: ServerState = field(default_factory=ServerState)
    holding: Holding | None = None
    """The time for which the server's GPUs were held; None for a server without."""
    pace: Pace | Gates | None = None
    """The pace that the servers allow; None before the first request."""
    notices: list[str] = field(default_factory=list)
    """Sentences to show the user once, such as the sandbox in use or what is missing."""
    lost: list[str] = field(default_factory=list)
    """Failures of the display and of run.json, a sentence each; results are never among them."""
    judge: str = ""
    """The judge whose work this counts; empty for the model."""
    judging: list[RunCounters] = field(default_factory=list)
    """The counters of this run's judges."""
    origins: Origins = field(default_factory=Origins)
    """Which models answered, as their responses say."""
    asked: set[int] = field(default_factory=set)
    """id() of each of `shards` with a sample that was asked."""
    spending: Spending = field(default_factory=Spending)
    """What this run and those before it have spent, the judges included."""
    shards: Sequence[OpenShard] | None = None
    """The open shards; None until they are opened and run.json has the run."""

    @property
    def total(self) -> int:
        return sum(counts.total for counts in self.benchmarks.values())

    @property
    def in_flight(self) -> int:
        """Samples that are being asked."""
        return len(self.under_way)

    @property
    def waiting(self) -> int:
        """Samples that are still to be asked, without those of seeds that are only expected."""
        return max(0, sum(counts.to_answer for counts in self.benchmarks.values()) - self.in_flight)

    @property
    def generated(self) -> int:
        return sum(counts.generated for counts in self.benchmarks.values())

    @property
    def open(self) -> int:
        return sum(counts.open for counts in self.benchmarks.values())

    @property
    def tools_lost(self) -> int:
        return sum(counts.tools_lost for counts in self.benchmarks.values())

    @property
    def grades_lost(self) -> int:
        return sum(counts.grades_lost for counts in self.benchmarks.values())

    @property
    def left_open(self) -> int:
        """Samples without an answer or its grade, and generations without a judgement."""
        return sum(each.open + each.tools_lost + each.grades_lost for each in (self, *self.judging))

    @property
    def limited(self) -> str:
        """Say which limit has left samples unasked; '' if none has."""
        return self.spending.reached if any(each.waiting for each in (self, *self.judging)) else ""

    @property
    def rate_limited(self) -> int:
        """Requests that the server refused because of its rate limit; they were sent again."""
        return self.pace.refused if self.pace is not None else 0

    @property
    def retries(self) -> int:
        return self.requests.retries

    @property
    def asked_again(self) -> int:
        return self.requests.asked_again

    @property
    def last_failure(self) -> str:
        return self.requests.last_failure

    def count_generation(self, generation: Generation, turns: Collection[Turn] = ()) -> None:
        """Count an answer of this run, and what it costs beside its turns, which are counted when they come."""
        self.new_generations += 1
        self.new_tokens += generation.num_generated_tokens or 0
        self.spending.add(self.judge, generation, turns)

    def count_turn(self, turn: Turn) -> None:
        """Count what an answer of a conversation costs; the result of a tool costs nothing."""
        if turn.results is None:
            self.spending.add(self.judge, turn)

    def begin(self, stage: Stage, detail: str = "") -> None:
        """Enter a stage."""
        self.stage, self.detail = stage, detail

    @property
    def doing(self) -> str:
        """What the run is doing, for the display."""
        to_grade = sum(counts.to_grade for counts in self.benchmarks.values())
        if self.stage is Stage.GRADING and self.writing and to_grade <= 0:
            return WRITING
        return self.detail or self.stage.value

    def lose(self, what: str, why: str, then: str = UNAFFECTED) -> None:
        """Report once, now and at the end, that the display or a record of this run failed.

        Args:
            what: what failed, as the beginning of a sentence; a second report that begins so is dropped.
            why: the cause.
            then: what it means for the results, or what to do, as a sentence.
        """
        if not any(sentence.startswith(what) for sentence in self.lost):
            sentence = f"{what}: {why}. {then}"
            self.lost.append(sentence)
            self.notices.append(sentence)

    @property
    def late(self) -> bool:
        """Whether the server has been silent for longer than its pace so far explains."""
        heard, answered = self.requests.heard, self.requests.answered
        if self.asking_since is None or heard is None or not answered:
            return False
        between = (heard - self.asking_since) / answered
        latency = between * len(self.requests.waiting)  # Little's law: that many requests are in flight
        return monotonic() - heard > max(LATE_SECONDS, latency, 5 * between)

    @property
    def stalled(self) -> bool:
        """Whether no answer can be expected soon: the server is late, or every request waits to be sent again."""
        return self.late or self.all_resting

    @property
    def all_resting(self) -> bool:
        """Whether requests are under way, and each of them waits to be sent again."""
        pace = self.pace
        return bool(self.requests.waiting and pace is not None and not pace.in_flight and not pace.waiting)

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens of whole answers a second, since the first request.

        None where that misleads: before as many have been answered as are under way, whose tokens nobody has counted,
        and while no answer can be expected.
        """
        if self.asking_since is None or not self.new_generations or self.new_generations < self.in_flight:
            return None
        return None if self.stalled else self.new_tokens / max(monotonic() - self.asking_since, 1e-3)

    @property
    def seconds_left(self) -> tuple[float, float] | None:
        """A range of the time until everything is answered; None if that is unknown."""
        under_way = self.under_way.by_benchmark()
        waiting = {
            name: max(0, counts.to_answer - under_way[name]) + counts.expected
            for name, counts in self.benchmarks.items()
        }
        return None if self.stalled else self.under_way.seconds_left(waiting)
