"""What a run has done so far, counted as it happens; the live display reads it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.open_shard import OpenShard
from northstar.models.client.pace import Pace
from northstar.models.counts import ClientCounts
from northstar.provenance.origins import Origins
from northstar.servers.server import ServerState

UNAFFECTED = "The results are not affected."
LATE_SECONDS = 30.0
"""So long without an answer is no reason yet to believe no estimate any more."""


class Stage(Enum):
    """What a job is doing. The value is what a display calls it, where nothing says more."""

    PREPARING = "starting"
    """Nothing can be asked yet: outputs are read, the sandbox or the server is started or reached."""
    ASKING = "running"
    GRADING = "grading"
    JUDGING = "judging"


@dataclass(slots=True)
class RunCounters:
    """The whole job. stage: what it is doing; detail: in words, where the stage's own say too little."""

    benchmarks: dict[str, BenchmarkCounters] = field(default_factory=dict)
    stage: Stage = Stage.PREPARING
    detail: str = ""
    started: float = field(default_factory=time.monotonic)
    asking_since: float | None = None
    resumed: int = 0
    """Samples that were done before this job began."""
    in_flight: int = 0
    new_generations: int = 0
    new_tokens: int = 0
    new_grades: int = 0
    requests: ClientCounts = field(default_factory=ClientCounts)
    """What the client has seen, as it happens."""
    last_loss: str = ""
    """Why a grading was lost."""
    server: ServerState = field(default_factory=ServerState)
    pace: Pace | None = None
    """How the server lets itself be asked, once it is."""
    notices: list[str] = field(default_factory=list)
    """What the user should see once: the walls around programs, what is missing."""
    lost: list[str] = field(default_factory=list)
    """What of the display and the records of this run failed, a sentence each; no result is among it."""
    judge: str = ""
    """The judge whose work this counts; empty for the model's."""
    judging: list[RunCounters] = field(default_factory=list)
    """The judges of this run, each with counts of its own."""
    origins: Origins = field(default_factory=Origins)
    """Which models answered, by their own word."""
    asked: set[int] = field(default_factory=set)
    """The ids (Python's) of those of `shards` of which a sample was asked."""
    shards: Sequence[OpenShard] | None = None
    """The shards that are worked on; None until they are opened and the run is noted."""

    @property
    def total(self) -> int:
        return sum(part.total for part in self.benchmarks.values())

    @property
    def generated(self) -> int:
        return sum(part.generated for part in self.benchmarks.values())

    @property
    def open(self) -> int:
        return sum(part.open for part in self.benchmarks.values())

    @property
    def tools_lost(self) -> int:
        return sum(part.tools_lost for part in self.benchmarks.values())

    @property
    def grades_lost(self) -> int:
        return sum(part.grades_lost for part in self.benchmarks.values())

    @property
    def left_open(self) -> int:
        """Samples without an answer or its grade, and generations without a judgement."""
        return sum(each.open + each.tools_lost + each.grades_lost for each in (self, *self.judging))

    @property
    def rate_limited(self) -> int:
        """Requests that the server refused since there were too many; they were asked again."""
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

    def begin(self, stage: Stage, detail: str = "") -> None:
        """The next stage."""
        self.stage, self.detail = stage, detail

    @property
    def doing(self) -> str:
        """What it is doing, in words for people."""
        return self.detail or self.stage.value

    def lose(self, what: str, why: str, then: str = UNAFFECTED) -> None:
        """Note once that something which tells of this run does not work, shown now and at the end.

        then: what that means for the results, or what to do, as a sentence.
        """
        if not any(sentence.startswith(what) for sentence in self.lost):
            sentence = f"{what}: {why}. {then}"
            self.lost.append(sentence)
            self.notices.append(sentence)

    @property
    def late(self) -> bool:
        """Whether the last answer is older than it should be by the pace so far: then there is no pace any more."""
        heard, answered = self.requests.heard, self.requests.answered
        if self.asking_since is None or heard is None or not answered:
            return False
        between = (heard - self.asking_since) / answered
        an_answer = between * len(self.requests.waiting)  # takes so long, where so many are under way
        return time.monotonic() - heard > max(LATE_SECONDS, an_answer, 5 * between)

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens a second, since the first sample of this job was asked; 0 while nothing comes."""
        return self.new_tokens / self._asking() if self.new_tokens and not self.late else 0.0

    @property
    def seconds_left(self) -> float | None:
        """By the mean pace so far; None until something has come back, and while nothing does."""
        left = self.total - self.generated - self.open - self.tools_lost
        if left <= 0 or not self.new_generations or self.late:
            return None if left > 0 else 0.0
        return left * self._asking() / self.new_generations

    def _asking(self) -> float:
        return max(time.monotonic() - self.asking_since, 1e-3) if self.asking_since is not None else 1e-3
