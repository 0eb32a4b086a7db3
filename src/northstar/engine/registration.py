"""Notes a run in its output folder's run.json: what was asked for, what the servers were, how it ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import LoadedBenchmark, judge_settings
from northstar.config.plan import JudgeStage, Plan
from northstar.core.credentials import shown_address
from northstar.core.errors import NorthstarError
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import UNAFFECTED, RunCounters
from northstar.engine.shards import shards_of
from northstar.engine.superseding import SetAside, replaced_stems
from northstar.models.secrets import redacted
from northstar.prompts.prompt import load_prompt
from northstar.provenance import provenance
from northstar.provenance.identified import Models
from northstar.provenance.in_turn import InTurn
from northstar.provenance.invocation import now, this_run
from northstar.provenance.origins import Origins
from northstar.results.layout import benchmark_folder
from northstar.results.state import has_generations, seeds_there, stems_there


@dataclass(frozen=True)
class Note:
    """Adds facts to this run's entry in run.json. aside: what was set aside for it. names: of all its results.

    counters: of a run that goes on where that fails, for the entry itself is there; None: it is raised. in_turn: where
    the run itself must not wait for others who change run.json.
    """

    output_dir: Path
    entry: provenance.Entry
    aside: SetAside
    names: Sequence[str] = ()
    counters: RunCounters | None = None
    in_turn: InTurn = field(default_factory=InTurn)

    def __call__(self, facts: Mapping[str, Any]) -> None:
        """Now, after all that was to be told soon."""
        self.in_turn.wait()
        self._write(facts)

    def soon(self, facts: Mapping[str, Any]) -> None:
        """The same without waiting for it, where its failure ends nothing."""
        if self.counters is None:
            self(facts)
            return
        self.in_turn.tell(self._write, facts)

    async def hear(self, facts: Mapping[str, Any], judge: str | None = None) -> dict[str, Any]:
        """What a server says of its model, the judge's or else the model's, among its facts; see `provenance.hear`.

        Returns the facts, with what it says otherwise than before.
        """
        said = redacted(facts.get("said") or {})
        mine = [name for name in self.names if _judge_in(name) == judge]
        hear = partial(provenance.hear, started_by_others="address" in facts)
        otherwise = await self.in_turn.run(hear, self.output_dir, mine, said) if said else []
        return {**facts, "said_otherwise": otherwise} if otherwise else dict(facts)

    def server(self, facts: Mapping[str, Any], judge: str | None = None) -> None:
        """What the model's server is, or a judge's."""
        self.soon({"server" if judge is None else f"judge {judge}": dict(facts)})

    def origins(self, counters: RunCounters) -> Origins:
        """Records who gives the answers that `counters` counts; where that fails it is said, and the run goes on."""
        key = f"judge {counters.judge} answered_by" if counters.judge else "answered_by"

        def first(results: str, origin: Mapping[str, str]) -> Mapping[str, Any]:
            with self._survived("run.json lacks which model answered first"):
                return provenance.note_first_answer(self.output_dir, results, redacted(origin))
            return origin

        return Origins(first, lambda origins: self.soon({key: origins}), self.in_turn.run)

    def forget(self) -> None:
        """Remove the settings that this run noted, and put back what it set aside: it made no results."""
        self.in_turn.wait()
        forgotten = False
        with self._survived("run.json still has the settings of this run, which made no results", self._aside_still):
            provenance.forget(self.output_dir, self.entry)
            forgotten = True
        if forgotten:  # else old results would count as made by the new settings
            with self._survived(
                "not all that this run set aside was put back", lambda: self._aside_still("move them back by hand")
            ):
                if self.aside.put_back():
                    self({"put_back": True})

    def _write(self, facts: Mapping[str, Any]) -> None:
        with self._survived("run.json lacks a part of what it tells of this run"):
            provenance.update_run(self.output_dir, self.entry.place, redacted(facts))

    def _aside_still(self, then: str = "nothing of them is lost") -> str:
        if not (folders := self.aside.folders):
            return UNAFFECTED
        return f"The earlier outputs lie in {' and '.join(map(str, folders))}; {then}."

    def _survived(self, what: str, then: Callable[[], str] = lambda: UNAFFECTED) -> AbstractContextManager[None]:
        return nullcontext() if self.counters is None else surviving(self.counters, what, then)


@dataclass(frozen=True)
class Registration:
    """What a run wants to note. superseded: the name under which earlier results are set aside; None: none are.

    models: those of the servers, identified.
    """

    output_dir: Path
    identities: Mapping[str, Mapping[str, Any]]
    plan: Mapping[str, Any]
    superseded: str | None
    models: Models

    def enter(self, aside: SetAside, counters: RunCounters | None = None) -> Note:
        """Write it into run.json, once what is superseded is out of the way. Raises NorthstarError."""
        run = redacted(this_run(sys.argv, self.plan))
        if why_not := self.models.why_not:
            run["known_by_name_only"] = why_not
        anew = self.superseded is not None
        entry = provenance.register(self.output_dir, self.identities, run, anew, self.models)
        aside.handed_over = True
        return Note(self.output_dir, entry, aside, sorted(self.identities), counters)


def check_run(plan: Plan, loaded: Sequence[LoadedBenchmark], models: Models) -> Registration:
    """Check the folder against this plan. Raises NorthstarError when it holds results that were made otherwise.

    loaded: the benchmarks to ask. models: those of the plan's servers.
    """
    identities: dict[str, dict[str, Any]] = {}
    for part in loaded:
        assert plan.generate is not None
        seed, server = part.plan.seeds[0], plan.generate.server
        identities[provenance.results_name(part.name, seed)] = provenance.identity(
            part, seed, server, models.of[server]
        )
    for judge in plan.judges:
        identities |= _judged_by(judge, models)
    for part in loaded:
        _check_noted(plan.output_dir, part)
    registration = _checked(plan.output_dir, identities, _noted(plan), plan.rerun_done, models)
    if registration.superseded is not None:
        changed = provenance.changed(plan.output_dir, identities, models)
        for part in loaded:
            if provenance.results_name(part.name, part.plan.seeds[0]) in changed:
                _check_all_replaced(plan, part)
    return registration


def _judged_by(judge: JudgeStage, models: Models) -> dict[str, dict[str, Any]]:
    identity = _judge_identity(judge, models)
    return {
        provenance.results_name(part.name, seed, judge.name): identity
        for part in judge.benchmarks
        for seed in {provenance.kind_of(seed): seed for seed in part.seeds}.values()
    }


def _noted(plan: Plan) -> dict[str, Any]:
    """The plan as run.json keeps it. A job's lies in the job's folder: a thousand of them would make a large file."""
    if plan.job is not None:
        return {"job": plan.job, "rerun_done": plan.rerun_done}
    held: dict[str, Any] = redacted(plan.model_dump(mode="json"))
    stages = [*([held["generate"]] if held["generate"] else []), *held["judges"]]
    for server in (stage["server"] for stage in stages):
        if server["address"] is not None:
            server["address"] = shown_address(server["address"])
    return held


def _checked(
    output_dir: Path,
    identities: Mapping[str, Mapping[str, Any]],
    plan: Mapping[str, Any],
    rerun: bool,
    models: Models,
) -> Registration:
    """With --rerun_done, a run of the same plan that did not get to its end goes on: it set aside what there was."""
    anew = rerun and not provenance.is_unfinished(output_dir, plan)
    if not anew:
        provenance.check(output_dir, identities, models)
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return Registration(output_dir, identities, plan, when if anew else None, models)


def _check_noted(output_dir: Path, part: LoadedBenchmark) -> None:
    """Results of which nobody knows how they were made can't be gone on with."""
    folder, kind = benchmark_folder(output_dir, part.name), provenance.kind_of(part.plan.seeds[0])
    if provenance.knows(output_dir, provenance.results_name(part.name, part.plan.seeds[0])):
        return
    for seed in seeds_there(folder):
        if provenance.kind_of(seed) == kind and has_generations(folder, seed):
            raise NorthstarError(
                f"{folder} holds results, but {output_dir / 'run.json'} does not say how they were made; restore that "
                "file, or choose another --output_dir."
            )


def _check_all_replaced(plan: Plan, part: LoadedBenchmark) -> None:
    """Other settings for some seeds, or some chunks, would leave results of two kinds in one table."""
    assert plan.generate is not None
    folder = benchmark_folder(plan.output_dir, part.name)
    replaced = replaced_stems(folder, shards_of(plan.generate, part))
    kind = provenance.kind_of(part.plan.seeds[0])
    left = [
        stem
        for seed in seeds_there(folder)
        if provenance.kind_of(seed) == kind
        for stem in sorted(stems_there(folder, seed) - replaced)
    ]
    if left:
        raise NorthstarError(
            f"{folder} also holds {', '.join(left[:4])}, made with other settings, which this --rerun_done would leave "
            "beside the new results; ask for all seeds and chunks again, or choose another --output_dir."
        )


@contextmanager
def ending_noted(note: Note, counters: RunCounters) -> Iterator[None]:
    """Note how the run ends."""
    try:
        yield
    except BaseException as error:
        ending = "stopped" if isinstance(error, asyncio.CancelledError) else "failed"
        _note_unfinished(note, ending, counters)
        raise
    if counters.left_open:
        _note_unfinished(note, "samples left open", counters)
    else:
        note(_ending("done", counters))


def _note_unfinished(note: Note, ending: str, counters: RunCounters) -> None:
    if not any(_got_answers(each) for each in (counters, *counters.judging)):
        note.forget()
    note(_ending(ending, counters))


def _got_answers(counters: RunCounters) -> bool:
    """Also some of a sample that has more turns to come."""
    return counters.generated > 0 or any(
        has_generations(each.folder, each.shard.seed) for each in counters.shards or ()
    )


def _judge_in(name: str) -> str | None:
    """The judge in the name of results that are judgements."""
    return name.partition(provenance.JUDGED_BY)[2] or None


def _judge_identity(judge: JudgeStage, models: Models) -> dict[str, Any]:
    prompt = load_prompt(judge.prompt)
    return provenance.model_identity(judge.server, prompt, judge_settings(judge), None, models.of[judge.server])


def _ending(ending: str, counters: RunCounters) -> dict[str, Any]:
    facts = {"ended": now(), "ending": ending, **_counts(counters)}
    return facts | ({"judges": {judge.judge: _counts(judge) for judge in counters.judging}} if counters.judging else {})


def _counts(counters: RunCounters) -> dict[str, Any]:
    parts = counters.benchmarks.values()
    return {
        "samples": counters.total,
        "resumed": counters.resumed,
        "generated": counters.new_generations,
        "errors": sum(part.errors for part in parts),
        "left_open": counters.open + counters.tools_lost + counters.grades_lost,
        "out_of_context": sum(part.out_of_context for part in parts),
        "reduced": sum(part.reduced for part in parts),
        "retries": counters.retries,
        "asked_again": counters.asked_again,
        "server_restarts": [restart._asdict() for restart in counters.server.restarts],
        "rate_limited": counters.rate_limited,
        "answered_by": counters.origins.as_json(),
    }
